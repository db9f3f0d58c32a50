package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// schema6 remembers what the file system says of a folder, so that refs are not read
// again.
const schema6 = `alter table repositories add column stat text not null default ''`

const repositoryColumns = `r.id, r.name, r.source, r.address, r.native, r.branch, r.exposure, r.archived, r.fork, r.pushed, r.searched, r.state, r.problem, r.refs, r.rules, r.stat, r.whose, r.owners,
	r.seen_at, r.added_at, r.scanned_at, r.wanted_at, r.failed_at, r.failures, r.bytes, r.incomplete, r.worker, r.fence`

func scanRepository(scan func(...any) error) (*Repository, error) {
	r := &Repository{}
	var archived, fork, incomplete int
	var seen, added, scanned, wanted, failed int64
	if err := scan(&r.ID, &r.Name, &r.Source, &r.Address, &r.Native, &r.Branch, &r.Exposure, &archived, &fork, &r.Pushed, &r.Searched, &r.State, &r.Problem, &r.Refs, &r.Rules, &r.Stat, &r.Whose, &r.Owners,
		&seen, &added, &scanned, &wanted, &failed, &r.Failures, &r.Bytes, &incomplete, &r.Worker, &r.Fence); err != nil {
		return nil, err
	}
	r.Archived, r.Fork, r.Incomplete = archived == 1, fork == 1, incomplete == 1
	r.SeenAt, r.AddedAt, r.ScannedAt, r.WantedAt, r.FailedAt = unstamp(seen), unstamp(added), unstamp(scanned), unstamp(wanted), unstamp(failed)
	return r, nil
}

// Repositories returns those in some states (all, if none is named), by name.
func (s *Store) Repositories(ctx context.Context, states ...RepositoryState) (out []*Repository, err error) {
	text := `select ` + repositoryColumns + ` from repositories r`
	var args []any
	if len(states) > 0 {
		text += ` where r.state in (` + marks(len(states)) + `)`
		for _, st := range states {
			args = append(args, st)
		}
	}
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		r, err := scanRepository(scan)
		out = append(out, r)
		return err
	}, text+` order by r.name`, args...)
	return out, err
}

// Repository returns one; nil if there is none.
func (s *Store) Repository(ctx context.Context, id int64) (r *Repository, err error) {
	err = s.each(ctx, s.db, func(scan func(...any) error) (err error) {
		r, err = scanRepository(scan)
		return err
	}, `select `+repositoryColumns+` from repositories r where r.id = ?`, id)
	return r, err
}

// Tips returns the objects that refs named when a repository was last searched.
func (s *Store) Tips(ctx context.Context, id int64) ([]string, error) {
	var b []byte
	if _, err := s.one(ctx, s.db, []any{&b}, `select tips from repositories where id = ?`, id); err != nil {
		return nil, err
	}
	return unpack(b)
}

// pack keeps a list of words short.
func pack(words []string) ([]byte, error) {
	if len(words) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	line := make([]byte, 0, 128)
	for i, word := range words {
		line = append(line[:0], word...)
		if i+1 < len(words) {
			line = append(line, '\n')
		}
		if _, err := z.Write(line); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

// maxTips bounds the list: ten million refs.
const maxTips = 512 << 20

func unpack(b []byte) ([]string, error) {
	if len(b) == 0 {
		return nil, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("read the list of refs: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(z, maxTips))
	if err != nil {
		return nil, fmt.Errorf("read the list of refs: %w", err)
	}
	return strings.Split(string(text), "\n"), nil
}

// See writes down that a source has a repository, at SeenAt if it is set, and returns
// what is known of it.
// One that was known under another name, by the id that the forge gave it or by Was,
// keeps everything but the name.
func (tx *Tx) See(ctx context.Context, r *Repository) (*Repository, error) {
	now := stamp(tx.s.Now())
	seen := now
	if !r.SeenAt.IsZero() {
		seen = stamp(r.SeenAt)
	}
	was := r.Was
	if r.Native != "" {
		if _, err := tx.s.one(ctx, tx, []any{&was}, `select id from repositories where source = ? and native = ? and name <> ?`, r.Source, r.Native, clean(r.Name)); err != nil {
			return nil, err
		}
	}
	if was != 0 {
		if err := tx.rename(ctx, r.Source, was, clean(r.Name)); err != nil {
			return nil, err
		}
	} else if r.Native != "" { // another one had the name, and may have another now; images are their names
		if err := tx.park(ctx, `source = ? and name = ? and address not like 'docker://%' and native not in ('', ?)`, r.Source, clean(r.Name), r.Native); err != nil {
			return nil, err
		}
	}
	_, err := tx.s.exec(ctx, tx, `insert into repositories (name, source, address, native, branch, exposure, archived, fork, pushed, stat, seen_at, added_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (source, name) do update set address = excluded.address, native = excluded.native,
		branch = excluded.branch, exposure = excluded.exposure, archived = excluded.archived, fork = excluded.fork, pushed = excluded.pushed, stat = excluded.stat,
		seen_at = case when repositories.seen_at > excluded.seen_at then repositories.seen_at else excluded.seen_at end,
		state = case when repositories.state <> ? then repositories.state when repositories.scanned_at = 0 then ? else ? end`,
		clean(r.Name), r.Source, clean(r.Address), r.Native, clean(r.Branch), r.Exposure, flag(r.Archived), flag(r.Fork), r.Pushed, clean(r.Stat), seen, now, Gone, New, Done)
	if err != nil {
		return nil, fmt.Errorf("write down a repository: %w", err)
	}
	var out *Repository
	err = tx.s.each(ctx, tx, func(scan func(...any) error) (err error) {
		out, err = scanRepository(scan)
		return err
	}, `select `+repositoryColumns+` from repositories r where r.source = ? and r.name = ?`, r.Source, clean(r.Name))
	return out, err
}

// rename gives a repository a name that another may have had before.
func (tx *Tx) rename(ctx context.Context, source string, id int64, name string) error {
	if err := tx.park(ctx, `source = ? and name = ? and id <> ?`, source, name, id); err != nil {
		return err
	}
	before := ""
	if _, err := tx.s.one(ctx, tx, []any{&before}, `select name from repositories where id = ?`, id); err != nil {
		return err
	}
	if _, err := tx.s.exec(ctx, tx, `update repositories set name = ? where id = ?`, name, id); err != nil {
		return err
	}
	return tx.renameIn(ctx, id, before, name)
}

// parked stands in the name of a repository of which another has the name, before its number.
const parked = " (before "

// park takes the name away from a repository, which is gone until it is seen with another.
func (tx *Tx) park(ctx context.Context, where string, args ...any) error {
	_, err := tx.s.exec(ctx, tx, `update repositories set name = name || '`+parked+`' || id || ')', state = ? where `+where, append([]any{Gone}, args...)...)
	return err
}

// Want says that a scan of a repository is due.
func (tx *Tx) Want(ctx context.Context, id int64) error {
	_, err := tx.s.exec(ctx, tx, `update repositories set state = ?, wanted_at = case when wanted_at = 0 then ? else wanted_at end where id = ?`, Due, stamp(tx.s.Now()), id)
	return err
}

// SeeAgain writes down that a source still has repositories of which nothing changed.
func (tx *Tx) SeeAgain(ctx context.Context, ids []int64, at time.Time) error {
	for part := range slices.Chunk(ids, chunk) {
		args := []any{stamp(at), stamp(at)}
		for _, id := range part {
			args = append(args, id)
		}
		if _, err := tx.s.exec(ctx, tx, `update repositories set seen_at = case when seen_at > ? then seen_at else ? end where id in (`+marks(len(part))+`)`, args...); err != nil {
			return fmt.Errorf("write down repositories: %w", err)
		}
	}
	return nil
}

// SetStat remembers what the file system says of a repository that has not changed.
func (tx *Tx) SetStat(ctx context.Context, id int64, stat string) error {
	if _, err := tx.s.exec(ctx, tx, `update repositories set stat = ? where id = ?`, clean(stat), id); err != nil {
		return fmt.Errorf("write down a repository: %w", err)
	}
	return nil
}

// Of returns what is known of a source, by name.
func (s *Store) Of(ctx context.Context, source string) (map[string]*Repository, error) {
	out := map[string]*Repository{}
	return out, s.each(ctx, s.db, func(scan func(...any) error) error {
		r, err := scanRepository(scan)
		if err == nil {
			out[r.Name] = r
		}
		return err
	}, `select `+repositoryColumns+` from repositories r where r.source = ?`, source)
}

// Missing marks as gone what a source had and did not name since a time. It returns
// how many there are.
func (tx *Tx) Missing(ctx context.Context, source string, since time.Time) (int64, error) {
	return tx.s.exec(ctx, tx, `update repositories set state = ?, wanted_at = 0 where source = ? and seen_at < ? and state <> ?`, Gone, source, stamp(since), Gone)
}

// ErrTaken says that a worker that is alive searches the repository.
var ErrTaken = errors.New("another worker searches the repository")

// Lease gives a repository to a worker, who must have said that it is alive (Beat),
// and returns the fence, which Record wants. A lease of a worker that is not alive
// any more is taken over; so is one of the same worker.
func (s *Store) Lease(ctx context.Context, id int64, worker string) (fence int64, err error) {
	err = s.Do(ctx, func(tx *Tx) error {
		n, err := s.exec(ctx, tx, `update repositories set worker = ?, fence = fence + 1 where id = ? and (worker = '' or worker = ? or worker not in (select id from workers where `+s.alive()+`))`,
			worker, id, worker)
		if err != nil {
			return fmt.Errorf("take a lease: %w", err)
		}
		if n == 0 {
			return ErrTaken
		}
		_, err = s.one(ctx, tx, []any{&fence}, `select fence from repositories where id = ?`, id)
		return err
	})
	return fence, err
}

// Fail ends a lease without a result. The repository stays due; gone says that it is
// not there any more.
func (tx *Tx) Fail(ctx context.Context, id, fence int64, worker, problem string, state RepositoryState) error {
	now := stamp(tx.s.Now())
	n, err := tx.s.exec(ctx, tx, `update repositories set worker = '', problem = ?, failed_at = ?, failures = failures + 1, state = ?,
		wanted_at = case when ? = 1 then 0 else wanted_at end where id = ? and fence = ? and worker = ?`,
		clean(problem), now, state, flag(state == Gone || state == Skipped), id, fence, worker)
	if err != nil {
		return fmt.Errorf("end a lease: %w", err)
	}
	if n == 0 {
		return ErrFenced
	}
	return nil
}

// Release ends a lease as if it had not been.
func (s *Store) Release(ctx context.Context, id, fence int64, worker string) error {
	_, err := s.exec(ctx, s.db, `update repositories set worker = '' where id = ? and fence = ? and worker = ?`, id, fence, worker)
	return err
}

// Troubled returns repositories whose last attempt failed, the latest first.
func (s *Store) Troubled(ctx context.Context, limit int) (out []*Repository, err error) {
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		r, err := scanRepository(scan)
		out = append(out, r)
		return err
	}, `select `+repositoryColumns+` from repositories r where r.problem <> '' order by r.failed_at desc, r.name limit ?`, limit)
	return out, err
}
