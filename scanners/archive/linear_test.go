package archive

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience is many times what a file takes that is read once, and a part of what it takes
// if parts of it are read again for each of its entries.
const patience = 20 * time.Second

// within fails if a file takes long, or more than so many megabytes in all.
func within(t *testing.T, name string, data []byte, most uint64) seen {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	s := walk(t, name, data, Defaults(), false)
	runtime.ReadMemStats(&after)
	if took := time.Since(began); took > patience {
		t.Errorf("%s: %d MiB took %v", name, len(data)>>20, took)
	}
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > most {
		t.Errorf("%s: %d MiB took %d MiB", name, len(data)>>20, took)
	}
	return s
}

// TestTextsThatShareBytes: a program whose texts all begin in front of the same zero, and a
// list whose objects are the same data.
func TestTextsThatShareBytes(t *testing.T) {
	const size = 8 << 20
	dex := make([]byte, 0x70+size)
	copy(dex, "dex\n039\x00")
	binary.LittleEndian.PutUint32(dex[0x38:], size/16)
	binary.LittleEndian.PutUint32(dex[0x3C:], 0x70)
	text := dex[0x70+size/4:]
	for i := range size / 16 {
		binary.LittleEndian.PutUint32(dex[0x70+4*i:], uint32(0x70+size/4+i%7))
	}
	for i := range text {
		text[i] = 'a'
	}
	if s := within(t, "a.dex", dex, 400); len(s.texts["strings"]) != len(text) {
		t.Errorf("texts that share bytes are %d bytes, want %d", len(s.texts["strings"]), len(text))
	}

	data := append([]byte("bplist00\x4F\x12"), 0, size>>17, 0, 0)
	data = append(data, bytes.Repeat([]byte("a"), size/2)...)
	table := len(data)
	data = append(data, bytes.Repeat([]byte{0, 8}, size/16)...)
	data = append(data, 0, 0, 0, 0, 0, 0, 2, 1)
	for _, n := range []int{size / 16, 0, table} {
		data = binary.BigEndian.AppendUint64(data, uint64(n))
	}
	if s := within(t, "a.plist", data, 400); len(s.gaps) != 1 {
		t.Errorf("objects that share bytes: not searched %v %v", s.gaps, s.left)
	}
}

// TestWordsLikeUUEncode: a line in which the mark of a file stands again and again.
func TestWordsLikeUUEncode(t *testing.T) {
	words := "begin 644 a\n" + strings.Repeat("begin ", 1<<20) + "\n"
	within(t, "a.eml", []byte("From: a@b.example\nTo: b@c.example\nSubject: a\nMIME-Version: 1.0\n\n\n"+words), 400)
	if name, file, rest := nextUU([]byte("begin begin 644 a\n#86)C\n`\nend\n")); rest != nil {
		t.Errorf("a word in a line is the file %q of %q", name, file)
	}
}

// TestRowsOfPredictors: a row is no longer than what there is of it.
func TestRowsOfPredictors(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	out := unpredicted([]byte("<</Predictor 12 /Columns 1048576 /Colors 64 /BitsPerComponent 16>>"), []byte("\x02abc"))
	if runtime.ReadMemStats(&after); string(out) != "abc" || after.TotalAlloc-before.TotalAlloc > 1<<20 {
		t.Errorf("%q takes %d bytes", out, after.TotalAlloc-before.TotalAlloc)
	}
}

// foldersOf is an image with folders at the places that records name: each has its own.
func foldersOf(folders int, records func(i int) []byte) []byte {
	img := make([]byte, 17*isoSector, (17+folders)*isoSector)
	for i := range folders {
		img = append(img, records(i)...)
		img = append(img, make([]byte, (isoSector-len(img)%isoSector)%isoSector)...)
	}
	d := img[16*isoSector:]
	d[0], d[6] = 1, 1
	copy(d[1:], isoMark)
	binary.LittleEndian.PutUint16(d[128:], isoSector)
	copy(d[isoRoot:], isoFolder("\x00", 17, isoSector))
	return img
}

func isoFolder(name string, at, size int) []byte {
	r := make([]byte, isoRecord+len(name)+1-len(name)%2)
	r[0], r[25], r[32] = byte(len(r)), 2, byte(len(name))
	binary.LittleEndian.PutUint32(r[2:], uint32(at))
	binary.LittleEndian.PutUint32(r[10:], uint32(size))
	copy(r[isoRecord:], name)
	return r
}

// TestFoldersOfISO: folders in each other without an end, each with one beside it that is
// not there, and folders that share bytes.
func TestFoldersOfISO(t *testing.T) {
	const deep, wide = 3000, 1500
	name := strings.Repeat("a", 200)
	img := foldersOf(deep, func(i int) []byte {
		return append(isoFolder(name, 1<<20+i, 1), isoFolder(name, 18+i, isoSector)...)
	})
	if s := within(t, "a.iso", img, 100); len(s.gaps) != 1 {
		t.Errorf("%d folders in each other: not searched %v %v", deep, s.gaps, s.left)
	}
	img = foldersOf(wide, func(i int) (out []byte) {
		for k := range isoSector / len(isoFolder("a", 0, 0)) {
			out = append(out, isoFolder("a", 18+(i+k)%(wide/2), wide*isoSector/2-k)...)
		}
		return out
	})
	if s := within(t, "b.iso", img, 100); len(s.gaps) != 1 {
		t.Errorf("folders that share bytes: not searched %v %v", s.gaps, s.left)
	}
}

// TestWordsLikeStreams: dictionaries of no object, each with the word that begins a stream.
func TestWordsLikeStreams(t *testing.T) {
	within(t, "a.pdf", []byte("%PDF-1.4\n"+strings.Repeat(">>stream\n", 1<<20)+"%%EOF"), 400)
	doc := "%PDF-1.4\n" + strings.Repeat("<<>>stream\n", 20) + "1 0 obj\n<<>>stream\n" + needle + "\nendstream\nendobj\n%%EOF"
	if s := walk(t, "b.pdf", []byte(doc), Defaults(), false); !strings.Contains(s.texts["objects"], needle) {
		t.Errorf("the stream behind words like it is not found: %q", s.texts)
	}
}
