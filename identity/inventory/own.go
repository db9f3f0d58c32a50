package inventory

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// instant is a date of an entry.
func instant(s string) time.Time {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// looksOwn reports whether a text is a run or a list of records of whosekey.
func looksOwn(head []byte) bool {
	head = bytes.TrimSpace(head)
	if bytes.HasPrefix(head, []byte(`{"run":`)) || bytes.HasPrefix(head, []byte("{\n  \"run\":")) {
		return true
	}
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("[")))
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head[:min(len(head), 512)], []byte(`"id": "nhi:`)) || bytes.HasPrefix(head, []byte(`{"id":"nhi:`))
}

// maxRecords bounds the identities of a run, which are held in memory.
const maxRecords = 1_000_000

// Run is what a run says of itself: the objects of its report.
type Run struct {
	Run     map[string]any
	Summary map[string]any
}

// RunOf is what the run in a file says of itself; nil if Records read none.
func (inv *Inventory) RunOf() *Run { return inv.run }

// ownRecords reads what whosekey wrote. The findings of one identity each bring
// its record, as it was known to them all.
func ownRecords(name string, r *bufio.Reader, visit func(*record.Record) error) (*Inventory, error) {
	o := ownReader{inv: New(), name: filepath.Base(name), at: map[string]int{}}
	src, err := open(r)
	if err != nil {
		o.inv.Note(Problem{o.name, err.Error(), true})
		return o.inv, nil
	}
	for {
		row, err := src.next()
		bad := new(badRow)
		if errors.As(err, &bad) {
			o.inv.Note(Problem{fmt.Sprintf("%s:%d", o.name, bad.line), bad.why, true})
			continue
		} else if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return o.inv, fmt.Errorf("read %s: %w", name, err)
		}
		o.row(row)
	}
	if s, ok := src.(*objects); ok {
		o.about(s.extra)
	}
	for _, rec := range o.all {
		if err := visit(rec); err != nil {
			return o.inv, err
		}
	}
	return o.inv, nil
}

type ownReader struct {
	inv  *Inventory
	name string
	at   map[string]int
	all  []*record.Record
}

// about keeps what the run says of itself.
func (o *ownReader) about(cells map[string]any) {
	for key, to := range map[string]func(*Run) *map[string]any{
		"run": func(r *Run) *map[string]any { return &r.Run }, "summary": func(r *Run) *map[string]any { return &r.Summary },
	} {
		if m, ok := cells[key].(map[string]any); ok {
			if o.inv.run == nil {
				o.inv.run = &Run{}
			}
			*to(o.inv.run) = m
		}
	}
}

func (o *ownReader) row(r row) {
	o.about(r.cells)
	rec, err := ownRecord(r.cells)
	if err != nil || rec != nil && rec.ID == "" {
		o.inv.Note(Problem{fmt.Sprintf("%s:%d", o.name, r.line), "it is no identity that whosekey wrote", true})
		return
	}
	if rec == nil || len(o.all) >= maxRecords {
		return
	}
	o.inv.Rows++
	if i, there := o.at[rec.ID]; there {
		joinRecords(o.all[i], rec)
		return
	}
	o.at[rec.ID] = len(o.all)
	o.all = append(o.all, rec)
}

// ownRecord is the identity of a line, nil for none.
func ownRecord(cells map[string]any) (*record.Record, error) {
	if cells["identity_type"] != nil {
		rec := &record.Record{}
		return rec, remake(cells, rec)
	}
	return recordOf(cells)
}

// joinRecords adds what another record of the same identity has.
func joinRecords(a, b *record.Record) {
	for _, c := range b.Credentials {
		if !slices.ContainsFunc(a.Credentials, func(k record.Credential) bool { return k.ID == c.ID }) {
			a.Credentials = append(a.Credentials, c)
		}
	}
	for _, r := range b.Repositories {
		if !slices.Contains(a.Repositories, r) {
			a.Repositories = append(a.Repositories, r)
		}
	}
	slices.Sort(a.Repositories)
	for _, c := range b.Controls {
		if !slices.Contains(a.Controls, c) {
			a.Controls = append(a.Controls, c)
		}
	}
	for _, c := range b.ControlDetail {
		if !slices.ContainsFunc(a.ControlDetail, func(k record.Control) bool { return k.ID == c.ID }) {
			a.ControlDetail = append(a.ControlDetail, c)
		}
	}
	for _, w := range b.Owners {
		if !slices.ContainsFunc(a.Owners, func(o record.Owner) bool { return o.Name == w.Name && o.Source == w.Source }) {
			a.Owners = append(a.Owners, w)
		}
	}
	for _, c := range b.Consumers {
		if !slices.ContainsFunc(a.Consumers, func(o record.Consumer) bool { return o.Kind == c.Kind && o.Ref == c.Ref && o.Name == c.Name }) {
			a.Consumers = append(a.Consumers, c)
		}
	}
	if b.RiskScore > a.RiskScore {
		a.RiskScore, a.Risk, a.Plan = b.RiskScore, b.Risk, b.Plan
	}
	if worse(b.Status, a.Status) {
		a.Status, a.StatusReason = b.Status, b.StatusReason
	}
	a.Occurrences = max(a.Occurrences, b.Occurrences)
}

// worse orders statuses by how much they need somebody.
func worse(a, b leak.IdentityStatus) bool {
	order := []leak.IdentityStatus{leak.UnknownStatus, leak.KnownIdentity, leak.ThirdPartyIdentity, leak.ShadowIdentity, leak.OrphanedIdentity, leak.RetiredIdentity}
	return slices.Index(order, a) > slices.Index(order, b)
}
