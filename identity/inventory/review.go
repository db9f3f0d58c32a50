package inventory

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// errOpen is a row of a review sheet that nobody decided yet.
var errOpen = errors.New("not decided")

// readSheet reads a row of a review sheet that came back.
func readSheet(c *converter) (*Entry, error) {
	if text(c.plain["decision"]) == "" {
		return nil, errOpen
	}
	e, err := readGeneric(c)
	if err == nil { // the sheet has our risk, and the inventory keeps its own
		e.RiskScore = nil
	}
	if err == nil && strings.EqualFold(e.Owner, nobody) {
		e.Owner, e.Owners, e.Review.Owner = "", nil, ""
	}
	return e, err
}

// nobody stands where the owner would.
const nobody = "(nobody)"

// Sheet is what one owner has to decide about.
type Sheet struct {
	Owner string
	Kind  string // team or person
	Rows  []Item
}

// Item is one identity of a sheet.
type Item struct {
	*record.Record
	Why    string // why it is this owner's
	Reason string // why it is that identity, and the risk
	Action string
	Due    string // a day; empty for the next review
}

// Sheets makes the review sheets of all owners; those of nobody come first. now
// is the day that the due dates count from.
func Sheets(all []*record.Record, now time.Time) []Sheet {
	at := map[string]*Sheet{}
	for _, r := range all {
		if r.Status == leak.ThirdPartyIdentity {
			continue // not ours to decide about
		}
		w := reviewer(r)
		key := strings.ToLower(w.Name)
		s := at[key]
		if s == nil {
			s = &Sheet{Owner: w.Name, Kind: w.Kind}
			at[key] = s
		}
		s.Rows = append(s.Rows, item(r, w, now))
	}
	var out []Sheet
	for _, s := range at {
		slices.SortStableFunc(s.Rows, func(a, b Item) int { return cmp.Or(cmp.Compare(b.RiskScore, a.RiskScore), strings.Compare(a.ID, b.ID)) })
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Sheet) int {
		return cmp.Or(-cmp.Compare(truth(a.Owner == nobody), truth(b.Owner == nobody)), strings.Compare(strings.ToLower(a.Owner), strings.ToLower(b.Owner)))
	})
	return out
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// reviewer is the best owner who is still there.
func reviewer(r *record.Record) record.Owner {
	for _, w := range r.Owners {
		if !w.Gone && w.Name != "" {
			return w
		}
	}
	if r.Owner != "" && len(r.Owners) == 0 {
		return record.Owner{Name: r.Owner}
	}
	return record.Owner{Name: nobody, Reason: "nobody is known to own it: find out who does"}
}

// due says how many days a band has: NHI.md gives them.
var due = map[string]int{"critical": 1, "high": 7, "medium": 30}

func item(r *record.Record, w record.Owner, now time.Time) Item {
	it := Item{Record: r}
	it.Why = strings.TrimSpace(first(w.Reason, strings.ReplaceAll(w.Source, "_", " ")))
	if w.Ref != "" && !strings.Contains(it.Why, w.Ref) {
		it.Why += " (" + w.Ref + ")"
	}
	it.Why = first(it.Why, "named as the owner")
	var reasons []string
	for _, e := range r.Evidence {
		if e.Reason != "" && len(reasons) < 3 && !slices.Contains(reasons, e.Reason) {
			reasons = append(reasons, e.Reason)
		}
	}
	if r.StatusReason != "" {
		reasons = append(reasons, r.StatusReason)
	}
	it.Reason = strings.Join(reasons, "; ")
	for _, a := range r.Plan {
		if a.Text != "" {
			it.Action = a.Text
			break
		}
	}
	it.Action = first(it.Action, action(r))
	if days := due[band(r)]; days > 0 {
		it.Due = now.UTC().AddDate(0, 0, days).Format(time.DateOnly)
	}
	return it
}

// action is what to do about an identity that has no plan.
func action(r *record.Record) string {
	state, since := exposure(r)
	switch {
	case since != "" && works(state) && r.Status == leak.RetiredIdentity:
		return "revoke the credential that leaked: the identity is retired"
	case since != "" && works(state):
		return "rotate the credential that leaked"
	case r.Status == leak.RetiredIdentity:
		return "revoke what is left of it"
	case r.Status == leak.OrphanedIdentity:
		return "find an owner, or revoke it"
	}
	return "confirm that it is still needed"
}

// band is that of the risk: critical from 90, high from 70, medium from 40.
func band(r *record.Record) string {
	switch {
	case r.Risk != nil && r.Risk.Band != "":
		return r.Risk.Band
	case r.RiskScore >= 90:
		return "critical"
	case r.RiskScore >= 70:
		return "high"
	case r.RiskScore >= 40:
		return "medium"
	}
	return "low"
}

// sheetColumns are the headings of a sheet; the last four are the owner's to fill
// in. Import knows a sheet by "why you".
var sheetColumns = []string{
	"owner", "id", "name", "identity type", "provider", "provider id", "tenant", "environment", "status", "permissions", "last accessed", "expiration",
	"risk score", "state", "first exposed", "why you", "evidence", "action", "due", "decision", "reviewer", "reviewed", "comment",
}

func (s Sheet) cells(it Item) []string {
	state, since := exposure(it.Record)
	if len(since) > 10 {
		since = since[:10]
	}
	return []string{
		s.Owner, it.ID, it.Name, string(it.IdentityType), it.Provider, it.ProviderID, tenantText(it.Tenant), it.Environment, string(it.Status), strings.Join(it.Permissions, "; "),
		it.LastAccessed, it.Expiration, fmt.Sprint(it.RiskScore), state, since, it.Why, it.Reason, it.Action, it.Due, "", "", "", "",
	}
}

// WriteSheetsCSV writes sheets as one table.
func WriteSheetsCSV(w io.Writer, sheets ...Sheet) error {
	c := csv.NewWriter(w)
	if err := c.Write(sheetColumns); err != nil {
		return err
	}
	for _, s := range sheets {
		for _, it := range s.Rows {
			if err := writeRow(c, s.cells(it)); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

// WriteSheetsMarkdown writes sheets as a section each.
func WriteSheetsMarkdown(w io.Writer, now time.Time, sheets ...Sheet) error {
	for _, s := range sheets {
		_, err := fmt.Fprintf(w, `# Access review: %s

%s, as of %s, to be decided by who owns them. Write **keep**, **rotate**, **revoke** or **not mine** into the column *decision*, your
name into *reviewer* and the day into *reviewed*, and send the sheet back. Import it with `+"`whosekey inventory import`"+`.

`, markdownCell(s.Owner), identities(len(s.Rows)), now.UTC().Format(time.DateOnly))
		if err != nil {
			return err
		}
		if err := markdownRow(w, sheetColumns...); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, strings.Repeat("| --- ", len(sheetColumns))+"|"); err != nil {
			return err
		}
		for _, it := range s.Rows {
			if err := markdownRow(w, s.cells(it)...); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	return nil
}

func identities(n int) string {
	if n == 1 {
		return "1 identity"
	}
	return fmt.Sprintf("%d identities", n)
}

// FileName is a name for the file of a sheet.
func (s Sheet) FileName(ext string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, strings.ToLower(s.Owner))
	name = strings.Trim(name, "-.")
	if len(name) > 80 {
		name = name[:80]
	}
	return "review-" + first(name, "nobody") + ext
}
