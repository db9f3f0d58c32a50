package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/whosekey/whosekey/convert"
	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/internal/nearest"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/rules"
)

// gitleaksName is how a configuration of gitleaks is called by custom.
const gitleaksName = ".gitleaks.toml"

// tellUnread says that a settings file at the root of what is scanned is not used: whoever
// can change that could silence its scan.
func (a *app) tellUnread(config string, folders []string) {
	if config != "" || a.quiet {
		return
	}
	for _, folder := range folders {
		for _, name := range []string{settingsName, gitleaksName} {
			path := filepath.Join(folder, name)
			if st, err := os.Lstat(path); err == nil && st.Mode().IsRegular() {
				fmt.Fprintf(a.stderr, "whosekey: note: %s is not read, since it is a part of what is scanned; if you trust it: --config %s\n", safe(path), safe(path))
			}
		}
	}
}

// ownRules are the rules that stand in the settings file itself.
func (s *scan) ownRules() ([]*rules.Provider, error) {
	c := s.config
	if c.Gitleaks != "" {
		return s.gitleaks()
	}
	if len(c.Own) == 0 {
		return nil, nil
	}
	var b strings.Builder
	err := toml.NewEncoder(&b).Encode(map[string]any{
		"provider": "custom", "name": "own rules", "about": "https://github.com/whosekey/whosekey/blob/main/docs/rules.md", "rule": c.Own,
	})
	if err != nil {
		return nil, usage(fmt.Errorf("settings %s: %w", c.File, err), "")
	}
	p, err := rules.Parse(c.File, b.String())
	if err == nil {
		err = detectors.CheckExamples(p)
	}
	if err != nil {
		return nil, usage(err, "docs/rules.md describes the format")
	}
	return []*rules.Provider{p}, nil
}

// gitleaks takes rules and allowlists from a configuration of gitleaks.
func (s *scan) gitleaks() ([]*rules.Provider, error) {
	c := s.config
	g, err := convert.ReadGitleaksConfig(c.Gitleaks, func(name string) (string, error) {
		b, err := policy.ReadFile(besideSettings(c, name))
		return string(b), err
	})
	if err != nil {
		return nil, usage(fmt.Errorf("settings %s, of gitleaks: %w", c.File, err), "docs/configuration.md says what of gitleaks is understood")
	}
	c.Rules.Defaults = &g.Defaults
	if g.Provider == nil && !g.Defaults {
		why := "no rules: the scan would find nothing"
		if i := slices.IndexFunc(g.Notes, func(n string) bool { return strings.Contains(n, "is left out") }); i >= 0 {
			why += "; " + g.Notes[i]
		}
		return nil, usage(fmt.Errorf("settings %s, of gitleaks: %s", c.File, why), "add useDefault = true to its [extend]")
	}
	for _, n := range g.Notes {
		s.notes = append(s.notes, filepath.Base(c.File)+": "+n)
	}
	if err := s.theirs(g); err != nil {
		return nil, err
	}
	c.Screens, c.Fits = newGate(g).screens()
	if g.Provider == nil {
		return nil, nil
	}
	return []*rules.Provider{g.Provider}, nil
}

// besideSettings is where a file is that settings of gitleaks name: beside them, or else
// in the repository that they are in, as gitleaks is mostly called at its root and looks
// from there.
func besideSettings(c *policy.Config, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	beside := filepath.Join(filepath.Dir(c.File), name)
	file, err := filepath.Abs(c.File)
	if _, missing := os.Lstat(beside); err != nil || missing == nil {
		return beside
	}
	if root := policy.RepositoryOf(filepath.Dir(file)); root != "" {
		if at := filepath.Join(root, name); fileAt(at) {
			return at
		}
	}
	return beside
}

func fileAt(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.Mode().IsRegular()
}

// extended calls each with the files that a configuration of gitleaks extends, before they are
// read, as long as it returns true. What is wrong with one is said where it is used.
func extended(c *policy.Config, each func(name string) bool) {
	if c.Gitleaks == "" {
		return
	}
	convert.ReadGitleaksConfig(c.Gitleaks, func(name string) (string, error) {
		name = besideSettings(c, name)
		if !each(name) {
			return "", fs.ErrNotExist
		}
		b, err := policy.ReadFile(name)
		return string(b), err
	})
}

// replaced leaves out rules whose ids a configuration of gitleaks uses for its own.
func (s *scan) replaced(ps, own []*rules.Provider) []*rules.Provider {
	if s.config.Gitleaks == "" || len(own) == 0 {
		return ps
	}
	var ids []string
	for _, p := range ps {
		for _, r := range p.Rules {
			if slices.ContainsFunc(own[0].Rules, func(o rules.Rule) bool { return o.ID == r.ID }) {
				ids = append(ids, r.ID)
			}
		}
	}
	left, err := rules.Without(ps, ids)
	if err != nil {
		return ps // a bug: they are there
	}
	return left
}

// tune changes rules as the settings say.
func (s *scan) tune(ps []*rules.Provider) error {
	left := map[string]bool{}
	var ids []string
	for id := range s.config.Tune {
		left[id] = true
	}
	for _, p := range ps {
		for i := range p.Rules {
			r := &p.Rules[i]
			ids = append(ids, r.ID)
			t, ok := s.config.Tune[r.ID]
			if !ok {
				continue
			}
			delete(left, r.ID)
			if err := tuneRule(r, t); err != nil {
				return fmt.Errorf("tune.%s: %w", r.ID, err)
			}
		}
	}
	if left[rules.Generic] {
		return fmt.Errorf("tune.%s: it is written in Go: disable it, or allow its findings", rules.Generic)
	}
	for id := range left {
		if k := nearest.Of(id, ids); k != "" {
			return fmt.Errorf("tune: no rule has the id %q, did you mean %q?", id, k)
		}
		return fmt.Errorf("tune: no rule has the id %q", id)
	}
	return nil
}

func tuneRule(r *rules.Rule, t policy.Tune) error {
	if t.Severity != 0 {
		if !(t.Severity >= 0.1 && t.Severity <= 10) {
			return fmt.Errorf("severity %v: must be from 0.1 to 10", t.Severity)
		}
		r.Severity = t.Severity
	}
	if t.Confidence != "" {
		c := leak.Confidence(t.Confidence)
		if !slices.Contains([]leak.Confidence{leak.High, leak.Medium, leak.Low}, c) {
			return fmt.Errorf("confidence %q: must be high, medium or low", t.Confidence)
		}
		r.Confidence = c
	}
	if t.Entropy != nil {
		if !(*t.Entropy >= 0 && *t.Entropy <= 8) {
			return fmt.Errorf("entropy %v: must be from 0 to 8 bits per character", *t.Entropy)
		}
		r.Entropy = *t.Entropy
	}
	if slices.Contains(t.Stopwords, "") {
		return errors.New("stopwords: an empty one is in every secret")
	}
	r.Stopwords = append(slices.Clone(r.Stopwords), t.Stopwords...)
	return nil
}
