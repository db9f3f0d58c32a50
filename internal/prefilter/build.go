package prefilter

// trie is an Aho-Corasick automaton in the making.
type trie struct {
	class [256]uint8
	width int
	next  [][]int32 // state -> class -> state, -1 for none
	fail  []int32
	outs  [][]int32
}

// newTrie puts the literals into a trie over byte classes: bytes that no
// literal tells apart share a class.
func newTrie(lits []Literal) *trie {
	t := &trie{class: classes(lits)}
	for _, c := range t.class {
		t.width = max(t.width, int(c)+1)
	}
	t.state()
	for i, l := range lits {
		if l.Text != "" {
			t.insert(int32(i), l)
		}
	}
	return t
}

// classes gives each byte a class. Class 0 is for bytes in no literal; the two
// cases of a letter share one. So the automaton is the same for folded and
// exact literals, and small; Append compares the exact ones once more.
func classes(lits []Literal) (class [256]uint8) {
	var used [256]bool
	for _, l := range lits {
		for i := range len(l.Text) {
			used[lower(l.Text[i])] = true
		}
	}
	n := uint8(0)
	for c := range 256 {
		if b := byte(c); used[b] && lower(b) == b {
			n++
			class[b] = n
			class[upper(b)] = n
		}
	}
	return class
}

func (t *trie) state() int32 {
	row := make([]int32, t.width)
	for i := range row {
		row[i] = -1
	}
	t.next, t.fail, t.outs = append(t.next, row), append(t.fail, 0), append(t.outs, nil)
	return int32(len(t.next) - 1)
}

func (t *trie) insert(id int32, l Literal) {
	s := int32(0)
	for i := range len(l.Text) {
		k := t.class[lower(l.Text[i])]
		if t.next[s][k] < 0 {
			n := t.state()
			t.next[s][k] = n
		}
		s = t.next[s][k]
	}
	t.outs[s] = append(t.outs[s], id)
}

// link computes failure links breadth first and fills every missing
// transition, which makes the automaton deterministic.
func (t *trie) link() {
	var queue []int32
	for k, s := range t.next[0] {
		if s < 0 {
			t.next[0][k] = 0
		} else {
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		t.outs[s] = append(t.outs[s], t.outs[t.fail[s]]...)
		for k, n := range t.next[s] {
			if n < 0 {
				t.next[s][k] = t.next[t.fail[s]][k]
				continue
			}
			t.fail[n] = t.next[t.fail[s]][k]
			queue = append(queue, n)
		}
	}
}

func (t *trie) filter(lits []Literal) *Filter {
	f := &Filter{class: t.class, width: uint32(t.width)}
	for _, l := range lits {
		f.length = append(f.length, int32(len(l.Text)))
		f.longest = max(f.longest, len(l.Text))
		exact := l.Text
		if l.Fold {
			exact = ""
		}
		f.exact = append(f.exact, exact)
	}
	f.next = make([]uint32, 0, len(t.next)*t.width)
	for s, row := range t.next {
		for _, n := range row {
			to := uint32(n) * f.width
			if len(t.outs[n]) > 0 {
				to |= hitBit
			}
			f.next = append(f.next, to)
		}
		f.first = append(f.first, int32(len(f.outs)))
		f.outs = append(f.outs, t.outs[s]...)
	}
	f.first = append(f.first, int32(len(f.outs)))
	return f
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - ('a' - 'A')
	}
	return c
}
