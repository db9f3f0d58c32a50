package detectors

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// kubernetes finds the values of Kubernetes Secrets in manifests. They are the
// base64 of anything; what a rule with a literal of its own knows is found through
// the base64 anyway.
type kubernetes struct {
	spec    Spec
	generic *generic
}

// manifestReach is how much of a manifest is read on either side of its kind, in bytes.
const manifestReach = 16 << 10

// manifestKinds are in manifests of Secrets; the first three in YAML.
var manifestKinds = []string{"kind: Secret", `kind: "Secret"`, "kind: 'Secret'", `"kind": "Secret"`, `"kind":"Secret"`}

func newKubernetes() *kubernetes {
	k := &kubernetes{Spec{Before: manifestReach, After: manifestReach}, newGeneric()}
	for _, l := range manifestKinds {
		k.spec.Literals = append(k.spec.Literals, rules.Literal{Text: l})
	}
	k.spec.Rule = leak.RuleInfo{
		ID: rules.KubernetesSecret, Title: "value of a Kubernetes Secret", Provider: "kubernetes",
		About:    "https://kubernetes.io/docs/concepts/configuration/secret/",
		Rotate:   "Change it where it is used, and let the cluster get the new one from a secret store, or keep the manifest encrypted: base64 hides nothing.",
		Severity: 7.0, Sure: leak.Medium,
	}
	return k
}

func (k *kubernetes) Spec() Spec { return k.spec }

// Find implements Detector. What it finds depends on the whole manifest, and on where
// that begins and ends.
func (k *kubernetes) Find(w Window, emit func(Hit)) Seen {
	m := manifest{data: w.Data}
	if w.Lit < 3 {
		m.readYAML(w.At, w.At+len(manifestKinds[w.Lit]))
	} else {
		m.readJSON(w.At)
	}
	of := "a Secret"
	if m.name != "" && shownName(m.name) != "" {
		of = "Secret " + m.name
		if m.namespace != "" && shownName(m.namespace) != "" {
			of = "Secret " + m.namespace + "/" + m.name
		}
	}
	for _, v := range m.values {
		if why, ok := k.worth(&v); ok {
			emit(Hit{
				Start: v.start, End: v.end, Pieces: [][2]int{{v.start, v.end}},
				Parts: leak.Parts{leak.SecretPart: leak.NewSecret(v.text)}, Why: append([]string{"in a manifest of the kind Secret"}, why...),
				Field: strings.TrimSpace("key " + shownName(v.key) + " of " + of),
			})
		}
	}
	return Seen{k.spec.Before, k.spec.After}
}

// worth judges a value by the same measures as any that is assigned, with the name of
// its key; a file in it is searched for such.
func (k *kubernetes) worth(v *manifestValue) (why []string, ok bool) {
	if strings.ContainsAny(v.text, "\n{") {
		return k.inFile(v)
	}
	n := nameOf([]byte(v.key), nil)
	if lower := n.lower; strings.HasSuffix(lower, ".crt") || strings.HasSuffix(lower, "user") || strings.HasSuffix(lower, "username") || strings.HasSuffix(lower, "email") {
		return nil, false
	}
	if n.class == notSecret {
		n.class = ofKey
	}
	what, ok := worthReporting(v.text, &n, &assigned{quote: '"'})
	if v.encoded {
		why = append(why, "base64 in the manifest")
	}
	return append(why, what), ok
}

// inFile looks for an assignment in a value that is a file.
func (k *kubernetes) inFile(v *manifestValue) (why []string, ok bool) {
	if strings.HasPrefix(v.text, "-----BEGIN") {
		return nil, false // a certificate, or a key that another rule finds
	}
	lower := strings.ToLower(v.text)
	for i := 0; i < len(lower) && len(lower) == len(v.text); i++ {
		w := wordsOfNames.longestAt(lower, i)
		if w == "" {
			continue
		}
		k.generic.Find(Window{Data: []byte(v.text), At: i, Lit: wordIndex[w]}, func(h Hit) {
			ok, why = true, append([]string{fmt.Sprintf("a file with a value of %s in it", h.Field)}, h.Why...)
		})
		if ok {
			return why, true
		}
	}
	return nil, false
}

var wordIndex = func() map[string]int {
	m := map[string]int{}
	for i, w := range genericWords {
		m[w] = i
	}
	return m
}()

// manifest is what is read of one.
type manifest struct {
	data            []byte
	name, namespace string
	values          []manifestValue
	flows           int // how many blocks in braces were read
}

// maxFlows bounds the work for a text made for it: a manifest has three.
const maxFlows = 8

type manifestValue struct {
	key, text  string
	start, end int
	encoded    bool
}

// add takes a value of data or stringData.
func (m *manifest) add(block, key string, start, end int) {
	v := manifestValue{key: key, text: string(m.data[start:end]), start: start, end: end}
	if block == "data" {
		text := base64Of(v.text)
		if len(text) == 0 || bytes.IndexByte(text, 0) >= 0 {
			return
		}
		v.text, v.encoded = strings.TrimRight(string(text), "\r\n"), true
	}
	m.values = append(m.values, v)
}

// lastIndex is bytes.LastIndex, several times as fast where there is nothing to find: it looks through
// pieces, each twice as long as the one behind it, from their beginning.
func lastIndex(data, text []byte) int {
	for hi, size := len(data), 1<<10; hi > 0; size *= 2 {
		lo := max(0, hi-size)
		piece, last := data[lo:min(len(data), hi+len(text)-1)], -1
		for at := 0; ; at = last + 1 {
			i := bytes.Index(piece[at:], text)
			if i < 0 {
				break
			}
			last = at + i
		}
		if last >= 0 {
			return lo + last
		}
		hi = lo
	}
	return -1
}

// readYAML reads the document that the literal from start to end is a line of.
func (m *manifest) readYAML(start, end int) {
	line := bytes.LastIndexByte(m.data[:start], '\n') + 1
	indent := start - line
	if end < len(m.data) && bytes.IndexByte([]byte("\r\n #"), m.data[end]) < 0 || len(bytes.Trim(m.data[line:start], " -\t")) > 0 {
		return // SecretStore, or no line of its own
	}
	from, to := 0, len(m.data)
	if i := lastIndex(m.data[:line], []byte("\n---")); i >= 0 {
		from = i + 1
	}
	if i := bytes.Index(m.data[end:], []byte("\n---")); i >= 0 {
		to = end + i
	}
	block := ""
	for at := from; at < to; {
		next := bytes.IndexByte(m.data[at:to], '\n') + 1
		if next == 0 {
			next = to - at
		}
		if !m.yamlLine(at, at+next, indent, &block) { // of what the manifest is an item of
			if at > line {
				return
			}
			*m, block = manifest{data: m.data, flows: m.flows}, ""
		}
		at += next
	}
}

// yamlLine reads a line; block is the key of the outermost level that it stands below.
// It reports false for one that stands further out.
func (m *manifest) yamlLine(at, end, indent int, block *string) bool {
	text := bytes.TrimRight(m.data[at:end], " \t\r\n")
	trimmed := bytes.TrimLeft(text, " \t")
	key, value, ok := bytes.Cut(trimmed, []byte(":"))
	depth := len(text) - len(trimmed)
	if len(trimmed) == 0 || trimmed[0] == '#' {
		return true
	}
	if depth < indent {
		return false
	}
	if !ok {
		return true
	}
	name := strings.Trim(string(key), `"'`)
	value = bytes.TrimLeft(value, " ")
	if depth == indent {
		*block = name
		if len(value) > 0 && value[0] == '{' && m.flows < maxFlows {
			m.flows++
			m.flow(name, at+depth+len(trimmed)-len(value)+1)
			*block = ""
		}
		return true
	}
	if i := bytes.Index(value, []byte(" #")); i >= 0 {
		value = bytes.TrimRight(value[:i], " ")
	}
	start := at + depth + len(trimmed) - len(bytes.TrimLeft(trimmed[len(key)+1:], " "))
	if n := len(value); n > 2 && value[0] == '"' && bytes.HasSuffix(value, []byte(`",`)) { // JSON in a text of several lines
		value = value[:n-1]
	}
	if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value, start = value[1:n-1], start+1
	}
	m.take(*block, name, value, start)
	return true
}

// flow reads what stands between braces in YAML, from behind the first on: names and
// values, none of which has others in it that count.
func (m *manifest) flow(block string, at int) {
	for at < len(m.data) {
		name, end := m.scalar(at, ":")
		if end >= len(m.data) || m.data[end] != ':' {
			return
		}
		value, next := m.scalar(end+1, ",")
		if value[0] < value[1] && bytes.IndexByte([]byte("{["), m.data[value[0]]) >= 0 {
			closed := bytes.IndexAny(m.data[value[0]:], "]}")
			if closed < 0 {
				return
			}
			_, next = m.scalar(value[0]+closed+1, ",")
		} else {
			m.take(block, string(m.data[name[0]:name[1]]), m.data[value[0]:value[1]], value[0])
		}
		if next >= len(m.data) || m.data[next] != ',' {
			return
		}
		at = next + 1
	}
}

// scalar is where the next name or value between braces stands, without quotes, and
// where the end, a brace, or the end of all stands behind it.
func (m *manifest) scalar(at int, end string) (text [2]int, behind int) {
	for at < len(m.data) && bytes.IndexByte([]byte(" \t\r\n"), m.data[at]) >= 0 {
		at++
	}
	if at < len(m.data) && (m.data[at] == '"' || m.data[at] == '\'') {
		n := bytes.IndexByte(m.data[at+1:], m.data[at])
		if n < 0 {
			return [2]int{at, at}, len(m.data)
		}
		text = [2]int{at + 1, at + 1 + n}
		at = text[1] + 1
	} else {
		text = [2]int{at, at}
	}
	n := bytes.IndexAny(m.data[at:], end+"}")
	if n < 0 {
		return text, len(m.data)
	}
	if text[1] == at {
		text[1] = at + len(bytes.TrimRight(m.data[at:at+n], " \t\r\n"))
	}
	return text, at + n
}

func (m *manifest) take(block, name string, value []byte, start int) {
	switch {
	case block == "metadata" && name == "name" && m.name == "":
		m.name = string(value)
	case block == "metadata" && name == "namespace":
		m.namespace = string(value)
	case (block == "data" || block == "stringData") && len(value) > 0 && bytes.IndexByte([]byte("|>&*!{"), value[0]) < 0:
		m.add(block, name, start, start+len(value))
	}
}

// readJSON reads the texts of the objects called data, stringData and metadata around a
// kind in JSON.
func (m *manifest) readJSON(at int) {
	for _, block := range []string{"metadata", "data", "stringData"} {
		mark := []byte(`"` + block + `":`)
		before, behind := bytes.LastIndex(m.data[:at], mark), bytes.Index(m.data[at:], mark)
		i := before // keys are mostly sorted: data, kind, metadata
		if behind >= 0 && (before < 0 || block == "metadata") {
			i = at + behind
		}
		if i < 0 {
			continue
		}
		i += len(mark)
		end := bytes.IndexByte(m.data[i:], '}') // no value of a Secret is an object
		if end < 0 {
			continue
		}
		for end += i; ; {
			key := nextText(m.data, i, end)
			value := nextText(m.data, key[1]+1, end)
			if value[1] < 0 {
				break
			}
			m.take(block, string(m.data[key[0]:key[1]]), m.data[value[0]:value[1]], value[0])
			i = value[1] + 1
		}
	}
}

// nextText is where the next text in quotes stands, -1 where none does.
func nextText(data []byte, from, end int) [2]int {
	if from <= 0 || from > end {
		return [2]int{-1, -1}
	}
	i := bytes.IndexByte(data[from:end], '"')
	if i < 0 {
		return [2]int{-1, -1}
	}
	i += from + 1
	j := bytes.IndexByte(data[i:end], '"')
	if j < 0 {
		return [2]int{-1, -1}
	}
	return [2]int{i, i + j}
}
