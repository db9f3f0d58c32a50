package rules

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Verify says how to ask a provider whether a credential works, or why there is
// no safe way to ask. It is a small table, not a language: what does not fit
// (signatures, wire protocols) is written in Go and named.
type Verify struct {
	Rules []string   `toml:"rules"` // ids in the same file; none means all
	Docs  string     `toml:"docs"`  // where the call is documented; without it, the class is S2
	Class leak.Class `toml:"class"`

	// One of these says what is asked.
	Step        // a request, and with more steps: the first
	Go   string `toml:"go"`   // a verifier in Go
	None string `toml:"none"` // there is no safe call: why

	Steps []Step `toml:"step"` // up to two further requests

	// SelfHosted says that the credential may belong to somebody's own server:
	// a refusal by the public one proves nothing.
	SelfHosted bool    `toml:"self_hosted"`
	Rate       float64 `toml:"rate"` // calls a second to a host; default 2

	Verdicts []VerdictRow      `toml:"verdict"` // the first that fits decides; else unknown
	Facts    map[string]string `toml:"facts"`   // fact -> source, see Source

	// NoControl says why no made-up credential may be sent to test the answer.
	NoControl string `toml:"no_control"`

	Exchanges []Exchange `toml:"exchange"` // recorded: the tests
}

// Step is a request. ${name} stands for a part of the credential or for what an
// earlier step took, escaped for where it stands; a name that is missing in a
// credential makes its verdict unknown. In the place of a host's first labels
// it must be one label; as the whole host it is a server that users must allow.
type Step struct {
	Request string            `toml:"request"` // "GET https://api.example.com/me"
	Header  map[string]string `toml:"header"`
	Basic   string            `toml:"basic"` // "${user}:${secret}": a header of HTTP basic authentication
	Body    string            `toml:"body"`
	Type    string            `toml:"type"` // of the body: "json" or "form"; says how ${...} is escaped
	Take    map[string]string `toml:"take"` // name -> source, for later steps; never shown
	// Default is the host if the credential names none: "gitlab.com".
	Default string `toml:"default_host"`
}

// VerdictRow is a verdict and what an answer must be like for it. All that is
// given must fit.
type VerdictRow struct {
	Is       leak.Status       `toml:"is"`
	Step     int               `toml:"at_step"` // 1 for the first request; 0 for the last that was made
	Status   []int             `toml:"status"`
	JSON     map[string]any    `toml:"json"`     // path -> value, or a list of which one fits; "*" for anything but null
	Header   map[string]string `toml:"header"`   // name -> text in its value
	Contains string            `toml:"contains"` // text in the body
	Reason   string            `toml:"reason"`   // for people
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

// All returns the requests in their order.
func (v *Verify) All() []Step {
	if v.Request == "" {
		return nil
	}
	return append([]Step{v.Step}, v.Steps...)
}

const maxSteps = 3

func (v *Verify) check(p *Provider) error {
	for _, id := range v.Rules {
		if !slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.ID == id }) {
			return fmt.Errorf("rules: there is no rule %q in this file", id)
		}
	}
	ways := 0
	for _, w := range []string{v.Request, v.Go, v.None} {
		if w != "" {
			ways++
		}
	}
	switch {
	case ways != 1:
		return fmt.Errorf("needs one of request, go and none")
	case v.Docs != "" && !urlForm.MatchString(v.Docs):
		return fmt.Errorf("docs %q: must be an https address", v.Docs)
	case v.None != "":
		return nil
	case !slices.Contains([]leak.Class{leak.S0, leak.S1, leak.S2}, v.Class):
		return fmt.Errorf("class %q: must be S0, S1 or S2; what changes anything is never called", v.Class)
	case v.Docs == "" && v.Class != leak.S2:
		return fmt.Errorf("class %s without docs: a call that is not documented is S2", v.Class)
	case !(v.Rate >= 0 && v.Rate <= 50):
		return fmt.Errorf("rate %v: must be from 0 to 50 calls a second", v.Rate)
	case v.Go != "":
		return nil
	case len(v.Steps) >= maxSteps:
		return fmt.Errorf("more than %d requests", maxSteps)
	case len(v.Verdicts) == 0 || len(v.Exchanges) == 0:
		return fmt.Errorf("needs at least one [[verify.verdict]] and one [[verify.exchange]]")
	}
	return v.checkParts()
}

func (v *Verify) checkParts() error {
	for i, s := range v.All() {
		if err := s.check(); err != nil {
			return fmt.Errorf("request %d: %w", i+1, err)
		}
		for name, from := range s.Take {
			if err := checkSource(from); err != nil {
				return fmt.Errorf("take %s: %w", name, err)
			}
		}
	}
	for i, row := range v.Verdicts {
		if !slices.Contains([]leak.Status{leak.Live, leak.Dead, leak.Expired, leak.Restricted, leak.Unknown}, row.Is) {
			return fmt.Errorf("verdict %d: %q is none of live, dead, expired, restricted, unknown", i+1, row.Is)
		}
		if len(row.Status) == 0 && len(row.JSON) == 0 && len(row.Header) == 0 && row.Contains == "" {
			return fmt.Errorf("verdict %d: every answer fits it", i+1)
		}
	}
	for name, from := range v.Facts {
		if !slices.Contains(leak.Facts, name) {
			return fmt.Errorf("fact %q: must be one of %s", name, strings.Join(leak.Facts, ", "))
		}
		if err := checkSource(from); err != nil {
			return fmt.Errorf("fact %s: %w", name, err)
		}
	}
	return nil
}

// sourceForm is what Facts and Take read: a path in the JSON of the last
// answer, a header of it, a part of the credential that may be shown, or a
// constant.
var sourceForm = regexp.MustCompile(`^(json:[A-Za-z0-9_.\-\[\]@/]+|header:[A-Za-z0-9-]+|part:[a-z_]+|=.+)$`)

func checkSource(from string) error {
	if !sourceForm.MatchString(from) {
		return fmt.Errorf("%q: must be json:PATH, header:NAME, part:NAME or =CONSTANT", from)
	}
	if name, ok := strings.CutPrefix(from, "part:"); ok && !leak.PublicPart(name) {
		return fmt.Errorf("part %q is not public", name)
	}
	return nil
}

var (
	placeForm = regexp.MustCompile(`\$\{[^}]*\}`)
	nameForm  = regexp.MustCompile(`^\$\{[a-z][a-z0-9_]*\}$`)
	// A host is constant, or one label is a part of the credential, or all of it is.
	hostForm = regexp.MustCompile(`^((\$\{[a-z_]+\}\.)?[a-z0-9-]+(\.[a-z0-9-]+)+|\$\{[a-z_]+\})(:[0-9]{2,5})?$`)
)

// methods are those that only read. A POST is taken if the file's documentation
// says that it does.
var methods = []string{"GET", "HEAD", "POST"}

func (s *Step) check() error {
	method, target, _ := strings.Cut(s.Request, " ")
	rest, secure := strings.CutPrefix(target, "https://")
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	switch {
	case !slices.Contains(methods, method):
		return fmt.Errorf("method %q: must be GET, HEAD, or a POST that only reads", method)
	case !secure:
		return fmt.Errorf("%q: must be an https address", target)
	case !hostForm.MatchString(host):
		return fmt.Errorf("host %q: must be constant, or ${part} and a dot before a constant, or only ${part}", host)
	case s.Body != "" && s.Type != "json" && s.Type != "form":
		return fmt.Errorf("type %q: must be json or form", s.Type)
	case s.Body == "" && s.Type != "":
		return fmt.Errorf("a type without a body")
	}
	texts := []string{target, s.Basic, s.Body}
	for name, value := range s.Header {
		if placeForm.MatchString(name) {
			return fmt.Errorf("header %q: its name must be constant", name)
		}
		texts = append(texts, value)
	}
	for _, text := range texts {
		for _, place := range placeForm.FindAllString(text, -1) {
			if !nameForm.MatchString(place) {
				return fmt.Errorf("%s: must be the name of a part", place)
			}
		}
	}
	_, err := url.Parse(placeForm.ReplaceAllString(target, "x"))
	return err
}
