package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
)

// Remedy says with which commands of the provider a leaked credential is dealt
// with. They are templates: ${name} and the other Places are filled in with what
// is known, and what is not stays visible as <name>, or as <user> for ${name:user}.
// What stands between (( and )) is left out where a place in it is not known. The
// credential itself is never among them.
type Remedy struct {
	Rules []string `toml:"rules"` // ids in the same file; none means all others
	// Kinds are those of the rules' credentials that it is for, in the words of
	// package identity/decode ("deploy token"); none means all others.
	Kinds  []string `toml:"kinds"`
	URL    string   `toml:"url"`    // where the provider documents it
	Rotate []string `toml:"rotate"` // make a new one
	Deploy []string `toml:"deploy"` // put it where it is used, if the provider has a way of its own
	Revoke []string `toml:"revoke"` // end the old one
	Audit  []string `toml:"audit"`  // see what it was used for
	// What the plan says beside Rotate and Revoke; empty for what it always says,
	// and for the Rotate of the rule.
	Making string `toml:"making"`
	Ending string `toml:"ending"`
	// Pair: a new one has another public id too, which must be put where the old one is.
	Pair bool `toml:"pair"`
}

// Places are the names that may stand in ${...} in a Remedy. namespace and account
// are the halves of the name of a service account of Kubernetes, pod what a token
// of it is bound to, host and port the halves of server.
var Places = []string{"name", "tenant", "key_id", "id", "label", "server", "host", "port", "region", "since", "namespace", "account", "pod"}

// remedyPlace is a place in a command, and how it shows where it is not known.
var remedyPlace = lazy.New(`\$\{([a-z_]+)(?::[a-z-]+)?\}`)

func (m *Remedy) check(p *Provider) error {
	for _, id := range m.Rules {
		if !slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.ID == id }) {
			return fmt.Errorf("there is no rule %q in this file", id)
		}
	}
	if !urlForm.MatchString(m.URL) {
		return fmt.Errorf("url %q: must be the https address of the provider's page about it", m.URL)
	}
	for _, line := range slices.Concat(m.Rotate, m.Deploy, m.Revoke, m.Audit) {
		if line == "" || strings.ContainsAny(line, "\n\r\t`") {
			return fmt.Errorf("command %q: must be one line without back quotes", line)
		}
		for _, place := range remedyPlace.FindAllStringSubmatch(line, -1) {
			if !slices.Contains(Places, place[1]) {
				return fmt.Errorf("command %q: %s: must be one of %s", line, place[0], strings.Join(Places, ", "))
			}
		}
		if strings.Contains(remedyPlace.ReplaceAllString(line, ""), "$") {
			return fmt.Errorf("command %q: has a $ that is no ${...}", line)
		}
	}
	return nil
}

// Remedy returns the commands for a kind of the credentials of a rule: of the first
// table that names both, else of the first that names the rule or no rule, and no
// kinds. Nil if there is none.
func (p *Provider) Remedy(rule, kind string) *Remedy {
	var best *Remedy
	least := 0
	for i := range p.Remedies {
		m, fit := &p.Remedies[i], 1
		switch {
		case len(m.Rules) > 0 && !slices.Contains(m.Rules, rule), len(m.Kinds) > 0 && !slices.Contains(m.Kinds, kind):
			continue
		case len(m.Kinds) > 0:
			fit = 3
		case len(m.Rules) > 0:
			fit = 2
		}
		if fit > least {
			best, least = m, fit
		}
	}
	return best
}
