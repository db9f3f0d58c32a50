package archive

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
)

// cutAfter is a stored file whose headers say that it has n bytes: the others stand
// behind it. Its checksum is that of those bytes, or of all.
func cutAfter(t *testing.T, text string, n int, honest bool) []byte {
	p := piecesOf(t, "a", text, zip.Store)
	sum := crc32.ChecksumIEEE([]byte(text))
	if honest {
		sum = crc32.ChecksumIEEE([]byte(text[:n]))
	}
	le := binary.LittleEndian
	for _, h := range [][]byte{p.file[14:], p.central[16:]} {
		le.PutUint32(h, sum)
		le.PutUint32(h[4:], uint32(n))
		le.PutUint32(h[8:], uint32(n))
	}
	return built(p, piecesOf(t, "b", "text of b", zip.Deflate))
}

func TestTextThatGoesOnBehindAFileOfAZip(t *testing.T) {
	text := needle + " and more"
	for _, honest := range []bool{false, true} {
		z := cutAfter(t, text, 5, honest)
		for name, data := range map[string][]byte{"x.zip": z, "x.tar": tarOf(t, entry{"x.zip", z})} {
			s := walk(t, name, data, Defaults(), false)
			if !strings.Contains(allText(s), text) || !strings.Contains(allText(s), "text of b") {
				t.Errorf("%s: texts %q", name, s.texts)
			}
			if gap(s, "checksum") == honest {
				t.Errorf("%s, checksum of what is in it %v: not searched %v", name, honest, s.gaps)
			}
		}
	}
	// A block of signatures, as in programs for Android, takes nothing with it.
	block := "\xf8\x0f\x00\x00\x00\x00\x00\x00" + strings.Repeat("x", 100)
	if s := walk(t, "x.apk", built(piecesOf(t, "a", text, zip.Store), block), Defaults(), false); strings.Contains(s.texts["(between the files)"], needle) {
		t.Errorf("texts %q", s.texts)
	}
}

func TestBytesBehindTheEndOfDeflate(t *testing.T) {
	p := piecesOf(t, "a", strings.Repeat("text of a ", 20), zip.Deflate)
	at := len(p.file) - 16 // its sizes follow
	size := le32(p.central[20:])
	file := slices.Concat(p.file[:at], []byte("\n"+needle), p.file[at:])
	c := bytes.Clone(p.central)
	binary.LittleEndian.PutUint32(c[20:], size+1+uint32(len(needle)))
	binary.LittleEndian.PutUint32(file[at+1+len(needle)+8:], size+1+uint32(len(needle)))
	s := walk(t, "x.zip", built(pieces{file, c, p.end}), Defaults(), false)
	if !strings.Contains(allText(s), needle) || !strings.Contains(s.texts["a"], "text of a") || !gap(s, "says something else") {
		t.Errorf("texts %q, not searched %v", s.texts, s.gaps)
	}
}

func TestSizesBehindAFileAreNoPlaceToHide(t *testing.T) {
	secret := strings.Repeat("k3y", 7)[:20]
	p := piecesOf(t, "a", strings.Repeat("text of a ", 20), zip.Deflate)
	bare := p.file[:len(p.file)-16]
	for name, said := range map[string]string{
		"no mark, 20 bytes": secret, "no mark, 12 bytes": secret[:12], "with a mark": "PK\x07\x08" + secret[:12], "and 64 bits": "PK\x07\x08" + secret,
	} {
		s := walk(t, "x.zip", built(pieces{append(bytes.Clone(bare), said...), p.central, p.end}), Defaults(), false)
		if !strings.Contains(s.texts["(between the files)"], said[len(said)-12:]) {
			t.Errorf("%s: texts %q, not searched %v", name, s.texts, s.gaps)
		}
	}
}

func TestWrongMethodInAnotherArchive(t *testing.T) {
	p := piecesOf(t, "a", needle, zip.Store)
	for _, h := range [][]byte{p.file[8:], p.central[10:]} {
		binary.LittleEndian.PutUint16(h, zip.Deflate)
	}
	z := built(p)
	s := walk(t, "x.tgz", gzipOf(tarOf(t, entry{"x.zip", z})), Defaults(), false)
	if !strings.Contains(allText(s), needle) || len(s.gaps) == 0 {
		t.Errorf("texts %q, not searched %v", s.texts, s.gaps)
	}
}

// TestWrongSums changes a checksum of each format that has some: the text is
// searched, and that is told.
func TestWrongSums(t *testing.T) {
	flip := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		b[at] ^= 1
		return b
	}
	packed := piecesOf(t, "a", strings.Repeat(needle+"\n", 9), zip.Deflate)
	stored := piecesOf(t, "a", needle, zip.Store)
	xz := fixture(t, "a.tar.xz")
	gz := gzipOf([]byte(needle))
	copied := fixture(t, "copy.7z")
	tests := map[string][]byte{
		"deflated":       built(pieces{packed.file, flip(packed.central, 16), packed.end}),
		"stored":         built(pieces{flip(stored.file, 14), flip(stored.central, 16), stored.end}),
		"first of two":   append(flip(gzipOf([]byte("the first\n")), len(gzipOf([]byte("the first\n")))-8), gz...),
		"gzip":           flip(gz, len(gz)-8),
		"xz":             flip(xz, xzSumAt(t, xz)),
		"7z, its header": flip(copied, 28),
		"7z, its start":  flip(copied, 8),
		"7z, a file":     bytes.Replace(copied, []byte(needle[:3]), []byte(strings.ToUpper(needle[:3])), 1),
	}
	for name, data := range tests {
		s := walk(t, "x", data, Defaults(), false)
		found := strings.Contains(allText(s), needle)
		if name == "7z, a file" { // which is changed itself
			found = len(s.texts) > 0 && !bytes.Equal(data, copied)
		}
		if !found || len(s.gaps) == 0 {
			t.Errorf("%s: texts %.300q, not searched %v", name, s.texts, s.gaps)
		}
	}
	for name, data := range map[string][]byte{"zip": built(packed, stored), "xz": xz, "gzip": append(bytes.Clone(gz), gz...), "7z": copied} {
		if s := walk(t, "x", data, Defaults(), false); !strings.Contains(allText(s), needle) || len(s.gaps) > 0 {
			t.Errorf("honest %s: texts %.300q, not searched %v", name, s.texts, s.gaps)
		}
	}
}

// xzSumAt is where the sum of the only block of an xz file is: before the index, whose
// size its end says.
func xzSumAt(t *testing.T, b []byte) int {
	index := (int(le32(b[len(b)-8:])) + 1) * 4
	at := len(b) - 12 - index - 8
	if b[7] != 4 || b[at+8] != 0 {
		t.Fatalf("an xz file of another kind: check %d", b[7])
	}
	return at
}
