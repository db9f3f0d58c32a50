package prefilter

// trie is an Aho-Corasick automaton in the making. A state is the offset of
// its row in next, which has a place for each class of bytes.
type trie struct {
	class [256]uint8
	width uint32
	next  []uint32  // state + class -> state; 0 for none until link
	outs  [][]int32 // by row: literals that end there
}

// newTrie puts the literals into a trie over byte classes.
func newTrie(lits []Literal) *trie {
	t := &trie{class: classes(lits)}
	for _, c := range t.class {
		t.width = max(t.width, uint32(c)+1)
	}
	most := 1
	for _, l := range lits {
		most += len(l.Text)
	}
	t.next = make([]uint32, 0, most*int(t.width))
	t.state()
	for i, l := range lits {
		if l.Text != "" {
			t.insert(int32(i), l.Text)
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

func (t *trie) state() uint32 {
	at := len(t.next)
	t.next = t.next[:at+int(t.width)] // newTrie has made room
	t.outs = append(t.outs, nil)
	return uint32(at)
}

func (t *trie) insert(id int32, text string) {
	s := uint32(0)
	for i := range len(text) {
		at := s + uint32(t.class[text[i]])
		if s = t.next[at]; s == 0 {
			s = t.state()
			t.next[at] = s
		}
	}
	t.outs[s/t.width] = append(t.outs[s/t.width], id)
}

// link fills in every missing transition, which makes the automaton
// deterministic. Breadth first, the state that a state falls back to is
// finished before it, so that its row can be copied and the own transitions
// put over it.
func (t *trie) link() {
	fail := make([]uint32, len(t.outs))
	queue := make([]uint32, 0, len(t.outs))
	for _, s := range t.next[:t.width] {
		if s != 0 {
			queue = append(queue, s)
		}
	}
	own := make([]uint32, t.width)
	for i := 0; i < len(queue); i++ {
		s := queue[i]
		back := fail[s/t.width]
		if more := t.outs[back/t.width]; len(more) > 0 {
			t.outs[s/t.width] = append(t.outs[s/t.width], more...)
		}
		row := t.next[s : s+t.width]
		copy(own, row)
		copy(row, t.next[back:back+t.width])
		for k, n := range own {
			if n != 0 {
				fail[n/t.width] = row[k]
				row[k] = n
				queue = append(queue, n)
			}
		}
	}
}

func (t *trie) filter(lits []Literal) *Filter {
	f := &Filter{class: t.class, width: t.width, next: t.next}
	f.length, f.exact = make([]int32, len(lits)), make([]string, len(lits))
	for i, l := range lits {
		f.length[i] = int32(len(l.Text))
		f.longest = max(f.longest, len(l.Text))
		if !l.Fold {
			f.exact[i] = l.Text
		}
	}
	hit := make([]bool, len(t.outs))
	for row, outs := range t.outs {
		f.first = append(f.first, int32(len(f.outs)))
		f.outs = append(f.outs, outs...)
		hit[row] = len(outs) > 0
	}
	f.first = append(f.first, int32(len(f.outs)))
	for i, n := range f.next {
		if n > 0 && hit[n/t.width] {
			f.next[i] = n | hitBit
		}
	}
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
