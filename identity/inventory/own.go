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

// ownRecords reads what whosekey wrote. The findings of one identity each bring
// its record, as it was known to them all.
func ownRecords(name string, r *bufio.Reader, visit func(*record.Record) error) (*Inventory, error) {
	inv := New()
	src, err := open(r)
	if err != nil {
		inv.Note(Problem{filepath.Base(name), err.Error(), true})
		return inv, nil
	}
	at := map[string]int{}
	var all []*record.Record
	for {
		row, err := src.next()
		bad := new(badRow)
		if errors.As(err, &bad) {
			inv.Note(Problem{fmt.Sprintf("%s:%d", filepath.Base(name), bad.line), bad.why, true})
			continue
		} else if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return inv, fmt.Errorf("read %s: %w", name, err)
		}
		rec, err := ownRecord(row.cells)
		if err != nil || rec != nil && rec.ID == "" {
			inv.Note(Problem{fmt.Sprintf("%s:%d", filepath.Base(name), row.line), "it is no identity that whosekey wrote", true})
		}
		if err != nil || rec == nil || rec.ID == "" || len(all) >= maxRecords {
			continue
		}
		inv.Rows++
		if i, there := at[rec.ID]; there {
			joinRecords(all[i], rec)
			continue
		}
		at[rec.ID] = len(all)
		all = append(all, rec)
	}
	for _, rec := range all {
		if err := visit(rec); err != nil {
			return inv, err
		}
	}
	return inv, nil
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
		if !slices.Contains(a.Consumers, c) {
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
