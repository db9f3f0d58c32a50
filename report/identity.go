package report

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// identity is the record of a finding's identity as it may be shown, nil for
// none.
func (o *Options) identity(f *leak.Finding) *record.Record {
	if f.Identity == nil {
		return nil
	}
	people := o.people()
	people.Only = f.ID
	r := record.From(f.Identity, people)
	if o.Unnamed {
		unnamed(r)
	}
	return r
}

// risk is that of the finding's credential, or of its identity where that is not
// known.
func risk(r *record.Record) *record.Risk {
	if len(r.Credentials) == 1 && r.Credentials[0].Risk != nil {
		return r.Credentials[0].Risk
	}
	return r.Risk
}

// controls are those of the finding's credential, or of its identity.
func controls(r *record.Record) []string {
	if len(r.Credentials) != 1 || len(r.Credentials[0].Controls) == 0 {
		return r.Controls
	}
	var out []string
	for _, c := range r.Credentials[0].Controls {
		out = append(out, c.ID)
	}
	return out
}

// plan is what to do about the finding's credential.
func plan(r *record.Record) []record.Action {
	if len(r.Credentials) == 1 && len(r.Credentials[0].Plan) > 0 {
		return r.Credentials[0].Plan
	}
	return r.Plan
}

func (o *Options) people() record.Options { return record.Options{People: o.People, Salt: o.Salt} }

// identity writes whose the credential is.
func (t *textReport) identity(f *leak.Finding) {
	r := t.opts.read(f)
	if r == nil {
		return
	}
	t.row("identity", identityLine(r))
	t.row("conflict", visible(text(r.Conflict)))
	t.rows("owner", ownerLines(r, t.opts.Verbose))
	t.rows("used by", some(len(r.Consumers), t.opts.Verbose, func(i int) string { return consumerText(r.Consumers[i]) }))
	t.rows("declared", some(len(r.DeclaredIn), t.opts.Verbose, func(i int) string {
		d := r.DeclaredIn[i]
		return join(" ", d.Address, "("+join(" ", d.Kind, d.Ref)+")")
	}))
	if r.Status != leak.UnknownStatus || r.StatusReason != "" {
		t.row("status", visible(text(join(": ", words(string(r.Status)), r.StatusReason))))
	}
	if k := risk(r); k != nil {
		line := fmt.Sprintf("%d of 100", k.Score) // its word would contradict that of the severity, which heads the finding
		if t.opts.Verbose {
			line += fmt.Sprintf(", %s, for a kind of severity %.1f of 10", k.Band, f.Rule.Severity)
		}
		if list := owasp(controls(r), t.opts.Verbose); len(list) > 0 {
			line += "; " + strings.Join(list, ", ")
		}
		t.paintedRow(colours[k.Band], "risk", visible(text(line)))
	}
	if t.opts.Verbose {
		t.reasons(r)
	}
}

// owasp are those controls that are of the OWASP NHI Top 10, or all of them: the others
// follow from them, and there are many.
func owasp(list []string, all bool) []string {
	if all {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(c string) bool { return strings.Contains(c, ":") })
}

// reasons writes what the rest was concluded from, and what to do.
func (t *textReport) reasons(r *record.Record) {
	if k := risk(r); k != nil {
		for _, f := range k.Factors {
			t.row("", visible(text(fmt.Sprintf("%+d of %d %s: %s", f.Points, f.Max, f.Name, f.Why))))
		}
		t.row("", visible(text(k.Cap)))
	}
	label := "evidence"
	for _, e := range r.Evidence {
		t.row(label, visible(text(fmt.Sprintf("%s = %s (%s)", words(e.Claim), e.Value, join(", ", string(e.Kind), e.Reason, e.Ref, fmt.Sprintf("%.2f", e.Weight))))))
		label = ""
	}
	label = "plan"
	for i, a := range plan(r) {
		t.row(label, visible(text(fmt.Sprintf("%d. %s: %s", i+1, a.Step, a.Text))))
		for _, c := range a.Command {
			t.row("", visible(text("$ "+c)))
		}
		label = ""
	}
}

// identityLine says in one line what the identity is.
func identityLine(r *record.Record) string {
	name := r.Name
	if name == "" {
		name = r.ProviderID
	}
	var about []string
	if kind := words(string(r.IdentityType)); name == "" && r.Called != "" && r.IdentityType != leak.UnknownIdentity {
		name = r.Called
	} else if r.IdentityType != leak.UnknownIdentity {
		about = append(about, kind)
	}
	if n := r.Tenant; n != nil {
		about = append(about, join(" ", n.Kind, join(" ", n.ID, quoted(n.Name))))
	} else if at := serverOf(r.ID); at != "" {
		about = append(about, "server "+at)
	}
	if r.Environment != "" {
		about = append(about, r.Environment)
	}
	if len(r.Permissions) > 0 {
		may := r.Permissions[:min(len(r.Permissions), 6)]
		between := " "
		if slices.ContainsFunc(may, func(p string) bool { return strings.Contains(p, " ") }) {
			between = ", "
		}
		about = append(about, "may "+strings.Join(may, between))
	}
	if r.CreationDate != "" {
		about = append(about, "made "+onDay(r.CreationDate))
	}
	if r.Expiration != "" {
		about = append(about, "until "+onDay(r.Expiration))
	}
	if name == "" && len(about) == 0 {
		return ""
	}
	line := join(" ", name, "("+strings.Join(about, ", ")+")")
	if len(about) == 0 {
		line = name
	} else if name == "" {
		line = strings.Join(about, ", ")
	}
	if r.Confidence > 0 {
		line += fmt.Sprintf("; %s, %.2f", band(r.Confidence), r.Confidence)
	}
	return visible(text(line))
}

// serverOf is the server that the id of a user of one has in the place of a tenant,
// "db.acme.io:5433"; empty for "-" and for what is no id.
func serverOf(id string) string {
	parts := strings.SplitN(id, ":", 4)
	if len(parts) < 4 {
		return ""
	}
	at, _, _ := strings.Cut(parts[3], "/")
	if at, err := url.PathUnescape(at); err == nil && at != "-" {
		return at
	}
	return ""
}

// band is a word for a confidence.
func band(c float64) string {
	switch {
	case c >= 0.9:
		return "certain"
	case c >= 0.7:
		return "likely"
	case c >= 0.4:
		return "possible"
	}
	return "unlinked"
}

// onDay leaves the time of day out.
func onDay(s string) string { return s[:min(len(s), len("2006-01-02"))] }

// shortRef shortens the name of a commit.
func shortRef(ref string) string {
	if (len(ref) == 40 || len(ref) == 64) && strings.Trim(ref, "0123456789abcdef") == "" {
		return short(ref)
	}
	return ref
}

// bestOwner is the entry of the owner that is shown, the first who has not left;
// nil if there is none.
func bestOwner(r *record.Record) *record.Owner {
	for i := range r.Owners {
		if w := &r.Owners[i]; w.Name == r.Owner && !w.Gone {
			return w
		}
	}
	return nil
}

// sureness is a confidence in words and as a number.
func sureness(c float64) string { return fmt.Sprintf("%s, %.2f", band(c), c) }

func ownerWhy(o record.Owner) string {
	if o.Reason != "" {
		return o.Reason
	}
	return words(o.Source)
}

func consumerText(c record.Consumer) string {
	return join(" ", c.Ref, "("+join(", ", words(c.Kind), c.Name, c.Via)+")")
}

// some are the first few of n texts, or all of them, as they may be shown.
func some(n int, all bool, of func(int) string) []string {
	var out []string
	for i := range n {
		if i == firstPlaces && !all {
			out = append(out, fmt.Sprintf("and %d more", n-i))
			break
		}
		out = append(out, visible(text(of(i))))
	}
	return out
}

// join joins what is not empty; "()" is.
func join(sep string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" && p != "()" {
			out = append(out, p)
		}
	}
	return strings.Join(out, sep)
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return `"` + s + `"`
}

func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

// sarifIdentity adds whose a credential is to the properties of a result.
func (o *Options) sarifIdentity(f *leak.Finding, p map[string]any) {
	r := o.identity(f)
	if r == nil {
		return
	}
	// Reasons and plans would be repeated at every place: JSON has them.
	brief := map[string]any{"id": r.ID, "identity_type": r.IdentityType, "status": r.Status, "confidence": r.Confidence}
	for key, value := range map[string]string{
		"name": r.Name, "provider_id": r.ProviderID, "environment": r.Environment, "conflict": r.Conflict,
		"creation_date": r.CreationDate, "last_accessed": r.LastAccessed, "expiration": r.Expiration,
	} {
		if value != "" {
			brief[key] = text(value)
		}
	}
	if r.Tenant != nil {
		brief["tenant"] = r.Tenant
	}
	if len(r.Permissions) > 0 {
		brief["permissions"] = r.Permissions
	}
	if len(r.Consumers) > 0 {
		brief["consumers"] = r.Consumers[:min(len(r.Consumers), 10)]
	}
	if len(r.DeclaredIn) > 0 {
		brief["declared_in"] = r.DeclaredIn[:min(len(r.DeclaredIn), 10)]
	}
	p["identity"] = brief
	p["owner"] = text(r.Owner)
	if w := bestOwner(r); w != nil {
		p["owner_source"], p["owner_confidence"] = join(" ", words(w.Source), text(w.Ref)), w.Confidence
		if w.Email != "" {
			p["owner_email"] = text(w.Email)
		}
	}
	if k := risk(r); k != nil {
		p["risk"], p["risk_band"] = k.Score, k.Band
	}
	if list := controls(r); len(list) > 0 {
		p["controls"] = list
	}
}

// belongs says in a sentence or two whose it is, for messages.
func (o *Options) belongs(f *leak.Finding) string {
	r := o.read(f)
	if r == nil {
		return ""
	}
	var b strings.Builder
	if r.Name != "" && r.Confidence >= 0.4 {
		kind := words(string(r.IdentityType))
		fmt.Fprintf(&b, " It belongs to the %s", text(join(" ", kind, strings.TrimPrefix(r.Name, kind+" ")))) // a bot may be called by its number
		if r.Tenant != nil {
			fmt.Fprintf(&b, " of %s", text(join(" ", r.Tenant.Kind, join(" ", r.Tenant.ID, quoted(r.Tenant.Name)))))
		}
		fmt.Fprintf(&b, " (%s).", sureness(r.Confidence))
	}
	if r.Owner != "" {
		fmt.Fprintf(&b, " Owner: %s", text(r.Owner))
		if w := bestOwner(r); w != nil {
			fmt.Fprintf(&b, " (%s; %s)", text(join(", ", ownerWhy(*w), shortRef(w.Ref))), sureness(w.Confidence))
		}
		b.WriteString(".")
	}
	if k := risk(r); k != nil {
		fmt.Fprintf(&b, " Risk %d of 100.", k.Score)
	}
	return visible(b.String())
}

// riskRank is the rank of a result whose risk is known.
func riskRank(f *leak.Finding) (float64, bool) {
	if f.Identity == nil {
		return 0, false
	}
	k := f.Identity.Risk
	if c := f.Credential(); c != nil && c.Risk.Band != "" {
		k = c.Risk
	}
	return float64(min(max(k.Score, 0), 100)), k.Band != ""
}
