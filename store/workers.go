package store

import (
	"context"
	"fmt"
	"time"
)

// Patience is how long a worker that was not heard of counts as alive. It says that
// it is every Pulse.
const (
	Patience = 20 * time.Second
	Pulse    = 4 * time.Second
)

// alive is what the beat of a worker that is alive satisfies. One that is far in the
// future is of a clock that was set back: whoever is alive beats anew.
func (s *Store) alive() string {
	return fmt.Sprintf(`beat_at > %s - %d and beat_at < %s + %d`, s.clock(), Patience.Microseconds(), s.clock(), Patience.Microseconds())
}

// clock is the database's own: workers on several machines need not agree. Within
// one file there is one machine.
func (s *Store) clock() string {
	if s.postgres {
		return `(extract(epoch from clock_timestamp()) * 1000000)::bigint`
	}
	return `cast((julianday('now') - 2440587.5) * 86400000000 as integer)`
}

// Worker is a process that searches.
type Worker struct {
	ID, Host string
	Started  time.Time
	Beat     time.Time
	Alive    bool
}

// Beat says that a worker is alive.
func (s *Store) Beat(ctx context.Context, id, host string) error {
	_, err := s.exec(ctx, s.db, `insert into workers (id, host, started_at, beat_at) values (?, ?, `+s.clock()+`, `+s.clock()+`) on conflict (id) do update set beat_at = excluded.beat_at`, id, host)
	return err
}

// Workers lists them.
func (s *Store) Workers(ctx context.Context) (out []Worker, err error) {
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var w Worker
		var started, beat, alive int64
		if err := scan(&w.ID, &w.Host, &started, &beat, &alive); err != nil {
			return err
		}
		w.Started, w.Beat, w.Alive = unstamp(started), unstamp(beat), alive == 1
		out = append(out, w)
		return nil
	}, `select id, host, started_at, beat_at, case when `+s.alive()+` then 1 else 0 end from workers order by id`)
	return out, err
}

// Bury forgets a worker, and ends its leases.
func (tx *Tx) Bury(ctx context.Context, id string) error {
	if _, err := tx.s.exec(ctx, tx, `update repositories set worker = '' where worker = ?`, id); err != nil {
		return err
	}
	_, err := tx.s.exec(ctx, tx, `delete from workers where id = ?`, id)
	return err
}

// Held returns the repositories that a worker has leases of, with their fences.
func (s *Store) Held(ctx context.Context, worker string) (map[int64]int64, error) {
	out := map[int64]int64{}
	return out, s.each(ctx, s.db, func(scan func(...any) error) error {
		var id, fence int64
		err := scan(&id, &fence)
		out[id] = fence
		return err
	}, `select id, fence from repositories where worker = ?`, worker)
}

// Ruleset keeps what a digest of rules stands for: the digest of each provider.
func (s *Store) Ruleset(ctx context.Context, digest string) (providers string, err error) {
	_, err = s.one(ctx, s.db, []any{&providers}, `select providers from rulesets where digest = ?`, digest)
	return providers, err
}

// KeepRuleset writes it down.
func (s *Store) KeepRuleset(ctx context.Context, digest, providers string) error {
	_, err := s.exec(ctx, s.db, `insert into rulesets (digest, providers, added_at) values (?, ?, ?) on conflict (digest) do nothing`, digest, providers, stamp(s.Now()))
	return err
}

// Scans returns the last ones, the newest first.
func (s *Store) Scans(ctx context.Context, limit int) (out []Scan, err error) {
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var k Scan
		var started, ended int64
		var incomplete int
		if err := scan(&k.ID, &k.Repository, &k.Kind, &started, &ended, &k.Worker, &k.Rules, &k.Refs, &k.Commits, &k.Blobs, &k.Bytes, &k.Findings, &k.Added, &incomplete, &k.Problem); err != nil {
			return err
		}
		k.Started, k.Ended, k.Incomplete = unstamp(started), unstamp(ended), incomplete == 1
		out = append(out, k)
		return nil
	}, `select id, repository, kind, started_at, ended_at, worker, rules, refs, commits, blobs, bytes, findings, added, incomplete, problem from scans order by id desc limit ?`, limit)
	return out, err
}
