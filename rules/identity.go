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
	Service Power = "service" // administer one service
	Publish Power = "publish" // packages, images, releases
	Write   Power = "write"   // change data
	Read    Power = "read"
	Send    Power = "send" // messages or measurements, to one place
	None    Power = "none" // public by design, or of no use alone
)

// Powers lists them, strongest first.
var Powers = []Power{Admin, Secrets, Service, Publish, Write, Read, Send, None}

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
		return fmt.Errorf("identity: power %q: must be admin, secrets, service, publish, write, read, send or none", i.Power)
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
