package pipeline

import (
	"path"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
)

// Doubt says why what a rule finds in a file has only low confidence, "" if nothing speaks
// against it.
func Doubt(set *detectors.Set, rule string, parts leak.Parts, file string) string {
	sure := set.Rule(rule).Sure
	if ofPackage(file) && !set.Proven(rule) && sure != leak.Low {
		return "in documentation or a test of a package of others"
	}
	return doubtOf(set, rule, parts)
}

// doubtOf is that whatever the file.
func doubtOf(set *detectors.Set, rule string, parts leak.Parts) string {
	if why := set.MadeUp(rule, parts); why != "" || set.Rule(rule).Sure != leak.Medium {
		return why
	}
	return detectors.Doubt(parts)
}

// judged is how sure a credential is, and why.
func (c *credential) judged(set *detectors.Set, locs []leak.Location) (sure leak.Confidence, why []string) {
	first := c.matches[0].Hit
	if doubt := c.doubt(set, locs); doubt != "" {
		return leak.Low, append(slices.Clip(first.Why), doubt)
	}
	return set.Rule(first.Rule).Sure, first.Why
}

// doubt is that for a credential. What speaks against it must hold in all of its places.
func (c *credential) doubt(set *detectors.Set, locs []leak.Location) string {
	first := &c.matches[0]
	if !slices.ContainsFunc(locs, func(l leak.Location) bool { return !ofPackage(l.Path) }) {
		return Doubt(set, first.Rule, first.Parts, locs[0].Path)
	}
	why := ""
	var last *leak.Hit
	for i := range c.matches {
		h := c.matches[i].Hit
		if h == last {
			continue // thousands of versions of a file share one
		}
		last = h
		if why = doubtOf(set, h.Rule, h.Parts); why == "" {
			return ""
		}
	}
	return why
}

// ofPackage reports whether a file is documentation or a test of a package that was
// installed, as it is or in an archive: node_modules/ioredis/README.md.
func ofPackage(file string) bool {
	parts := strings.FieldsFunc(strings.ToLower(file), func(r rune) bool { return r == '/' || r == '!' })
	from := -1
	for i, p := range parts {
		if packages[p] {
			from = i
		}
	}
	if from < 0 || from+2 >= len(parts) { // a folder of the package, and a file
		return false
	}
	for _, p := range parts[from+2 : len(parts)-1] {
		if aside[p] {
			return true
		}
	}
	return besideCode(parts[len(parts)-1])
}

// packages are folders into which package managers put what they fetch.
var packages = setOf("node_modules", "bower_components", "site-packages", "dist-packages", "vendor", "third_party", "jspm_packages")

// aside are folders of a package that are not the package itself.
var aside = setOf("test", "tests", "__tests__", "spec", "specs", "testdata", "fixtures", "doc", "docs", "example", "examples", "sample", "samples", "benchmark", "benchmarks")

func setOf(words ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}

// besideCode reports whether a file is documentation or a test by its name, in lower case.
func besideCode(name string) bool {
	switch ext := path.Ext(name); ext {
	case ".md", ".markdown", ".rst", ".adoc", ".mkd":
		return true
	default:
		stem := strings.TrimSuffix(name, ext)
		return strings.HasSuffix(stem, ".test") || strings.HasSuffix(stem, ".spec") || strings.HasSuffix(stem, "_test") || strings.HasPrefix(stem, "test_") ||
			stem == "readme" || stem == "changelog" || stem == "history"
	}
}
