// Package policy decides which findings count: allow lists, thresholds and
// the settings file that holds them. It reads no repository and prints nothing.
package policy

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/whosekey/whosekey/identity/risk"
	"github.com/whosekey/whosekey/internal/glob"
	"github.com/whosekey/whosekey/internal/nearest"
	"github.com/whosekey/whosekey/leak"
)

// Config is a settings file, by custom .whosekey.toml.
type Config struct {
	Rules   RuleConfig `toml:"rules"`
	Exclude []string   `toml:"exclude"` // path patterns that dir leaves out
	Allow   []Allow    `toml:"allow"`
	// Verify is nil if the file says nothing of it. Who uses it must first see
	// whether the file may be somebody else's: Theirs.
	Verify *VerifyConfig `toml:"verify"`
	// Identity is what helps to find out whose credentials are.
	Identity IdentityConfig `toml:"identity"`
	Baseline BaselineConfig `toml:"baseline"`
	Policy   PolicyConfig   `toml:"policy"`
	// Risk changes points of the risk score: table -> name -> points.
	Risk map[string]map[string]int `toml:"risk"`

	// Own are rules of the file itself, in the format of provider files.
	Own []map[string]any `toml:"rule"`
	// Tune changes rules, by their id.
	Tune map[string]Tune `toml:"tune"`

	File string `toml:"-"`
	// Gitleaks is the text of the file if it is a configuration of gitleaks; then
	// nothing else is set.
	Gitleaks string `toml:"-"`
	// Screens are further ways to allow findings, and Fits says which of their conditions
	// the text around a place meets; nil if they have none that are about it.
	Screens []Screen                                                         `toml:"-"`
	Fits    func(f *leak.Finding, before, credential, after []byte) []string `toml:"-"`
}

// Tune changes what is said of a rule. What is not given stays as it is.
type Tune struct {
	Severity   float64  `toml:"severity"`
	Confidence string   `toml:"confidence"`
	Entropy    *float64 `toml:"entropy"`
	Stopwords  []string `toml:"stopwords"` // further ones
}

// Screen decides which places of findings are no leaks.
type Screen struct {
	Reason string
	Covers func(f *leak.Finding, l *leak.Location) bool
}

// BaselineConfig names the list of what is known.
type BaselineConfig struct {
	File string `toml:"file"` // relative to the settings file
}

// PolicyConfig says what makes a run fail.
type PolicyConfig struct {
	FailOn      string `toml:"fail_on"`       // as --fail-on
	FailOnStale bool   `toml:"fail_on_stale"` // entries of the baseline that are expired or stale make a run fail
	Inline      string `toml:"inline"`        // one of InlineModes
	// MinConfidence is the least that is reported: as --min-confidence.
	MinConfidence string `toml:"min_confidence"`
}

func (p *PolicyConfig) check() error {
	if _, err := Confidence(p.MinConfidence); err != nil {
		return fmt.Errorf("policy: min_confidence: %w", err)
	}
	if p.Inline != "" && !slices.Contains(InlineModes, p.Inline) {
		return fmt.Errorf("policy: inline %q: must be one of %s", p.Inline, strings.Join(InlineModes, ", "))
	}
	if p.FailOn == "" {
		return nil
	}
	if _, err := FailOn(p.FailOn); err != nil {
		return fmt.Errorf("policy: fail_on: %w", err)
	}
	return nil
}

// RuleConfig says which rules a scan uses.
type RuleConfig struct {
	Defaults *bool    `toml:"defaults"` // the rules that ship with the program; default true
	Disable  []string `toml:"disable"`  // rule ids
	Files    []string `toml:"files"`    // further provider files, relative to the settings file
}

// Allow is a set of findings that are no leaks. A finding's place is allowed
// if all conditions that are given hold.
type Allow struct {
	Reason string   `toml:"reason"` // why; must be given
	Rules  []string `toml:"rules"`  // ids
	Paths  []string `toml:"paths"`  // patterns, as for exclude

	paths glob.Set
}

// UseDefaults reports whether the rules that ship with the program are used.
func (c *Config) UseDefaults() bool { return c.Rules.Defaults == nil || *c.Rules.Defaults }

// Points are those of the risk score.
func (c *Config) Points() (risk.Policy, error) { return risk.Default().With(c.Risk) }

// Load reads a settings file. Unknown keys are errors: a typing mistake would
// otherwise switch something off without a word.
func Load(name string) (*Config, error) {
	b, err := ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	c, err := parse(string(b))
	if err != nil {
		return nil, fmt.Errorf("settings %s: %w", name, err)
	}
	c.File = name
	c.Identity.resolve(name)
	if f := &c.Baseline.File; *f != "" && !filepath.IsAbs(*f) {
		*f = filepath.Join(filepath.Dir(name), *f)
	}
	if c.Verify != nil {
		c.Verify.resolve(name)
	}
	return c, nil
}

// maxFile is the size of the largest file that ReadFile reads.
const maxFile = 16 << 20

// ReadFile reads a file that the user named: settings, rules, a key. It may be
// a pipe, and one that never ends is an error.
func ReadFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("%s has more than %d bytes", name, maxFile)
	}
	return b, err
}

func parse(text string) (*Config, error) {
	c := &Config{}
	md, err := toml.Decode(text, c)
	extra := slices.DeleteFunc(md.Undecoded(), func(k toml.Key) bool { return k[0] == "rule" }) // who reads the rules sees to their keys
	if (err != nil || len(extra) > 0) && isGitleaks(text) {
		return &Config{Gitleaks: text}, nil
	} else if err != nil {
		return nil, err
	} else if len(extra) > 0 {
		return nil, fmt.Errorf("unknown key %q%s; the keys are listed in docs/configuration.md", extra[0], nearest.Hint(c, extra[0]))
	}
	for i := range c.Allow {
		if err := c.Allow[i].compile(); err != nil {
			return nil, fmt.Errorf("allow %d: %w", i+1, err)
		}
	}
	if _, err := glob.Parse(c.Exclude); err != nil {
		return nil, fmt.Errorf("exclude: %w", err)
	}
	if err := c.Identity.Check(); err != nil {
		return nil, err
	}
	if err := c.Policy.check(); err != nil {
		return nil, err
	}
	for table := range c.Risk { // the library takes a number for an empty table
		if md.Type("risk", table) != "Hash" {
			return nil, fmt.Errorf("risk.%s: must be a table of points", table)
		}
	}
	if kind := md.Type("risk"); kind != "" && kind != "Hash" {
		return nil, fmt.Errorf("risk: must be a table")
	}
	if _, err := c.Points(); err != nil {
		return nil, err
	}
	if c.Verify != nil {
		if err := c.Verify.check(md); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// isGitleaks reports whether a settings file was made for gitleaks, which
// people will try.
func isGitleaks(text string) bool {
	var keys map[string]any
	if _, err := toml.Decode(text, &keys); err != nil {
		return false
	}
	for _, k := range []string{"allowlist", "allowlists", "extend", "title"} {
		if _, ok := keys[k]; ok {
			return true
		}
	}
	_, list := keys["rules"].([]map[string]any)
	return list
}

func (a *Allow) compile() error {
	if strings.TrimSpace(a.Reason) == "" {
		return fmt.Errorf("no reason: say why these are no leaks")
	}
	if len(a.Rules) == 0 && len(a.Paths) == 0 {
		return fmt.Errorf("needs rules or paths: it would allow everything")
	}
	if slices.Contains(a.Rules, "") {
		return fmt.Errorf("rules: an empty id")
	}
	var err error
	a.paths, err = glob.Parse(a.Paths)
	return err
}

// covers reports whether a place is allowed. One without a path, as in a commit
// message, is not covered by any pattern.
func (a *Allow) covers(path string) bool {
	return len(a.paths) == 0 || path != "" && a.paths.MatchPath(path, false)
}
