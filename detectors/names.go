package detectors

import "hash/maphash"

// names remembers what was thought of names: in a log or a program the same ones stand
// again and again. It belongs to one searcher.
type names [64]*knownName

// knownName is what was thought of a name, and of the literal in it that was asked about.
type knownName struct {
	text  [maxNameText]byte // the name, and what stands behind it: see lastWord
	lower [maxNameText]byte
	n     uint8 // bytes of text
	name  uint8 // bytes of the name
	at    uint8 // of the literal
	lit   uint8
	class nameClass
	last  bool
}

// maxNameText is how long names may be that are remembered, in bytes, with what stands behind.
const maxNameText = 64

var namesSeed = maphash.MakeSeed()

// behindName is how much text behind a name lastWord is shown.
const behindName = len(`\" =`)

// nameAt says what the name of an assignment is of, and whether the literal of the window is
// the one in it that decides. The name is good as long as the room.
func (r *reader) nameAt(w *Window, a *assigned, room []byte) (n name, decides bool) {
	text := r.data[a.start:min(a.end+behindName, len(r.data))]
	at := w.At - a.start
	if w.names == nil || len(text) > maxNameText || at < 0 || w.Lit > 0xff || a.end > len(r.data) {
		return r.newName(w, a, room)
	}
	slot := &w.names[(maphash.Bytes(namesSeed, text)+uint64(at*7+w.Lit))%uint64(len(w.names))]
	k := *slot
	if k == nil {
		k = &knownName{}
		*slot = k
	} else if string(k.text[:k.n]) == string(text) && int(k.name) == a.end-a.start && int(k.at) == at && int(k.lit) == w.Lit {
		n = name{lower: view(room[:copy(room, k.lower[:k.name])]), class: k.class}
		if k.class != notSecret {
			r.byte(a.end + behindName - 1)
		}
		return n, k.class != notSecret && !k.last
	}
	n, decides = r.newName(w, a, room)
	k.n = 0
	if len(n.lower) == a.end-a.start { // else a letter is longer in lower case
		copy(k.lower[:], n.lower)
		k.n, k.name, k.at, k.lit = uint8(copy(k.text[:], text)), uint8(a.end-a.start), uint8(at), uint8(w.Lit)
		k.class, k.last = n.class, n.class != notSecret && !decides
	}
	return n, decides
}

func (r *reader) newName(w *Window, a *assigned, room []byte) (n name, decides bool) {
	n = nameOf(r.data[a.start:a.end], room)
	return n, n.class != notSecret && !lastWord(r.lower(a.start, a.end+behindName), max(0, w.At-a.start), genericWords[w.Lit])
}
