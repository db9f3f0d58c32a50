package fields

import (
	"bytes"
	"regexp"
	"strings"
)

// secretField is for manifests of Kubernetes Secrets, alone in their document.
func secretField(f *file, w way) string {
	if len(w) != 2 || !w.is(0, "data", "stringData") || w[1].index >= 0 {
		return ""
	}
	from, to := 0, len(f.text)
	if i := bytes.LastIndex(f.text[:f.at], []byte("\n---")); i >= 0 {
		from = i + 1
	}
	if i := bytes.Index(f.text[f.at:], []byte("\n---")); i >= 0 {
		to = f.at + i
	}
	text := f.text[from:to]
	if !secretKind.Match(text) {
		return ""
	}
	name, space := metadataOf(text)
	if name == "" {
		return of(called("key", w[1].key), "a Secret")
	}
	if space != "" {
		name = space + "/" + name
	}
	return of(called("key", w[1].key), called("Secret", name))
}

var (
	secretKind = regexp.MustCompile(`(?m)(?:^kind:[ \t]*["']?Secret["']?[ \t]*(?:#.*)?\r?$|"kind":\s*"Secret"\s*[,}])`)
	metadata   = regexp.MustCompile(`(?m)^metadata:[ \t]*\r?$|"metadata":\s*\{`)
	nameIn     = regexp.MustCompile(`(?m)(?:^( {1,16})"?|[{,]\s*")(name|namespace)"?:[ \t]*["']?([^\s"',}]+)`)
	plainName  = regexp.MustCompile(`^[A-Za-z0-9.-]+$`)
	nextKey    = regexp.MustCompile(`(?m)^[A-Za-z]`)
)

// metadataOf is what a manifest is called, and its namespace: those that are indented
// least, as labels have names too.
func metadataOf(text []byte) (name, namespace string) {
	at := metadata.FindIndex(text)
	if at == nil {
		return "", ""
	}
	text = text[at[1]:]
	if next := nextKey.FindIndex(text); next != nil {
		text = text[:next[0]]
	}
	found := map[string]string{}
	depth := map[string]int{}
	for _, m := range nameIn.FindAllSubmatch(text, 100) {
		key := string(m[2])
		if old, ok := depth[key]; !ok || len(m[1]) < old {
			depth[key], found[key] = len(m[1]), string(m[3])
		}
	}
	for key, value := range found {
		if !plainName.MatchString(value) { // a template
			delete(found, key)
		}
	}
	return short(found["name"]), short(found["namespace"])
}

// linesField is for files of one setting a line: .env and Java's properties.
func linesField(f *file) string {
	line, _ := f.lineOf()
	line = strings.TrimPrefix(strings.TrimLeft(line, " \t"), "export ")
	i := strings.IndexAny(line, "=:")
	if i < 0 || line[0] == '#' || line[0] == '!' {
		return ""
	}
	key := strings.TrimSpace(line[:i])
	if short(key) == "" || strings.ContainsAny(key, " \t\"'<>()") {
		return ""
	}
	return Key + key
}
