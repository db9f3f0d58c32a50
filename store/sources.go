package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// schema7 remembers how listings of sources ended.
const schema7 = `
create table sources (
	spec text primary key,
	listed_at bigint not null default 0,
	problem text not null default '',
	failed_at bigint not null default 0,
	failures bigint not null default 0
)
`

// schema11 has repositories of forges carry no choice, such as "?forks", of what was listed with
// them. What was known with several of them stays as it is but for one.
const schema11 = `
update repositories set source = BEFORE_CHOICE
where (source like 'github:%?%' or source like 'gitlab:%?%' or source like 'gitea:%?%')
and not exists (select 1 from repositories k where k.name = repositories.name and k.source like 'git%'
	and k.id <> repositories.id and (k.id < repositories.id or k.source = BEFORE_CHOICE)
	and (k.source = BEFORE_CHOICE or k.source like BEFORE_CHOICE || '?%'));
delete from sources where spec like 'git%?%'
`

// schema12 joins those that schema11 left: the same repository of a forge, listed with several
// choices, was searched and its places were kept for each of them. Nobody lists the others any
// more. What they found is of the one that stays, which is searched from where it was.
const schema12 = `
create table doubled as select repositories.id as was, k.id as stays
	from repositories join repositories k on k.name = repositories.name and k.native = repositories.native and k.source = BEFORE_CHOICE
	where repositories.source like 'github:%?%' or repositories.source like 'gitlab:%?%' or repositories.source like 'gitea:%?%';
insert into occurrences (finding, repository, place, path, line, commit_id, at_head, date, record, first_seen, last_seen)
	select o.finding, d.stays, o.place, o.path, o.line, o.commit_id, o.at_head, o.date, o.record, o.first_seen, o.last_seen
	from occurrences o join doubled d on d.was = o.repository where true on conflict do nothing;
delete from occurrences where repository in (select was from doubled);
insert into identity_views (identity, repository, record)
	select v.identity, d.stays, v.record from identity_views v join doubled d on d.was = v.repository where true on conflict do nothing;
delete from identity_views where repository in (select was from doubled);
update identities set repository = (select stays from doubled where was = repository) where repository in (select was from doubled);
update scans set repository = (select stays from doubled where was = repository) where repository in (select was from doubled);
delete from gaps where repository in (select was from doubled);
delete from repositories where id in (select was from doubled);
update findings set places = (select count(*) from occurrences o where o.finding = findings.id),
	repositories = (select count(distinct repository) from occurrences o where o.finding = findings.id)
	where id in (select finding from occurrences where repository in (select stays from doubled));
drop table doubled
`

// schema13 has a source remember what of it was listed, and is not searched.
const schema13 = `alter table sources add column gaps text not null default '[]'`

// SourceState is how the listings of a source ended.
type SourceState struct {
	Spec     string
	ListedAt time.Time // the last that succeeded; zero for none
	Problem  string    // of the last, for people; empty if it succeeded
	FailedAt time.Time
	Failures int // in a row
}

// Listed writes down that a source was listed, and what of it is not searched.
func (tx *Tx) Listed(ctx context.Context, spec string, gaps []Gap) error {
	text, err := encode(cleaned(gaps))
	if err != nil {
		return err
	}
	_, err = tx.s.exec(ctx, tx, `insert into sources (spec, listed_at, gaps) values (?, ?, ?)
		on conflict (spec) do update set listed_at = excluded.listed_at, problem = '', failed_at = 0, failures = 0, gaps = excluded.gaps`, clean(spec), stamp(tx.s.Now()), text)
	if err != nil {
		return fmt.Errorf("write down a source: %w", err)
	}
	return nil
}

// cleaned are gaps as databases take them, of the one repository that a source is.
func cleaned(gaps []Gap) []Gap {
	out := make([]Gap, 0, len(gaps))
	for _, g := range gaps {
		k := Gap{Reason: clean(g.Reason), Fix: clean(g.Fix), Count: g.Count, Chosen: g.Chosen}
		for _, name := range g.First {
			k.First = append(k.First, clean(name))
		}
		out = append(out, k)
	}
	return out
}

// SourceGaps returns what sources had, when they were listed last, that is not searched: of
// those that were listed since a time, in the order of their names.
func (s *Store) SourceGaps(ctx context.Context, since time.Time) (out []Gap, err error) {
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var spec, text string
		var gaps []Gap
		if err := scan(&spec, &text); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), &gaps); err != nil {
			return fmt.Errorf("read what %s had: %w", spec, err)
		}
		for _, g := range gaps {
			g.Repository = spec
			out = append(out, g)
		}
		return nil
	}, `select spec, gaps from sources where gaps <> '[]' and listed_at >= ? order by spec`, stamp(since))
	return out, err
}

// Unlisted writes down why a source could not be listed.
func (s *Store) Unlisted(ctx context.Context, spec, problem string) error {
	_, err := s.exec(ctx, s.db, `insert into sources (spec, problem, failed_at, failures) values (?, ?, ?, 1)
		on conflict (spec) do update set problem = excluded.problem, failed_at = excluded.failed_at, failures = sources.failures + 1`, clean(spec), clean(problem), stamp(s.Now()))
	return err
}

// Relisted forgets why a source could not be listed, if it could not.
func (tx *Tx) Relisted(ctx context.Context, spec string) error {
	_, err := tx.s.exec(ctx, tx, `delete from sources where spec = ?`, clean(spec))
	return err
}

// TroubledSources are those that could not be listed, the last time, the latest first.
func (s *Store) TroubledSources(ctx context.Context, limit int) (out []SourceState, err error) {
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var k SourceState
		var listed, failed int64
		err := scan(&k.Spec, &listed, &k.Problem, &failed, &k.Failures)
		k.ListedAt, k.FailedAt = unstamp(listed), unstamp(failed)
		out = append(out, k)
		return err
	}, `select spec, listed_at, problem, failed_at, failures from sources where problem <> '' order by failed_at desc, spec limit ?`, limit)
	return out, err
}

// What troubles are of, of those that are not of a repository itself.
const (
	TroubleList    = "list"
	TroubleLogs    = "logs"
	TroubleIssues  = "issues"
	TroubleNotices = "notices"
)

// Stands is for how long it is told in digests and pages what nobody has tried again since: a
// source that nobody sweeps any more is no trouble for ever. Of status it is one.
const Stands = 8 * 24 * time.Hour

// Kind is what a trouble is of, and of which source or repository.
func (k *SourceState) Kind() (kind, name string) {
	if name, ok := strings.CutPrefix(k.Spec, "logs of "); ok {
		return TroubleLogs, name
	}
	if name, ok := strings.CutPrefix(k.Spec, "issues of "); ok {
		return TroubleIssues, name
	}
	if k.Spec == TroubleNotices {
		return TroubleNotices, ""
	}
	return TroubleList, k.Spec
}

// SourceOverview counts troubles by what they are of (a source that does not hand over all
// that it has is one), and says when a source was listed
// last: zero for never.
func (s *Store) SourceOverview(ctx context.Context) (troubles []Count, listed time.Time, err error) {
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var c Count
		err := scan(&c.Name, &c.N)
		troubles = append(troubles, c)
		return err
	}, `select case when spec = 'notices' then 'notices' when spec like 'logs of %' then 'logs' when spec like 'issues of %' then 'issues' else 'list' end as kind, count(*)
		from sources where problem <> '' or gaps like '%"Chosen":false%' group by 1 order by 1`)
	if err != nil {
		return nil, listed, fmt.Errorf("count troubles: %w", err)
	}
	var at int64
	if _, err := s.one(ctx, s.db, []any{&at}, `select coalesce(max(listed_at), 0) from sources`); err != nil {
		return nil, listed, fmt.Errorf("look for the last listing: %w", err)
	}
	return troubles, unstamp(at), nil
}
