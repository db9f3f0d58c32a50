package store

import (
	"context"
	"fmt"
	"time"
)

// staleWhere picks open findings of which nobody has heard since a time, though
// their provider can be asked, in repositories that were not searched since either.
const staleWhere = ` from occurrences o join findings f on f.id = o.finding join repositories r on r.id = o.repository
	where r.scanned_at < ? and f.last_seen < ? and f.state = ? and f.status not in ('unverifiable', 'canary')`

// Stale returns the repositories of a source that have such findings.
func (s *Store) Stale(ctx context.Context, source string, before time.Time) (map[int64]bool, error) {
	return s.repositoriesOf(ctx, `select distinct r.id`+staleWhere+` and r.source = ?`, stamp(before), stamp(before), StateOpen, source)
}

// StaleProviders returns the providers of such findings in a repository, sorted.
func (s *Store) StaleProviders(ctx context.Context, repository int64, before time.Time) ([]string, error) {
	return s.providersOf(ctx, `select distinct f.provider`+staleWhere+` and r.id = ? order by 1`, stamp(before), stamp(before), StateOpen, repository)
}

// Unresolved returns the repositories of a source that have findings whose identities
// were concluded with something else than is known of the organisation now.
func (s *Store) Unresolved(ctx context.Context, source, whose string) (map[int64]bool, error) {
	return s.repositoriesOf(ctx, `select r.id from repositories r where r.source = ? and r.scanned_at > 0 and r.whose <> ?
		and exists (select 1 from occurrences o join findings f on f.id = o.finding where o.repository = r.id and f.state = ?)`, source, whose, StateOpen)
}

// UnresolvedProviders returns the providers of open findings in a repository whose
// identities were concluded with something else than is known of the organisation now, or
// with other files that name owners, sorted; owners is the digest of those files now.
func (s *Store) UnresolvedProviders(ctx context.Context, repository int64, whose, owners string) ([]string, error) {
	return s.providersOf(ctx, `select distinct f.provider from occurrences o join findings f on f.id = o.finding join repositories r on r.id = o.repository
		where r.scanned_at > 0 and (r.whose <> ? or r.owners <> ?) and f.state = ? and r.id = ? order by 1`, whose, owners, StateOpen, repository)
}

func (s *Store) repositoriesOf(ctx context.Context, text string, args ...any) (map[int64]bool, error) {
	out := map[int64]bool{}
	err := s.each(ctx, s.db, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		out[id] = true
		return err
	}, text, args...)
	if err != nil {
		return nil, fmt.Errorf("look for findings that are to be looked at again: %w", err)
	}
	return out, nil
}

func (s *Store) providersOf(ctx context.Context, text string, args ...any) (out []string, err error) {
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var p string
		err := scan(&p)
		out = append(out, p)
		return err
	}, text, args...)
	if err != nil {
		return nil, fmt.Errorf("look for findings that are to be looked at again: %w", err)
	}
	return out, nil
}

// LastScan is when the last scan of a kind of a repository began, zero for never, and the
// digest of the rules that it searched for.
func (s *Store) LastScan(ctx context.Context, repository int64, kind string) (began time.Time, rules string, err error) {
	var at int64
	_, err = s.one(ctx, s.db, []any{&at, &rules}, `select started_at, rules from scans where repository = ? and kind = ? order by started_at desc limit 1`, repository, kind)
	if err != nil {
		return time.Time{}, "", fmt.Errorf("look for the last scan: %w", err)
	}
	return unstamp(at), rules, nil
}
