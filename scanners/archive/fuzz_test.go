package archive

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/whosekey/whosekey/scanners"
)

// fuzzLimits keep one input from taking long.
var fuzzLimits = Limits{Depth: 4, Ratio: 100, Size: 8 << 20, Entries: 1000, Time: 5 * time.Second}

// FuzzWalk walks anything. It must not panic or hang, and must say the same of a
// file when it looks again: that is how texts are found again.
func FuzzWalk(f *testing.F) {
	for name, data := range formats(f) {
		f.Add(data, name)
	}
	for _, row := range documentRows(f) {
		for _, data := range [][]byte{row.plain, row.cut.data} {
			if len(data) < 1<<16 {
				f.Add(data, row.name)
			}
		}
	}
	f.Add(append(binary.BigEndian.AppendUint32(nil, 0x377F0682), "\x00\x2D\xE2\x18\x00\x00\x02\x00"...), "a-wal")
	f.Add(pdfOf("/Filter [/ASCIIHexDecode /LZWDecode]", []byte("800B6050220C0C8501>")), "a.pdf")
	f.Add(sparseTar(), "a.tar")
	for _, name := range []string{"x86.7z", "delta.7z", "x86.xz", "delta.xz"} {
		f.Add(fixture(f, name), name)
	}
	f.Add([]byte("\x04\x22\x4d\x18\x60\x40\x82\x06\x00\x00\x00\x14ab\x01\x00\x00\x00\x00\x00\x00"), "a.lz4")
	f.Add([]byte("\x02\x21\x4c\x18\x06\x00\x00\x00\x14ab\x01\x00\x00"), "b.lz4")
	f.Add(snappyOf([]byte("a text, and a text"), s2.WriterSnappyCompat()), "a.sz")
	f.Add(posixCpioOf(entry{"dir/a.txt", []byte(needle)}), "a.cpio")
	f.Add([]byte("From: a\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--b--\n"), "a.eml")
	f.Add([]byte(`{"cells":[{"source":["a","b"],"outputs":[{"text":"x"}]}]}`), "a.ipynb")
	f.Add([]byte(`{\rtf1 {\*\x y} a\u233?\par\bin3 abc}`), "a.rtf")
	f.Add([]byte("\xCA\xFE\xBA\xBE\x00\x00\x00\x41\x00\x02\x01\x00\x03abc"), "A.class")
	f.Add([]byte("\xCB\x0D\x0D\x0A\x00\x00\x00\x00\xE3\xDA\x04abcd"), "a.pyc")
	f.Add([]byte("%PDF-1.4\n1 0 obj <</F1 2 0 R>>\nstream\nBT /F1 1 Tf (a\\051) Tj <41> Tj ET\nendstream 2 0 obj <</ToUnicode 3 0 R>> 3 0 obj <<>> stream\n1 beginbfrange <00><ff><0041> endbfrange\nendstream"), "a.pdf")
	f.Add(fixture(f, "a.sqlite"), "a.sqlite")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		for _, stream := range []bool{false, true} {
			first, again := paths(t, name, data, stream, true), paths(t, name, data, stream, false)
			for i := range min(len(first), len(again)) {
				if first[i] != again[i] {
					t.Fatalf("text %d is at %q, and %q when it is looked for again", i, first[i], again[i])
				}
			}
			if len(again) < len(first) {
				t.Fatalf("%d texts, and %d when they are looked for again", len(first), len(again))
			}
		}
	})
}

func paths(t *testing.T, name string, data []byte, stream, first bool) (out []string) {
	file := File{Name: name, Size: int64(len(data)), At: bytes.NewReader(data)}
	if stream {
		file = File{Name: name, Size: -1, R: bytes.NewReader(data)}
	}
	var cov *scanners.Coverage
	if first {
		cov = new(scanners.Coverage)
	}
	_, err := Walk(t.Context(), file, fuzzLimits, cov, func(x *Text) error {
		out = append(out, x.Path)
		if first { // who looks again does not read what he does not look for
			io.Copy(io.Discard, x.R)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
