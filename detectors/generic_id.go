package detectors

import "strings"

// idFar is how far from the name of a secret the field of its id may begin, in bytes.
const idFar = 320

// idsOf are what the id of a secret is called whose name has such a word in front of "secret".
var idsOf = []struct{ word, id string }{
	{"client", "id"}, {"app", "id"}, {"application", "id"},
}

// idBeside finds the id that belongs to a secret: a field near it that is called as its own, but for
// the end, such as client_id beside client_secret. A consumer_key is a finding of its own. It says what the
// part is called, and where it stands; "" if there is none.
func (r *reader) idBeside(a *assigned) (part string, at [2]int) {
	front, ok := strings.CutSuffix(strings.Clone(r.lower(a.start, a.end)), "secret")
	if !ok {
		return "", at
	}
	for _, o := range idsOf {
		bare := strings.TrimRight(front, "_-.")
		if !strings.HasSuffix(bare, o.word) {
			continue
		}
		name, best := front+o.id, idFar+1
		for i := a.start - idFar; i < a.end+idFar; i++ {
			far := max(a.start-i, i-a.start)
			if far >= best || r.byte(i)|0x20 != name[0] || keyByte(r.byte(i-1)) || !r.has(i, name) || keyByte(r.byte(i+len(name))) {
				continue
			}
			if v, ok := r.idAt(i, i+len(name)); ok {
				part, at, best = o.word+"_"+o.id, v, far
			}
		}
		if part != "" {
			return part, at
		}
	}
	return "", at
}

// idAt is where the value of the name between two places stands, if it can be an id.
func (r *reader) idAt(start, end int) (at [2]int, ok bool) {
	b, ok := r.assigned(start, end)
	if !ok {
		return at, false
	}
	b.start, b.end = start, end
	v := string(trimmed(&b, r.value(&b)))
	if len(v) < shortest || len(v) > 120 || strings.Trim(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@-") != "" || reference(v, true) || weak(v, strings.ToLower(v)) {
		return at, false
	}
	return [2]int{b.at, b.at + len(v)}, true
}
