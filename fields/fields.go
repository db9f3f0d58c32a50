// Package fields says in words which field of a structured file a place is in: "env
// API_KEY of server github", "header Authorization of entry 3". It reads settings in
// JSON, YAML, TOML, INI, HCL and XML as far as that takes, and knows nothing of
// credentials.
package fields

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds. A file may be made to take long: what is nested deeper, or is called
// something longer, has no field.
const (
	maxDepth  = 64
	maxName   = 60       // bytes of a name
	maxBehind = 64 << 10 // how far behind a place its object is read
)

// A step leads into a structure: in an object to the value of a key, or in a list to
// an element.
type step struct {
	from  int // where the object or list begins; 0 where that is not known
	key   string
	index int // of an element, from 0; -1 in an object
	// said are the fields of the object that say what it is, by their names in lower
	// case: see identifies.
	said map[string]string
}

// identifies reports whether a field's value says what its object is.
func identifies(key string) bool {
	return len(key) <= len("module") && (strings.EqualFold(key, "name") || strings.EqualFold(key, "id") || strings.EqualFold(key, "key") ||
		strings.EqualFold(key, "type") || strings.EqualFold(key, "module"))
}

// Known reports whether At may have something to say of a file.
func Known(name string) bool { return readerOf(name) != nil }

// At says which field of the file called name the byte at is in. text is the file
// from its beginning, and may end some way behind at. It is "" for a file of
// another kind and for a place that has no name. What begins with Key is no more than
// the keys that lead there.
func At(name string, text []byte, at int) string {
	read := readerOf(name)
	if read == nil || at < 0 || at >= len(text) {
		return ""
	}
	f := &file{base: base(name), text: text[:min(len(text), at+maxBehind)], at: at}
	f.folder = strings.ToLower(path.Base(path.Dir(inner(name))))
	said := read(f)
	if strings.IndexFunc(said, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) >= 0 {
		return ""
	}
	return said
}

// Key begins what is said of a file of no special kind.
const Key = "key "

type file struct {
	base, folder string // in lower case
	text         []byte
	at           int
}

// inner is the path within the innermost archive.
func inner(name string) string { return name[strings.LastIndexByte(name, '!')+1:] }

func base(name string) string { return strings.ToLower(path.Base(inner(name))) }

var byEnd = map[string]func(*file) string{
	".json": jsonField, ".jsonc": jsonField, ".har": jsonField, ".ipynb": jsonField, ".tfstate": jsonField, ".backup": jsonField, ".dockercfg": jsonField,
	".yaml": yamlField, ".yml": yamlField, "kubeconfig": yamlField, ".kubeconfig": yamlField,
	".toml": tableField, ".ini": tableField, ".cfg": tableField, ".conf": tableField, ".cnf": tableField, ".pypirc": tableField, "credentials": tableField, "hosts": tableField, "inventory": tableField,
	".tf": hclField, ".tfvars": hclField, ".hcl": hclField,
	".xml": xmlField, ".config": xmlField,
	".npmrc": npmField,
	".env":   linesField, ".envrc": linesField, ".properties": linesField,
}

func readerOf(name string) func(*file) string {
	b := base(name)
	if b == "config" && strings.Contains(inner(name), ".kube/") {
		return yamlField
	}
	if read := byEnd[b]; read != nil {
		return read
	}
	if strings.HasPrefix(b, ".env.") {
		return linesField
	}
	return byEnd[path.Ext(b)]
}

// short is a name as it is shown, "" for one that says nothing.
func short(name string) string {
	name = strings.TrimSpace(name)
	if len(name) > maxName {
		return ""
	}
	return name
}

// of joins what a field is and what it belongs to.
func of(what, whose string) string {
	if whose == "" || what == "" {
		return what
	}
	return what + " of " + whose
}

// called joins a kind and a name.
func called(kind, name string) string {
	if name = short(name); name == "" {
		return ""
	}
	return kind + " " + name
}
