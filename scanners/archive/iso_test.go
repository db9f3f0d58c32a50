package archive

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
)

// isoOf is an image with a folder "SUB" that has the files; joliet is a further file that
// only the folders of Joliet have, if it has a name.
func isoOf(files []entry, joliet entry) []byte {
	img := make([]byte, 40*isoSector)
	put := func(data []byte) (at uint32) {
		at = uint32(len(img) / isoSector)
		img = append(img, data...)
		img = append(img, make([]byte, (isoSector-len(data)%isoSector)%isoSector)...)
		return at
	}
	record := func(name string, at uint32, size int, flags byte) []byte {
		r := make([]byte, isoRecord+len(name)+1-len(name)%2)
		r[0], r[25], r[32] = byte(len(r)), flags, byte(len(name))
		binary.LittleEndian.PutUint32(r[2:], at)
		binary.LittleEndian.PutUint32(r[10:], uint32(size))
		copy(r[isoRecord:], name)
		return r
	}
	self := append(record("\x00", 0, 0, 2), record("\x01", 0, 0, 2)...)
	root := func(kind byte, name func(string) string, files []entry) {
		folder := bytes.Clone(self)
		for _, f := range files {
			at := put(f.data)
			folder = append(folder, record(name(f.name+";1"), at, len(f.data), 0)...)
		}
		sub := put(folder)
		top := append(bytes.Clone(self), record(name("SUB"), sub, len(folder), 2)...)
		d := img[(15+int(kind))*isoSector:][:isoSector]
		d[0], d[6] = kind, 1
		copy(d[1:], isoMark)
		binary.LittleEndian.PutUint16(d[128:], isoSector)
		at := put(top)
		d = img[(15+int(kind))*isoSector:][:isoSector]
		copy(d[isoRoot:], record("\x00", at, len(top), 2))
		if kind == 2 {
			copy(d[88:], "%/E")
		}
	}
	root(1, func(s string) string { return s }, files)
	if joliet.name != "" {
		root(2, func(s string) (out string) {
			for _, u := range utf16.Encode([]rune(s)) {
				out += string([]byte{byte(u >> 8), byte(u)})
			}
			return out
		}, []entry{joliet})
	}
	return img
}

func TestISO(t *testing.T) {
	zip := zipOf(t, entry{"b.txt", []byte(needle)})
	img := isoOf([]entry{{"A.GZ", gzipOf([]byte(needle))}, {"PLAIN.TXT", []byte("plain " + needle)}, {"X.RTF", []byte(`{\rtf1 the {\b need}{\i le} in the haystack}`)}}, entry{"Ä long name.zip", zip})
	for name, data := range map[string][]byte{"a.iso": img, "a.bin": img} {
		s := walk(t, name, data, Defaults(), false)
		if s.texts["SUB/A.GZ"] != needle || s.texts["SUB/X.RTF!text"] != needle || s.texts["SUB/Ä long name.zip!b.txt"] != needle || len(s.gaps)+len(s.left) > 0 {
			t.Errorf("%s: texts %.200q, not searched %v %v", name, s.texts, s.gaps, s.left)
		}
	}
	// In a zip file it is held in memory, and its bytes are searched there.
	s := walk(t, "a.zip", zipOf(t, entry{"a.iso", img}), Defaults(), false)
	if s.texts["a.iso!SUB/A.GZ"] != needle || !strings.Contains(s.texts["a.iso"], "plain "+needle) {
		t.Errorf("in a zip file: texts %.200q, not searched %v %v", s.texts, s.gaps, s.left)
	}
	// What is cut off is told.
	if s := walk(t, "a.iso", img[:len(img)-2*isoSector], Defaults(), false); len(s.gaps)+len(s.left) == 0 {
		t.Error("an image that ends early is not told")
	}
	// A large one that goes by once is told.
	large := append(bytes.Clone(img), make([]byte, maxFront)...)
	if s := walk(t, "a.tar.gz", gzipOf(tarOf(t, entry{"a.iso", large})), Defaults(), true); !strings.Contains(strings.Join(s.gaps, " "), "ISO 9660") {
		t.Errorf("a large one on a pipe is not told: %v", s.gaps)
	}
}

// TestHostileISO: an image that is a file of its own, and one whose folders are each other.
func TestHostileISO(t *testing.T) {
	img := isoOf([]entry{{"A.GZ", gzipOf([]byte(needle))}}, entry{})
	find := func(name string) []byte { return img[bytes.Index(img, []byte(name))-isoRecord:] }
	r := find("A.GZ;1")
	binary.LittleEndian.PutUint32(r[2:], 0)
	binary.LittleEndian.PutUint32(r[10:], uint32(len(img)))
	if s := walk(t, "a.iso", img, Defaults(), false); len(s.gaps) != 1 || len(s.texts) > 2 {
		t.Errorf("an image in itself: not searched %v %v, texts %q", s.gaps, s.left, s.texts)
	}
	top := binary.LittleEndian.Uint32(img[16*isoSector+isoRoot+2:])
	binary.LittleEndian.PutUint32(find("SUB")[2:], top)
	if s := walk(t, "a.iso", img, Defaults(), false); len(s.texts) > 100 {
		t.Errorf("a folder in itself: %d texts", len(s.texts))
	}
}

func FuzzISO(f *testing.F) {
	img := isoOf([]entry{{"A.GZ", gzipOf([]byte(needle))}}, entry{"b.zip", zipOf(f, entry{"b.txt", []byte(needle)})})
	f.Add(img[16*isoSector:])
	f.Fuzz(func(t *testing.T, b []byte) {
		walk(t, "a.iso", append(make([]byte, 16*isoSector), b...), fuzzLimits, false)
	})
}
