package owners

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/yamltree"
	"github.com/whosekey/whosekey/leak"
)

// Bounds on the filters of a file of approvers.
const (
	maxFilters = 200
	maxFilter  = 500 // bytes of its regular expression
)

// readOwners reads Kubernetes' OWNERS files (kubernetes.dev, "OWNERS files"):
// approvers, or filters, which are regular expressions for paths from the file's
// folder, and count only where there are no approvers for all; and those of Chromium,
// which list addresses.
func readOwners(data []byte) (out []found, err error) {
	docs, err := yamltree.Parse(data)
	for _, doc := range docs {
		if out = approvers(out, yamltree.Get(doc, "approvers"), nil); len(out) > 0 {
			break
		}
		filters := yamltree.Pairs(yamltree.Get(doc, "filters"))
		for _, filter := range filters[:min(len(filters), maxFilters)] {
			var when func(string) bool
			if filter.Key.Value != ".*" {
				re, err := regexp.Compile(filter.Key.Value)
				if err != nil || len(filter.Key.Value) > maxFilter {
					continue
				}
				when = re.MatchString
			}
			out = approvers(out, yamltree.Get(filter.Value, "approvers"), when)
		}
	}
	if len(out) > 0 {
		// Who is named for some files comes before who is named for all.
		slices.SortStableFunc(out, func(a, b found) int {
			switch {
			case (a.when == nil) == (b.when == nil):
				return 0
			case a.when == nil:
				return 1
			}
			return -1
		})
		return out, nil
	}
	return readAddresses(data, err)
}

// approvers appends those of a list.
func approvers(out []found, list *yamltree.Node, when func(string) bool) []found {
	for _, e := range yamltree.List(list) {
		name := strings.TrimPrefix(yamltree.Text(e), "@")
		if handle.MatchString(name) && len(out) < maxFilters*maxFound {
			out = append(out, found{Owner: aliased(name), line: e.Line, when: when})
		}
	}
	return out
}

// readAddresses reads Chromium's OWNERS files: addresses, and those of
// "per-file GLOB,GLOB=address,address" for some files of the folder.
func readAddresses(data []byte, err error) (out []found, _ error) {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		text, _, _ := strings.Cut(string(line), "#")
		globs, people, _ := strings.Cut(strings.TrimSpace(text), "=")
		globs, some := strings.CutPrefix(globs, "per-file ")
		if !some {
			people = strings.TrimSpace(text)
		}
		var files []pattern
		for glob := range strings.SplitSeq(globs, ",") {
			if some {
				files = append(files, parsePattern("/"+strings.TrimSpace(glob), GitHub))
			}
		}
		for one := range strings.SplitSeq(people, ",") {
			if one = strings.TrimSpace(one); !email.MatchString(one) || len(out) == maxFilters {
				continue
			}
			f := found{Owner: named(one, GitHub), line: n}
			if some {
				f.when = func(path string) bool {
					steps := maxPathSteps
					return slices.ContainsFunc(files, func(p pattern) bool { return p.match(strings.Split(path, "/"), &steps) })
				}
			}
			out, err = append(out, f), nil
		}
	}
	return out, err
}

var handle = lazy.New(`^[\pL\pN][\pL\pN._-]{0,80}$`)

// aliased names somebody of an OWNERS file: a login, or an alias for several,
// such as sig-network-approvers.
func aliased(name string) leak.Owner {
	if teamWord.MatchString(name) || strings.HasPrefix(name, "sig-") {
		return leak.Owner{Name: name, Kind: "team"}
	}
	return leak.Owner{Name: "@" + name, Kind: "person"}
}

// aliasesFile stands at the root of a repository.
const aliasesFile = "OWNERS_ALIASES"

// readAliases reads OWNERS_ALIASES: who is behind a name of OWNERS files, in lower case.
func readAliases(data []byte) map[string][]string {
	out := map[string][]string{}
	docs, _ := yamltree.Parse(data)
	for _, doc := range docs {
		for _, alias := range yamltree.Pairs(yamltree.Get(doc, "aliases")) {
			for _, e := range yamltree.List(alias.Value) {
				name, members := strings.ToLower(alias.Key.Value), len(out)
				if login := strings.TrimPrefix(yamltree.Text(e), "@"); handle.MatchString(login) && members < maxFilters*maxFound {
					out[name] = append(out[name], login)
				}
			}
		}
	}
	return out
}

// expand puts the people of an alias behind it, which is a team.
func expand(list []found, aliases map[string][]string) (out []found) {
	for _, f := range list {
		name := strings.TrimPrefix(f.Name, "@")
		members, ok := aliases[strings.ToLower(name)]
		if ok {
			f.Owner = leak.Owner{Name: name, Kind: "team"}
		}
		out = append(out, f)
		for _, m := range members[:min(len(members), maxFound)] {
			member := f
			member.less, member.Owner = true, leak.Owner{Name: "@" + m, Kind: "person"}
			out = append(out, member)
		}
	}
	return out
}

// readPeople reads MAINTAINERS in the form of Docker, a TOML file whose groups refer
// to [people]: the group of the maintainers of all, else whoever is in any.
func readPeople(data []byte) (out []found) {
	var m map[string]any
	if _, err := toml.Decode(string(data), &m); err != nil {
		return nil
	}
	people, org := map[string]any{}, map[string]any{}
	for key, table := range m { // [People] and [people.x] stand in the same file
		for name, v := range tableOf(table) {
			switch strings.ToLower(key) {
			case "people":
				people[strings.ToLower(name)] = v
			case "org":
				org[strings.ToLower(name)] = v
			}
		}
	}
	for _, group := range []string{"core maintainers", "maintainers", "core", "committers"} {
		names, _ := tableOf(org[group])["people"].([]any)
		for _, n := range names {
			name, _ := n.(string)
			if o := personOf(name, tableOf(people[strings.ToLower(name)])); o.Name != "" {
				out = add(out, o, 0)
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}

func tableOf(v any) map[string]any {
	t, _ := v.(map[string]any)
	return t
}

// personOf is somebody of [people], whose keys are written in more than one way.
func personOf(key string, table map[string]any) leak.Owner {
	o := leak.Owner{Name: key, Kind: "person"}
	for k, v := range table {
		text, _ := v.(string)
		switch k = strings.ToLower(k); {
		case k == "email" && email.MatchString(text):
			o.Email = text
		case k == "github" && handle.MatchString(text):
			o.Name = "@" + text
		}
	}
	if o.Name == key {
		if name, _ := table["Name"].(string); name != "" {
			o.Name = name
		}
	}
	return o
}
