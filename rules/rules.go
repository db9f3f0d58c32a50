// Package rules reads provider files. A provider file is all that this project
// knows about one provider: what its credentials look like, what to do with a
// leaked one, and examples that prove it.
//
// The package holds data only. Package detectors compiles it to scan.
package rules

import (
	"fmt"
	"io/fs"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/nearest"
	"github.com/whosekey/whosekey/leak"
)

// shipped reads them once: the first time takes 0.2 s.
var shipped = sync.OnceValues(func() ([]*Provider, error) {
	files, err := shippedSources()
	if err != nil {
		return nil, err
	}
	return parseAll(files)
})

// Builtin returns the providers that ship with the program, by file name. All callers
// get the same, and change none of them.
func Builtin() ([]*Provider, error) {
	ps, err := shipped()
	return slices.Clone(ps), err
}

// Provider is one provider file.
type Provider struct {
	ID    string `toml:"provider"` // lower case, as in reports: "slack"
	Name  string `toml:"name"`     // as people write it: "Slack"
	About string `toml:"about"`    // where the provider documents its credentials
	Rules []Rule `toml:"rule"`

	Verify   []Verify `toml:"verify"`  // the first for a rule counts
	Remedies []Remedy `toml:"remedy"`  // see Provider.Remedy
	Servers  *Servers `toml:"servers"` // of others; their Near are those of Rules too
	File     string   `toml:"-"`
}

// Rule describes one kind of credential.
type Rule struct {
	ID    string `toml:"id"`
	Title string `toml:"title"`
	About string `toml:"about"` // where this kind is documented; default the provider's

	// Pattern is RE2. The group "secret" is the credential, other named
	// groups are further parts of it.
	Pattern string `toml:"pattern"`
	// Literals are declared only where they cannot be derived from Pattern:
	// one of them is in every match. Each has three bytes or more.
	Literals []string `toml:"literals"`
	Common   string   `toml:"common"` // why a literal that source code is full of cannot be longer

	Entropy   float64  `toml:"entropy"`   // least bits per character of "secret"
	Checksum  string   `toml:"checksum"`  // algorithm that "secret" must satisfy; see docs/rules.md
	Structure string   `toml:"structure"` // decoded form that "secret" must have; see docs/rules.md
	Stopwords []string `toml:"stopwords"` // none of these occurs in "secret", in any case
	Near      []Near   `toml:"near"`      // other pieces of the credential, nearby
	Extend    *Extend  `toml:"extend"`    // how a credential that is longer than any reach goes on

	Confidence leak.Confidence `toml:"confidence"`
	Severity   float64         `toml:"severity"` // 0.1 to 10, SARIF's security-severity
	Rotate     string          `toml:"rotate"`   // what to do with a leaked one, and where

	Identity *Identity `toml:"identity"` // what it belongs to

	// Unasked is why nobody can be asked about credentials of the rule by themselves;
	// empty where somebody can. The file's Verify says it.
	Unasked string `toml:"-"`

	Leaks []Leak  `toml:"leaks"`
	Clean []Clean `toml:"clean"`

	Shape Shape `toml:"-"` // derived from Pattern by Load
}

// Near is another piece of a credential that stands near a match.
type Near struct {
	Pattern  string `toml:"pattern"`  // RE2 with at least one named group
	Within   int    `toml:"within"`   // bytes between the match and the piece, at most
	Required bool   `toml:"required"` // without it there is no match
	// Underscored says that its pieces are hosts in names of variables: _ stands for
	// a dot, and __ for a hyphen.
	Underscored bool `toml:"underscored"`
	// Literal is that of the matches which have the piece: only temporary keys, say.
	// Empty if all may.
	Literal string `toml:"literal"`
	// Extend is how the group at the end of a match goes on, where it can be longer
	// than a match.
	Extend *Extend `toml:"extend"`

	MaxLen int `toml:"-"` // longest match of Pattern in bytes, with what extends it, derived by Load
}

// Extend says how a credential goes on behind what its pattern matched: either
// as long as bytes are of a class, or up to and including a closing text.
type Extend struct {
	Class string `toml:"class"` // a character class: "[A-Za-z0-9_-]"
	Until string `toml:"until"` // RE2: the end, included; without it nothing is found
	Max   int    `toml:"max"`   // bytes in all
}

// Leak is text in which the rule must find something. It is a template:
// ${alnum:24} is replaced with 24 random letters and digits, so that no file
// of ours looks like a leak to anybody's scanner, ours included. See Expand.
type Leak struct {
	Text string            `toml:"text"`
	Want map[string]string `toml:"want"` // parts, where they can be known
}

// Clean is text in which the rule must find nothing.
type Clean struct {
	Text string `toml:"text"`
	Why  string `toml:"why"`
}

// Info is what reports say about the rule.
func (p *Provider) Info(r *Rule) leak.RuleInfo {
	info := leak.RuleInfo{
		ID: r.ID, Title: r.Title, Provider: p.ID, About: r.About, Rotate: r.Rotate,
		Severity: r.Severity, Sure: r.Confidence, Named: namesProvider(p.ID, r.Pattern),
	}
	if info.About == "" {
		info.About = p.About
	}
	return info
}

// Load reads every *.toml file in fsys. It refuses unknown keys, duplicate
// rule ids, patterns that do not compile or have no bound, and rules without
// a literal or without examples. The message says which file and rule.
func Load(fsys fs.FS) ([]*Provider, error) {
	files, err := readSources(fsys)
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	return parseAll(files)
}

func parseAll(files []source) (all []*Provider, err error) {
	for _, f := range files {
		p, err := Parse(f.name, f.text)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, Distinct(all)
}

// Parse reads one provider file. name is for messages.
func Parse(name, text string) (*Provider, error) {
	p := &Provider{File: name}
	md, err := toml.Decode(text, p)
	if err != nil {
		return nil, fmt.Errorf("rules: %s: %w", name, err)
	}
	if extra := md.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("rules: %s: unknown key %q%s; the keys are listed in docs/rules.md", name, extra[0], nearest.Hint(p, extra[0]))
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("rules: %s: %w", name, err)
	}
	for i := range p.Rules {
		if err := p.Rules[i].check(); err != nil {
			return nil, fmt.Errorf("rules: %s: rule %q: %w", name, p.Rules[i].ID, err)
		}
	}
	for i := range p.Verify {
		if err := p.Verify[i].check(p); err != nil {
			return nil, fmt.Errorf("rules: %s: verify %d: %w", name, i+1, err)
		}
	}
	for i := range p.Remedies {
		if err := p.Remedies[i].check(p); err != nil {
			return nil, fmt.Errorf("rules: %s: remedy %d: %w", name, i+1, err)
		}
	}
	for i := range p.Rules {
		p.Rules[i].Unasked = p.unasked(p.Rules[i].ID)
	}
	return p, nil
}

var (
	idForm    = lazy.New(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	urlForm   = lazy.New(`^https://[^\s]+$`)
	mediaType = lazy.New(`^[a-z]+/[a-z0-9.+-]+$`)
)

func (p *Provider) check() error {
	switch {
	case !idForm.MatchString(p.ID):
		return fmt.Errorf("provider %q: must be lower-case letters and digits, joined by single dashes", p.ID)
	case p.Name == "":
		return fmt.Errorf("no name: write the provider's name as people know it")
	case !urlForm.MatchString(p.About):
		return fmt.Errorf("about %q: must be the https address of the provider's documentation", p.About)
	case len(p.Rules) == 0:
		return fmt.Errorf("no [[rule]]")
	}
	return p.addServers()
}

func (r *Rule) check() error {
	switch {
	case !idForm.MatchString(r.ID):
		return fmt.Errorf("id must be lower-case letters and digits, joined by single dashes")
	case r.Title == "":
		return fmt.Errorf("no title: say in a few words what it is")
	case r.About != "" && !urlForm.MatchString(r.About):
		return fmt.Errorf("about %q: must be an https address", r.About)
	case !slices.Contains([]leak.Confidence{leak.High, leak.Medium, leak.Low}, r.Confidence):
		return fmt.Errorf("confidence %q: must be high, medium or low", r.Confidence)
	case !(r.Severity >= 0.1 && r.Severity <= 10): // so that NaN is none
		return fmt.Errorf("severity %v: must be from 0.1 to 10, as in SARIF's security-severity", r.Severity)
	case !(r.Entropy >= 0 && r.Entropy <= 8):
		return fmt.Errorf("entropy %v: must be from 0 to 8 bits per character", r.Entropy)
	case slices.Contains(r.Stopwords, ""):
		return fmt.Errorf("stopwords: an empty one is in every secret")
	case r.Rotate == "":
		return fmt.Errorf("no rotate: say what to do with a leaked one")
	case len(r.Leaks) == 0 || len(r.Clean) == 0:
		return fmt.Errorf("needs at least one [[rule.leaks]] and one [[rule.clean]] example")
	}
	for i, c := range r.Clean {
		if c.Why == "" {
			return fmt.Errorf("clean example %d has no why", i)
		}
	}
	if err := r.derive(); err != nil {
		return err
	}
	for i := range r.Near {
		if err := r.Near[i].check(); err != nil {
			return fmt.Errorf("near %d: %w", i, err)
		}
	}
	if err := r.Identity.check(r); err != nil {
		return err
	}
	return r.Extend.check()
}

// derive fills in Shape from Pattern.
func (r *Rule) derive() error {
	re, err := regexp.Compile(r.Pattern)
	if err != nil {
		return err
	}
	secretIsNear := slices.ContainsFunc(r.Near, func(n Near) bool {
		return n.Required && strings.Contains(n.Pattern, "(?P<"+leak.SecretPart+">")
	})
	if re.SubexpIndex(leak.SecretPart) < 0 && !secretIsNear {
		return fmt.Errorf("neither the pattern nor a required near has a group named %q", leak.SecretPart)
	}
	tree, err := syntax.Parse(r.Pattern, syntax.Perl)
	if err != nil {
		return err
	}
	if r.Shape, err = analyze(tree, r.Literals); err != nil {
		return err
	}
	for _, n := range r.Near {
		if n.Literal != "" && !slices.ContainsFunc(r.Shape.Literals, func(l Literal) bool { return l.Text == n.Literal }) {
			return fmt.Errorf("near: no match has the literal %q; whosekey rules show lists those of a rule", n.Literal)
		}
	}
	return nil
}

func (n *Near) check() error {
	re, err := regexp.Compile(n.Pattern)
	if err != nil {
		return err
	}
	if len(slices.DeleteFunc(re.SubexpNames(), func(s string) bool { return s == "" })) == 0 {
		return fmt.Errorf("the pattern has no named group")
	}
	if n.Within < 1 || n.Within > MaxLen {
		return fmt.Errorf("within %d: must be from 1 to %d bytes", n.Within, MaxLen)
	}
	tree, err := syntax.Parse(n.Pattern, syntax.Perl)
	if err != nil {
		return err
	}
	if _, n.MaxLen, err = bounds(tree); err != nil {
		return err
	}
	if n.MaxLen > MaxLen {
		return tooLong(n.MaxLen)
	}
	if e := n.Extend; e != nil {
		if e.Class == "" {
			return fmt.Errorf("extend of a piece nearby needs a class")
		}
		n.MaxLen += e.Max
	}
	return n.Extend.check()
}

func (e *Extend) check() error {
	switch {
	case e == nil:
		return nil
	case (e.Class == "") == (e.Until == ""):
		return fmt.Errorf("extend needs either class or until")
	case e.Max < 1 || e.Max > 1<<20:
		return fmt.Errorf("extend: max %d: must be from 1 to 1048576 bytes", e.Max)
	case e.Class != "" && !isClass(e.Class):
		return fmt.Errorf("extend: class %q: must be a character class such as [A-Za-z0-9_-]", e.Class)
	}
	if _, err := regexp.Compile(e.Until); err != nil {
		return fmt.Errorf("extend: until: %w", err)
	}
	return nil
}

// isClass reports whether a pattern is a single class in brackets.
func isClass(pattern string) bool {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || !strings.HasPrefix(pattern, "[") {
		return false
	}
	switch re.Op {
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	}
	return re.Op == syntax.OpLiteral && len(re.Rune) == 1 // a class of one
}
