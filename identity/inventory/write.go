package inventory

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// schemaVersion is that of docs/schema/inventory-v1.json.
const schemaVersion = 1

// header is the first line of an inventory's file.
type header struct {
	Inventory struct {
		Schema  int      `json:"schema"`
		Sources []string `json:"sources,omitempty"`
	} `json:"inventory"`
}

// tail is its last line.
type tail struct {
	Summary struct {
		Identities int `json:"identities"`
		Rows       int `json:"rows"`
		Lost       int `json:"lost"`
		Joined     int `json:"joined"`
	} `json:"summary"`
}

// Write writes the inventory as JSON lines: what it is, an entry each, how many.
func (inv *Inventory) Write(w io.Writer, o record.Options, sources ...string) error {
	out := bufio.NewWriterSize(w, 1<<20)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	var h header
	h.Inventory.Schema = schemaVersion
	for _, s := range sources {
		h.Inventory.Sources = append(h.Inventory.Sources, filepath.Base(s))
	}
	if err := enc.Encode(h); err != nil {
		return err
	}
	var t tail
	var err error
	if t.Summary.Identities, err = inv.Len(); err != nil {
		return err
	}
	put := func(e *Entry) error { return enc.Encode(map[string]*Entry{"entry": e}) }
	if o.People == record.Emails {
		err = inv.lines(out, put)
	} else {
		err = inv.Each(func(e *Entry) error { return put(e.public(o)) })
	}
	if err != nil {
		return err
	}
	t.Summary.Rows, t.Summary.Lost, t.Summary.Joined = inv.Rows, inv.Lost, inv.Joined
	if err := enc.Encode(t); err != nil {
		return err
	}
	return out.Flush()
}

// public is the entry without the addresses of people.
func (e *Entry) public(o record.Options) *Entry {
	c := *e
	r := e.record(o)
	c.Owner = r.Owner
	if !leak.MachineAddress(c.Email) {
		c.Email = ""
	}
	c.Owners = nil
	for _, w := range r.Owners {
		c.Owners = append(c.Owners, Owner{w.Name, w.Email, w.Kind})
	}
	o.Hide(&c)
	return &c
}

// Identity is the entry as an identity that nothing leaked of.
func (e *Entry) Identity() *leak.Identity {
	id := &leak.Identity{
		ID: e.ID, Aliases: e.Aliases, Type: e.IdentityType, Name: e.Name, Owner: e.Owner, Created: instant(e.CreationDate), LastAccessed: instant(e.LastAccessed),
		Permissions: e.Permissions, Expires: instant(e.Expiration), Provider: e.Provider, ProviderID: e.ProviderID, Environment: e.Environment,
		Status: leak.KnownIdentity, StatusReason: "in the inventory", Confidence: 1,
		Inventory: &leak.InventoryMatch{Source: e.source(), By: "the inventory itself", Risk: -1, State: string(e.State)},
	}
	if e.State == Retired {
		id.Status, id.StatusReason = leak.RetiredIdentity, first(e.StateReason, "the inventory says so")
	}
	if e.Tenant != nil {
		id.Tenant = leak.Tenant(*e.Tenant)
	}
	if e.RiskScore != nil {
		id.Inventory.Risk = *e.RiskScore
	}
	for _, w := range e.Owners {
		id.Owners = append(id.Owners, leak.Owner{Name: first(w.Name, w.Email), Email: w.Email, Kind: w.Kind, Source: "inventory", Ref: e.source(), Confidence: byID})
	}
	for i, k := range e.Credentials {
		state := leak.Unchecked
		if k.State == Retired {
			state = leak.Dead
		}
		id.Credentials = append(id.Credentials, leak.Credential{
			ID: first(k.KeyID, fmt.Sprintf("%s#%d", e.ID, i+1)), Kind: k.Kind, KeyID: k.KeyID, Label: k.Label, State: state,
			Issued: instant(k.IssuedAt), Expires: instant(k.ExpiresAt), LastUsed: instant(k.LastUsedAt), Rotated: instant(k.LastRotatedAt),
		})
	}
	return id
}

// record is the entry in the form of reports.
func (e *Entry) record(o record.Options) *record.Record {
	r := record.From(e.Identity(), o)
	if e.RiskScore != nil {
		r.RiskScore = *e.RiskScore
	}
	return r
}

// Records hands out the identities of a run, of a list of records, or of any
// inventory, each once and in the order of the file. A run's are complete, with
// evidence and risk; a large inventory is not held in memory.
func Records(name string, r io.Reader, o Options, visit func(*record.Record) error) (*Inventory, error) {
	b := asUTF8(r)
	head, err := b.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if o.Dialect == "" && looksOwn(head) {
		return ownRecords(name, b, visit)
	}
	inv := New()
	if err := inv.Load(name, b, o); err != nil {
		return inv, err
	}
	return inv, inv.Each(func(e *Entry) error { return visit(e.record(record.Options{People: record.Emails, Valid: true})) })
}

// RecordsFile is Records of a file.
func RecordsFile(name string, o Options, visit func(*record.Record) error) (*Inventory, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Records(name, f, o, visit)
}
