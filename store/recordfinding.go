package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// findingMore is what a row of findings keeps beside its columns.
type findingMore struct {
	Why  []string        `json:"why,omitempty"`
	Also []string        `json:"also,omitempty"`
	Sure leak.Confidence `json:"sure,omitempty"`
}

// withoutNUL takes out of JSON the one character that PostgreSQL keeps nowhere.
func withoutNUL(s string) string {
	if !strings.Contains(s, `\u0000`) {
		return s
	}
	// An escaped backslash before it is text about NUL, and stays.
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(s, `\\`, "\x00"), `\u0000`, `\ufffd`), "\x00", `\\`)
}

// known is what the store knew of a finding before.
type known struct {
	provider   string
	status     leak.Status
	state      string
	identity   string
	owner      string
	risk       int
	band       string
	confidence float64 // of its identity
	live       int64
	closed     int64
	// everywhere says that what this scan says of the identity is all there is: no
	// other repository has the credential.
	everywhere bool
}

func (k *known) tally() tally {
	return tally{k.state, string(k.status), k.band, k.provider, k.owner}
}

// finding writes one, and reports whether it is new.
func (tx *Tx) finding(ctx context.Context, f *leak.Finding, ids *recorded, now time.Time) (fresh bool, err error) {
	more, err := encode(findingMore{f.Why, f.Also, f.Rule.Sure})
	if err != nil {
		return false, err
	}
	verdict, err := encode(f.Verdict)
	if err != nil {
		return false, err
	}
	k := &known{state: StateOpen}
	k.judge(f, ids, now)
	n, err := tx.s.exec(ctx, tx, `insert into findings (id, rule, title, provider, severity, confidence, about, rotate, encoding, more, state, status, verdict,
		identity, owner, risk, band, first_seen, last_seen, live_since, closed_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing`,
		f.ID, f.Rule.ID, clean(f.Rule.Title), f.Rule.Provider, f.Rule.Severity, f.Confidence, clean(f.Rule.About), clean(f.Rule.Rotate), f.Encoding, more,
		k.state, f.Verdict.Status, verdict, k.identity, k.owner, k.risk, k.band, stamp(now), stamp(now), k.live, k.closed)
	if err != nil {
		return false, err
	}
	if n > 0 {
		k.provider, k.status = f.Rule.Provider, f.Verdict.Status
		tx.counting.tally(k.tally(), 1)
		tx.counting.day(stamp(now), dayCount{opened: 1})
		tx.counting.day(k.closed, dayCount{closed: 1})
		return true, tx.history(ctx, f, verdict, now)
	}
	return false, tx.again(ctx, f, ids, verdict, now)
}

// again brings up to date what is known of a finding.
func (tx *Tx) again(ctx context.Context, f *leak.Finding, ids *recorded, verdict string, now time.Time) error {
	k, repositories := &known{}, 0
	_, err := tx.s.one(ctx, tx, []any{&k.provider, &k.status, &k.state, &k.identity, &k.owner, &k.risk, &k.band, &k.live, &k.closed, &repositories},
		`select provider, status, state, identity, owner, risk, band, live_since, closed_at, repositories from findings where id = ?`+tx.locking(), f.ID)
	if err != nil {
		return err
	}
	k.everywhere = ids.anew && repositories <= 1
	if k.identity != "" {
		if _, err := tx.s.one(ctx, tx, []any{&k.confidence}, `select confidence from identities where id = ?`, k.identity); err != nil {
			return err
		}
	}
	answered := !vague(f.Verdict.Status) || vague(k.status) && f.Verdict.Status != leak.Unchecked
	changed := answered && f.Verdict.Status != k.status
	if !answered { // what was known before is better
		keep := *f
		keep.Verdict.Status = k.status
		f = &keep
	}
	tx.counting.tally(k.tally(), -1)
	tx.counting.day(k.closed, dayCount{closed: -1})
	before := k.identity
	k.judge(f, ids, now)
	if before != k.identity {
		ids.left = append(ids.left, before)
	}
	k.status = f.Verdict.Status
	tx.counting.tally(k.tally(), 1)
	tx.counting.day(k.closed, dayCount{closed: 1})
	if _, err := tx.s.exec(ctx, tx, `update findings set state = ?, status = ?, identity = ?, owner = ?, risk = ?, band = ?, last_seen = ?, live_since = ?, closed_at = ? where id = ?`,
		k.state, f.Verdict.Status, k.identity, k.owner, k.risk, k.band, stamp(now), k.live, k.closed, f.ID); err != nil {
		return err
	}
	if answered {
		if _, err := tx.s.exec(ctx, tx, `update findings set verdict = ? where id = ?`, verdict, f.ID); err != nil {
			return err
		}
	}
	if changed {
		return tx.history(ctx, f, verdict, now)
	}
	return nil
}

// vague reports whether a status says nothing of whether the credential works.
func vague(s leak.Status) bool {
	return s == leak.Unchecked || s == leak.Unknown || s == leak.SkippedCheck || s == ""
}

// judge sets what follows from a finding.
func (k *known) judge(f *leak.Finding, ids *recorded, now time.Time) {
	switch f.Verdict.Status {
	case leak.Dead, leak.Expired:
		if k.state != StateFixed || k.closed == 0 {
			k.state, k.closed = StateFixed, stamp(now)
		}
		k.live = 0
	case leak.Live, leak.Restricted:
		if k.live == 0 {
			k.live = stamp(now)
		}
		k.state, k.closed = StateOpen, 0
	default:
		if k.state == "" || k.state == StateIgnored {
			k.state = StateOpen
		}
	}
	id := f.Identity
	if id == nil || id.ID == "" {
		return
	}
	risk := id.Risk
	if c := f.Credential(); c != nil {
		risk = c.Risk
	}
	if k.identity == "" || k.identity == clean(id.ID) || id.Confidence >= k.confidence || k.everywhere {
		k.identity = clean(id.ID)
		k.owner = clean(ids.byID[id.ID].Owner)
	}
	// The worst of the repositories counts, until an answer changes it.
	if risk.Score > k.risk || f.Verdict.Status != k.status || k.band == "" || k.everywhere {
		k.risk, k.band = risk.Score, risk.Band
	}
}

func (tx *Tx) history(ctx context.Context, f *leak.Finding, verdict string, now time.Time) error {
	_, err := tx.s.exec(ctx, tx, `insert into verdicts (finding, at, status, record) values (?, ?, ?, ?)`, f.ID, stamp(now), f.Verdict.Status, verdict)
	return err
}

func decodeVerdict(text string) (v leak.Verdict, err error) {
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return v, fmt.Errorf("read a verdict: %w", err)
	}
	return v, nil
}
