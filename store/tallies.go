package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// schema4 counts findings, so that nobody who wants to know how many there are reads
// them all. The transaction that writes a finding counts it. days are those since
// 1970, UTC, in which findings were first seen, and closed.
const schema4 = `
create table tallies (
	state text not null,
	status text not null,
	band text not null,
	provider text not null,
	owner text not null,
	n bigint not null,
	primary key (state, status, band, provider, owner)
);
insert into tallies (state, status, band, provider, owner, n)
	select state, status, band, provider, owner, count(*) from findings group by state, status, band, provider, owner;
create table days (
	day bigint primary key,
	opened bigint not null,
	closed bigint not null
);
insert into days (day, opened, closed)
	select day, sum(opened), sum(closed) from (
		select first_seen / 86400000000 as day, 1 as opened, 0 as closed from findings
		union all select closed_at / 86400000000, 0, 1 from findings where closed_at > 0
	) x group by day
`

// schema5 has the indexes answer what digests and pages ask: the worst findings of
// some kind are found in findings_worst alone, and counts by owner in the others.
const schema5 = `
drop index if exists findings_risk;
create index if not exists findings_worst on findings (state, risk desc, id, first_seen, live_since, closed_at, band, status, provider, owner);
drop index if exists findings_owner;
create index if not exists findings_owner on findings (state, owner, risk desc, id, first_seen, live_since, closed_at, band, status, provider);
drop index if exists findings_first;
create index if not exists findings_first on findings (first_seen, state, owner);
drop index if exists findings_live;
create index if not exists findings_live on findings (live_since, state, owner) where live_since > 0;
drop index if exists findings_closed;
create index if not exists findings_closed on findings (closed_at, state, owner) where closed_at > 0;
drop index if exists findings_overview
`

// tally is a row of tallies.
type tally struct{ state, status, band, provider, owner string }

func (t tally) compare(o tally) int {
	return cmp.Or(cmp.Compare(t.state, o.state), cmp.Compare(t.status, o.status), cmp.Compare(t.band, o.band), cmp.Compare(t.provider, o.provider), cmp.Compare(t.owner, o.owner))
}

// dayCount is a row of days.
type dayCount struct{ opened, closed int64 }

// counting is by how much a transaction changes what is counted.
type counting struct {
	tallies map[tally]int64
	days    map[int64]dayCount
}

func (c *counting) tally(t tally, by int64) {
	if c.tallies == nil {
		c.tallies = map[tally]int64{}
	}
	c.tallies[t] += by
}

// day counts what happened at a time, which is a stamp; 0 for never.
func (c *counting) day(at int64, by dayCount) {
	if at == 0 {
		return
	}
	if c.days == nil {
		c.days = map[int64]dayCount{}
	}
	d := c.days[at/microsOfDay]
	c.days[at/microsOfDay] = dayCount{d.opened + by.opened, d.closed + by.closed}
}

const microsOfDay = 86_400_000_000

// count writes down what has been counted, as the last thing of a transaction: others
// wait for these rows. All do it in the same order, so that none waits in a circle.
func (tx *Tx) count(ctx context.Context) error {
	for _, t := range slices.SortedFunc(maps.Keys(tx.counting.tallies), tally.compare) {
		n := tx.counting.tallies[t]
		if n == 0 {
			continue
		}
		if _, err := tx.s.exec(ctx, tx, `insert into tallies (state, status, band, provider, owner, n) values (?, ?, ?, ?, ?, ?)
			on conflict (state, status, band, provider, owner) do update set n = tallies.n + excluded.n`, t.state, t.status, t.band, t.provider, t.owner, n); err != nil {
			return fmt.Errorf("count findings: %w", err)
		}
	}
	for _, day := range slices.Sorted(maps.Keys(tx.counting.days)) {
		d := tx.counting.days[day]
		if d == (dayCount{}) {
			continue
		}
		if _, err := tx.s.exec(ctx, tx, `insert into days (day, opened, closed) values (?, ?, ?)
			on conflict (day) do update set opened = days.opened + excluded.opened, closed = days.closed + excluded.closed`, day, d.opened, d.closed); err != nil {
			return fmt.Errorf("count days: %w", err)
		}
	}
	return nil
}

// tallied reports whether a filter selects by nothing but what tallies have.
func (x Filter) tallied() bool {
	x.State, x.Status, x.Band, x.Provider, x.Owner = "", "", "", "", ""
	x.Limit = 0
	return x == Filter{}
}

// counted is what to sum up, and where, to count the findings of a filter.
func (x Filter) counted() (sum, from string) {
	if x.tallied() {
		return `cast(coalesce(sum(f.n), 0) as bigint)`, `tallies f`
	}
	return `count(*)`, `findings f`
}

// CountByOwner is how many a filter selects, by owner. Where that is less to read, it
// counts what was found at other times, and takes that from all.
func (s *Store) CountByOwner(ctx context.Context, x Filter) (map[string]int, error) {
	rest, all := x, x
	all.FirstSince, all.FirstUntil = time.Time{}, time.Time{}
	if all.tallied() && x.FirstSince.IsZero() != x.FirstUntil.IsZero() {
		rest.FirstSince, rest.FirstUntil = x.FirstUntil, x.FirstSince
		few, err := s.fewer(ctx, rest, x)
		if err != nil {
			return nil, err
		}
		if few {
			return s.difference(ctx, all, rest)
		}
	}
	return s.countByOwner(ctx, x)
}

// fewer reports whether fewer findings were first seen in the time of one filter than
// in that of another.
func (s *Store) fewer(ctx context.Context, x, than Filter) (bool, error) {
	since := cmp.Or(stamp(x.FirstSince), stamp(than.FirstSince)) / microsOfDay
	if x.FirstSince.IsZero() {
		since = stamp(x.FirstUntil) / microsOfDay
	}
	var before, after int64
	_, err := s.one(ctx, s.db, []any{&before, &after}, `select cast(coalesce(sum(case when day < ? then opened end), 0) as bigint), cast(coalesce(sum(case when day >= ? then opened end), 0) as bigint) from days`, since, since)
	if x.FirstSince.IsZero() {
		return before < after, err
	}
	return after < before, err
}

func (s *Store) difference(ctx context.Context, all, without Filter) (map[string]int, error) {
	out, err := s.countByOwner(ctx, all)
	if err != nil {
		return nil, err
	}
	less, err := s.countByOwner(ctx, without)
	for owner, n := range less {
		if out[owner] -= n; out[owner] <= 0 { // it was counted a moment later
			delete(out, owner)
		}
	}
	return out, err
}

func (s *Store) countByOwner(ctx context.Context, x Filter) (map[string]int, error) {
	out := map[string]int{}
	where, args := x.where()
	sum, from := x.counted()
	return out, s.each(ctx, s.db, func(scan func(...any) error) error {
		var owner string
		var n int
		err := scan(&owner, &n)
		if n > 0 {
			out[owner] = n
		}
		return err
		// Not the column itself: SQLite would read the whole index that is sorted by it.
	}, `select f.owner || '', `+sum+` from `+from+where+` group by f.owner || ''`, args...)
}
