package rules

import (
	"slices"

	"github.com/whosekey/whosekey/leak"
)

// Verify says how to ask a provider whether a credential works, or why there is
// no safe way to ask. It is a small table, not a language: what does not fit
// (signatures, wire protocols) is written in Go and named. docs/rules.md
// explains every key; package verify carries it out.
type Verify struct {
	Rules []string   `toml:"rules"` // ids in the same file; none means all
	Docs  string     `toml:"docs"`  // where the call is documented; without it, the class is S2
	Class leak.Class `toml:"class"`
	// Checked is the day when somebody last compared what this table says of
	// refusals with what the provider says of them: "2026-01-31".
	Checked string `toml:"checked"`

	// One of these says what is asked.
	Step        // a request, and with more steps: the first
	Go   string `toml:"go"`   // a verifier in Go
	None string `toml:"none"` // there is no safe call: why

	Steps []Step `toml:"step"` // up to two further requests

	// Hosts are the provider's own servers, for a request whose whole host is
	// ${part}, or of a verifier in Go that would ask others for other providers:
	// they need not be allowed by the user. One that begins with a dot
	// allows one label before it: ".okta.com". If a credential names no server,
	// the others are asked in their order until one does not refuse it.
	Hosts []string `toml:"hosts"`
	// SelfHosted says that the credential may belong to somebody's own server:
	// a refusal by the public one proves nothing.
	SelfHosted bool `toml:"self_hosted"`
	// OwnServers says the same where that is rare enough for a refusal to count, but
	// where another server is named elsewhere: beside another credential of this
	// provider, or as where the repository comes from.
	OwnServers bool `toml:"own_servers"`
	// Aliases are other names of the provider's own, as in Hosts: where one stands
	// beside a credential, it belongs to the provider, and Servers are asked.
	Aliases []string `toml:"aliases"`
	// ServerIn are fields that name the server, the first that is there, in a JSON
	// object that stands in the secret in base64.
	ServerIn []string `toml:"server_in"`
	// NamedPath is what comes before the path at a server that stands beside a
	// credential: "/api/v3". One of the name api.* has it not.
	NamedPath string `toml:"named_path"`
	// APIBelow are suffixes with a dot in front: a server of one label before one of
	// them has its API at "api." and its name, without NamedPath.
	APIBelow []string `toml:"api_below"`
	Rate     float64  `toml:"rate"` // calls a second to a host; 0: as for all, 2

	Verdicts []VerdictRow      `toml:"verdict"` // the first that fits decides; else unknown
	Facts    map[string]string `toml:"facts"`   // fact -> source, see checkSource

	// NoControl says why no made-up credential may be sent to test the answer.
	NoControl string `toml:"no_control"`
	// JSONTypes are further media types of JSON: "text/javascript". An answer that
	// is called nothing of the kind decides nothing by its JSON.
	JSONTypes []string `toml:"json_types"`

	Exchanges []Exchange `toml:"exchange"` // recorded: the tests
}

// Step is a request. ${name} stands for a part of the credential or for what an
// earlier step took, escaped for where it stands; a name that is missing in a
// credential makes its verdict unknown. In the place of a host's first label
// it must be one label; as the whole host it is one of Verify.Hosts, or a server
// that users must allow.
type Step struct {
	Request string            `toml:"request"` // "GET https://api.example.com/me"
	Header  map[string]string `toml:"header"`
	Basic   string            `toml:"basic"` // "${user}:${secret}": a header of HTTP basic authentication
	Body    string            `toml:"body"`
	// OnlyReads says of a POST why it changes nothing: "introspection, RFC 7662".
	OnlyReads string            `toml:"only_reads"`
	Type      string            `toml:"type"` // of the body: "json" or "form"; says how ${...} is escaped
	Take      map[string]string `toml:"take"` // name -> source, for later steps; never shown
	// Default is one more of Verify.Hosts: "gitlab.com".
	Default string `toml:"default_host"`
	// Extended says that the request only adds facts to a verdict that the
	// others have reached. It is made in the mode extended, where the credential
	// works, and counts as S2.
	Extended bool `toml:"extended"`
}

// VerdictRow is a verdict and what an answer must be like for it. All that is
// given must fit. No row is tried on an answer that says nothing about a
// credential: 1xx, 3xx, 429 and 5xx. One that decides fits only an answer that is
// whole, and JSON if Types and Empty do not say otherwise.
type VerdictRow struct {
	Is       leak.Status       `toml:"is"`
	Step     int               `toml:"at_step"` // 1 for the first request; 0 for the last that was made
	Status   []int             `toml:"status"`
	JSON     map[string]any    `toml:"json"`     // path -> value, or a list of which one fits; "*" for anything but null, "!" for null or nothing
	Header   map[string]string `toml:"header"`   // name -> text in its value; "*" for any
	Contains string            `toml:"contains"` // text in the body
	Types    []string          `toml:"types"`    // media types of the answer, instead of JSON: "text/plain"
	Empty    bool              `toml:"empty"`    // the answer may have no body
	Reason   string            `toml:"reason"`   // for people
	// Known says that the server says so only of credentials that it has: they are
	// of no other server (see SelfHosted).
	Known bool `toml:"known"`
}

// Exchange is a recorded answer, or one for each step, and what it must lead
// to.
type Exchange struct {
	Name   string            `toml:"name"` // "revoked"
	Status int               `toml:"status"`
	Header map[string]string `toml:"header"`
	Body   string            `toml:"body"` // a template, see Expand
	Before []Answer          `toml:"before"`
	Want   leak.Status       `toml:"want"`
	Facts  map[string]string `toml:"facts"`
}

// Answer is that of a step before the last.
type Answer struct {
	Status int               `toml:"status"`
	Header map[string]string `toml:"header"`
	Body   string            `toml:"body"`
}

// For returns how credentials of a rule are verified, nil if the file does not
// say.
func (p *Provider) For(rule string) *Verify {
	for i := range p.Verify {
		if v := &p.Verify[i]; len(v.Rules) == 0 || slices.Contains(v.Rules, rule) {
			return v
		}
	}
	return nil
}

// unasked is Rule.Unasked.
func (p *Provider) unasked(rule string) string {
	if v := p.For(rule); v != nil {
		return v.None
	}
	return "its kind alone does not say who could be asked"
}

// All returns the requests in their order.
func (v *Verify) All() []Step {
	if v.Request == "" {
		return nil
	}
	return append([]Step{v.Step}, v.Steps...)
}

// Servers are the provider's own servers: Hosts, and the default of a step.
func (v *Verify) Servers() []string {
	out := slices.Clone(v.Hosts)
	for _, s := range v.All() {
		if s.Default != "" && !slices.Contains(out, s.Default) {
			out = append(out, s.Default)
		}
	}
	return out
}
