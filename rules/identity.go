package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// Identity says what the credentials of a rule belong to, as far as their kind
// tells. What a single one says about itself is read by package identity/decode.
type Identity struct {
	Type leak.IdentityType `toml:"type"`
	Kind string            `toml:"kind"` // of credential, in words; default the rule's title
	// Provider is whose identity it is, where the file is of programs that log in
	// to others' servers; default the file's.
	Provider string `toml:"provider"`
	// Parts are pieces of the credential that say something, by what they say: a
	// claim of leak.Evidence -> the name of the part. They may be shown.
	Parts       map[string]string `toml:"parts"`
	Permissions []string          `toml:"permissions"` // that all of the kind have
	// Power is the most that all of the kind may do, where the kind decides it.
	Power       Power    `toml:"power"`
	Lifetime    Lifetime `toml:"lifetime"`    // the longest; empty: ends never by itself, or nobody knows
	Environment string   `toml:"environment"` // "test" or "sandbox" for kinds that work nowhere else, "prod" likewise
	Legacy      string   `toml:"legacy"`      // why the kind is an insecure way to log in; empty if it is not
	ThirdParty  bool     `toml:"third_party"` // lets others' code into a supply chain: packages, plug-ins, tools
}

// Power is a word for what somebody may do.
type Power string

// The powers, strongest first. The empty one is that nobody knows.
const (
	Admin   Power = "admin"   // everything, in the whole tenant
	Secrets Power = "secrets" // make credentials, manage people, read secrets
	Publish Power = "publish" // packages, images, releases
	Write   Power = "write"   // change data
	Read    Power = "read"
	Send    Power = "send" // messages or measurements, to one place
	None    Power = "none" // public by design, or of no use alone
)

// Powers lists them, strongest first.
var Powers = []Power{Admin, Secrets, Publish, Write, Read, Send, None}

// Environments are the words for where a credential works.
var Environments = []string{"prod", "staging", "dev", "test", "sandbox"}

// Lifetime is a time in hours or days: "1h", "90d".
type Lifetime string

var lifetimeForm = lazy.New(`^[1-9][0-9]{0,4}[mhd]$`)

// providerForm is how the ids of providers look.
var providerForm = lazy.New(`^[a-z][a-z0-9-]{0,39}$`)

// Duration is 0 for an empty Lifetime.
func (l Lifetime) Duration() time.Duration {
	if l == "" {
		return 0
	}
	n, _ := strconv.Atoi(string(l[:len(l)-1]))
	unit := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[l[len(l)-1]]
	return time.Duration(n) * unit
}

// Remedy says with which commands of the provider a leaked credential is dealt
// with. They are templates: ${name} and the other Places are filled in with what
// is known, and what is not stays visible as <name>. The credential itself is
// never among them.
type Remedy struct {
	Rules  []string `toml:"rules"`  // ids in the same file; none means all others
	URL    string   `toml:"url"`    // where the provider documents it
	Rotate []string `toml:"rotate"` // make a new one
	Deploy []string `toml:"deploy"` // put it where it is used, if the provider has a way of its own
	Revoke []string `toml:"revoke"` // end the old one
	Audit  []string `toml:"audit"`  // see what it was used for
}

// Places are the names that may stand in ${...} in a Remedy.
var Places = []string{"name", "tenant", "key_id", "id", "label", "server", "region", "since"}

// partClaims are the claims that parts may make.
var partClaims = []string{
	leak.ClaimID, leak.ClaimName, leak.ClaimTenant, leak.ClaimKeyID, leak.ClaimServer, leak.ClaimRegion, leak.ClaimEmail,
	leak.ClaimService, leak.ClaimLabel, leak.ClaimPermission, leak.ClaimScope, leak.ClaimEnvironment,
}

func (i *Identity) check(r *Rule) error {
	switch {
	case i == nil:
		return nil
	case !slices.Contains(leak.IdentityTypes, i.Type):
		return fmt.Errorf("identity: type %q: must be one of those in docs/identity.md", i.Type)
	case i.Power != "" && !slices.Contains(Powers, i.Power):
		return fmt.Errorf("identity: power %q: must be admin, secrets, publish, write, read, send or none", i.Power)
	case i.Lifetime != "" && !lifetimeForm.MatchString(string(i.Lifetime)):
		return fmt.Errorf("identity: lifetime %q: must be a number with m, h or d", i.Lifetime)
	case i.Environment != "" && !slices.Contains(Environments, i.Environment):
		return fmt.Errorf("identity: environment %q: must be one of %s", i.Environment, strings.Join(Environments, ", "))
	case i.Provider != "" && !providerForm.MatchString(i.Provider):
		return fmt.Errorf("identity: provider %q: must be the id of a provider", i.Provider)
	case slices.Contains(i.Permissions, ""):
		return fmt.Errorf("identity: permissions: an empty one")
	}
	known := r.parts()
	for claim, part := range i.Parts {
		switch {
		case !slices.Contains(partClaims, claim):
			return fmt.Errorf("identity: parts: %q: must be one of %s", claim, strings.Join(partClaims, ", "))
		case part == leak.SecretPart:
			return fmt.Errorf("identity: parts: %s: the secret itself says nothing that may be shown", claim)
		case !slices.Contains(known, part):
			return fmt.Errorf("identity: parts: %s: no pattern of the rule has a group named %q", claim, part)
		}
	}
	return nil
}

// PartNames are the names of the groups of the rule's patterns.
func (r *Rule) PartNames() []string { return r.parts() }

// parts are the names of the groups of the rule's patterns, which compile.
func (r *Rule) parts() (out []string) {
	out = regexp.MustCompile(r.Pattern).SubexpNames()
	for _, n := range r.Near {
		out = append(out, regexp.MustCompile(n.Pattern).SubexpNames()...)
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

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
		for _, place := range placeForm.FindAllString(line, -1) {
			if name := place[2 : len(place)-1]; !slices.Contains(Places, name) {
				return fmt.Errorf("command %q: %s: must be one of %s", line, place, strings.Join(Places, ", "))
			}
		}
		if strings.Contains(placeForm.ReplaceAllString(line, ""), "$") {
			return fmt.Errorf("command %q: has a $ that is no ${...}", line)
		}
	}
	return nil
}

// Remedy returns the commands for credentials of a rule: of the first table that
// names it, else of the first that names none. Nil if there is none.
func (p *Provider) Remedy(rule string) *Remedy {
	var all *Remedy
	for i := range p.Remedies {
		m := &p.Remedies[i]
		if slices.Contains(m.Rules, rule) {
			return m
		}
		if len(m.Rules) == 0 && all == nil {
			all = m
		}
	}
	return all
}
