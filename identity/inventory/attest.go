package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// Framework is one that evidence is written for.
type Framework struct{ ID, Name, Prefix string }

// Frameworks lists them. The prefix is that of the ids of their controls.
var Frameworks = []Framework{
	{"owasp-nhi", "OWASP Non-Human Identities Top 10 (2025)", "NHI"},
	{"soc2", "SOC 2 (trust services criteria)", "SOC2:"},
	{"pci-dss", "PCI DSS 4.0.1", "PCI:"},
	{"hipaa", "HIPAA Security Rule", "HIPAA:"},
	{"gdpr", "GDPR", "GDPR:"},
}

// Disclaimer stands in every attestation.
const Disclaimer = "This report helps as evidence; it does not say that anybody complies with anything. Which finding belongs to which clause is the mapping of the whosekey project, not of those who publish the frameworks."

// Attestation is the evidence for one framework, or several.
type Attestation struct {
	Schema     int        `json:"schema"`
	Title      string     `json:"title"`
	Generated  string     `json:"generated"`
	Disclaimer string     `json:"disclaimer"`
	Scope      []Scope    `json:"scope"`
	Totals     Totals     `json:"totals"`
	Frameworks []Evidence `json:"frameworks"`
	Identities []Attested `json:"identities"`
	Rotated    []Rotation `json:"rotated"`
	Reviews    []Signed   `json:"reviews"`
}

// Scope is one run or list, and how much of what it was to look at it saw.
type Scope struct {
	File       string           `json:"file"`
	Tool       string           `json:"tool,omitempty"`
	Mode       string           `json:"mode,omitempty"`
	Target     string           `json:"target,omitempty"`
	Repository string           `json:"repository,omitempty"`
	Revision   string           `json:"revision,omitempty"`
	Rules      string           `json:"rules,omitempty"`
	Searched   map[string]int64 `json:"searched,omitempty"`
	Incomplete bool             `json:"incomplete"`
	Skipped    []string         `json:"skipped,omitempty"`
	LeftOut    []string         `json:"left_out,omitempty"`
	Findings   int              `json:"findings"`
	Identities int              `json:"identities"`
	RowsLost   int              `json:"rows_lost,omitempty"`
}

// Totals are the numbers that an auditor asks for first.
type Totals struct {
	Identities  int            `json:"identities"`
	Credentials int            `json:"credentials"`
	Owned       int            `json:"owned"`
	ByStatus    map[string]int `json:"by_status"`
	ByState     map[string]int `json:"credentials_by_state"`
	ByBand      map[string]int `json:"by_risk"`
}

// Evidence is what there is for one framework.
type Evidence struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Controls []Control `json:"controls"`
}

// Control is one requirement, with the identities that are evidence for it.
type Control struct {
	ID         string   `json:"id"`
	Title      string   `json:"title,omitempty"`
	Identities []string `json:"identities"`
	Why        []string `json:"why,omitempty"` // reasons, each once; of many the first
	Others     int      `json:"other_reasons,omitempty"`
}

// Attested is one identity with what was checked about it, and when.
type Attested struct {
	ID          string              `json:"id"`
	Type        leak.IdentityType   `json:"identity_type"`
	Name        string              `json:"name"`
	Provider    string              `json:"provider,omitempty"`
	Tenant      string              `json:"tenant,omitempty"`
	Owner       string              `json:"owner"`
	OwnerSource string              `json:"owner_source,omitempty"`
	Status      leak.IdentityStatus `json:"status"`
	Risk        int                 `json:"risk_score"`
	Band        string              `json:"risk"`
	Credentials []record.Credential `json:"credentials,omitempty"`
	Controls    []string            `json:"controls,omitempty"`
	Review      *Review             `json:"review,omitempty"`
}

// Rotation is a credential that was changed or has died since it leaked.
type Rotation struct {
	Identity string `json:"identity"`
	Owner    string `json:"owner,omitempty"`
	ID       string `json:"credential"`
	Kind     string `json:"kind,omitempty"`
	Before   string `json:"before,omitempty"` // state in the earlier run
	Now      string `json:"now"`
	When     string `json:"when,omitempty"`
	Why      string `json:"why"`
}

// Signed is a decision of a review.
type Signed struct {
	Identity string `json:"identity"`
	Review
	Source string `json:"source,omitempty"`
}

// Attest collects evidence. Sources are added one after the other; Done finishes.
type Attest struct {
	Catalog []leak.Control // all controls there are, so that those without a finding are named too
	Options record.Options
	Judge   func(*record.Record) // of Runs

	a       Attestation
	records []*record.Record
	before  map[string]record.Credential // of earlier runs, by id
	owners  map[string]*record.Record
	reviews *Inventory
}

// AddFile adds the identities of a run or list.
func (t *Attest) AddFile(name, shown string, o Options) (*Inventory, error) {
	n := 0
	inv, err := RecordsFile(name, o, func(r *record.Record) error {
		n++
		if len(t.records) >= maxDrawn {
			return fmt.Errorf("more than %d identities", maxDrawn)
		}
		t.records = append(t.records, t.shown(r))
		return nil
	})
	if err != nil {
		return inv, err
	}
	s := scopeOf(inv.RunOf(), t.Options)
	s.File, s.Identities, s.RowsLost = shown, n, inv.Lost
	s.Incomplete = s.Incomplete || inv.Lost > 0
	t.a.Scope = append(t.a.Scope, s)
	return inv, nil
}

// AddBefore adds an earlier run: what it found and what has died since is
// rotated.
func (t *Attest) AddBefore(name string, o Options) (*Inventory, error) {
	if t.before == nil {
		t.before, t.owners = map[string]record.Credential{}, map[string]*record.Record{}
	}
	return RecordsFile(name, o, func(r *record.Record) error {
		r = t.shown(r)
		for _, c := range r.Credentials {
			t.before[c.ID], t.owners[c.ID] = c, r
		}
		return nil
	})
}

// AddReviews adds the decisions of an inventory or of sheets that were signed
// off.
func (t *Attest) AddReviews(inv *Inventory) { t.reviews = inv }

// Done makes the attestation for some frameworks, by id; none are all.
func (t *Attest) Done(now time.Time, frameworks ...string) (*Attestation, error) {
	t.a.Schema, t.a.Title, t.a.Disclaimer = 1, "Evidence on non-human identities", Disclaimer
	t.a.Generated = now.UTC().Format(time.RFC3339)
	runs := Runs{Judge: t.Judge}
	for _, r := range t.records {
		runs.Add(r)
	}
	t.records = runs.Joined()
	for _, r := range t.records {
		at, err := t.attested(r)
		if err != nil {
			return nil, err
		}
		t.a.Identities = append(t.a.Identities, at)
	}
	slices.SortStableFunc(t.a.Identities, func(a, b Attested) int { return cmp.Or(cmp.Compare(b.Risk, a.Risk), strings.Compare(a.ID, b.ID)) })
	t.totals()
	for _, f := range Frameworks {
		if len(frameworks) == 0 || slices.Contains(frameworks, f.ID) {
			t.a.Frameworks = append(t.a.Frameworks, t.evidence(f))
		}
	}
	t.rotations()
	t.filled()
	return &t.a, nil
}

// filled makes lists of what is null.
func (t *Attest) filled() {
	a := &t.a
	if a.Scope == nil {
		a.Scope = []Scope{}
	}
	if a.Identities == nil {
		a.Identities = []Attested{}
	}
	if a.Rotated == nil {
		a.Rotated = []Rotation{}
	}
	if a.Reviews == nil {
		a.Reviews = []Signed{}
	}
	if a.Frameworks == nil {
		a.Frameworks = []Evidence{}
	}
}

// shown is a record as auditors read it.
func (t *Attest) shown(r *record.Record) *record.Record { return Shown(r, t.Options).WithAddresses() }

func (t *Attest) attested(r *record.Record) (Attested, error) {
	at := Attested{
		ID: r.ID, Type: r.IdentityType, Name: r.Name, Provider: r.Provider, Tenant: tenantText(r.Tenant), Owner: r.Owner, Status: r.Status, Risk: r.RiskScore, Band: band(r),
		Credentials: r.Credentials, Controls: r.Controls,
	}
	for _, w := range r.Owners {
		if w.Name == r.Owner {
			at.OwnerSource = w.Source
			break
		}
	}
	if t.reviews == nil {
		return at, nil
	}
	m, err := t.reviews.Find(QueryRecord(r))
	if err != nil || m == nil || m.Entry.Review == nil {
		return at, err
	}
	v := *m.Entry.Review
	v.Reviewer, v.Comment, v.Owner = t.Options.Text(v.Reviewer), t.Options.Text(v.Comment), t.Options.Text(v.Owner)
	at.Review = &v
	t.a.Reviews = append(t.a.Reviews, Signed{r.ID, v, first(v.Source, m.Entry.source())})
	return at, nil
}

func (t *Attest) totals() {
	n := Totals{ByStatus: map[string]int{}, ByState: map[string]int{}, ByBand: map[string]int{}}
	for _, at := range t.a.Identities {
		n.Identities++
		n.ByStatus[string(at.Status)]++
		n.ByBand[at.Band]++
		if at.Owner != "" {
			n.Owned++
		}
		for _, c := range at.Credentials {
			n.Credentials++
			n.ByState[string(c.State)]++
		}
	}
	t.a.Totals = n
}

// evidence is that for one framework: its controls in order, those without a
// finding too.
func (t *Attest) evidence(f Framework) Evidence {
	e := Evidence{ID: f.ID, Name: f.Name, Controls: []Control{}}
	at, reasons := map[string]int{}, map[string]bool{}
	control := func(id, title string) *Control {
		i, there := at[id]
		if !there {
			i = len(e.Controls)
			at[id] = i
			e.Controls = append(e.Controls, Control{ID: id, Title: title, Identities: []string{}})
		}
		if e.Controls[i].Title == "" {
			e.Controls[i].Title = title
		}
		return &e.Controls[i]
	}
	for _, c := range t.Catalog {
		if strings.HasPrefix(c.ID, f.Prefix) {
			control(c.ID, c.Title)
		}
	}
	for _, r := range t.records {
		for _, id := range r.Controls {
			if strings.HasPrefix(id, f.Prefix) {
				c := control(id, "")
				c.Identities = append(c.Identities, r.ID)
			}
		}
		for _, d := range r.ControlDetail {
			if strings.HasPrefix(d.ID, f.Prefix) {
				control(d.ID, d.Title).because(d.Why, reasons)
			}
		}
	}
	for i := range e.Controls {
		slices.Sort(e.Controls[i].Identities)
	}
	slices.SortStableFunc(e.Controls, func(a, b Control) int {
		return cmp.Or(cmp.Compare(number(a.ID), number(b.ID)), strings.Compare(a.ID, b.ID))
	})
	return e
}

// because adds a reason; seen are those of all controls that there are.
func (c *Control) because(why string, seen map[string]bool) {
	key := c.ID + "\x00" + why
	if why == "" || seen[key] {
		return
	}
	seen[key] = true
	if len(c.Why) >= maxReasons {
		c.Others++
		return
	}
	c.Why = append(c.Why, why)
}

// maxReasons is how many reasons of a control are named.
const maxReasons = 10

// number orders NHI10 behind NHI9.
func number(id string) (n int) {
	fmt.Sscanf(id, "NHI%d", &n)
	return n
}
