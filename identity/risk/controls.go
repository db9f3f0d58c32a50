package risk

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// OWASP are the risks of the OWASP Non-Human Identities Top 10 of 2025, by id:
// https://owasp.org/www-project-non-human-identities-top-10/2025/top-10-2025
var OWASP = map[string]string{
	"NHI1": "Improper Offboarding", "NHI2": "Secret Leakage", "NHI3": "Vulnerable Third-Party NHI", "NHI4": "Insecure Authentication",
	"NHI5": "Overprivileged NHI", "NHI6": "Insecure Cloud Deployment Configurations", "NHI7": "Long-Lived Secrets",
	"NHI8": "Environment Isolation", "NHI9": "NHI Reuse", "NHI10": "Human Use of NHI",
}

// Clauses are the requirements of other frameworks that this project links to
// the risks, with what they are about in its own words. Neither the choice nor the
// words are those of the frameworks: a finding helps as evidence, it does not show
// that anybody complies.
var Clauses = map[string]string{
	"SOC2:CC6.1": "logical access is restricted", "SOC2:CC6.2": "credentials are issued and removed with their users",
	"SOC2:CC6.3": "access follows roles, and the least that is needed", "SOC2:CC6.6": "access from outside is guarded",
	"SOC2:CC6.7": "information is protected while it is moved", "SOC2:CC8.1": "changes are authorised and tested", "SOC2:CC9.2": "risks of vendors are managed",
	"PCI:6.5.3": "production is separate from other environments", "PCI:6.5.4": "roles in production are separate from others",
	"PCI:7.2.5": "system accounts have the least privileges", "PCI:7.2.5.1": "access of system accounts is reviewed", "PCI:8.2.2": "shared ids are the exception",
	"PCI:8.3.1": "access is authenticated", "PCI:8.3.2": "authentication factors are unreadable where they are kept",
	"PCI:8.6.1": "interactive use of system accounts is the exception", "PCI:8.6.2": "passwords of system accounts are not hard-coded",
	"PCI:8.6.3":           "passwords of system accounts are changed",
	"HIPAA:164.308(a)(4)": "access to information is authorised", "HIPAA:164.312(a)(1)": "access control", "HIPAA:164.312(a)(2)(i)": "users have ids of their own",
	"HIPAA:164.312(d)": "persons and entities are authenticated",
	"GDPR:Art. 28":     "processors give guarantees", "GDPR:Art. 32(1)": "processing is secure",
}

// Mapping says which clauses each risk is linked to, by this project.
var Mapping = map[string][]string{
	"NHI1":  {"SOC2:CC6.2", "SOC2:CC6.3", "PCI:7.2.5.1", "PCI:8.6.1"},
	"NHI2":  {"SOC2:CC6.1", "SOC2:CC6.7", "PCI:8.3.2", "PCI:8.6.2", "HIPAA:164.312(a)(1)", "HIPAA:164.312(d)", "GDPR:Art. 32(1)"},
	"NHI3":  {"SOC2:CC9.2", "GDPR:Art. 28"},
	"NHI4":  {"SOC2:CC6.1", "PCI:8.3.1"},
	"NHI5":  {"SOC2:CC6.3", "PCI:7.2.5", "HIPAA:164.308(a)(4)", "HIPAA:164.312(a)(1)"},
	"NHI6":  {"SOC2:CC6.6", "SOC2:CC8.1"},
	"NHI7":  {"SOC2:CC6.1", "PCI:8.6.3"},
	"NHI8":  {"SOC2:CC6.1", "SOC2:CC8.1", "PCI:6.5.3", "PCI:6.5.4"},
	"NHI9":  {"SOC2:CC6.1", "PCI:8.2.2"},
	"NHI10": {"SOC2:CC6.2", "PCI:8.6.1", "HIPAA:164.312(a)(2)(i)"},
}

// Order lists the ids of controls as reports do: OWASP's, then the others.
func Order(a, b string) int {
	rank := func(id string) int {
		if number, ok := strings.CutPrefix(id, "NHI"); ok {
			if n, err := strconv.Atoi(number); err == nil {
				return n
			}
		}
		return 100
	}
	if x, y := rank(a), rank(b); x != y {
		return x - y
	}
	return strings.Compare(a, b)
}

// controls are what the credential is evidence for.
func (s *subject) controls() []leak.Control {
	if s.cred.State == leak.Canary { // a trap is meant to be found: it breaks no rule of any framework
		return []leak.Control{{ID: "NHI2", Title: OWASP["NHI2"], Why: "it is a trap, " + s.stands() + ": it opens nothing, and tells whoever set it who takes credentials from there"}}
	}
	var out []leak.Control
	for id, why := range s.risks() {
		out = append(out, listed(id, why)...)
	}
	return union(out)
}

// union sorts controls, and has each once, for the first of its reasons.
func union(all []leak.Control) []leak.Control {
	order := func(a, b leak.Control) int {
		if x := Order(a.ID, b.ID); x != 0 {
			return x
		}
		return strings.Compare(a.Why, b.Why)
	}
	same := func(a, b leak.Control) bool { return a.ID == b.ID }
	all = slices.SortedFunc(slices.Values(all), order)
	return slices.Clone(slices.CompactFunc(all, same)) // with room for no more: there may be thousands of credentials
}

// risks are those of the OWASP list that the credential shows, with the reason.
func (s *subject) risks() map[string]string {
	out := map[string]string{}
	add := func(id, why string) {
		if why != "" {
			out[id] = why
		}
	}
	add("NHI1", s.offboarding())
	add("NHI2", s.leaked())
	add("NHI3", s.thirdParty())
	add("NHI4", s.insecure())
	add("NHI5", s.overPrivileged())
	for _, note := range []string{identity.NoteStaticCloudKey, identity.NoteCILiteral, identity.NoteBuildArgument} {
		if s.note(note) {
			add("NHI6", note)
			break
		}
	}
	add("NHI7", s.longLived())
	add("NHI8", s.environmentsMixed())
	add("NHI9", s.reused())
	add("NHI10", s.humanUse())
	return out
}

func (s *subject) stands() string {
	return "it stands at " + cmp.Or(s.cred.FirstExposedRef, "a place outside of any vault")
}

// leaked says where the credential stands, and what makes that harmless, or not.
func (s *subject) leaked() string {
	switch power, _ := Strongest(s.id.Permissions); {
	case s.cred.State == leak.Dead, s.cred.State == leak.Expired:
		return s.stands() + "; " + validityWords[s.cred.State]
	case (power == "" || power == rules.None) && s.rule.Power == rules.None:
		return s.stands() + "; " + powerWords[rules.None]
	}
	return s.stands()
}

func (s *subject) offboarding() string {
	switch {
	case s.id.Status == leak.OrphanedIdentity:
		return s.id.StatusReason
	case s.id.Status == leak.RetiredIdentity && s.cred.State != leak.Dead && s.cred.State != leak.Expired:
		return s.id.StatusReason
	}
	return s.unused()
}

func (s *subject) thirdParty() string {
	switch {
	case s.rule.ThirdParty:
		return "a token of a third party, or for packages or tools of others"
	case s.id.Status == leak.ThirdPartyIdentity:
		return s.id.StatusReason
	case s.note(identity.NoteAgentTool):
		return identity.NoteAgentTool
	}
	return ""
}

// weak finds in notes of decoders what is no longer a way to log in.
var weak = lazy.New(`(?i)\balg(orithm)? is none\b|\bsha-?1\b|\bmd5\b|\brsa\b.*\b(512|768|1024)\b|\bdsa\b`)

func (s *subject) insecure() string {
	if s.rule.Legacy != "" {
		return s.rule.Legacy
	}
	for _, e := range s.id.Evidence {
		if e.Claim == leak.ClaimNote && weak.MatchString(e.Value) {
			return e.Value
		}
	}
	return ""
}

// overPrivileged says why the credential may do more than software needs, where
// that can be told: it may do more than its known uses need, administers all or a service, or manages other credentials.
func (s *subject) overPrivileged() string {
	power, word := Strongest(s.id.Permissions)
	e, wider := s.wider()
	switch {
	case wider:
		return e.may + "; " + e.uses
	case power == rules.Admin, power == rules.Secrets, power == rules.Service:
		return fmt.Sprintf("it has %q: %s", word, says(power, word))
	case power == "" && s.rule.Power == rules.Admin:
		return "all of its kind: " + powerWords[rules.Admin]
	case slices.Contains(s.id.Permissions, "repo") && slices.Contains(s.id.Permissions, "workflow"):
		return "repo and workflow together change what CI runs in every repository of the user"
	}
	return ""
}

func (s *subject) environmentsMixed() string {
	if where := s.prodElsewhere(); where != "" {
		return "an identity of production " + where
	}
	if list := s.environments(); len(list) > 1 {
		return "it is used in " + strings.Join(list, " and ")
	}
	return ""
}

// handing are the kinds of consumers that hand a value on to what runs.
var handing = []string{"secret", "configmap", "ci secret", "ci variable", "image", "resource", "terraform provider", "service account"}

func (s *subject) reused() string {
	if n := len(s.id.Repositories); n > 1 {
		return fmt.Sprintf("it is in %d repositories: %s", n, strings.Join(s.id.Repositories[:min(n, 3)], ", "))
	}
	users := map[string]bool{}
	for _, c := range s.id.Consumers {
		if c.Name != "" && !c.Weak && !slices.Contains(handing, c.Kind) {
			users[c.Kind+" "+c.Name] = true
		}
	}
	if len(users) > 1 {
		return fmt.Sprintf("%d workloads use it", len(users))
	}
	return ""
}

// personal are files in which people keep credentials for themselves.
var personal = lazy.New(`(?i)(^|/)(\.(bash|zsh|sh|psql|mysql|python|node_repl)_history|\.aws/credentials|\.netrc|\.pgpass|\.env\.local|\.my\.cnf|\.ssh/[^/]+|\.git-credentials|\.config/gcloud/[^/]+)$`)

func (s *subject) humanUse() string {
	if s.id.Type == leak.HumanAccount && len(s.id.Consumers) > 0 {
		return "software uses the account of a person: " + s.id.Consumers[0].Ref
	}
	if s.id.Type == leak.HumanAccount {
		return ""
	}
	for _, f := range s.findings {
		for _, l := range f.Locations {
			if strings.Contains(l.Path, ".") && personal.MatchString(l.Path) {
				return "it is in a file in which people keep their own credentials: " + l.Path
			}
		}
	}
	return ""
}
