package fields

import (
	"bytes"
	"slices"
	"strings"
)

// lineOf is the line of a place, from its beginning to the place, and where it begins.
func (f *file) lineOf() (line string, from int) {
	from = bytes.LastIndexByte(f.text[:f.at], '\n') + 1
	return string(f.text[from:f.at]), from
}

// section is the last name in brackets that stands alone in a line above a place.
func (f *file) section(from int) string {
	for from > 0 {
		end := from - 1
		from = bytes.LastIndexByte(f.text[:end], '\n') + 1
		line := strings.TrimSpace(string(f.text[from:min(end, from+4*maxName)]))
		if strings.HasPrefix(line, "[") && !strings.ContainsAny(line, "=,") {
			name, _, ok := strings.Cut(strings.Trim(line, "["), "]")
			if ok {
				return name
			}
		}
	}
	return ""
}

// tableField is for TOML and INI: the key in the line, and the section above it.
func tableField(f *file) string {
	line, from := f.lineOf()
	key, rest, ok := strings.Cut(strings.TrimLeft(line, " \t"), "=")
	if !ok {
		key, rest, ok = strings.Cut(strings.TrimLeft(line, " \t"), ":")
	}
	key = strings.Trim(key, " \t\"'")
	if !ok || key == "" || key[0] == '#' || key[0] == ';' {
		return ""
	}
	section := f.section(from)
	if strings.HasSuffix(f.base, ".toml") {
		return describe(f, tableWay(section, key, rest))
	}
	if host, last, ok := hostVariable(line); ok {
		return of(last, called("host", host))
	}
	if section == "" {
		return ""
	}
	if host, ok := strings.CutSuffix(section, ":vars"); ok {
		return of(short(key), called("group", host))
	}
	if f.base == "credentials" || strings.HasPrefix(section, "profile ") {
		return of(short(key), called("profile", strings.TrimPrefix(section, "profile ")))
	}
	return of(short(key), called("section", section))
}

// hostVariable is for a line of an Ansible inventory: web1 ansible_host=... ansible_password=...
func hostVariable(line string) (host, name string, ok bool) {
	words := strings.Fields(line)
	if len(words) < 2 || strings.Contains(words[0], "=") {
		return "", "", false
	}
	for _, w := range words[1:] {
		n, _, has := strings.Cut(w, "=")
		if !has {
			return "", "", false
		}
		name = n
	}
	return words[0], short(name), name != ""
}

// tableWay is the way to a value of TOML, also in an inline table.
func tableWay(section, key, rest string) (w way) {
	for _, k := range append(dotted(section), dotted(key)...) {
		w = append(w, step{key: k, index: -1})
	}
	if i := strings.LastIndexByte(rest, '{'); i >= 0 {
		parts := strings.FieldsFunc(rest[i+1:], func(r rune) bool { return r == ',' })
		if len(parts) > 0 {
			k, _, _ := strings.Cut(parts[len(parts)-1], "=")
			w = append(w, step{key: strings.Trim(k, " \"'"), index: -1})
		}
	} else if i := strings.IndexByte(rest, '['); i >= 0 {
		w = append(w, step{index: strings.Count(rest[i:], ",")})
	}
	return w
}

// dotted cuts a name at its dots, but for those in quotes.
func dotted(name string) (keys []string) {
	quote, at := byte(0), 0
	for i := 0; i <= len(name); i++ {
		switch {
		case i == len(name) || name[i] == '.' && quote == 0:
			if k := strings.Trim(name[at:i], " \"'"); k != "" {
				keys = append(keys, k)
			}
			at = i + 1
		case quote == 0 && (name[i] == '"' || name[i] == '\''):
			quote = name[i]
		case name[i] == quote:
			quote = 0
		}
	}
	return keys
}

// npmField is for .npmrc: //registry.acme.example/:_authToken=...
func npmField(f *file) string {
	line, _ := f.lineOf()
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "//")
	i := strings.LastIndex(rest, ":_")
	if !ok || i < 0 {
		return ""
	}
	key, _, _ := strings.Cut(rest[i+1:], "=")
	return of(short(strings.TrimSpace(key)), called("registry", strings.TrimRight(rest[:i], "/")))
}

// hclField is for Terraform: the blocks whose braces are open.
func hclField(f *file) string {
	line, from := f.lineOf()
	var w []string
	if key, _, ok := strings.Cut(line, "="); ok {
		w = append(w, strings.Trim(key, " \t\""))
	}
	for depth := strings.Count(line, "}") - strings.Count(line, "{"); from > 0 && len(w) < maxDepth; {
		end := from - 1
		from = bytes.LastIndexByte(f.text[:end], '\n') + 1
		line = strings.TrimSpace(string(f.text[from:min(end, from+8*maxName)]))
		if line == "" || line[0] == '#' || strings.HasPrefix(line, "//") {
			continue
		}
		if depth += strings.Count(line, "}") - strings.Count(line, "{"); depth < 0 {
			w = append(w, strings.TrimSpace(strings.TrimRight(line, "{ ")))
			depth = 0
		}
	}
	slices.Reverse(w)
	return hclWords(f, w)
}

func hclWords(f *file, w []string) string {
	if len(w) == 0 {
		return ""
	}
	last := short(w[len(w)-1])
	words := strings.Fields(strings.ReplaceAll(w[0], `"`, " "))
	switch {
	case len(words) == 0 || last == "":
		return ""
	case strings.HasSuffix(f.base, ".tfvars"):
		if len(w) == 1 {
			return called("variable", last)
		}
		return of("key "+last, called("variable", strings.Trim(w[0], ` ="`)))
	case len(w) == 1:
		return ""
	case (words[0] == "resource" || words[0] == "data") && len(words) == 3:
		return of("argument "+last, short(words[1]+"."+words[2]))
	case len(words) == 2 && (words[0] == "variable" || words[0] == "provider" || words[0] == "module" || words[0] == "output"):
		return of(last, called(words[0], words[1]))
	case words[0] == "locals":
		return called("local", last)
	}
	return ""
}
