package archive

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"unicode/utf16"
)

// Formats of programs that have a text's length in front of it, and something else behind:
// in their bytes a text has no beginning and no end, as both may be letters.

// span is a text in a file.
type span struct {
	from, to int32 // documents are smaller
	wide     textForm
}

// textForm is how a text is encoded.
type textForm uint8

const (
	utf8Text textForm = iota
	littleText
	bigText
)

// maxSpans is how many texts of a file are looked at. Large apps have some 100,000.
const maxSpans = 1 << 20

// spanned returns the texts of a file, one a line, and what else is in it, with the end of
// a line in place of each. Every byte is in one of them: texts that overlap are cut.
func spanned(data []byte, spans []span) (out, rest []byte) {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	at := int32(0)
	for _, s := range spans {
		if s.from = max(s.from, at); s.to <= s.from || int(s.to) > len(data) {
			continue
		}
		rest = append(append(rest, data[at:s.from]...), '\n')
		if at = s.to; s.wide == utf8Text {
			out = append(append(out, data[s.from:s.to]...), '\n')
			continue
		}
		units := make([]uint16, (s.to-s.from)/2)
		for i := range units {
			if b := data[int(s.from)+2*i:]; s.wide == bigText {
				units[i] = binary.BigEndian.Uint16(b)
			} else {
				units[i] = le16(b)
			}
		}
		out = append(append(out, string(utf16.Decode(units))...), '\n')
	}
	return out, append(rest, data[at:]...)
}

// counted emits the bytes of such a file without its texts, those, and files in it.
func (w *walker) counted(k Kind, in *input, data []byte, depth int) error {
	var spans, files []span
	var whole bool
	switch k {
	case plistFile:
		spans, files, whole = plistTexts(data)
	case dexFile:
		spans, whole = dexTexts(data)
	default:
		spans, whole = androidTexts(data)
	}
	w.apart = w.apart || in.outer
	out, rest := spanned(data, spans)
	if err := w.text(in.path, bytes.NewReader(rest)); err != nil {
		return err
	}
	if len(out) > 0 {
		if err := w.text(join(in.path, "strings"), bytes.NewReader(out)); err != nil {
			return err
		}
	}
	for i, f := range files {
		if err := w.visitBytes(join(in.path, fmt.Sprintf("data %d", i+1)), data[f.from:f.to], depth); err != nil {
			return err
		}
	}
	if !whole {
		return fmt.Errorf("strings of a program: %w", io.ErrUnexpectedEOF)
	}
	return nil
}

// plistTexts finds the texts in a binary property list of Apple, and the data in it that
// is a file. At its end it says where its objects are. See
// https://github.com/swiftlang/swift-corelibs-foundation, CFBinaryPList.c.
func plistTexts(b []byte) (spans, files []span, whole bool) {
	const trailer = 32
	if len(b) < 8+trailer {
		return nil, nil, false
	}
	end := b[len(b)-trailer:]
	width, count, table := int(end[6]), binary.BigEndian.Uint64(end[8:]), binary.BigEndian.Uint64(end[24:])
	size := uint64(len(b) - trailer)
	if width < 1 || width > 8 || table > size || count > (size-table)/uint64(width) {
		return nil, nil, false
	}
	data := 0 // bytes of it: objects do not share any
	for offsets := b[table:][:count*uint64(width)]; len(offsets) > 0; offsets = offsets[width:] {
		at := uint64(0)
		for _, c := range offsets[:width] {
			at = at<<8 | uint64(c)
		}
		if len(spans)+len(files) >= maxSpans {
			return spans, files, false
		}
		if at >= table {
			continue
		}
		s, kind := plistObject(b[:table], int(at))
		text := b[s.from:s.to]
		if kind == 4 {
			data += len(text)
		}
		if data > len(b) {
			return spans, files, false
		}
		switch {
		case kind == 4 && !plainText(text):
			if Sniff(text[:min(len(text), SniffLen)], "") != None {
				files = append(files, s)
			}
		case kind == 6:
			s.wide = bigText
			fallthrough
		case kind == 4, kind == 5, kind == 7:
			spans = append(spans, s)
		}
	}
	return spans, files, true
}

// plistObject is where what an object has stands, if it has bytes: data is of kind 4, a
// text of 5 (ASCII), 6 (UTF-16) or 7 (UTF-8). Its length is in its mark, or an integer
// behind that.
func plistObject(b []byte, at int) (s span, kind byte) {
	kind = b[at] >> 4
	n := uint64(b[at] & 15)
	at++
	if kind < 4 || kind > 7 {
		return span{}, 0
	}
	if n == 15 {
		if at >= len(b) || b[at]>>4 != 1 || b[at]&15 > 3 || at+1+1<<(b[at]&15) > len(b) {
			return span{}, 0
		}
		bytes := b[at+1:][:1<<(b[at]&15)]
		n = 0
		for _, c := range bytes {
			n = n<<8 | uint64(c)
		}
		at += 1 + len(bytes)
	}
	if kind == 6 {
		n = min(n, 1<<40) * 2
	}
	return span{from: int32(at), to: int32(at + int(min(n, uint64(len(b)-at))))}, kind
}

// dexTexts finds the texts in the program of an app for Android: a list says where each
// is, and in front of it stands its length. See
// https://source.android.com/docs/core/runtime/dex-format.
func dexTexts(b []byte) (spans []span, whole bool) {
	const header = 0x70
	if len(b) < header {
		return nil, false
	}
	count, list := int64(le32(b[0x38:])), int64(le32(b[0x3C:]))
	for i := range count {
		entry := list + 4*i
		if entry+4 > int64(len(b)) || len(spans) >= maxSpans {
			return untilZero(b, spans), false
		}
		at := int(min(le32(b[entry:]), 1<<31-1))
		for n := 0; n < 5 && at < len(b); n++ { // the length, of UTF-16
			if at++; b[at-1] < 0x80 {
				break
			}
		}
		if at >= len(b) {
			return untilZero(b, spans), false
		}
		spans = append(spans, span{from: int32(at)})
	}
	return untilZero(b, spans), int64(le32(b[0x20:])) <= int64(len(b))
}

// untilZero ends texts, looking at no byte twice: any number of them may begin in front of
// the same zero.
func untilZero(b []byte, spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	end := int32(-1)
	for i, s := range spans {
		if s.from > end {
			n := bytes.IndexByte(b[s.from:], 0)
			if n < 0 {
				n = len(b) - int(s.from)
			}
			end = s.from + int32(n)
		}
		spans[i].to = end
	}
	return spans
}

// androidTexts finds the texts in compiled resources and XML of Android: in pools, which
// lie in chunks. See ResourceTypes.h in
// https://android.googlesource.com/platform/frameworks/base.
func androidTexts(b []byte) (spans []span, whole bool) {
	const pool, table, tree, pack = 1, 2, 3, 0x200
	for at := 0; at+8 <= len(b); {
		kind, head, size := le16(b[at:]), int(le16(b[at+2:])), int64(le32(b[at+4:]))
		if head < 8 || int64(head) > size {
			break
		}
		if size > int64(len(b)-at) {
			size, whole = int64(len(b)-at), true // told below
		}
		switch {
		case kind == pool && size >= 28 && int64(head) <= size:
			spans = poolTexts(spans, b[at:at+int(size)], at)
		case kind == table, kind == tree, kind == pack:
			at += head // other chunks are in it
			continue
		}
		at += int(size)
		if whole || len(spans) >= maxSpans {
			return spans, false
		}
	}
	return spans, true
}

// poolTexts finds the texts in a pool that begins at a place of its file.
func poolTexts(spans []span, b []byte, base int) []span {
	count, narrow, start := int64(le32(b[8:])), le32(b[16:])&(1<<8) != 0, int64(le32(b[20:]))
	list := b[le16(b[2:]):]
	for range min(count, int64(len(list)/4), int64(maxSpans-len(spans))) {
		at := start + int64(le32(list))
		list = list[4:]
		if at+4 > int64(len(b)) {
			continue
		}
		from, n := int(at), 0
		if narrow {
			_, from = poolLength(b, from) // of UTF-16
			n, from = poolLength(b, from)
			spans = append(spans, span{from: int32(base + from), to: int32(base + min(from+n, len(b)))})
			continue
		}
		n = int(le16(b[from:]))
		if from += 2; n&0x8000 != 0 {
			n = n&0x7FFF<<16 | int(le16(b[from:]))
			from += 2
		}
		spans = append(spans, span{from: int32(base + from), to: int32(base + min(from+2*n, len(b))), wide: littleText})
	}
	return spans
}

// poolLength reads a length of one byte or two, and where it ends.
func poolLength(b []byte, at int) (n, end int) {
	if at+1 >= len(b) {
		return 0, len(b)
	}
	if b[at] < 0x80 {
		return int(b[at]), at + 1
	}
	return int(b[at]&0x7F)<<8 | int(b[at+1]), at + 2
}
