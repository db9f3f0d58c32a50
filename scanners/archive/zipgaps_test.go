package archive

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pieces are the parts of a zip file with one entry.
type pieces struct{ file, central, end []byte }

func piecesOf(t *testing.T, name, text string, method uint16) pieces {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	var f io.Writer
	var err error
	if method == zip.Deflate {
		f, err = w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	} else {
		f, err = w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(text)), CompressedSize64: uint64(len(text)), UncompressedSize64: uint64(len(text))})
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte(text))
	w.Close()
	all := b.Bytes()
	at, end := bytes.Index(all, centralMark), bytes.Index(all, endMark)
	return pieces{all[:at], all[at:end], all[end:]}
}

// built is a zip file of some pieces, whose directory has but some of the files.
func built(parts ...any) []byte {
	var b, central []byte
	n := 0
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		case pieces:
			c := bytes.Clone(p.central)
			binary.LittleEndian.PutUint32(c[42:], uint32(len(b)))
			b, central = append(b, p.file...), append(central, c...)
			n++
		}
	}
	from := len(b)
	b = append(b, central...)
	end := make([]byte, endLen)
	copy(end, endMark)
	binary.LittleEndian.PutUint16(end[8:], uint16(n))
	binary.LittleEndian.PutUint16(end[10:], uint16(n))
	binary.LittleEndian.PutUint32(end[12:], uint32(len(central)))
	binary.LittleEndian.PutUint32(end[16:], uint32(from))
	return append(b, end...)
}

func TestNothingHidesInZip(t *testing.T) {
	a, b, h := piecesOf(t, "a", "text of a", zip.Store), piecesOf(t, "b", "text of b", zip.Deflate), piecesOf(t, "h", needle, zip.Deflate)
	stored := piecesOf(t, "h", needle, zip.Store)
	whole := built(h)
	tests := []struct {
		name string
		data []byte
		path string
		gap  string
	}{
		{"a file that is not in the directory", built(a, h.file, b), "(not in the directory)!h", ""},
		{"one before all others", built(h.file, a, b), "(not in the directory)!h", ""},
		{"a stored one", built(a, stored.file), "(not in the directory)!h", ""},
		{"several", built(a, b.file, stored.file, h.file, b), "(not in the directory)!h", ""},
		{"bytes between files", built(a, needle, b), "(between the files)", ""},
		{"bytes after a file with its sizes", built(b, needle, a), "(between the files)", ""},
		{"bytes before the directory", built(a, b, "\x00\x00", needle), "(between the files)", ""},
		{"bytes behind the end", append(built(a), "\x00\x00\x00"+needle...), "(after the archive)", ""},
		{"zip behind zip", append(bytes.Clone(whole), built(a)...), "(not in the directory)!h", ""},
		{"no zip after all", built(a, "PK\x03\x04 "+needle, b), "(between the files)", ""},
	}
	for _, tt := range tests {
		s := walk(t, "x.zip", tt.data, Defaults(), false)
		if !strings.Contains(s.texts[tt.path], needle) || s.texts["a"] != "text of a" || len(s.gaps) > 0 || !s.res.Whole {
			t.Errorf("%s: texts %q, not searched %v, whole %v", tt.name, s.texts, s.gaps, s.res.Whole)
		}
	}
	if s := walk(t, "x.zip", built(a, b), Defaults(), false); len(s.texts) != 2 || len(s.gaps) > 0 {
		t.Errorf("a zip file with nothing beside: %q %v", s.texts, s.gaps)
	}
	// The same without its directory at hand: read from its beginning.
	z := built(a, b)
	end := z[len(z)-endLen:]
	binary.LittleEndian.PutUint16(end[20:], uint16(len("comment "+needle)))
	z = append(z, "comment "+needle+"\x00behind"...)
	w := &walker{ctx: t.Context(), lim: Defaults(), file: File{Size: int64(len(z)), At: bytes.NewReader(z)}}
	got := map[string]string{}
	w.emit = func(x *Text) error {
		var b bytes.Buffer
		b.ReadFrom(x.R)
		got[x.Path] += b.String()
		return nil
	}
	if err := w.zipStream(&input{}, w.bufs.get(bytes.NewReader(z)), 1); err != nil || got["(comments)"] != "comment "+needle || got["(after the archive)"] != "\x00behind" || got["b"] != "text of b" {
		t.Errorf("read as a stream: %q, %v", got, err)
	}
}

func TestHeadersOfZipThatDiffer(t *testing.T) {
	p := piecesOf(t, "a", "x"+needle, zip.Store)
	lie := func(at int, v uint32, size int) pieces {
		c := bytes.Clone(p.central)
		if size == 2 {
			binary.LittleEndian.PutUint16(c[at:], uint16(v))
		} else {
			binary.LittleEndian.PutUint32(c[at:], v)
		}
		return pieces{p.file, c, p.end}
	}
	for name, q := range map[string]pieces{"method": lie(10, 8, 2), "encrypted": lie(8, 1, 2), "smaller": lie(20, 3, 4), "nothing": lie(20, 0, 4)} {
		s := walk(t, "x.zip", built(q, piecesOf(t, "b", "text of b", zip.Deflate)), Defaults(), false)
		if !strings.Contains(s.texts["(not in the directory)!a"], needle) || len(s.gaps) == 0 || s.res.Whole {
			t.Errorf("%s: texts %q, not searched %v", name, s.texts, s.gaps)
		}
	}
	// Only the directory knows the size of a file whose sizes follow it.
	d := piecesOf(t, "a", strings.Repeat(needle+"\n", 50), zip.Deflate)
	c := bytes.Clone(d.central)
	binary.LittleEndian.PutUint32(c[20:], 12)
	if s := walk(t, "x.zip", built(pieces{d.file, c, d.end}), Defaults(), false); len(s.gaps) == 0 || s.res.Whole {
		t.Errorf("cut off by the directory: texts %q, not searched %v", s.texts, s.gaps)
	}
}

// TestPlainZipThatIsCalledEncrypted: a flag is no cipher.
func TestPlainZipThatIsCalledEncrypted(t *testing.T) {
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		p := piecesOf(t, "a", needle+strings.Repeat(" and more", 50), method)
		if method == zip.Deflate { // which has its sizes behind it: also in its header
			n := len(p.file) - 16
			copy(p.file[14:26], p.file[n+4:])
			p.file = p.file[:n]
			p.file[6] &^= zipDescriptor
			p.central[8] &^= zipDescriptor
		}
		p.file[6] |= zipEncrypted
		p.central[8] |= zipEncrypted
		data := built(p, piecesOf(t, "b", "text of b", zip.Deflate))
		for where, b := range map[string][]byte{"alone": data, "in a tar": tarOf(t, entry{"x.zip", data})} {
			if s := walk(t, "x.zip", b, Defaults(), false); !strings.Contains(s.texts["a"]+s.texts["x.zip!a"], needle) || len(s.gaps) != 1 || len(s.left) > 0 {
				t.Errorf("method %d %s: texts %q, not searched %v, left out %v", method, where, s.texts, s.gaps, s.left)
			}
		}
		got := ""
		w := &walker{ctx: t.Context(), lim: Defaults(), file: File{Size: int64(len(data)), At: bytes.NewReader(data)}}
		w.emit = func(x *Text) error {
			b, err := io.ReadAll(x.R)
			got += string(b)
			return err
		}
		if err := w.zipStream(&input{}, w.bufs.get(bytes.NewReader(data)), 1); err != nil || !strings.Contains(got, needle) || !strings.Contains(got, "text of b") || w.bad != 1 || w.held != 0 {
			t.Errorf("method %d as a stream: %q, %v, %d bytes are held", method, got, err, w.held)
		}
		p.file[len(p.file)-3] ^= 1 // now its checksum is wrong, as if it were encrypted
		if s := walk(t, "x.zip", built(p), Defaults(), false); len(s.texts) > 0 || len(s.left) != 1 || len(s.gaps) > 0 {
			t.Errorf("method %d, noise: not searched %v, left out %v", method, s.gaps, s.left)
		}
	}
}

// TestZipsOfOthers reads what Python writes: zip64, and with a program before it.
func TestZipsOfOthers(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	dir := t.TempDir()
	script := `
import sys, zipfile, io
needle, out = sys.argv[1], sys.argv[2]
with open(out + "/64.zip", "wb") as raw:
    z = zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED)
    with z.open("dir/a.txt", "w", force_zip64=True) as f: f.write(needle.encode())
    z.close()
class Pipe(io.RawIOBase):
    def __init__(self, f): self.f = f
    def writable(self): return True
    def write(self, b): return self.f.write(b)
with open(out + "/64stream.zip", "wb") as raw:
    z = zipfile.ZipFile(Pipe(raw), "w", zipfile.ZIP_DEFLATED)
    with z.open("dir/a.txt", "w", force_zip64=True) as f: f.write(needle.encode())
    z.close()
with open(out + "/prefix.pyz", "wb") as raw:
    raw.write(b"#!/usr/bin/env python3\n")
    z = zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED); z.writestr("dir/a.txt", needle); z.comment = b"of a zip"; z.close()
b = io.BytesIO(); z = zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED); z.writestr("dir/a.txt", needle); z.close()
open(out + "/sfx.exe", "wb").write(b"MZ" + bytes(range(256)) * 20 + b.getvalue())
open(out + "/elf.run", "wb").write(b"\x7fELF" + bytes(range(256)) * 20 + b.getvalue())
`
	if out, err := exec.Command(python, "-c", script, needle, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"64.zip", "64stream.zip", "prefix.pyz", "sfx.exe", "elf.run"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for where, b := range map[string][]byte{"alone": data, "in a zip": zipOf(t, entry{name, data}), "in a tar": tarOf(t, entry{name, data})} {
			if s := walk(t, name, b, Defaults(), false); !hasNeedle(s) || len(s.gaps) > 0 || !s.res.Whole {
				t.Errorf("%s %s: texts %d, not searched %v, whole %v", name, where, len(s.texts), s.gaps, s.res.Whole)
			}
		}
	}
	paths := []string{}
	data, _ := os.ReadFile(filepath.Join(dir, "prefix.pyz"))
	s := walk(t, "prefix.pyz", data, Defaults(), false)
	for p := range s.texts {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	if !slices.Equal(paths, []string{"(before the archive)", "(comments)", "dir/a.txt"}) {
		t.Errorf("prefix.pyz: texts %q", paths)
	}
}

func TestMethodsThatAreNotUnpackedHaveNames(t *testing.T) {
	for method, want := range map[uint16]string{9: "Deflate64", 98: "PPMd", 6: "Implode", 77: "method 77 of zip"} {
		p := piecesOf(t, "a", needle, zip.Store)
		binary.LittleEndian.PutUint16(p.file[8:], method)
		binary.LittleEndian.PutUint16(p.central[10:], method)
		if s := walk(t, "a.zip", built(p), Defaults(), false); !gap(s, want) || s.res.Whole {
			t.Errorf("method %d: not searched %v", method, s.gaps)
		}
	}
	for id, want := range map[uint64]string{0x0303011B: "BCJ2", 0x030401: "PPMd", 0x99: "method 99 of 7z"} {
		if err := unknownSeven(id); !errors.Is(err, errMethod) || !strings.Contains(err.Error(), want) {
			t.Errorf("coder %x: %v", id, err)
		}
	}
}

// TestZipsThatLieAreTold has zip files whose directory, headers and ends say something
// else of them than what is in them: everything is searched, and that is told.
func TestZipsThatLieAreTold(t *testing.T) {
	le := binary.LittleEndian
	a, b := piecesOf(t, "a", needle+" of a", zip.Store), piecesOf(t, "b", strings.Repeat("text of b ", 20), zip.Deflate)
	size := func(p pieces, n uint32) pieces {
		c := bytes.Clone(p.central)
		le.PutUint32(c[24:], n)
		return pieces{p.file, c, p.end}
	}
	local := func(p pieces, n uint32) pieces {
		f := bytes.Clone(p.file)
		le.PutUint32(f[22:], n)
		return pieces{f, p.central, p.end}
	}
	ended := func(change func(end []byte)) []byte {
		z := built(a, b)
		change(z[len(z)-endLen:])
		return z
	}
	// wide has the end record of zip64, and puts something before it all.
	wide := func(before string, change func(rec, loc, end []byte)) []byte {
		z := built(a, b)
		at := len(z) - endLen
		rec, loc, end := make([]byte, end64Len), make([]byte, 20), bytes.Clone(z[at:])
		copy(rec, end64Mark)
		le.PutUint64(rec[4:], 44)
		for _, o := range []int{24, 32} {
			le.PutUint64(rec[o:], 2)
		}
		le.PutUint64(rec[40:], uint64(le.Uint32(end[12:])))
		le.PutUint64(rec[48:], uint64(le.Uint32(end[16:])))
		copy(loc, locatorMark)
		le.PutUint64(loc[8:], uint64(at))
		le.PutUint32(loc[16:], 1)
		change(rec, loc, end)
		return slices.Concat([]byte(before), z[:at], rec, loc, end)
	}
	many := built(a, b)
	end := many[len(many)-endLen:]
	from := le.Uint32(end[16:])
	one := bytes.Clone(many[from:][:len(a.central)])
	repeated := append(bytes.Clone(many[:from]), bytes.Repeat(one, 3000)...)
	repeated = append(append(repeated, many[from:][len(one):len(many)-int(from)-endLen]...), end...)
	tail := repeated[len(repeated)-endLen:]
	le.PutUint16(tail[8:], 3001)
	le.PutUint16(tail[10:], 3001)
	le.PutUint32(tail[12:], uint32(len(repeated)-endLen)-from)

	for name, z := range map[string][]byte{
		"stored, smaller":       built(size(a, 3), b),
		"stored, larger":        built(size(a, 300), b),
		"stored, nothing":       built(size(a, 0), b),
		"stored, 4 GiB":         built(size(a, 1<<32-1), b),
		"stored, by its header": built(local(a, 3), b),
		"deflated, smaller":     built(a, size(b, 5)),
		"deflated, larger":      built(a, size(b, 5000)),
		"count, more":           ended(func(end []byte) { le.PutUint16(end[10:], 3) }),
		"count, less":           ended(func(end []byte) { le.PutUint16(end[10:], 1) }),
		"count, none":           ended(func(end []byte) { le.PutUint16(end[10:], 0) }),
		"zip64, 4 billion":      wide("", func(rec, _, _ []byte) { le.PutUint64(rec[32:], 4<<30) }),
		"zip64, count":          wide("", func(rec, _, end []byte) { le.PutUint64(rec[32:], 1); le.PutUint16(end[10:], 1<<16-1) }),
		"zip64, size":           wide("", func(_, _, end []byte) { le.PutUint32(end[12:], 10) }),
		"zip64, offset":         wide("", func(_, _, end []byte) { le.PutUint32(end[16:], 10) }),
		"zip64, nowhere":        wide("", func(rec, _, _ []byte) { rec[0] = 'x' }),
		"one file 3,000 times":  repeated,
		"one file twice":        built(a, pieces{nil, a.central, nil}, b), // at the place of b
	} {
		if name == "one file twice" {
			c := z[le.Uint32(z[len(z)-endLen+16:]):]
			copy(c[len(a.central)+42:], c[42:46])
		}
		s := walk(t, "x.zip", z, Defaults(), false)
		if !strings.Contains(s.texts["a"], needle) || !strings.Contains(s.texts["b"], "text of b") || !gap(s, "says something else") {
			t.Errorf("%s: texts %.200q, not searched %v", name, s.texts, s.gaps)
		}
	}
	for name, z := range map[string][]byte{
		"honest":                  built(a, b),
		"zip64":                   wide("", func(_, _, _ []byte) {}),
		"zip64, by itself":        wide("", func(_, _, end []byte) { copy(end[8:20], bytes.Repeat([]byte{0xff}, 12)) }),
		"zip64, behind a program": wide("#!/bin/sh\n", func(_, _, _ []byte) {}),
	} {
		if s := walk(t, "x.zip", z, Defaults(), false); !strings.Contains(s.texts["a"], needle) || len(s.gaps) > 0 || !s.res.Whole {
			t.Errorf("%s: texts %q, not searched %v", name, s.texts, s.gaps)
		}
	}
}
