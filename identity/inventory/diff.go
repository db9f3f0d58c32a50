package inventory

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// The kinds of differences. The first five want somebody to act.
const (
	Shadow         = "shadow"           // in the new list, not in the old one
	Orphaned       = "orphaned"         // its owner has left, or nobody is left who owns it
	RetiredButLive = "retired-but-live" // the old list says it is retired, and it works or is in use
	Unowned        = "unowned"          // nobody owns it
	ChangedOwner   = "changed-owner"
	Unknown        = "unknown" // nobody can know if it is in the old list
	Gone           = "gone"    // in the old list, not in the new one: only for two lists of the same kind
)

// Kinds lists them.
var Kinds = []string{Shadow, Orphaned, RetiredButLive, Unowned, ChangedOwner, Unknown, Gone}

// Difference is one of them.
type Difference struct {
	Kind     string            `json:"kind"`
	ID       string            `json:"id"`
	Type     leak.IdentityType `json:"identity_type"`
	Name     string            `json:"name"`
	Provider string            `json:"provider,omitempty"`
	Tenant   string            `json:"tenant,omitempty"`
	OldOwner string            `json:"old_owner,omitempty"`
	Owner    string            `json:"owner,omitempty"`
	State    string            `json:"state,omitempty"` // of its credential that is the worst
	Risk     int               `json:"risk_score,omitempty"`
	Why      string            `json:"why"`
	Old      string            `json:"old,omitempty"` // where it stands in the old list

	addressed string // the owner with an address behind the name
}

// Diff compares the identities of a list, or a run, with those that were known
// before. The differences are sorted by kind, risk and id. gone asks for those
// that are no more; at is the time that expirations are compared with.
func Diff(old *Inventory, now records, gone bool, at time.Time) ([]Difference, error) {
	d := differ{old: old, seen: map[int32]bool{}, at: at}
	if err := now(d.record); err != nil {
		return nil, err
	}
	if gone {
		missing := func(root int32) bool { return !d.seen[root] }
		err := old.each(missing, func(e *Entry) error {
			if e.State != Retired {
				d.add(Gone, e.record(record.Options{People: record.Emails}), e, "it is not in the new list")
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(d.out, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(slices.Index(Kinds, a.Kind), slices.Index(Kinds, b.Kind)), cmp.Compare(b.Risk, a.Risk), strings.Compare(a.ID, b.ID))
	})
	return d.out, nil
}

type differ struct {
	old  *Inventory
	seen map[int32]bool
	at   time.Time
	out  []Difference
}

func (d *differ) add(kind string, r *record.Record, e *Entry, why string) {
	if len(d.out) >= maxRecords {
		return
	}
	state, _ := exposure(r)
	x := Difference{
		Kind: kind, ID: r.ID, Type: r.IdentityType, Name: r.Name, Provider: r.Provider, Tenant: tenantText(r.Tenant), Owner: r.Owner, State: state, Risk: r.RiskScore, Why: why,
		addressed: r.WithAddresses().Owner,
	}
	if e != nil {
		x.OldOwner, x.Old = e.Owner, e.source()
	}
	d.out = append(d.out, x)
}

// record compares one identity of the new list.
func (d *differ) record(r *record.Record) error {
	m, err := d.old.Find(QueryRecord(r))
	if err != nil {
		return err
	}
	var e *Entry
	if m != nil {
		e = m.Entry
		d.seen[m.root] = true
	}
	untold, err := d.untold(r, e)
	if err != nil {
		return err
	}
	state, _ := exposure(r)
	switch {
	case r.Status == leak.ThirdPartyIdentity:
	case e == nil && untold != "":
		d.add(Unknown, r, nil, untold)
	case e == nil && r.Status != leak.RetiredIdentity && (r.Inventory == nil || !r.Inventory.Matched || r.Inventory.By == "the inventory itself"):
		d.add(Shadow, r, nil, "it is not in the old list")
	case e != nil && e.ended(d.at) != "" && (works(state) || state == "" && r.Status == leak.KnownIdentity):
		d.add(RetiredButLive, r, e, e.ended(d.at)+", and "+inUse(state))
	case r.Status == leak.RetiredIdentity && works(state):
		d.add(RetiredButLive, r, e, first(r.StatusReason, "it is retired")+", and "+inUse(state))
	}
	if why := orphan(r); why != "" {
		d.add(Orphaned, r, e, why)
	} else if r.Owner == "" && r.Status != leak.ThirdPartyIdentity && r.Status != leak.RetiredIdentity {
		d.add(Unowned, r, e, "nobody is known to own it")
	}
	if e != nil && e.Owner != "" && r.Owner != "" && !sameOwner(e, r) {
		d.add(ChangedOwner, r, e, fmt.Sprintf("%s before, %s now", e.Owner, r.Owner))
	}
	return nil
}

// untold is why nobody can know if the identity is in the old list; empty if one can.
func (d *differ) untold(r *record.Record, e *Entry) (why string, _ error) {
	s, ok := QueryRecord(r).stray(namedRecord(r))
	if e != nil || !ok || r.Status == leak.RetiredIdentity {
		return "", nil
	}
	why, _, err := d.old.untold(s)
	return why, err
}

// ended says why the identity should be no more; empty if it may be.
func (e *Entry) ended(at time.Time) string {
	if e.State == Retired {
		return first(e.StateReason, "the old list says that it is retired")
	}
	if t := instant(e.Expiration); !t.IsZero() && t.Before(at) {
		return "the old list says that it ended on " + t.Format(time.DateOnly)
	}
	return ""
}

// works reports whether a credential in that state may open something. Nobody
// knows of one that was not asked about, so it counts.
func works(state string) bool {
	switch leak.Status(state) {
	case leak.Live, leak.Restricted, leak.Unchecked, leak.Unknown, leak.Unverifiable, leak.SkippedCheck:
		return true
	}
	return false
}

func inUse(state string) string {
	switch leak.Status(state) {
	case leak.Live, leak.Restricted:
		return "a credential of it works"
	case "":
		return "the new list has it as in use"
	}
	return "a credential of it is found that nobody knows to be dead"
}

func orphan(r *record.Record) string {
	if r.Status == leak.OrphanedIdentity {
		return first(r.StatusReason, "nobody who is still there owns it")
	}
	if len(r.Owners) == 0 {
		return ""
	}
	for _, w := range r.Owners {
		if !w.Gone {
			return ""
		}
	}
	return "everybody who is known to own it has left"
}

// sameOwner compares owners as people write them: "@acme/payments" is
// "payments".
func sameOwner(e *Entry, r *record.Record) bool {
	now := map[string]bool{}
	for _, w := range append([]record.Owner{{Name: r.Owner}}, r.Owners...) {
		if w.Name == r.Owner {
			now[foldOwner(w.Name)], now[foldOwner(w.Email)] = true, true
		}
	}
	delete(now, "")
	for _, w := range append([]Owner{asOwner(e.Owner)}, e.Owners...) {
		if (w.text() == e.Owner || w.Name == "" || w.Email == e.Owner) && (now[foldOwner(w.Name)] || now[foldOwner(w.Email)]) {
			return true
		}
	}
	return false
}

func foldOwner(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if local, _, ok := strings.Cut(s, "@"); ok && local != "" {
		s = local // the name that reports show of an address
	}
	s = s[strings.LastIndexByte(s, '/')+1:]
	return strings.TrimSuffix(foldName(strings.TrimPrefix(s, "@")), "-team")
}

// WriteDiff writes differences as text, json, csv or markdown.
func WriteDiff(w io.Writer, format string, list []Difference) error {
	switch format {
	case "json":
		if list == nil {
			list = []Difference{}
		}
		if err := new(indenter).write(w, list, ""); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\n")
		return err
	case "csv":
		c := csv.NewWriter(w)
		if err := c.Write([]string{"kind", "id", "identity_type", "name", "provider", "tenant", "old_owner", "owner", "state", "risk_score", "why", "old"}); err != nil {
			return err
		}
		for _, d := range list {
			row := []string{d.Kind, d.ID, string(d.Type), d.Name, d.Provider, d.Tenant, d.OldOwner, d.Owner, d.State, fmt.Sprint(d.Risk), d.Why, d.Old}
			if err := writeRow(c, row); err != nil {
				return err
			}
		}
		c.Flush()
		return c.Error()
	case "markdown":
		return diffMarkdown(w, list)
	}
	return diffText(w, list)
}

func diffText(w io.Writer, list []Difference) error {
	kind := ""
	for _, d := range list {
		if d.Kind != kind {
			kind = d.Kind
			if _, err := fmt.Fprintf(w, "%s (%d)\n", kind, count(list, kind)); err != nil {
				return err
			}
		}
		owner := first(d.Owner, "nobody")
		if _, err := fmt.Fprintf(w, "  %s  %s, owner %s: %s\n", printable(called(d.Name, d.ID, d.Provider, d.Tenant)), strings.ReplaceAll(string(d.Type), "_", " "), printable(owner), printable(d.Why)); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "no differences")
		return err
	}
	return nil
}

// called is a name with whose it is: user 100 of what, and payments_app on which server.
// An id says so itself.
func called(name, id, provider, tenant string) string {
	if name == "" {
		return id
	}
	where := without(without([]string{provider, tenant}, ""), "unknown")
	if strings.EqualFold(name, tenant) {
		where = without(where, tenant)
	}
	if len(where) == 0 {
		return name
	}
	return name + " (" + strings.Join(where, ", ") + ")"
}

func diffMarkdown(w io.Writer, list []Difference) error {
	if _, err := fmt.Fprint(w, "| kind | identity | type | old owner | owner | state | risk | why |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n"); err != nil {
		return err
	}
	for _, d := range list {
		if err := markdownRow(w, d.Kind, called(d.Name, d.ID, d.Provider, d.Tenant), string(d.Type), d.OldOwner, d.Owner, d.State, fmt.Sprint(d.Risk), d.Why); err != nil {
			return err
		}
	}
	return nil
}

func count(list []Difference, kind string) (n int) {
	for _, d := range list {
		if d.Kind == kind {
			n++
		}
	}
	return n
}

// markdownRow writes a row of a table.
func markdownRow(w io.Writer, cells ...string) error {
	var b strings.Builder
	for _, c := range cells {
		b.WriteString("| " + markdownCell(c) + " ")
	}
	_, err := io.WriteString(w, b.String()+"|\n")
	return err
}

// cellEscapes make a text harmless in a table: no cells, links or HTML.
var cellEscapes = strings.NewReplacer(`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "\n", " ", "\r", " ")

func markdownCell(s string) string { return cellEscapes.Replace(printable(s)) }

// printable keeps control characters off terminals and out of tables.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}

// Shown is a difference as the options let it be shown.
func (d Difference) Shown(o record.Options) Difference {
	if o.People == record.Emails {
		d.Owner = d.addressed
	}
	d.addressed = ""
	o.Hide(&d)
	return d
}
