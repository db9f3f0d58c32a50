package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// ErrFenced says that a scan took so long, or its process stood still, that another
// worker took the repository over: what it found is that one's to tell.
var ErrFenced = errors.New("another worker has taken the repository over")

// Outcome is what a scan found.
type Outcome struct {
	Scan
	Fence    int64 // of the lease
	Findings []*leak.Finding
	Gaps     []Gap
	Tips     []string // all objects that refs named
	Pushed   string   // of the repository, as it was before the scan
	// Whole says that everything was searched, for all rules: what was seen before
	// and not now is not at HEAD any more.
	Whole bool
	// Left are places that are not at HEAD any more.
	Left []HeadPlace
	// Renews is a kind of things beside the repository, "issues", of which this scan saw
	// whatever the one before could not.
	Renews string
	// Due says that the repository has changed meanwhile, or there is more to do.
	Due bool
}

// Record writes down a scan, and ends its lease. It returns the ids of findings
// that were not known before. Recording the same again changes nothing.
func (tx *Tx) Record(ctx context.Context, o *Outcome) (added []string, err error) {
	now := tx.s.Now()
	if err := tx.endLease(ctx, o, now); err != nil {
		return nil, err
	}
	fs := slices.Clone(o.Findings)
	// Two transactions that want the same rows must not wait for each other.
	slices.SortFunc(fs, func(a, b *leak.Finding) int { return cmp.Compare(a.ID, b.ID) })
	if err := tx.identities(ctx, fs, now); err != nil {
		return nil, fmt.Errorf("record identities: %w", err)
	}
	for _, f := range fs {
		fresh, err := tx.finding(ctx, f, now)
		if err != nil {
			return nil, fmt.Errorf("record a finding: %w", err)
		}
		if fresh {
			added = append(added, f.ID)
		}
	}
	if err := tx.places(ctx, o, fs, now); err != nil {
		return nil, fmt.Errorf("record places: %w", err)
	}
	if err := tx.gaps(ctx, o); err != nil {
		return nil, fmt.Errorf("record the coverage: %w", err)
	}
	o.Scan.Findings, o.Added, o.Ended = len(fs), len(added), now
	return added, tx.scan(ctx, &o.Scan)
}

// endLease writes down how far the repository was searched.
func (tx *Tx) endLease(ctx context.Context, o *Outcome, now time.Time) error {
	tips, err := pack(o.Tips)
	if err != nil {
		return err
	}
	state := Done
	if o.Due {
		state = Due
	}
	n, err := tx.s.exec(ctx, tx, `update repositories set state = ?, problem = '', refs = ?, tips = ?, rules = ?, searched = ?, scanned_at = ?, wanted_at = ?,
		failed_at = 0, failures = 0, bytes = bytes * ? + ?, incomplete = case when ? = 1 then ? else case when ? = 1 then 1 else incomplete end end, worker = ''
		where id = ? and fence = ? and worker = ?`,
		state, o.Refs, tips, o.Rules, o.Pushed, stamp(now), stampIf(o.Due, now), 1-flag(o.Whole), o.Bytes, flag(o.Whole), flag(o.Incomplete), flag(o.Incomplete), o.Repository, o.Fence, o.Worker)
	if err != nil {
		return fmt.Errorf("record a scan: %w", err)
	}
	if n == 0 {
		return ErrFenced
	}
	return nil
}

func stampIf(ok bool, t time.Time) int64 {
	if !ok {
		return 0
	}
	return stamp(t)
}

func (tx *Tx) scan(ctx context.Context, k *Scan) error {
	_, err := tx.s.exec(ctx, tx, `insert into scans (repository, kind, started_at, ended_at, worker, rules, refs, commits, blobs, bytes, findings, added, incomplete, problem)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		k.Repository, k.Kind, stamp(k.Started), stamp(k.Ended), k.Worker, k.Rules, k.Refs, k.Commits, k.Blobs, k.Bytes, k.Findings, k.Added, flag(k.Incomplete), clean(k.Problem))
	if err != nil {
		return fmt.Errorf("record a scan: %w", err)
	}
	return nil
}

// chunk is how many rows a statement writes.
const chunk = 200

func (tx *Tx) places(ctx context.Context, o *Outcome, fs []*leak.Finding, now time.Time) error {
	var rows []any
	n := 0
	flush := func() error {
		if n == 0 {
			return nil
		}
		_, err := tx.s.exec(ctx, tx, `insert into occurrences (finding, repository, place, path, line, commit_id, at_head, date, record, first_seen, last_seen) values `+
			strings.TrimSuffix(strings.Repeat("(?,?,?,?,?,?,?,?,?,?,?),", n), ",")+
			` on conflict (finding, repository, place) do update set at_head = excluded.at_head, record = excluded.record, last_seen = excluded.last_seen`, rows...)
		rows, n = rows[:0], 0
		return err
	}
	for _, f := range fs {
		done := map[string]bool{}
		for i := range f.Locations {
			l := &f.Locations[i]
			key := placeKey(l)
			if done[key] { // a statement may not write a row twice
				continue
			}
			done[key] = true
			text, err := encodePlace(l)
			if err != nil {
				return err
			}
			rows = append(rows, f.ID, o.Repository, key, clean(l.Path), l.Line, l.Commit, flag(l.AtHead), stampDate(l.Date), text, stamp(now), stamp(now))
			if n++; n == chunk {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if o.Whole {
		if _, err := tx.s.exec(ctx, tx, `update occurrences set at_head = 0 where repository = ? and at_head = 1 and last_seen < ?`, o.Repository, stamp(now)); err != nil {
			return err
		}
	}
	for _, p := range o.Left {
		if _, err := tx.s.exec(ctx, tx, `update occurrences set at_head = 0 where finding = ? and repository = ? and place = ?`, p.Finding, o.Repository, p.place); err != nil {
			return err
		}
	}
	return tx.recount(ctx, fs)
}

// recount brings the numbers of findings up to date.
func (tx *Tx) recount(ctx context.Context, fs []*leak.Finding) error {
	for part := range slices.Chunk(fs, chunk) {
		ids := make([]any, len(part))
		for i, f := range part {
			ids[i] = f.ID
		}
		_, err := tx.s.exec(ctx, tx, `update findings set places = (select count(*) from occurrences o where o.finding = findings.id),
			repositories = (select count(distinct repository) from occurrences o where o.finding = findings.id)
			where id in (`+marks(len(ids))+`)`, ids...)
		if err != nil {
			return err
		}
	}
	return nil
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

// identities writes those of findings.
func (tx *Tx) identities(ctx context.Context, fs []*leak.Finding, now time.Time) error {
	byID := map[string]*leak.Identity{}
	var ids []string
	for _, f := range fs {
		if id := f.Identity; id != nil && id.ID != "" && byID[id.ID] == nil {
			byID[id.ID] = id
			ids = append(ids, id.ID)
		}
	}
	slices.Sort(ids)
	for _, key := range ids {
		if err := tx.identity(ctx, byID[key], now); err != nil {
			return err
		}
	}
	return nil
}

// identity writes one. What several repositories say of it is joined: the surer
// record wins, and the lists of repositories and credentials grow.
func (tx *Tx) identity(ctx context.Context, id *leak.Identity, now time.Time) error {
	var record string
	var confidence float64
	have, err := tx.s.one(ctx, tx, []any{&record, &confidence}, `select record, confidence from identities where id = ?`+tx.locking(), clean(id.ID))
	if err != nil {
		return err
	}
	merged := *id
	if have {
		var old leak.Identity
		if err := decodeIdentity(record, &old); err != nil {
			return err
		}
		merged = joined(&old, id)
	}
	if record, err = encodeIdentity(&merged); err != nil {
		return err
	}
	_, err = tx.s.exec(ctx, tx, `insert into identities (id, provider, type, name, owner, risk, confidence, status, record, added_at, changed_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set provider = excluded.provider, type = excluded.type, name = excluded.name, owner = excluded.owner,
		risk = excluded.risk, confidence = excluded.confidence, status = excluded.status, record = excluded.record, changed_at = excluded.changed_at`,
		clean(id.ID), clean(merged.Provider), merged.Type, clean(merged.Name), clean(merged.Owner), merged.Risk.Score, merged.Confidence, merged.Status, record, stamp(now), stamp(now))
	if err != nil {
		return err
	}
	if _, err := tx.s.exec(ctx, tx, `delete from owners where identity = ?`, clean(id.ID)); err != nil {
		return err
	}
	for i, w := range merged.Owners {
		if _, err := tx.s.exec(ctx, tx, `insert into owners (identity, n, name, kind, source, confidence, gone) values (?, ?, ?, ?, ?, ?, ?)`,
			clean(id.ID), i, clean(w.Name), w.Kind, w.Source, w.Confidence, flag(w.Gone)); err != nil {
			return err
		}
	}
	return nil
}

// joined is what two records of an identity say together.
func joined(old, now *leak.Identity) leak.Identity {
	best, other := now, old
	if old.Confidence > now.Confidence {
		best, other = old, now
	}
	out := *best
	out.Repositories = union(old.Repositories, now.Repositories)
	known := map[string]bool{}
	out.Credentials = slices.Clone(now.Credentials) // the newest
	for _, c := range out.Credentials {
		known[c.ID] = true
	}
	for _, c := range old.Credentials {
		if !known[c.ID] {
			out.Credentials = append(out.Credentials, c)
		}
	}
	slices.SortFunc(out.Credentials, func(a, b leak.Credential) int { return cmp.Compare(a.ID, b.ID) })
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

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// locking makes a row that was read wait for this transaction. SQLite has one
// writer at a time.
func (tx *Tx) locking() string {
	if tx.s.postgres {
		return " for update"
	}
	return ""
}
