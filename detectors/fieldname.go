package detectors

import (
	"bytes"
	"strings"
)

// A rule that knows no more than the provider's name, a word for a credential and a form
// may begin with one line and end in the next: what the value is says the name of its own field.

// fieldBefore is the name of the field that a value stands behind, and where it begins: of
// what a match has in front of the value. A name that says "value" alone is that of an object's.
func fieldBefore(lead []byte) (name string, from int) {
	for end := len(lead); ; end = from {
		for end > 0 && !keyByte(lead[end-1]) {
			end--
		}
		for from = end; from > 0 && keyByte(lead[from-1]); {
			from--
		}
		name = strings.Trim(string(lead[from:end]), "._-")
		if from == 0 || !aroundName[strings.ToLower(name)] {
			return name, from
		}
	}
}

// aroundName are words between a field's name and its value: schemes and types.
var aroundName = wordsOf("value string bearer basic")

// ofID reports whether a name says that it holds an id: of a secret, of a client, of anything.
func ofID(name string) bool {
	words := fieldWords(name)
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	for _, end := range []string{"id", "ids", "uuid", "guid"} {
		of, is := strings.CutSuffix(last, end)
		if is && (of == "" || idOf[of]) {
			return true
		}
	}
	return false
}

// idOf are what has an id, where a name has no divider in front of it.
var idOf = wordsOf("access account app application client customer directory key object org organization project role secret service subscription tenant token user")

// fieldFits reports whether the field that a value stands in is not that of an id, unless the
// rule's credentials are called one. lead is what the match has in front of it.
func (p *pattern) fieldFits(lead []byte, e *Explained) bool {
	name, _ := fieldBefore(lead)
	fits := !ofID(name) || ofID(p.rule.ID)
	if e != nil {
		e.say("name", fits, "whether the field's own name is not that of an id")
	}
	return fits
}

// elsewhere is the provider that a match of another's rule names between that one's name and
// the value: in the field's own name, or in that of a section. Empty if there is none.
func (s *Set) elsewhere(provider, lead string) string {
	if lead == "" {
		return ""
	}
	s.services.once.Do(s.services.learn(s.ds))
	for from, own := len(lead), true; from > 0; own = false {
		name, at := fieldBefore([]byte(lead[:from]))
		if at == 0 {
			break // the rule's own provider, or one of a similar name
		}
		id := s.services.in(fieldWords(name))
		if id != "" && !strings.HasPrefix(provider, id) && (own || opensSection(lead[at+len(name):from])) {
			return id
		}
		from = at
	}
	return ""
}

// opensSection reports whether what stands behind a name begins what fields stand in.
func opensSection(behind string) bool {
	behind = strings.TrimLeft(behind, "\"':=> \t")
	return behind != "" && bytes.IndexByte([]byte("{\r\n"), behind[0]) >= 0
}
