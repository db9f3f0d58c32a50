package detectors

import "unicode/utf8"

// begin is the set of bytes that a match of a node and all that follows it can
// start with. Where a run can end at many places, as in a name in front of an
// equals sign, it leaves few of them to try.
type begin [4]uint64

func (b *begin) add(c byte)      { b[c>>6] |= 1 << (c & 63) }
func (b *begin) has(c byte) bool { return b[c>>6]&(1<<(c&63)) != 0 }

func (b *begin) addClass(c *class) {
	for i, in := range c.ascii {
		if in {
			b.add(byte(i))
		}
	}
	if len(c.wide) > 0 {
		b[2], b[3] = ^uint64(0), ^uint64(0)
	}
}

// beginOf returns the set for n, nil if n can match nothing at all, and then
// any byte may follow.
func beginOf(n *node) *begin {
	b := &begin{}
	if !b.addNode(n, 0) {
		return nil
	}
	return b
}

// maxDepth bounds how many nodes are looked through for a set.
const maxDepth = 64

// addNode adds what n can start with. It reports false if that is everything.
func (b *begin) addNode(n *node, depth int) bool {
	for ; depth < maxDepth; depth++ {
		switch n.op {
		case opBytes:
			b.add(n.text[0])
			return true
		case opClass:
			b.addClass(n.class)
			return true
		case opRun:
			if b.addClass(n.class); n.min > 0 {
				return true
			}
		case opSplit:
			if n.begin == nil || n.otherwise == nil {
				return false
			}
			for i := range b {
				b[i] |= n.begin[i] | n.otherwise[i]
			}
			return true
		case opMark, opAssert: // what an assertion looks at is not known here
		default:
			return false
		}
		n = n.next
	}
	return false
}

// begins reports whether the match can go on at a position with what starts
// with one of b. At the end of the text only trying tells.
func (t *thread) begins(b *begin, at int) bool {
	if b == nil || at >= len(t.data) {
		return true
	}
	t.far = max(t.far, at+1)
	c := t.data[at]
	return c >= utf8.RuneSelf || b.has(c)
}
