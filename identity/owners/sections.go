package owners

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// maxSections bounds the people in a file of sections.
const maxSections = 20_000

// readSections reads MAINTAINERS in the form of Linux (its own head describes
// it): sections of lines with M: for people, F: for files, N: for regular expressions
// for them, X: for exceptions and S: for the state, with an empty line between them.
// In a file pattern, a folder ends in a slash.
func readSections(data []byte) (out []found) {
	var people []found
	var files, not []pattern
	var names []*regexp.Regexp
	lost := false
	end := func() {
		if lost {
			people = nil
		}
		for _, p := range people {
			if p.files, p.not, p.names = files, not, names; len(files)+len(names) > 0 && len(out) < maxSections {
				out = append(out, p)
			}
		}
		people, files, not, names, lost = nil, nil, nil, nil, false
	}
	n := 0
	for line := range bytes.Lines(data) {
		n++
		text := strings.ToValidUTF8(strings.TrimSpace(string(line[:min(len(line), 1000)])), "\uFFFD")
		if text == "" {
			end()
			continue
		}
		key, value, ok := strings.Cut(text, ":")
		value = strings.TrimSpace(value)
		if !ok || value == "" {
			continue
		}
		switch key {
		case "S": // nobody looks after it, whoever is named
			if s := strings.ToLower(value); strings.HasPrefix(s, "orphan") || strings.HasPrefix(s, "obsolete") {
				lost = true
			}
		case "N":
			if len(value) > maxFilter || len(names) >= maxFilters {
				continue
			}
			if re, err := regexp.Compile(value); err == nil {
				names = append(names, re)
			}
		case "M":
			if o := person(value, ""); o.Name != "" && len(people) < maxFound {
				people = append(people, found{Owner: leak.Owner{Name: strings.Trim(o.Name, `"`), Email: o.Email, Kind: o.Kind}, line: n})
			}
		case "F":
			if len(files) < 1000 {
				files = append(files, parsePattern("/"+strings.TrimPrefix(value, "/"), GitHub))
			}
		case "X":
			if len(not) < 1000 {
				not = append(not, parsePattern("/"+strings.TrimPrefix(value, "/"), GitHub))
			}
		}
	}
	end()
	return out
}

// about keeps those who are named for a file, by its path from the folder of the list:
// the ones of the pattern that names most folders, where files have patterns.
func about(list []found, file string) (out []found) {
	list = slices.DeleteFunc(slices.Clone(list), func(f found) bool { return f.when != nil && !f.when(file) })
	if slices.ContainsFunc(list, func(f found) bool { return f.when != nil }) {
		for i := range list { // who is named for all comes behind
			list[i].less = list[i].less || list[i].when == nil
		}
	}
	names, best := strings.Split(file, "/"), 0
	steps := maxPathSteps
	match := func(p pattern) bool { return p.match(names, &steps) }
	for _, f := range list {
		if f.files == nil && f.names == nil {
			return list
		}
		if slices.ContainsFunc(f.not, match) {
			continue
		}
		long := 0
		if slices.ContainsFunc(f.names, func(re *regexp.Regexp) bool { return re.MatchString(file) }) {
			long = 1 // less than any folder says
		}
		for _, p := range f.files {
			if match(p) && !p.anywhere() {
				long = max(long, 1+p.depth())
			}
		}
		switch {
		case long > best:
			out, best = []found{f}, long
		case long == best && long > 0 && len(out) < maxFound:
			out = append(out, f)
		}
	}
	return out
}
