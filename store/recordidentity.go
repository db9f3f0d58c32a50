package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// schema9 remembers what identities were concluded with, so that they are concluded
// again when that changes, and what each repository says of an identity that several
// have: identities.repository is the one that alone does, 0 if identity_views has them.
const schema9 = `
alter table repositories add column whose text not null default '';
alter table repositories add column owners text not null default '';
alter table identities add column repository bigint not null default 0;
create table identity_views (
	identity text not null references identities (id),
	repository bigint not null references repositories (id),
	record text not null,
	primary key (identity, repository)
)
`

// recorded are the identities that a scan has written.
type recorded struct {
	anew bool
	byID map[string]*leak.Identity // as they are now, with what other repositories say
	left []string                  // those that a finding had and has no more
}

// identities writes those of findings.
func (tx *Tx) identities(ctx context.Context, o *Outcome, fs []*leak.Finding, now time.Time) (*recorded, error) {
	out := &recorded{anew: o.Anew, byID: map[string]*leak.Identity{}}
	for _, f := range fs {
		if id := f.Identity; id != nil && id.ID != "" && out.byID[id.ID] == nil {
			out.byID[id.ID] = id
		}
	}
	for _, key := range slices.Sorted(maps.Keys(out.byID)) {
		var err error
		if out.byID[key], err = tx.identity(ctx, o, out.byID[key], now); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// identity writes what a repository says of one, and returns what all say together.
func (tx *Tx) identity(ctx context.Context, o *Outcome, id *leak.Identity, now time.Time) (*leak.Identity, error) {
	key := clean(id.ID)
	var record, owner string
	var of int64
	have, err := tx.s.one(ctx, tx, []any{&record, &owner, &of}, `select record, owner, repository from identities where id = ?`+tx.locking(), key)
	if err != nil {
		return nil, err
	}
	merged := *id
	alone := !have || of == o.Repository
	if have {
		var old leak.Identity
		if err := decodeIdentity(record, &old); err != nil {
			return nil, err
		}
		if alone {
			merged = o.with(&old, id)
		} else if merged, err = tx.views(ctx, o, id, &old, record, of); err != nil {
			return nil, err
		}
	}
	if of = 0; alone {
		of = o.Repository
	}
	if record, err = encodeIdentity(&merged); err != nil {
		return nil, err
	}
	_, err = tx.s.exec(ctx, tx, `insert into identities (id, provider, type, name, owner, risk, confidence, status, record, repository, added_at, changed_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set provider = excluded.provider, type = excluded.type, name = excluded.name, owner = excluded.owner,
		risk = excluded.risk, confidence = excluded.confidence, status = excluded.status, record = excluded.record, repository = excluded.repository, changed_at = excluded.changed_at`,
		key, clean(merged.Provider), merged.Type, clean(merged.Name), clean(merged.Owner), merged.Risk.Score, merged.Confidence, merged.Status, record, of, stamp(now), stamp(now))
	if err != nil {
		return nil, err
	}
	if have && owner != clean(merged.Owner) {
		if err := tx.owned(ctx, key, clean(merged.Owner)); err != nil {
			return nil, err
		}
	}
	if _, err := tx.s.exec(ctx, tx, `delete from owners where identity = ?`, key); err != nil {
		return nil, err
	}
	for i, w := range merged.Owners {
		if _, err := tx.s.exec(ctx, tx, `insert into owners (identity, n, name, kind, source, confidence, gone) values (?, ?, ?, ?, ?, ?, ?)`,
			key, i, clean(w.Name), w.Kind, w.Source, w.Confidence, flag(w.Gone)); err != nil {
			return nil, err
		}
	}
	return &merged, nil
}

// maxViews is of how many repositories it is known what each says of an identity. What
// further ones say is joined to it, as each joining reads them all.
const maxViews = 32

// views writes what a repository says of an identity that others have too, and joins
// what all say, whichever was searched last. before is what they said together, and record
// its text, which is that of the repository of, if that is not 0.
func (tx *Tx) views(ctx context.Context, o *Outcome, id, before *leak.Identity, record string, of int64) (merged leak.Identity, err error) {
	texts := map[int64]string{}
	var n, mineToo int
	if _, err := tx.s.one(ctx, tx, []any{&n, &mineToo}, `select count(*), coalesce(sum(case when repository = ? then 1 else 0 end), 0) from identity_views where identity = ?`, o.Repository, clean(id.ID)); err != nil {
		return merged, err
	}
	if n >= maxViews && mineToo == 0 {
		return joined(before, id), nil
	}
	err = tx.s.each(ctx, tx, func(scan func(...any) error) error {
		var n int64
		var text string
		err := scan(&n, &text)
		texts[n] = text
		return err
	}, `select repository, record from identity_views where identity = ?`, clean(id.ID))
	if err != nil {
		return merged, err
	}
	if of != 0 {
		texts[of] = record
		if err := tx.view(ctx, id.ID, of, record); err != nil {
			return merged, err
		}
	}
	mine := *id
	if text, ok := texts[o.Repository]; ok {
		var old leak.Identity
		if err := decodeIdentity(text, &old); err != nil {
			return merged, err
		}
		mine = o.with(&old, id)
	} else if len(texts) == 0 && !o.Anew { // written before there were views: nobody knows by whom
		var old leak.Identity
		if err := decodeIdentity(record, &old); err != nil {
			return merged, err
		}
		mine = joined(&old, id)
	}
	if texts[o.Repository], err = encodeIdentity(&mine); err != nil {
		return merged, err
	}
	if err := tx.view(ctx, id.ID, o.Repository, texts[o.Repository]); err != nil {
		return merged, err
	}
	for i, n := range slices.Sorted(maps.Keys(texts)) {
		var one leak.Identity
		if err := decodeIdentity(texts[n], &one); err != nil {
			return merged, err
		}
		if i == 0 {
			merged = one
		} else {
			merged = joined(&merged, &one)
		}
	}
	merged.Repositories, merged.Credentials = union(before.Repositories, merged.Repositories), credentials(before, &merged)
	return merged, nil
}

func (tx *Tx) view(ctx context.Context, identity string, repository int64, record string) error {
	_, err := tx.s.exec(ctx, tx, `insert into identity_views (identity, repository, record) values (?, ?, ?) on conflict (identity, repository) do update set record = excluded.record`,
		clean(identity), repository, record)
	return err
}

// with is what a repository says of an identity after a scan.
func (o *Outcome) with(old, now *leak.Identity) leak.Identity {
	if !o.Anew {
		return joined(old, now)
	}
	out := *now
	out.Repositories, out.Credentials = union(old.Repositories, now.Repositories), credentials(old, now)
	return out
}

// credentials are those of two records, the newest of each.
func credentials(old, now *leak.Identity) []leak.Credential {
	out := slices.Clone(now.Credentials)
	known := map[string]bool{}
	for _, c := range out {
		known[c.ID] = true
	}
	for _, c := range old.Credentials {
		if !known[c.ID] {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b leak.Credential) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// joined is what two records of an identity say together: the surer one wins, of those
// that are as sure the one with the surer owner, and the lists of repositories and
// credentials grow.
func joined(old, now *leak.Identity) leak.Identity {
	best, other := now, old
	if cmp.Or(cmp.Compare(old.Confidence, now.Confidence), cmp.Compare(sureOwner(old), sureOwner(now))) > 0 {
		best, other = old, now
	}
	out := *best
	out.Repositories, out.Credentials = union(old.Repositories, now.Repositories), credentials(old, now)
	for _, c := range other.Consumers {
		if !slices.Contains(out.Consumers, c) {
			out.Consumers = append(slices.Clone(out.Consumers), c)
		}
	}
	for _, d := range other.Declared {
		if !slices.Contains(out.Declared, d) {
			out.Declared = append(slices.Clone(out.Declared), d)
		}
	}
	if len(out.Owners) == 0 {
		out.Owners, out.Owner = other.Owners, other.Owner
	}
	for i := range out.Credentials {
		if k := out.Credentials[i].Risk; k.Score > out.Risk.Score {
			out.Risk = k
		}
	}
	return out
}

// sureOwner is how sure the owner of an identity is, from 0 to 1.
func sureOwner(id *leak.Identity) float64 {
	for _, w := range id.Owners {
		if w.Name == id.Owner {
			return w.Confidence
		}
	}
	return 0
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// owned gives all findings of an identity to its owner.
func (tx *Tx) owned(ctx context.Context, identity, owner string) error {
	const where = ` where identity = ? and owner <> ?`
	err := tx.s.each(ctx, tx, func(scan func(...any) error) error {
		var t tally
		err := scan(&t.state, &t.status, &t.band, &t.provider, &t.owner)
		tx.counting.tally(t, -1)
		t.owner = owner
		tx.counting.tally(t, 1)
		return err
	}, `select state, status, band, provider, owner from findings`+where+` order by id`+tx.locking(), identity, owner)
	if err != nil {
		return err
	}
	_, err = tx.s.exec(ctx, tx, `update findings set owner = ?`+where, owner, identity, owner)
	return err
}

// deserted removes identities that no finding has any more: they were concluded to be
// others.
func (r *recorded) deserted(ctx context.Context, tx *Tx) error {
	slices.Sort(r.left)
	for _, id := range slices.Compact(r.left) {
		n := 0
		if _, err := tx.s.one(ctx, tx, []any{&n}, `select count(*) from findings where identity = ?`, id); err != nil {
			return err
		}
		if n > 0 || id == "" {
			continue
		}
		for _, text := range []string{`delete from owners where identity = ?`, `delete from identity_views where identity = ?`, `delete from identities where id = ?`} {
			if _, err := tx.s.exec(ctx, tx, text, id); err != nil {
				return err
			}
		}
	}
	return nil
}
