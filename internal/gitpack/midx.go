package gitpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// midx is a multi-pack-index: the sorted IDs of the objects of many packs,
// each with the pack that has it and its offset there. Format: git's
// Documentation/gitformat-pack.txt.
//
// It is a hint and nothing more. An answer counts if the index of the pack
// that it names says so too, and an object that it does not have is looked for
// in the indexes of all packs; so one that is stale or forged can cost time,
// but hide nothing. A walk does not ask it at all. Only for a pack that has no
// index is it believed, which is more than git does: that writes one for every
// pack and keeps it.
type midx struct {
	data    []byte // mapped
	ids     *index
	offsets []byte // for each ID: number of the pack, offset
	large   []byte // offsets of 64 bits
	names   []string
	packs   []*pack // those that are there, nil for others
}

// maxLayers bounds the multi-pack-indexes of one folder. Git merges them so
// that each is half as large as the one before.
const maxLayers = 64

// parseMidx checks that all tables lie within data and that their sizes agree,
// so that lookups need no further checks.
func parseMidx(data []byte, hash int) (*midx, error) {
	c, err := parseChunks(data, "MIDX", 12, hash)
	if err != nil {
		return nil, err
	}
	if v := c.header[4]; v != 1 && v != 2 {
		return nil, fmt.Errorf("%w: a multi-pack-index of version %d", errCorrupt, v)
	}
	m := &midx{data: data, offsets: c.chunks["OOFF"], large: c.chunks["LOFF"]}
	if m.ids, err = c.names(hash); err != nil {
		return nil, err
	}
	if len(m.offsets) != 8*m.ids.count {
		return nil, fmt.Errorf("%w: a table of offsets of the wrong size", errCorrupt)
	}
	names := c.chunks["PNAM"]
	for range binary.BigEndian.Uint32(c.header[8:]) {
		name, rest, ok := bytes.Cut(names, []byte{0})
		if !ok {
			return nil, fmt.Errorf("%w: fewer names of packs than packs", errCorrupt)
		}
		m.names, names = append(m.names, string(name)), rest
	}
	m.packs = make([]*pack, len(m.names))
	return m, nil
}

// at returns the pack and offset of entry i. The pack is a number that may be
// too large.
func (m *midx) at(i int) (pack uint32, offset uint64, ok bool) {
	row := m.offsets[8*i:]
	pack = binary.BigEndian.Uint32(row)
	o := binary.BigEndian.Uint32(row[4:])
	if m.large == nil || o&(1<<31) == 0 {
		return pack, uint64(o), true
	}
	at := 8 * int64(o&^(1<<31))
	if at+8 > int64(len(m.large)) {
		return pack, 0, false
	}
	return pack, binary.BigEndian.Uint64(m.large[at:]), true
}

// find returns the pack that has an object, and its entry in that pack's
// index.
func (m *midx) find(id []byte) (p *pack, entry int, ok bool) {
	at, ok := m.ids.find(id)
	if !ok {
		return nil, 0, false
	}
	k, _, _ := m.at(at)
	if int64(k) >= int64(len(m.packs)) || m.packs[k] == nil {
		return nil, 0, false
	}
	entry, ok = m.packs[k].idx.find(id)
	return m.packs[k], entry, ok
}

// indexes makes the indexes of the packs that want says, of what it knows.
func (m *midx) indexes(want []bool) []*index {
	out := make([]*index, len(want))
	for k, yes := range want {
		if yes {
			out[k] = &index{hash: m.ids.hash, fanout: make([]byte, 1024)}
		}
	}
	for i := range m.ids.count {
		k, offset, ok := m.at(i)
		if int64(k) < int64(len(out)) && out[k] != nil && ok {
			out[k].add(m.ids.name(i), offset)
		}
	}
	for _, x := range out {
		if x == nil {
			continue
		}
		n := uint32(0)
		for b := range 256 {
			n += binary.BigEndian.Uint32(x.fanout[4*b:])
			binary.BigEndian.PutUint32(x.fanout[4*b:], n)
		}
	}
	return out
}

// add appends an entry. The fanout table has single counts until all are there.
func (x *index) add(id []byte, offset uint64) {
	b := x.fanout[4*int(id[0]):]
	binary.BigEndian.PutUint32(b, binary.BigEndian.Uint32(b)+1)
	x.names = append(x.names, id...)
	if offset >= 1<<31 {
		x.off64 = binary.BigEndian.AppendUint64(x.off64, offset)
		offset = 1<<31 | uint64(len(x.off64)/8-1)
	}
	x.off32 = binary.BigEndian.AppendUint32(x.off32, uint32(offset))
	x.count++
}

// openMidxs opens the multi-pack-indexes of a folder of packs: one, or the
// layers of an incremental one. What is wrong with them is noted, and no
// problem, as nothing is lost.
func (s *Store) openMidxs(dir string) (out []*midx) {
	if m := s.openMidx(filepath.Join(dir, "multi-pack-index")); m != nil {
		return []*midx{m}
	}
	dir = filepath.Join(dir, "multi-pack-index.d")
	list, err := ReadFile(filepath.Join(dir, "multi-pack-index-chain"), 1<<16)
	if err != nil {
		return nil
	}
	for line := range bytes.Lines(list) {
		id, ok := ParseID(string(bytes.TrimSpace(line)))
		if !ok || len(out) == maxLayers {
			break
		}
		if m := s.openMidx(filepath.Join(dir, "multi-pack-index-"+id.String()+".midx")); m != nil {
			out = append(out, m)
		}
	}
	return out
}

func (s *Store) openMidx(name string) (m *midx) {
	data, err := mapFile(name)
	if err != nil {
		return nil
	}
	// Where a fault is expected, before the first byte is read.
	s.maps = append(s.maps, data)
	s.guard(func() error {
		m, err = parseMidx(data, s.hash)
		return err
	})
	if m == nil {
		s.notes = append(s.notes, filepath.Base(name)+" is damaged and was not used; write it again with git multi-pack-index write")
	}
	return m
}

// errNoIndex tells what to do about a pack without an index.
var errNoIndex = errors.New("run git index-pack on it")

// openUnindexed opens the packs of dir that have no index, as far as
// multi-pack-indexes cover them. Their names stand only in those; base is what
// a pack is called in the folder, so that no path comes out of a file.
func (s *Store) openUnindexed(dir string, bases []string, ms []*midx) (problems []Problem) {
	left := map[string]bool{}
	for _, base := range bases {
		left[base] = true
	}
	for _, m := range ms {
		want := make([]bool, len(m.names))
		some := false
		for k, name := range m.names {
			if base, _ := strings.CutSuffix(name, ".idx"); left[base] {
				want[k], some = true, true
				delete(left, base)
			}
		}
		if !some {
			continue
		}
		var found []*index
		if err := s.guard(func() error { found = m.indexes(want); return nil }); err != nil {
			found = make([]*index, len(want))
		}
		for k, x := range found {
			if want[k] {
				base, _ := strings.CutSuffix(m.names[k], ".idx")
				problems = append(problems, s.openCovered(filepath.Join(dir, base), x)...)
			}
		}
	}
	for _, base := range bases {
		if left[base] {
			problems = append(problems, Problem{reasonNoIndex, base + ".pack", errNoIndex})
		}
	}
	return problems
}

// openCovered opens a pack with an index that a multi-pack-index gave; nil if
// that failed.
func (s *Store) openCovered(base string, x *index) []Problem {
	name := filepath.Base(base)
	if x == nil || x.count == 0 {
		return []Problem{{reasonNoIndex, name + ".pack", errNoIndex}}
	}
	p, err := openPack(base, x)
	if err != nil {
		return []Problem{{"unreadable pack", name, err}}
	}
	s.packs = append(s.packs, p)
	if n := p.claimed(); n != x.count {
		p.partly = true
		// Of an object in several packs, a multi-pack-index has one copy. These
		// may be the others, or something that it hides.
		return []Problem{{reasonNoIndex, name + ".pack", fmt.Errorf("a multi-pack-index covers %d of its %d objects: %w", x.count, n, errNoIndex)}}
	}
	return nil
}

// bind tells the multi-pack-indexes of a folder which of its packs are there.
func bind(ms []*midx, packs []*pack) {
	byName := map[string]*pack{}
	for _, p := range packs {
		byName[p.name+".idx"] = p
	}
	for _, m := range ms {
		for k, name := range m.names {
			m.packs[k] = byName[name]
		}
	}
}
