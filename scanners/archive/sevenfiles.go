package archive

import "unicode/utf16"

// substreams reads how many files each folder has, and how large they are.
func (z *sevenFile) substreams(s *sevenInput) {
	for i := range z.folders {
		z.folders[i].files = 1
	}
	id := s.byte()
	if id == sevenNumUnpack {
		for i := range z.folders {
			z.folders[i].files = s.count(z.lim.Entries + 1)
		}
		id = s.byte()
	}
	var open []int // files whose sum is not that of a folder
	for i := range z.folders {
		f := &z.folders[i]
		if f.first = len(z.sizes); int64(f.first) > z.lim.Entries {
			s.fail() // folders without number, each of as many files
			return
		}
		rest := f.size()
		for range f.files - 1 {
			n := int64(0)
			if id == sevenSize {
				n = s.number()
			}
			rest -= n
			if z.sizes = append(z.sizes, n); s.err != nil {
				return
			}
		}
		if f.files > 0 {
			z.sizes = append(z.sizes, max(0, rest))
		}
		if z.sums = append(z.sums, make([]sevenSum, f.files)...); f.files == 1 && f.sum.known {
			z.sums[f.first] = f.sum
			continue
		}
		for k := range f.files {
			open = append(open, f.first+k)
		}
	}
	if id == sevenSize {
		id = s.byte()
	}
	for s.err == nil && id != sevenEnd {
		if id == sevenCRC {
			for i, sum := range s.sums(len(open)) {
				z.sums[open[i]] = sum
			}
		} else {
			s.fail()
		}
		id = s.byte()
	}
}

// fileInfo reads the names of files, and which have content.
func (z *sevenFile) fileInfo(s *sevenInput) {
	n := s.count(int64(len(s.b))) // each has a name, of two bytes at least
	var empty []bool
	var names []string
	for s.err == nil {
		id := s.byte()
		if id == sevenEnd {
			break
		}
		part := &sevenInput{b: s.take(s.number())}
		switch id {
		case sevenEmpty:
			empty = part.bits(n, false)
		case sevenNames:
			if part.byte() == 0 {
				names = part.texts(n)
			}
		}
	}
	for i, name := range names {
		if i >= len(empty) || !empty[i] {
			z.names = append(z.names, name)
		} else {
			z.bareNames = append(z.bareNames, name)
		}
	}
}

// texts reads names in UTF-16, each with a zero after it.
func (s *sevenInput) texts(n int) (out []string) {
	var now []uint16
	for len(s.b) >= 2 && len(out) < n {
		c := le16(s.take(2))
		if c != 0 {
			now = append(now, c)
			continue
		}
		out, now = append(out, string(utf16.Decode(now))), now[:0]
	}
	return out
}

// lose notes the files of a folder that cannot be unpacked.
func (z *sevenFile) lose(from, count int, err error) error {
	for i := from; i < from+count; i++ {
		at := join(z.in.path, z.nameOf(i))
		if i < from+maxBad {
			z.damage(at, err)
		}
		if err := z.entry(); err != nil {
			return err
		}
		if err := z.bareAt(at, false); err != nil {
			return err
		}
	}
	return nil
}
