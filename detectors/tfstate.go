package detectors

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/internal/language"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// state finds what a state of Terraform or OpenTofu says is secret: the result of a
// random_password, outputs that are sensitive (also of "terraform output -json" and of plans), and
// the attributes that an instance lists as sensitive. Its format:
// https://github.com/hashicorp/terraform/blob/main/internal/states/statefile/version4.go
type state struct{ spec Spec }

// How far from its literals it reads, in bytes: stateReach for the instances of a resource,
// outputReach for the value of an output.
const (
	stateReach  = 16 << 10
	outputReach = 2 << 10
)

// Bounds for a text made to take long: how many fields may stand between two that belong together,
// how many places with the right name are tried, and how deep a value is.
const (
	stateFields = 6
	stateTries  = 3
	stateDepth  = 24
	statePaths  = 64
)

// stateLiterals are what Find looks around.
var stateLiterals = []string{
	`"type": "random_password"`, `"type":"random_password"`, `"sensitive": true`, `"sensitive":true`, `"sensitive_attributes"`,
}

func newState() *state {
	s := &state{Spec{Before: stateReach, After: stateReach}}
	for i, l := range stateLiterals {
		s.spec.Literals = append(s.spec.Literals, rules.Literal{Text: l})
		s.spec.Reach = append(s.spec.Reach, [...]Seen{{0, stateReach}, {0, stateReach}, {outputReach, outputReach}, {outputReach, outputReach}, {stateReach, outputReach}}[i])
	}
	s.spec.Rule = leak.RuleInfo{
		ID: rules.TerraformState, Title: "value that a state of Terraform calls sensitive", Provider: "terraform",
		About:    "https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
		Rotate:   "Change it where it is used, by Terraform if that has made it (terraform apply -replace=ADDRESS), and keep the state in a backend that is encrypted and that few can read: all who read it have it.",
		Severity: 7.5, Sure: leak.Medium,
	}
	return s
}

func (s *state) Spec() Spec { return s.spec }

// Find implements Detector.
func (s *state) Find(w Window, emit func(Hit)) Seen {
	d := stateText(w.Data)
	end := w.At + len(stateLiterals[w.Lit])
	seen := s.spec.Reach[w.Lit]
	why := "Terraform says that it is sensitive"
	give := func(keys []string, from, to int) {
		if h, ok := d.hit(keys, from, to, why); ok {
			emit(h)
		}
	}
	switch w.Lit {
	case 0, 1:
		why = whyMade
		d.made(end, give)
	case 2, 3:
		d.behind(end, give)
		d.before("value", w.At, give)
	default:
		paths := d.paths(end)
		if len(paths) == 0 { // most
			return Seen{0, min(seen.After, 2*genericGap+len(stateLiterals[w.Lit]))}
		}
		d.before("attributes", w.At, func(keys []string, from, to int) {
			named := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return key == "" })
			if slices.ContainsFunc(paths, func(p []string) bool { return len(p) <= len(named) && slices.Equal(p, named[:len(p)]) }) {
				give(keys, from, to)
			}
		})
	}
	return seen
}

const whyMade = "the result of a random_password"

// leaf is called for a text in JSON: the keys that lead to it, "" for a place in a list, and where
// it stands, without its quotes. keys may be kept.
type leaf func(keys []string, from, to int)

// stateText is JSON that may begin and end anywhere.
type stateText []byte

// hit judges a text as what is assigned to the last of its keys.
func (d stateText) hit(keys []string, from, to int, why string) (h Hit, ok bool) {
	text := string(d[from:to])
	if bytes.IndexByte(d[from:to], '\\') >= 0 {
		var err error
		if text, err = strconv.Unquote(`"` + text + `"`); err != nil {
			return h, false
		}
	}
	n := name{lower: "value", class: ofKey}
	if len(keys) > 0 && keys[len(keys)-1] != "" {
		n = nameOf([]byte(keys[len(keys)-1]), nil)
	}
	if n.class == notSecret || len(text) > genericValue {
		return h, false
	}
	what, ok := worthReporting(text, &n, &assigned{quote: '"'})
	if !ok && why == whyMade {
		what, ok = "no placeholder", madeByChance(text)
	}
	return Hit{
		Start: from, End: to, Pieces: [][2]int{{from, to}},
		Parts: leak.Parts{leak.SecretPart: leak.NewSecret(text)}, Why: []string{why, what},
	}, ok
}

// madeByChance reports whether a result is what a random_password makes, which may begin with any
// of the signs that templates begin with, and may be of letters only.
func madeByChance(v string) bool {
	c := classesOf(v)
	if !strings.HasSuffix(v, ">") {
		v = strings.TrimLeft(v, "<")
	}
	return len(v) >= 8 && c.spaces == 0 && !c.control && Entropy(v) >= 2.7 && !weak(v, strings.ToLower(v)) && (c.digits > 0 || !language.Wordlike(v))
}

// made gives the results among the instances of the resource whose type ends at i.
func (d stateText) made(i int, give leaf) {
	d.fields(i, func(key string, at int) int {
		if key == "type" {
			return -1
		}
		return d.value(at, nil, func(keys []string, from, to int) {
			at := slices.Index(keys, "attributes") // below "primary" in states of Terraform before 0.12
			if (key == "instances" && at == 1 || key == "primary" && at == 0) && len(keys) == at+2 && keys[at+1] == "result" {
				give(keys, from, to)
			}
		})
	})
}

// behind gives what is in the value of the object of which a field ends at i.
func (d stateText) behind(i int, give leaf) {
	d.fields(i, func(key string, at int) int {
		if key == "value" {
			d.value(at, nil, give)
			return -1
		}
		return d.value(at, nil, nil)
	})
}

// before gives what is in the field of that name which stands in front of that at i, in the same object.
func (d stateText) before(key string, i int, give leaf) {
	mark := []byte(`"` + key + `"`)
	last := i
	for range stateTries {
		if last = bytes.LastIndex(d[max(0, i-stateReach):last], mark); last < 0 {
			return
		}
		last += max(0, i-stateReach)
		type text struct {
			keys     []string
			from, to int
		}
		var texts []text
		at := d.colon(last + len(mark))
		end := d[:i].value(at, nil, func(keys []string, from, to int) { texts = append(texts, text{keys, from, to}) })
		reached := false
		d.fields(end, func(_ string, at int) int {
			if at > i {
				reached = d.colon(i+2+len(d.key(i))) == at
				return -1
			}
			return d[:i].value(at, nil, nil)
		})
		if reached {
			for _, t := range texts {
				give(t.keys, t.from, t.to)
			}
			return
		}
	}
}

// paths are those that the list of lists of steps behind i says, without steps into lists.
func (d stateText) paths(i int) (paths [][]string) {
	if i = d.colon(i); i < 0 || i >= len(d) || d[i] != '[' {
		return nil
	}
	for i = d.space(i + 1); i < len(d) && d[i] == '[' && len(paths) < statePaths; i = d.space(i + 1) {
		var path []string
		i = d.space(d.value(i, nil, func(keys []string, from, to int) {
			if len(keys) == 2 && keys[1] == "value" {
				path = append(path, string(d[from:to]))
			}
		}))
		if len(path) > 0 {
			paths = append(paths, path)
		}
		if i < 0 || i >= len(d) || d[i] != ',' {
			break
		}
	}
	return paths
}

// fields calls each for the fields behind the one that ends at i, up to the end of the object.
// each returns where the field's value ends, -1 to stop.
func (d stateText) fields(i int, each func(key string, at int) int) {
	for range stateFields {
		if i = d.space(i); i < 0 || i >= len(d) || d[i] != ',' {
			return
		}
		i = d.space(i + 1)
		key := d.key(i)
		if key == "" {
			return
		}
		at := d.colon(i + len(key) + 2)
		if at < 0 {
			return
		}
		i = each(key, at)
	}
}

// key is the name in quotes at i, "" if there is none, or one with an escape.
func (d stateText) key(i int) string {
	if end := d.text(i); end > i && bytes.IndexByte(d[i:end], '\\') < 0 {
		return string(d[i+1 : end])
	}
	return ""
}

// colon is where a value begins behind the name that ends at i, -1 without a colon.
func (d stateText) colon(i int) int {
	if i = d.space(i); i < 0 || i >= len(d) || d[i] != ':' {
		return -1
	}
	return d.space(i + 1)
}

// space skips blanks and ends of lines; -1 stays.
func (d stateText) space(i int) int {
	for i >= 0 && i < len(d) && (d[i] == ' ' || d[i] == '\n' || d[i] == '\r' || d[i] == '\t') {
		i++
	}
	return i
}

// text is where the text in quotes that begins at i ends, -1 if there is none.
func (d stateText) text(i int) int {
	if i < 0 || i >= len(d) || d[i] != '"' {
		return -1
	}
	for i++; i < len(d) && d[i] >= ' '; i++ {
		switch d[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return -1
}

// value calls give for each text in the value at i, if it is not nil, and returns where the value
// ends; -1 for what is no JSON, is cut off or is too deep, of which it may have given some.
func (d stateText) value(i int, keys []string, give leaf) int {
	if i = d.space(i); i < 0 || i >= len(d) {
		return -1
	}
	switch c := d[i]; c {
	case '"':
		end := d.text(i)
		if end < 0 {
			return -1
		}
		if give != nil {
			give(keys, i+1, end)
		}
		return end + 1
	case '{', '[':
		return d.inner(i, keys, give)
	}
	from := i
	for i < len(d) && bytes.IndexByte([]byte(",]} \r\n\t\":{["), d[i]) < 0 {
		i++
	}
	if i == from {
		return -1
	}
	return i
}

// inner is value for an object or a list.
func (d stateText) inner(i int, keys []string, give leaf) int {
	object, end := d[i] == '{', d[i]+2
	if len(keys) > stateDepth {
		return -1
	}
	if !object {
		keys = append(slices.Clip(keys), "")
	}
	if i = d.space(i + 1); i < len(d) && d[i] == end {
		return i + 1
	}
	for {
		in := keys
		if object {
			key := d.key(i)
			if in = append(slices.Clip(keys), key); key == "" {
				return -1
			}
			i = d.colon(i + len(key) + 2)
		}
		if i = d.space(d.value(i, in, give)); i < 0 || i >= len(d) {
			return -1
		}
		switch d[i] {
		case end:
			return i + 1
		case ',':
			i = d.space(i + 1)
		default:
			return -1
		}
	}
}
