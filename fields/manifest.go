package fields

import (
	"bytes"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
)

// secretField is for manifests of Kubernetes Secrets, alone in their document or items
// of a list.
func secretField(f *file, w way) string {
	var text []byte
	switch {
	case len(w) == 2 && w.is(0, "data", "stringData") && w[1].index < 0:
		from, to := f.document()
		text = f.text[from:to]
	case len(w) == 4 && w.is(0, "items") && w[1].index >= 0 && w.is(2, "data", "stringData") && w[3].index < 0:
		text = f.item(w[2].from)
	}
	if !secretKind.Match(text) {
		return ""
	}
	name, space := metadataOf(text)
	if name == "" {
		return of(called("key", w[len(w)-1].key), "a Secret")
	}
	if space != "" {
		name = space + "/" + name
	}
	return of(called("key", w[len(w)-1].key), called("Secret", name))
}

// document is where the document of YAML that the place is in begins and ends.
func (f *file) document() (from, to int) {
	to = len(f.text)
	if i := bytes.LastIndex(f.text[:f.at], []byte("\n---")); i >= 0 {
		from = i + 1
	}
	if i := bytes.Index(f.text[f.at:], []byte("\n---")); i >= 0 {
		to = f.at + i
	}
	return from, to
}

// item is the element of a list that the place is in: in JSON the object that begins at
// from, in YAML, where from is 0, its lines without what they are indented by.
func (f *file) item(from int) []byte {
	if from > 0 {
		_, length := outermost(f.text[from:])
		return f.text[from : from+length]
	}
	start, to := f.document()
	text, at := f.text[start:to], f.at-start
	line := bytes.LastIndexByte(text[:at], '\n') + 1
	column := readLine(text[line:at]).col // of the key; the dash is further out than what the key is of
	dash := -1
	for line > 0 && dash < 0 {
		end := line - 1
		line = bytes.LastIndexByte(text[:end], '\n') + 1
		if l := readLine(text[line:end]); l.dash >= 0 && l.dash <= column-4 {
			dash = l.dash
		} else if l.mark || l.ok && l.col == 0 {
			return nil
		}
	}
	if dash < 0 {
		return nil
	}
	var out bytes.Buffer
	for n, l := range bytes.SplitAfter(text[line:], []byte("\n")) {
		if r := readLine(l); n > 0 && r.ok && (r.dash >= 0 && r.dash <= dash || r.col <= dash) {
			break
		}
		out.Write(l[min(dash+2, len(l)):])
	}
	return out.Bytes()
}

var (
	secretKind = lazy.New(`(?m)(?:^kind:[ \t]*["']?Secret["']?[ \t]*(?:#.*)?\r?$|"kind":\s*"Secret"\s*[,}])`)
	metadata   = lazy.New(`(?m)^metadata:[ \t]*(?:\r?$|\{)|"metadata":\s*\{`)
	nameIn     = lazy.New(`(?m)(?:^( {1,16})"?|[{,]\s*"?)(name|namespace)"?:[ \t]*["']?([^\s"',}]+)`)
	plainName  = lazy.New(`^[A-Za-z0-9.-]+$`)
	nextKey    = lazy.New(`(?m)^[A-Za-z]`)
)

// metadataOf is what a manifest is called, and its namespace: those that are indented
// least, as labels have names too.
func metadataOf(text []byte) (name, namespace string) {
	at := metadata.FindIndex(text)
	if at == nil {
		return "", ""
	}
	text = text[at[1]-1:]
	braces := text[0] == '{'
	if braces {
		text, _ = outermost(text)
	} else if next := nextKey.FindIndex(text); next != nil {
		text = text[:next[0]]
	}
	found := map[string]string{}
	depth := map[string]int{}
	for _, m := range nameIn.FindAllSubmatch(text, 100) {
		key := string(m[2])
		if len(m[1]) == 0 && !braces {
			continue // in braces further in
		}
		if old, ok := depth[key]; !ok || len(m[1]) < old && !braces {
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

// outermost is what the object that a text begins with has by itself, without what is in
// braces in it, and how long it is with that.
func outermost(text []byte) (own []byte, length int) {
	r := &jsonReader{text: text}
	for i, depth := 0, 0; i < len(text); i++ {
		from := i
		switch text[i] {
		case '"':
			i = r.textEnd(i) - 1
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			return own, i + 1
		}
		if depth == 1 {
			own = append(own, text[from:i+1]...)
		}
	}
	return own, len(text)
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
