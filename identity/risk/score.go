package risk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// Assessor judges credentials.
type Assessor struct {
	policy Policy
	now    time.Time
	rules  map[string]*rules.Identity
	owners map[string]*rules.Provider // by the id of a rule, whose it is

	unasked map[string]string // by the id of a rule, its Unasked
}

// anybodys is Unasked of what rules that are written in Go find.
const anybodys = "what found it does not say who could be asked"

// New makes one for credentials of these providers. A nil policy is Default.
func New(p Policy, providers []*rules.Provider, now time.Time) *Assessor {
	if p == nil {
		p = Default()
	}
	a := &Assessor{policy: p, now: now, rules: map[string]*rules.Identity{}, owners: map[string]*rules.Provider{}, unasked: map[string]string{}}
	for _, p := range providers {
		for i := range p.Rules {
			r := &p.Rules[i]
			a.owners[r.ID], a.unasked[r.ID] = p, r.Unasked
			if a.rules[r.ID] = r.Identity; r.Identity == nil {
				a.rules[r.ID] = &rules.Identity{}
			}
		}
	}
	return a
}

// subject is one credential of an identity, with all of its findings.
type subject struct {
	id       *leak.Identity
	cred     *leak.Credential
	findings []*leak.Finding // at least one
	rule     *rules.Identity
	remedy   *rules.Remedy // nil for none
	unasked  string        // why nobody can be asked about it by itself; empty where somebody can
	now      time.Time
}

// Assess fills in the risk, the controls and the plan of every credential of the
// findings' identities, and those of the identities.
func (a *Assessor) Assess(ids []*leak.Identity, fs []*leak.Finding) {
	byID := map[string][]*leak.Finding{}
	for _, f := range fs {
		byID[f.ID] = append(byID[f.ID], f)
	}
	for _, id := range ids {
		worst := -1
		var controls [][]leak.Control
		for i := range id.Credentials {
			c := &id.Credentials[i]
			if len(byID[c.ID]) == 0 {
				continue
			}
			s := a.subject(id, c, byID[c.ID])
			c.Risk = a.score(s)
			c.Controls = s.controls()
			c.Plan = s.plan()
			controls = append(controls, c.Controls)
			if c.Risk.Score > worst {
				worst, id.Risk, id.Plan = c.Risk.Score, c.Risk, c.Plan
			}
		}
		if id.Controls = nil; len(controls) == 1 {
			id.Controls = controls[0] // they are sorted, and shared with the credential
		} else if len(controls) > 1 {
			id.Controls = union(slices.Concat(controls...))
		}
	}
}

func (a *Assessor) subject(id *leak.Identity, c *leak.Credential, fs []*leak.Finding) *subject {
	s := &subject{id: id, cred: c, findings: fs, rule: a.rules[fs[0].Rule.ID], unasked: anybodys, now: a.now}
	if why, ok := a.unasked[fs[0].Rule.ID]; ok {
		s.unasked = why
	}
	if p := a.owners[fs[0].Rule.ID]; p != nil {
		s.remedy = p.Remedy(fs[0].Rule.ID, c.Form)
	}
	if s.rule == nil {
		s.rule = &rules.Identity{}
	}
	return s
}

// score adds up the factors and applies the caps.
func (a *Assessor) score(s *subject) leak.Risk {
	r := leak.Risk{Factors: []leak.RiskFactor{a.validity(s), a.privilege(s), a.exposure(s), a.lifetime(s), a.governance(s), a.reach(s)}}
	for _, f := range r.Factors {
		r.Score += f.Points
	}
	r.Score = min(r.Score, 100)
	if most, why := a.cap(s); most < r.Score {
		r.Cap = fmt.Sprintf("%d points, but no more than %d: %s", r.Score, most, why)
		r.Score = most
	}
	r.Band = a.policy.band(r.Score)
	return r
}

// validityWords say what a state means.
var validityWords = map[leak.Status]string{
	leak.Live: "it works", leak.Restricted: "it works, within limits", leak.Unverifiable: "there is no safe way to ask whether it works",
	leak.Unknown: "the provider gave no clear answer", leak.SkippedCheck: "nobody was allowed to ask whether it works",
	leak.Unchecked: "nobody asked whether it works", leak.Dead: "the provider refused it", leak.Expired: "it has ended", leak.Canary: "it is a trap",
}

func (a *Assessor) validity(s *subject) leak.RiskFactor {
	state := s.cred.State
	if state == "" {
		state = leak.Unchecked
	}
	points, why := a.policy[Validity][string(state)], []string{cmp.Or(validityWords[state], string(state))}
	if s.unverified() && s.checksum() {
		points += a.policy[Validity]["checksum"]
		why = append(why, "its checksum is right")
	}
	return a.policy.factor(Validity, points, why)
}

// unverified reports whether nobody knows if the credential works.
func (s *subject) unverified() bool {
	switch s.cred.State {
	case leak.Unchecked, leak.Unknown, leak.Unverifiable, leak.SkippedCheck, "":
		return true
	}
	return false
}

func (s *subject) checksum() bool {
	return slices.ContainsFunc(s.findings, func(f *leak.Finding) bool {
		return slices.ContainsFunc(f.Why, func(w string) bool { return strings.Contains(w, "checksum") })
	})
}

func (a *Assessor) privilege(s *subject) leak.RiskFactor {
	if power, word := Strongest(s.id.Permissions); power != "" {
		why := []string{fmt.Sprintf("it has %q: %s", word, says(power, word))}
		if e, ok := s.wider(); ok {
			why = append(why, e.uses)
		}
		return a.policy.factor(Privilege, a.policy[Privilege][string(power)], why)
	}
	if power := s.rule.Power; power != "" {
		return a.policy.factor(Privilege, a.policy[Privilege][string(power)], []string{"all of its kind: " + powerWords[power]})
	}
	t := cmp.Or(s.id.Type, leak.UnknownIdentity)
	why := "nobody knows what it may do"
	if words := s.id.Permissions; len(words) > 0 {
		why = fmt.Sprintf("it has %q, and how much that is cannot be told from the name", words[0])
		if len(words) > 1 {
			why = fmt.Sprintf("it has %q and others, and how much that is cannot be told from their names", words[0])
		}
	}
	return a.policy.factor(Privilege, a.policy[ByType][string(t)], []string{why + "; as for any " + strings.ReplaceAll(string(t), "_", " ")})
}

func (a *Assessor) exposure(s *subject) leak.RiskFactor {
	word := cmp.Or(s.cred.Exposure, "unknown")
	points, why := a.policy[Exposure][word], []string{map[string]string{
		"public": "everybody can read it", "internal": "everybody in the organisation can read it", "private": "who may read the repository can read it",
		"log": "who may read the logs can read it", "image": "who may pull the image can read it",
	}[word]}
	if why[0] == "" {
		why[0] = "who can read it is not known, so as for a private repository"
	}
	head, reachable := false, false
	for _, f := range s.findings {
		for _, l := range f.Locations {
			head = head || l.AtHead || l.Staged || l.Kind == leak.KindFile || l.Kind == leak.KindLog || l.Kind == leak.KindStdin
			reachable = reachable || !l.Unreachable
		}
	}
	switch {
	case head:
		points += a.policy[Exposure]["at_head"]
		why = append(why, "it is still there")
	case !reachable:
		points += a.policy[Exposure]["unreachable"]
		why = append(why, "only in commits that nothing leads to")
	default:
		why = append(why, "in the history only")
	}
	return a.policy.factor(Exposure, points, why)
}

func (a *Assessor) governance(s *subject) leak.RiskFactor {
	points, why := 0, []string(nil)
	add := func(name, reason string) {
		points += a.policy[Governance][name]
		why = append(why, reason)
	}
	if s.id.Owner == "" {
		add("no_owner", "nobody is known to own it")
	}
	switch s.id.Status {
	case leak.ShadowIdentity, leak.OrphanedIdentity, leak.RetiredIdentity:
		add(string(s.id.Status), cmp.Or(s.id.StatusReason, string(s.id.Status)))
	}
	if len(s.id.Declared) == 0 && s.id.Inventory == nil {
		add("undeclared", "neither code nor an inventory declares it")
	}
	if why == nil {
		why = []string{"it is declared, and has an owner"}
	}
	return a.policy.factor(Governance, points, why)
}

func (a *Assessor) reach(s *subject) leak.RiskFactor {
	points, why := 0, []string(nil)
	switch n := len(s.id.Repositories); {
	case n >= 5:
		points, why = a.policy[Reach]["repositories_5"], []string{fmt.Sprintf("it is in %d repositories", n)}
	case n >= 2:
		points, why = a.policy[Reach]["repositories_2"], []string{fmt.Sprintf("it is in %d repositories", n)}
	}
	if elsewhere := s.prodElsewhere(); elsewhere != "" {
		points += a.policy[Reach]["prod_elsewhere"]
		why = append(why, "an identity of production "+elsewhere)
	}
	if s.id.Type == leak.HumanAccount && len(s.id.Consumers) > 0 {
		points += a.policy[Reach]["human_in_software"]
		why = append(why, "software uses the account of a person: "+s.id.Consumers[0].Ref)
	}
	if why == nil {
		why = []string{"nothing says that it is used elsewhere"}
	}
	return a.policy.factor(Reach, points, why)
}

// environments are those that anything speaks for, sorted.
func (s *subject) environments() []string {
	seen := map[string]bool{}
	for _, e := range s.id.Evidence {
		// That a key is of the provider's test mode does not say where it is used.
		mode := e.Value != "prod" && (e.Class == leak.FromStructure || e.Class == leak.FromRule)
		if e.Claim == leak.ClaimEnvironment && e.Weight >= 0.25 && !mode {
			seen[strings.ToLower(e.Value)] = true
		}
	}
	out := make([]string, 0, len(seen))
	for e := range seen {
		out = append(out, e)
	}
	slices.Sort(out)
	return out
}

func (s *subject) note(value string) bool {
	return slices.ContainsFunc(s.id.Evidence, func(e leak.Evidence) bool { return e.Claim == leak.ClaimNote && e.Value == value })
}

// prodElsewhere says where an identity of production stands that should not.
func (s *subject) prodElsewhere() string {
	if s.id.Environment != "prod" {
		return ""
	}
	if s.note(identity.NoteTestFixture) {
		return "among tests or examples"
	}
	for _, e := range s.environments() {
		if e != "prod" {
			return "where something says " + e
		}
	}
	return ""
}

// cap is the most that the score can be, and why.
func (a *Assessor) cap(s *subject) (most int, why string) {
	most = 100
	lower := func(name, reason string) {
		if n := a.policy[Caps][name]; n < most {
			most, why = n, reason
		}
	}
	switch s.cred.State {
	case leak.Dead, leak.Expired, leak.Canary:
		lower(string(s.cred.State), validityWords[s.cred.State])
	}
	if e := s.id.Environment; (e == "test" || e == "sandbox") && s.environmentIsSure() {
		lower("test_environment", "it works in "+e+" only")
	}
	if s.note(identity.NoteTestFixture) && s.unverified() && !s.checksum() && s.id.Environment != "prod" {
		lower("test_file", identity.NoteTestFixture)
	}
	return most, why
}

// environmentIsSure reports whether more than a name says where the identity
// works: whoever commits a key chooses the names of files.
func (s *subject) environmentIsSure() bool {
	return slices.ContainsFunc(s.id.Evidence, func(e leak.Evidence) bool {
		return e.Claim == leak.ClaimEnvironment && strings.EqualFold(e.Value, s.id.Environment) && e.Class != leak.FromName && e.Class != leak.FromGit && e.Weight >= identity.Likely
	})
}

// Explain writes how a risk came about, a factor a line.
func Explain(r leak.Risk) string {
	var b strings.Builder
	sum := 0
	for _, f := range r.Factors {
		sum += f.Points
		fmt.Fprintf(&b, "%4d of %2d  %-10s  %s\n", f.Points, f.Max, f.Name, f.Why)
	}
	fmt.Fprintf(&b, "%4d         sum\n", sum)
	if r.Cap != "" {
		fmt.Fprintf(&b, "%4d         %s\n", r.Score, r.Cap)
	}
	fmt.Fprintf(&b, "%4d         risk: %s\n", r.Score, r.Band)
	return b.String()
}
