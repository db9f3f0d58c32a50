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
	// For are the rules that it searched for, if Rules are still those of the repository.
	For      string
	Fence    int64 // of the lease
	Findings []*leak.Finding
	Gaps     []Gap
	Tips     []string // all objects that refs named
	Pushed   string   // of the repository, as it was before the scan
	// Whole says that everything was searched, for all rules: what was seen before
	// and not now is not at HEAD any more.
	Whole bool
	// Left are places that are not at HEAD any more, Back those that now are.
	Left, Back []HeadPlace
	// Whose and Owners are of the repository from now on. Anew says that what it said of
	// identities before does not count any more: they are concluded with all there is.
	Whose, Owners string
	Anew          bool
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
	ids, err := tx.identities(ctx, o, fs, now)
	if err != nil {
		return nil, fmt.Errorf("record identities: %w", err)
	}
	for _, f := range fs {
		fresh, err := tx.finding(ctx, f, ids, now)
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
	if err := ids.deserted(ctx, tx); err != nil {
		return nil, fmt.Errorf("record identities: %w", err)
	}
	if err := tx.gaps(ctx, o); err != nil {
		return nil, fmt.Errorf("record the coverage: %w", err)
	}
	o.Scan.Findings, o.Added, o.Ended = len(fs), len(added), now
	scan := o.Scan
	scan.Rules = cmp.Or(o.For, scan.Rules)
	return added, tx.scan(ctx, &scan)
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
	n, err := tx.s.exec(ctx, tx, `update repositories set state = ?, problem = '', refs = ?, tips = ?, rules = ?, whose = ?, owners = ?, searched = ?, scanned_at = ?, wanted_at = ?,
		failed_at = 0, failures = 0, bytes = bytes * ? + ?, incomplete = case when ? = 1 then ? else case when ? = 1 then 1 else incomplete end end, worker = ''
		where id = ? and fence = ? and worker = ?`,
		state, o.Refs, tips, o.Rules, o.Whose, o.Owners, o.Pushed, stamp(now), stampIf(o.Due, now), 1-flag(o.Whole), o.Bytes, flag(o.Whole), flag(o.Incomplete), flag(o.Incomplete), o.Repository, o.Fence, o.Worker)
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
	for at, ps := range [][]HeadPlace{o.Left, o.Back} {
		for _, p := range ps {
			if _, err := tx.s.exec(ctx, tx, `update occurrences set at_head = ? where finding = ? and repository = ? and place = ?`, at, p.Finding, o.Repository, p.place); err != nil {
				return err
			}
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

// locking makes a row that was read wait for this transaction. SQLite has one
// writer at a time.
func (tx *Tx) locking() string {
	if tx.s.postgres {
		return " for update"
	}
	return ""
}
