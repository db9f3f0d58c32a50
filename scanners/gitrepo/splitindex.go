package gitrepo

import (
	"encoding/binary"
	"fmt"
	"path/filepath"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// mergeSplit puts a split index together: the shared one, without the entries
// of the first bitmap, with those of the second replaced, in order, by the
// first of our own entries, and the rest of our own entries.
func (r *Repo) mergeSplit(x parsedIndex) ([]indexEntry, error) {
	hash := r.store.HashLen()
	if len(x.link) < hash {
		return nil, errIndex
	}
	id := gitpack.MakeID(x.link[:hash])
	if id.IsZero() {
		return x.entries, nil
	}
	name := filepath.Join(r.GitDir, "sharedindex."+id.String())
	data, err := gitpack.ReadFile(name, maxIndex)
	if err != nil {
		return nil, err
	}
	shared, err := parseIndex(data, hash)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	gone, rest, err := readEWAH(x.link[hash:], len(shared.entries))
	if err != nil {
		return nil, err
	}
	changed, _, err := readEWAH(rest, len(shared.entries))
	if err != nil {
		return nil, err
	}
	own := x.entries
	var out []indexEntry
	for i, e := range shared.entries {
		if changed[i] {
			if len(own) == 0 {
				return nil, errIndex
			}
			path := e.path
			e, own = own[0], own[1:]
			if e.path == "" {
				e.path = path // stripped: it is the same
			}
		}
		if !gone[i] {
			out = append(out, e)
		}
	}
	return append(out, own...), nil
}

// readEWAH reads a compressed bitmap of at most n bits and returns what
// follows. Format: git's ewah/ewah_io.c.
func readEWAH(data []byte, n int) (bits []bool, rest []byte, err error) {
	bits = make([]bool, n)
	if len(data) == 0 {
		return bits, nil, nil
	}
	if len(data) < 12 {
		return nil, nil, errIndex
	}
	words := int64(binary.BigEndian.Uint32(data[4:]))
	if int64(len(data)) < 8+8*words+4 {
		return nil, nil, errIndex
	}
	rest = data[8+8*words+4:]
	word := func(i int) uint64 { return binary.BigEndian.Uint64(data[8+8*i:]) }
	at := 0
	for i := 0; i < int(words) && at < n; {
		head := word(i)
		i++
		run, literals := int64(head>>1&0xffffffff), head>>33
		end := int(min(int64(n), int64(at)+64*run))
		if head&1 == 1 {
			for b := at; b < end; b++ {
				bits[b] = true
			}
		}
		at = end
		for ; literals > 0 && i < int(words) && at < n; literals-- {
			for b := at; b < min(n, at+64); b++ {
				bits[b] = word(i)>>(b-at)&1 == 1
			}
			at += 64
			i++
		}
	}
	return bits, rest, nil
}
