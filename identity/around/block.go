package around

import "strings"

// maxDeep bounds the blocks between a field and the credential's own one.
const maxDeep = 4

// Blocks returns the names of the blocks that a field stands in, the innermost first, up
// to the one that the credential stands in too; the name of a block may be empty. up is
// how many blocks further in the credential stands, root whether the block that both are
// in is the whole text. It is false for fields beside the credential, in elements of
// lists, in comments, and for those that are too far away. The names are not to be changed:
// they are those of all fields of a block.
func (s *Text) Blocks(f *Field) (names []string, up int, root, ok bool) {
	if s.tree == nil || f.comment && !s.Own.comment {
		return nil, 0, false, false
	}
	if b := &s.blocks; !b.known || b.record != f.record { // fields of a block stand together
		*b = blocks{record: f.record, known: true}
		b.names, b.up, b.root, b.ok = s.blocksOf(f.record)
	}
	return s.blocks.names, s.blocks.up, s.blocks.root, s.blocks.ok
}

// blocks is what Blocks said last.
type blocks struct {
	record          int
	names           []string
	up              int
	root, ok, known bool
}

func (s *Text) blocksOf(record int) (names []string, up int, root, ok bool) {
	for r := record; ; r = s.tree.records[r].parent {
		if up, _, ok = s.tree.steps(s.Own.record, r); ok {
			return names, up, r == 0, len(names) > 0 && up <= farthest
		}
		if r == 0 || len(names) == maxDeep || s.tree.records[r].list {
			return nil, 0, false, false
		}
		names = append(names, s.block(r))
	}
}

// Up is how many blocks further in the credential stands than a field of a block around
// it; -1 for a field elsewhere.
func (s *Text) Up(f *Field) int {
	if s.tree == nil {
		return -1
	}
	if up, _, ok := s.tree.steps(s.Own.record, f.record); ok {
		return up
	}
	return -1
}

// Family is what the name of the credential's own section begins with, up to its last
// part, "redis." in [redis.auth]; "" if it is in none or its name has one part.
func (s *Text) Family() string {
	if s.tree == nil || s.Own.record == 0 {
		return ""
	}
	name := s.block(s.Own.record)
	return name[:strings.LastIndexAny(name, ".:")+1]
}

// OwnBlock is the name of the block that the credential stands in; "" if it is in none.
func (s *Text) OwnBlock() string {
	if s.tree == nil || s.Own.record == 0 {
		return ""
	}
	return s.block(s.Own.record)
}

// block is the name of a record: what stands before its brace, its section's, its tag's, or
// that of the line which it is indented under.
func (s *Text) block(r int) string {
	if at := s.tree.records[r].opener; at >= 0 {
		l := s.region.at(at)
		if at < l.at {
			return "" // it begins before what is read
		}
		if text := l.text[:min(at-l.at, len(l.text))]; strings.TrimSpace(text) != "" {
			return opened(text)
		}
		return opened(s.region.before(l))
	}
	if s.begins == nil { // asked of each field
		s.begins = map[int]int{}
		for i, in := range s.tree.in {
			if _, had := s.begins[in]; !had {
				s.begins[in] = s.tree.from[i]
			}
		}
	}
	at, ok := s.begins[r]
	if !ok {
		return ""
	}
	l := s.region.at(at)
	if at < l.at {
		return "" // as one does whose end alone is read
	}
	if tag := l.text[min(at-l.at, len(l.text)):]; strings.HasPrefix(tag, "<") {
		return tagName(tag[1:])
	}
	if name := sectionName(strings.TrimSpace(l.text)); name != "" {
		if outer := s.tree.records[r].parent; outer > 0 {
			name = strings.TrimPrefix(name, s.block(outer)+".")
		}
		return name
	}
	return blockName(s.region.before(l))
}
