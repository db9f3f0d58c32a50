package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

const needle = "the needle in the haystack"

func zstdOf(data []byte) []byte {
	w, _ := zstd.NewWriter(nil)
	return w.EncodeAll(data, nil)
}

func arOf(es ...entry) []byte {
	b := []byte("!<arch>\n")
	for _, e := range es {
		b = fmt.Appendf(b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", e.name, 0, 0, 0, "100644", len(e.data))
		if b = append(b, e.data...); len(b)%2 == 1 {
			b = append(b, '\n')
		}
	}
	return b
}

func cpioOf(es ...entry) (b []byte) {
	for _, e := range append(es, entry{"TRAILER!!!", nil}) {
		b = fmt.Appendf(b, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1, 0o100644, 0, 0, 1, 0, len(e.data), 0, 0, 0, 0, len(e.name)+1, 0)
		b = append(append(b, e.name...), 0)
		b = append(b, make([]byte, -len(b)&3)...)
		b = append(b, e.data...)
		b = append(b, make([]byte, -len(b)&3)...)
	}
	return b
}

func rpmOf(es ...entry) []byte {
	b := make([]byte, 96)
	copy(b, "\xED\xAB\xEE\xDB\x03\x00")
	header := func(text string) {
		b = append(b, 0x8E, 0xAD, 0xE8, 1, 0, 0, 0, 0)
		b = binary.BigEndian.AppendUint32(b, 1)
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(append(b, make([]byte, 16)...), text...)
	}
	header("signature\x00\x00\x00\x00\x00\x00\x00")
	header("script\x00")
	return append(b, zstdOf(cpioOf(es...))...)
}

// fixture reads a file that another program made: testdata says which. Of bombs every
// bit is inverted there: a search of this repository is to be complete.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if errors.Is(err, fs.ErrNotExist) {
		if b, err = os.ReadFile(filepath.Join("testdata", name+".inverted")); err == nil {
			for i := range b {
				b[i] ^= 0xff
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// formats are archives that hold dir/a.txt with the needle.
func formats(t testing.TB) map[string][]byte {
	e := entry{"dir/a.txt", []byte(needle)}
	all := map[string][]byte{
		"a.zip": zipOf(t, e), "a.tar": tarOf(t, e), "a.tgz": gzipOf(tarOf(t, e)), "a.tar.zst": zstdOf(tarOf(t, e)),
		"a.deb":  arOf(entry{"debian-binary", []byte("2.0\n")}, entry{"data.tar.zst", zstdOf(tarOf(t, e))}),
		"a.cpio": cpioOf(e), "a.rpm": rpmOf(e), "a.rar": rarOf(false, e),
	}
	for _, name := range []string{"a.tar.xz", "a.tar.bz2", "a.tar.lzma", "lzma.7z", "lzma2.7z", "bzip2.7z", "copy.7z", "lzma.zip", "bzip2.zip"} {
		all[name] = fixture(t, name)
	}
	return all
}

func hasNeedle(s seen) bool {
	for path, text := range s.texts {
		if strings.HasSuffix(path, "dir/a.txt") && strings.Contains(text, needle) {
			return true
		}
	}
	return false
}

// TestTruncated cuts archives anywhere: it must be noted, and never be fatal.
func TestTruncated(t *testing.T) {
	for name, data := range formats(t) {
		for cut := 8; cut < len(data); cut += 1 + len(data)/97 {
			for _, stream := range []bool{false, true} {
				s := walk(t, name, data[:cut], Defaults(), stream)
				if s.res.Kind != None && len(s.gaps) == 0 && !hasNeedle(s) && len(s.texts) == 0 && cut > 600 {
					t.Errorf("%s cut at %d of %d, stream %v: nothing was said", name, cut, len(data), stream)
				}
			}
		}
	}
	for _, name := range []string{"a.zip", "a.tgz", "a.tar.zst", "a.deb", "a.rpm"} {
		data := formats(t)[name]
		if s := walk(t, name, data[:len(data)-20], Defaults(), false); len(s.gaps) == 0 || s.res.Whole {
			t.Errorf("%s without its last bytes: not searched: %v, whole %v", name, s.gaps, s.res.Whole)
		}
	}
}

func gap(s seen, part string) bool {
	for _, g := range s.gaps {
		if strings.Contains(g, part) {
			return true
		}
	}
	return false
}

func TestLimits(t *testing.T) {
	zeros := make([]byte, 8<<20)
	bomb := zipOf(t, entry{"zeros", zeros})
	many := make([]entry, 50)
	for i := range many {
		many[i] = entry{fmt.Sprint("f", i), []byte("x")}
	}
	deep := zipOf(t, entry{"a.txt", []byte(needle)})
	for range 4 {
		deep = zipOf(t, entry{"in.zip", deep})
	}
	tests := []struct {
		name string
		data []byte
		set  func(*Limits)
		want string
	}{
		{"ratio.zip", bomb, func(l *Limits) { l.Ratio = 50 }, "more than 50 times its size"},
		{"ratio.gz", gzipOf(gzipOf(zeros)), func(*Limits) {}, "more than 1000 times its size"},
		{"ratio.tgz", gzipOf(tarOf(t, entry{"z.gz", gzipOf(zeros)})), func(*Limits) {}, "more than 1000 times its size"},
		{"ratio.zst", zstdOf(zeros), func(*Limits) {}, "more than 1000 times its size"},
		{"size.zip", bomb, func(l *Limits) { l.Size = 1 << 20 }, "more than 1048576 bytes"},
		{"entries.zip", zipOf(t, many...), func(l *Limits) { l.Entries = 20 }, "more than 20 files"},
		{"entries.tar", tarOf(t, many...), func(l *Limits) { l.Entries = 20 }, "more than 20 files"},
		{"deep.zip", deep, func(l *Limits) { l.Depth = 3 }, "deeper than 3"},
		{"time.tar", tarOf(t, append(many, many...)...), func(l *Limits) { l.Time = 1 }, "takes longer than"},
	}
	for _, tt := range tests {
		for _, stream := range []bool{false, true} {
			l := Defaults()
			tt.set(&l)
			s := walk(t, tt.name, tt.data, l, stream)
			if len(s.gaps) != 1 || !gap(s, tt.want) || s.res.Whole {
				t.Errorf("%s, stream %v: not searched: %v, want %q once", tt.name, stream, s.gaps, tt.want)
			}
		}
	}
	if s := walk(t, "deep.zip", deep, Limits{Depth: 5, Ratio: 100, Size: 1 << 30, Entries: 10, Time: 1e12}, false); len(s.gaps) > 0 || len(s.texts) != 1 {
		t.Errorf("five archives in each other, and a limit of five: %v, %v", s.texts, s.gaps)
	}
	if s := walk(t, "off.zip", deep, Limits{}, false); len(s.left) != 1 || s.res.Whole || len(s.texts) > 0 {
		t.Errorf("--archive-depth 0: %v, %v", s.left, s.texts)
	}
}

func TestEncrypted(t *testing.T) {
	all := map[string][]byte{"encrypted.rar": rarOf(true, entry{"a", []byte(needle)})}
	for _, name := range []string{"encrypted.zip", "encrypted.7z", "encrypted-names.7z"} {
		all[name] = fixture(t, name)
	}
	for name, b := range all {
		s := walk(t, name, b, Defaults(), false)
		if len(s.left) != 1 || !strings.Contains(s.left[0], "encrypted") || len(s.gaps) > 0 {
			t.Errorf("%s: left out %v, not searched %v", name, s.left, s.gaps)
		}
	}
	b := lockedZip(t, "a")
	if s := walk(t, "flag.zip", b, Defaults(), false); len(s.left) != 1 || len(s.texts) > 0 {
		t.Errorf("encrypted zip: left out %v, texts %v", s.left, s.texts)
	}
}

func TestHostileTar(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Name: "../../etc/passwd", Typeflag: tar.TypeReg, Size: 1},
		{Name: "/abs", Typeflag: tar.TypeReg, Size: 1},
		{Name: "same", Typeflag: tar.TypeReg, Size: 1},
		{Name: "same", Typeflag: tar.TypeReg, Size: 1},
		{Name: "link", Typeflag: tar.TypeSymlink, Linkname: "/etc/shadow"},
		{Name: "hard", Typeflag: tar.TypeLink, Linkname: "same"},
		{Name: "dev", Typeflag: tar.TypeChar},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			w.Write([]byte("x"))
		}
	}
	w.Close()
	both(t, "a.tar", b.Bytes(), map[string]string{"etc/passwd": "x", "abs": "x", "same": "xx"})
	both(t, "after.tar", append(b.Bytes(), tarOf(t, entry{"late", []byte("y")})...), map[string]string{"etc/passwd": "x", "abs": "x", "same": "xx", "late": "y"})
}

// sparseTar is a file of a gigabyte of which nothing is there.
func sparseTar() []byte {
	h := make([]byte, 512)
	copy(h, "hole")
	copy(h[100:], "0000644\x000000000\x000000000\x0000000000000\x0000000000000\x00")
	h[156] = 'S'
	copy(h[257:], "ustar  \x00")
	copy(h[386:], "10000000000\x0000000000000\x00") // a piece of no bytes at the end
	copy(h[483:], "10000000000\x00")
	sum := 0
	copy(h[148:], "        ")
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	return append(h, make([]byte, 1024)...)
}

func TestSparseTar(t *testing.T) {
	for _, stream := range []bool{false, true} {
		if s := walk(t, "a.tar", sparseTar(), Defaults(), stream); len(s.gaps) > 0 || len(s.texts["hole"]) > holePiece {
			t.Errorf("stream %v: a hole of a gigabyte: not searched: %v; %d bytes", stream, s.gaps, len(s.texts["hole"]))
		}
	}
	left := int64(100 << 20) // more of holes is too much
	r := tar.NewReader(bytes.NewReader(sparseTar()))
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, &Solid{R: r, Under: func() int64 { return 0 }, Holes: &left}); !errors.Is(err, ErrHoles) {
		t.Errorf("more holes than may be read: %v", err)
	}
}

func TestHostileZip(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789"), 10)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, _ := w.CreateHeader(&zip.FileHeader{Name: "a", Method: zip.Store})
	f.Write(text)
	w.Close()
	one := b.Bytes()
	at := bytes.Index(one, centralMark)
	end := bytes.Index(one, endMark)
	central := one[at:end]

	var overlap []byte // a thousand entries with the same content
	overlap = append(overlap, one[:at]...)
	for range 1000 {
		overlap = append(overlap, central...)
	}
	tail := bytes.Clone(one[end:])
	binary.LittleEndian.PutUint16(tail[10:], 1000)
	binary.LittleEndian.PutUint32(tail[12:], uint32(1000*len(central)))
	if s := walk(t, "overlap.zip", append(overlap, tail...), Defaults(), false); !gap(s, "overlap") {
		t.Errorf("overlapping files: not searched: %v, %d texts", s.gaps, s.res.Texts)
	}

	lies := bytes.Clone(one)
	binary.LittleEndian.PutUint32(lies[at+20:], 1<<30) // packed size in the directory
	if s := walk(t, "size.zip", lies, Defaults(), false); len(s.gaps) == 0 {
		t.Error("a file of a gigabyte in a zip of some bytes: nothing was said")
	}

	claims := bytes.Clone(one) // four billion entries, says zip64's end record
	var end64 [56 + 20]byte
	copy(end64[:], end64Mark)
	binary.LittleEndian.PutUint64(end64[4:], 44)
	for _, o := range []int{24, 32} {
		binary.LittleEndian.PutUint64(end64[o:], 4<<30)
	}
	binary.LittleEndian.PutUint64(end64[40:], uint64(len(central)))
	binary.LittleEndian.PutUint64(end64[48:], uint64(at))
	copy(end64[56:], locatorMark)
	binary.LittleEndian.PutUint64(end64[64:], uint64(end))
	claims = append(append(bytes.Clone(claims[:end]), end64[:]...), claims[end:]...)
	if s := walk(t, "claims.zip", claims, Defaults(), false); s.texts["a"] != string(text) {
		t.Errorf("a zip that claims four billion files: texts %v, not searched %v", s.texts, s.gaps)
	}

	before := append([]byte("#!/bin/sh\nexec java -jar $0\n"), one...)
	if s := walk(t, "before.zip", append([]byte("PK\x03\x04 no zip"), before...), Defaults(), false); s.texts["a"] != string(text) || !strings.Contains(s.texts["(before the archive)"], "exec java") {
		t.Errorf("something before a zip: texts %v, not searched %v", s.texts, s.gaps)
	}
}

func TestDocuments(t *testing.T) {
	mail := "From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=xyz\n\n--xyz\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nthe nee=\ndle in the haystack\n" +
		"--xyz\nContent-Type: application/zip; name=\"../b.zip\"\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(zipOf(t, entry{"c.txt", []byte(needle)})) + "\n--xyz--\n"
	office := `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:r><w:t>the need</w:t></w:r><w:r><w:t>le in the haystack</w:t></w:r></w:p></w:document>`
	class := "\xCA\xFE\xBA\xBE\x00\x00\x00\x41\x00\x02\x01\x00\x1A" + needle
	tests := []struct{ name, path, data string }{
		{"a.eml", "part 1", mail},
		{"a.eml", "b.zip!c.txt", mail},
		{"a.ipynb", "cell 1", `{"cells":[{"cell_type":"code","source":["the needle ","in the haystack"],"outputs":[]}]}`},
		{"b.ipynb", "cell 1", `{"cells":[{"cell_type":"code","source":"x","outputs":[{"text":["the needle in ","the haystack"]}]}]}`},
		{"a.rtf", "text", `{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 the {\b need}{\i le} in the \'68ay\u115?tack\par}`},
		{"a.docx", "word/document.xml!text", string(zipOf(t, entry{"word/document.xml", []byte(office)}))},
		{"A.class", "strings", class},
		{"a.pyc", "strings", "\xCB\x0D\x0D\x0A" + strings.Repeat("\x00", 12) + "\xE3\xDA\x1A" + needle},
		{"a.pdf", "content 1", "%PDF-1.4\n1 0 obj <</Length 60>>\nstream\nBT /F1 12 Tf 10 700 Td [(the nee) -20 (dle)] TJ ( in the haystack) Tj ET\nendstream endobj\n%%EOF"},
	}
	for _, tt := range tests {
		s := walk(t, tt.name, []byte(tt.data), Defaults(), false)
		if !strings.Contains(s.texts[tt.path], needle) || len(s.gaps) > 0 || len(s.left) > 0 {
			t.Errorf("%s: texts %q, not searched %v %v", tt.name, s.texts, s.gaps, s.left)
		}
	}
	if b, err := os.ReadFile("testdata/a.sqlite"); err == nil {
		s := walk(t, "a.sqlite", b, Defaults(), false)
		if !strings.Contains(s.texts["notes"], "1\t"+needle) || !strings.Contains(s.texts["notes"], strings.Repeat("long ", 2000)+needle) {
			t.Errorf("a.sqlite: %d texts, not searched %v %v", len(s.texts), s.gaps, s.left)
		}
	}
}
