package gitpack

import (
	"fmt"
	"slices"
)

// view returns where to read an index entry: a position in the pack if that
// has its plan already, or else in a pack that holds nothing but the entry and
// its delta bases, the root first. To plan a pack of a million objects takes a
// third of a second; those who want ten of them, for a range of commits, need
// not pay that. Those who want many get the plan: to follow a chain costs about
// ten times an entry's part of it.
func (s *Store) view(p *pack, entry int) (v *pack, pos int, err error) {
	if p.planned.Load() || int(p.viewed.Add(1)) > p.idx.count/16+100 {
		pos, err = s.find(p, entry)
		return p, pos, err
	}
	v = &pack{name: p.name, data: p.data, idx: p.idx}
	err = s.guard(func() error {
		offset, _ := p.idx.offset(entry)
		return v.chain(offset)
	})
	return v, len(v.nodes) - 1, err
}

// chain fills in what reading the entry at an offset needs. Its bases need not
// be in the index, as for git.
func (v *pack) chain(offset uint64) error {
	var kind Type
	for kind == 0 {
		if len(v.nodes) > v.idx.count {
			return errCycle
		}
		v.nodes = append(v.nodes, node{offset: offset})
		h, err := v.header(offset)
		if err != nil {
			return err
		}
		switch h.kind {
		case ofsDelta:
			offset = h.baseAt
		case refDelta:
			i, ok := v.idx.find(h.baseRef)
			if !ok {
				return errNoBase
			}
			offset, _ = v.idx.offset(i)
		default:
			kind = h.kind
		}
	}
	slices.Reverse(v.nodes)
	for i := range v.nodes {
		v.nodes[i].parent, v.nodes[i].kind = int32(i-1), kind // before the root is isRoot
	}
	return nil
}

// find returns the position in the pack of an index entry.
func (s *Store) find(p *pack, entry int) (pos int, err error) {
	if err := s.plan(p); err != nil {
		return 0, err
	}
	err = s.guard(func() error {
		offset, _ := p.idx.offset(entry)
		var ok bool
		if pos, ok = p.position(offset); !ok {
			return fmt.Errorf("%w: no such entry", errCorrupt)
		}
		if p.nodes[pos].kind == 0 {
			return p.why(int32(pos))
		}
		return nil
	})
	return pos, err
}

// why tells why an entry's base cannot be reached, after a look at as many
// bases as git makes chains of.
func (p *pack) why(pos int32) error {
	for range 4096 {
		switch pos = p.nodes[pos].parent; pos {
		case isThin:
			return errNoBase
		case isBroken, isRoot:
			return errCorrupt
		}
	}
	return errCycle
}
