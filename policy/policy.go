// Package policy decides which findings count: allow lists, thresholds and
// the settings file that holds them. It reads no repository and prints nothing.
package policy

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/whosekey/whosekey/leak"
)

// Config is a settings file, by custom .whosekey.toml.
type Config struct {
	Rules   RuleConfig `toml:"rules"`
	Exclude []string   `toml:"exclude"` // path patterns that dir leaves out
	Allow   []Allow    `toml:"allow"`

	File string `toml:"-"`
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

	paths []*regexp.Regexp
}

// UseDefaults reports whether the rules that ship with the program are used.
func (c *Config) UseDefaults() bool { return c.Rules.Defaults == nil || *c.Rules.Defaults }

// Load reads a settings file. Unknown keys are errors: a typing mistake would
// otherwise switch something off without a word.
func Load(name string) (*Config, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	c, err := parse(string(b))
	if err != nil {
		return nil, fmt.Errorf("settings %s: %w", name, err)
	}
	c.File = name
	return c, nil
}

func parse(text string) (*Config, error) {
	c := &Config{}
	md, err := toml.Decode(text, c)
	if err != nil {
		return nil, err
	}
	if extra := md.Undecoded(); len(extra) > 0 {
		hint := "the keys are listed in docs/configuration.md"
		if slices.Contains([]string{"allowlist", "allowlists", "extend", "title"}, extra[0][0]) {
			hint = "this is a gitleaks configuration; whosekey's own keys are listed in docs/configuration.md"
		}
		return nil, fmt.Errorf("unknown key %q; %s", extra[0], hint)
	}
	for i := range c.Allow {
		if err := c.Allow[i].compile(); err != nil {
			return nil, fmt.Errorf("allow %d: %w", i+1, err)
		}
	}
	for _, p := range c.Exclude {
		if _, err := Glob(p); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (a *Allow) compile() error {
	if strings.TrimSpace(a.Reason) == "" {
		return fmt.Errorf("no reason: say why these are no leaks")
	}
	if len(a.Rules) == 0 && len(a.Paths) == 0 {
		return fmt.Errorf("needs rules or paths: it would allow everything")
	}
	for _, p := range a.Paths {
		re, err := Glob(p)
		if err != nil {
			return err
		}
		a.paths = append(a.paths, re)
	}
	return nil
}

// Keep removes the allowed places of a finding and reports whether any is left.
func (c *Config) Keep(f *leak.Finding) bool {
	for i := range c.Allow {
		a := &c.Allow[i]
		if len(a.Rules) > 0 && !slices.Contains(a.Rules, f.Rule.ID) {
			continue
		}
		f.Locations = slices.DeleteFunc(f.Locations, func(l leak.Location) bool { return a.covers(l.Path) })
	}
	return len(f.Locations) > 0
}

func (a *Allow) covers(path string) bool {
	return len(a.paths) == 0 || slices.ContainsFunc(a.paths, func(re *regexp.Regexp) bool { return re.MatchString(path) })
}

// Glob compiles a path pattern: * and ? match within a name, ** across
// folders, [...] a character. A pattern without a slash matches at any depth,
// one that ends in a slash a folder. What is in a matching folder matches too.
func Glob(pattern string) (*regexp.Regexp, error) {
	if _, err := path.Match(strings.ReplaceAll(pattern, "**", "*"), ""); err != nil || pattern == "" {
		return nil, fmt.Errorf("path pattern %q: %w", pattern, path.ErrBadPattern)
	}
	p := strings.TrimSuffix(pattern, "/")
	var re strings.Builder
	re.WriteString(`^`)
	if !strings.Contains(p, "/") {
		re.WriteString(`(?:.*/)?`)
	}
	p = strings.TrimPrefix(p, "/")
	for i := 0; i < len(p); i++ {
		switch rest := p[i:]; {
		case strings.HasPrefix(rest, "**/"):
			re.WriteString(`(?:.*/)?`)
			i += 2
		case strings.HasPrefix(rest, "**"):
			re.WriteString(`.*`)
			i++
		case p[i] == '*':
			re.WriteString(`[^/]*`)
		case p[i] == '?':
			re.WriteString(`[^/]`)
		case p[i] == '[' && strings.IndexByte(rest, ']') > 0:
			end := strings.IndexByte(rest, ']')
			class := strings.Replace(rest[1:end], "!", "^", 1)
			re.WriteString("[" + strings.ReplaceAll(class, `\`, `\\`) + "]")
			i += end
		default:
			re.WriteString(regexp.QuoteMeta(p[i : i+1]))
		}
	}
	re.WriteString(`(?:/.*)?$`)
	out, err := regexp.Compile(`(?s)` + re.String())
	if err != nil {
		return nil, fmt.Errorf("path pattern %q: %w", pattern, err)
	}
	return out, nil
}
