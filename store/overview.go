package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/whosekey/whosekey/leak"
)

// maxOwners is how many owners an overview names.
const maxOwners = 50

// Overview says how things stand. It reads tallies, and no findings: a store of a
// million answers as fast as one of thousands.
func (s *Store) Overview(ctx context.Context) (*Overview, error) {
	o := &Overview{}
	status, band, provider := map[string]int{}, map[string]int{}, map[string]int{}
	err := s.each(ctx, s.db, func(scan func(...any) error) error {
		var state, st, b, p string
		var n int
		if err := scan(&state, &st, &b, &p, &n); err != nil {
			return err
		}
		if state == StateFixed {
			o.Fixed += n
			return nil
		}
		if state == StateIgnored {
			o.Ignored += n
			return nil
		}
		o.Open += n
		status[st] += n
		band[b] += n
		provider[p] += n
		return nil
	}, `select state, status, band, provider, cast(sum(n) as bigint) from tallies group by state, status, band, provider having sum(n) > 0`)
	if err != nil {
		return nil, fmt.Errorf("count findings: %w", err)
	}
	o.ByStatus, o.ByBand, o.ByProvider = counts(status), counts(band), counts(provider)
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var c Count
		err := scan(&c.Name, &c.N)
		o.ByOwner = append(o.ByOwner, c)
		return err
	}, fmt.Sprintf(`select owner, cast(sum(n) as bigint) from tallies where state = ? group by owner having sum(n) > 0 order by 2 desc, 1 limit %d`, maxOwners), StateOpen)
	if err != nil {
		return nil, fmt.Errorf("count owners: %w", err)
	}
	if _, err := s.one(ctx, s.db, []any{&o.Identities}, `select count(*) from identities`); err != nil {
		return nil, fmt.Errorf("count identities: %w", err)
	}
	if _, err := s.one(ctx, s.db, []any{&o.Scans}, `select coalesce(max(id), 0) from scans`); err != nil {
		return nil, fmt.Errorf("count scans: %w", err)
	}
	return o, s.repositoryOverview(ctx, o)
}

func (s *Store) repositoryOverview(ctx context.Context, o *Overview) error {
	states := map[string]int{}
	var last, oldest int64
	err := s.each(ctx, s.db, func(scan func(...any) error) error {
		var state string
		var n, never, incomplete int
		var bytes, newest, first int64
		if err := scan(&state, &n, &incomplete, &never, &bytes, &newest, &first); err != nil {
			return err
		}
		states[state] += n
		o.Incomplete += incomplete
		o.Bytes += bytes
		last = max(last, newest)
		if RepositoryState(state) != Gone && RepositoryState(state) != Skipped {
			o.NeverScanned += never
			if first > 0 && (oldest == 0 || first < oldest) {
				oldest = first
			}
		}
		return nil
	}, `select state, count(*), sum(incomplete), sum(case when scanned_at = 0 then 1 else 0 end), cast(sum(bytes) as bigint), max(scanned_at),
		coalesce(min(case when scanned_at > 0 then scanned_at end), 0) from repositories group by state`)
	if err != nil {
		return fmt.Errorf("count repositories: %w", err)
	}
	o.Repositories, o.LastScan, o.Oldest = counts(states), unstamp(last), unstamp(oldest)
	return nil
}

func counts(m map[string]int) []Count {
	out := make([]Count, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, Count{name, m[name]})
	}
	slices.SortStableFunc(out, func(a, b Count) int { return cmp.Compare(b.N, a.N) })
	return out
}

// Each calls visit for every finding that a filter selects, with its Locations and
// Identity, in the order of Findings: what a report.Handler takes. It holds some
// hundred of them.
func (s *Store) Each(ctx context.Context, x Filter, visit func(*Finding) error) error {
	left := x.Limit
	for {
		x.Limit = chunk
		if left > 0 {
			x.Limit = min(chunk, left)
		}
		fs, err := s.Findings(ctx, x)
		if err != nil || len(fs) == 0 {
			return err
		}
		if err := s.Fill(ctx, fs, maxPlaces); err != nil {
			return err
		}
		for _, f := range fs {
			if err := visit(f); err != nil {
				return err
			}
		}
		if left > 0 {
			if left -= len(fs); left == 0 {
				return nil
			}
		}
		if len(fs) < x.Limit {
			return nil
		}
		end := fs[len(fs)-1]
		x.AfterRisk, x.AfterID = end.Risk, end.ID
	}
}

// maxPlaces is how many places of a finding reports have.
const maxPlaces = 1000

// Leaks is Each for what wants nothing but the findings.
func (s *Store) Leaks(ctx context.Context, x Filter, visit func(*leak.Finding) error) error {
	return s.Each(ctx, x, func(f *Finding) error { return visit(&f.Finding) })
}
