package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// oldCpioOf is an archive of the old format, in the order of either machine.
func oldCpioOf(order binary.AppendByteOrder, es ...entry) (b []byte) {
	for _, e := range append(es, entry{"TRAILER!!!", nil}) {
		for _, v := range []int{oldCpio, 1, 2, 0o100644, 0, 0, 1, 0, 0, 0, len(e.name) + 1, len(e.data) >> 16, len(e.data) & 0xFFFF} {
			b = order.AppendUint16(b, uint16(v))
		}
		b = append(append(b, e.name...), 0)
		b = append(b, make([]byte, len(b)&1)...)
		b = append(b, e.data...)
		b = append(b, make([]byte, len(b)&1)...)
	}
	return b
}

// TestPlacesInTar: what stands in a tar file and in none of its files.
func TestPlacesInTar(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Name: "dir/a.txt", Size: 3, Mode: 0o644, Format: tar.FormatUSTAR}, {Name: "link", Typeflag: tar.TypeSymlink, Linkname: "to " + needle},
		{Name: "b", Size: 512}, {Name: "c", Size: 1, Uname: needle},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		w.Write(make([]byte, h.Size))
	}
	w.Close()
	data := b.Bytes()
	copy(data[512+100:], needle)
	for name, b := range map[string][]byte{"a.tar": data, "a.tgz": gzipOf(data)} {
		s := walk(t, name, b, Defaults(), false)
		for path, want := range map[string]string{"dir/a.txt!(padding)": needle, "link!(link target)": "to " + needle, "c!(attributes)": "owner=" + needle} {
			if !strings.Contains(s.texts[path], want) || len(s.gaps)+len(s.left) > 0 {
				t.Errorf("%s: %s is %.99q, of %q", name, path, s.texts[path], s.texts)
			}
		}
		if _, ok := s.texts["b!(padding)"]; ok {
			t.Errorf("%s: a full block has padding", name)
		}
	}
}

// TestCpioAgain: the old format, links, and what follows the end, as in an initramfs.
func TestCpioAgain(t *testing.T) {
	es := []entry{{"dir/a.txt", []byte(needle + ".")}, {"b.gz", gzipOf([]byte(needle))}}
	for name, order := range map[string]binary.AppendByteOrder{"little": binary.LittleEndian, "big": binary.BigEndian} {
		data := oldCpioOf(order, es...)
		both(t, name+".cpio", data, map[string]string{"dir/a.txt": needle + ".", "b.gz": needle})
		for _, cut := range []int{20, 30, 60, len(data) - 20} {
			if s := walk(t, "a.cpio", data[:cut], Defaults(), false); s.res.Kind == cpioArchive && len(s.gaps) == 0 {
				t.Errorf("%s cut at %d: nothing is said", name, cut)
			}
		}
	}
	first := append(cpioOf(entry{"x", []byte("y")}), make([]byte, 512)...)
	both(t, "two.cpio", append(bytes.Clone(first), cpioOf(es[0])...), map[string]string{"x": "y", "dir/a.txt": needle + "."})
	both(t, "initrd.img", append(bytes.Clone(first), zstdOf(cpioOf(es[0]))...), map[string]string{"x": "y", "(after the end)!dir/a.txt": needle + "."})
	both(t, "text.cpio", append(bytes.Clone(first), needle...), map[string]string{"x": "y", "(after the end)": needle})
	for name, text := range map[string]string{"a.txt": "\xC7q is no archive, whatever it says", "b.txt": "q\xC7" + strings.Repeat("\x00", 40)} {
		if k := Sniff([]byte(text), name); k != None {
			t.Errorf("%q is of kind %d", text, k)
		}
	}
}

// TestZlib: a file that is one stream, as objects of git are.
func TestZlib(t *testing.T) {
	data := deflated([]byte("blob 26\x00" + needle))
	both(t, "a.z", data, map[string]string{"": "blob 26\x00" + needle})
	both(t, "a.tar", tarOf(t, entry{"b", data}), map[string]string{"b": "blob 26\x00" + needle})
	if s := walk(t, "a.z", append(bytes.Clone(data), needle...), Defaults(), false); s.texts["(after the end)"] != needle {
		t.Errorf("behind the end: %q", s.texts)
	}
	for what, b := range map[string][]byte{"cut": data[:len(data)-6], "with another sum": append(bytes.Clone(data[:len(data)-1]), data[len(data)-1]^1)} {
		if s := walk(t, "a.z", b, Defaults(), false); len(s.gaps) == 0 {
			t.Errorf("one that is %s: nothing is said", what)
		}
	}
	for _, text := range []string{"x^2 + y^2 = z^2", "x^" + strings.Repeat("2 + y^", 2000), "x\x9c", "x\x9c" + strings.Repeat("\xff", 100)} {
		if k := Sniff([]byte(text), "a.txt"); k != None {
			t.Errorf("%.20q is of kind %d", text, k)
		}
	}
}

// TestBehindSevenZip: what stands behind a 7z archive.
func TestBehindSevenZip(t *testing.T) {
	data := append(bytes.Clone(fixture(t, "lzma2.7z")), make([]byte, 64)...)
	if s := walk(t, "a.7z", data, Defaults(), false); s.texts["(after the end)"] != "" || len(s.gaps) > 0 {
		t.Errorf("zeros: %q, not searched %v", s.texts, s.gaps)
	}
	if s := walk(t, "a.7z", append(data, needle...), Defaults(), false); !strings.Contains(s.texts["(after the end)"], needle) {
		t.Errorf("a text: %q", s.texts)
	}
}

// TestFieldsOfZip: texts in extra fields of either header, and in no others.
func TestFieldsOfZip(t *testing.T) {
	field := func(id uint16, text string) []byte {
		b := binary.LittleEndian.AppendUint16(nil, id)
		return append(binary.LittleEndian.AppendUint16(b, uint16(len(text))), text...)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, h := range []zip.FileHeader{{Name: "a", Extra: field(0x6375, "\x01\x00\x00\x00\x00"+needle)}, {Name: "b", Extra: append(field(0x5455, "\x00\x00\x00\x00\x00"), field(0x4242, needle)...)},
		{Name: "c", Extra: field(0x4242, "\x00\x01\x02short"+strings.Repeat("\x00", 40))}} {
		f, err := w.CreateHeader(&h)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte("text"))
	}
	w.Close()
	hidden := bytes.Clone(b.Bytes()) // only in the header before the file
	for at := bytes.Index(hidden, centralMark); ; at++ {
		i := bytes.Index(hidden[at:], []byte(needle))
		if i < 0 {
			break
		}
		at += i
		copy(hidden[at:], bytes.Repeat([]byte{0}, len(needle)))
	}
	for what, data := range map[string][]byte{"both headers": b.Bytes(), "one header": hidden} {
		for _, stream := range []bool{false, true} {
			s := walk(t, "a.zip", data, Defaults(), stream)
			for _, name := range []string{"a", "b", "c"} {
				if strings.Contains(s.texts[name+"!(extra fields)"], needle) != (name != "c") || len(s.gaps) > 0 {
					t.Errorf("%s, stream %v, %s: %q, not searched %v", what, stream, name, s.texts, s.gaps)
				}
			}
		}
	}
	large := tarOf(t, entry{"b.zip", append(bytes.Clone(b.Bytes()), make([]byte, 64)...)})
	if s := walk(t, "a.tar", large, Defaults(), true); !strings.Contains(s.texts["b.zip!a!(extra fields)"], needle) {
		t.Errorf("in a tar file: %q", s.texts)
	}
}

// TestTwoEndsOfZip: an end record in the comment of the true one, alone and with a zip file
// of its own: programs believe one or the other, and both are searched.
func TestTwoEndsOfZip(t *testing.T) {
	for what, comment := range map[string][]byte{"a record": append([]byte("PK\x05\x06"), make([]byte, 18)...), "a zip file": zipOf(t, entry{"fake.txt", []byte("fake " + needle)})} {
		data := zipOf(t, entry{"true.txt", []byte("true " + needle)})
		binary.LittleEndian.PutUint16(data[len(data)-2:], uint16(len(comment)))
		s := walk(t, "a.zip", append(data, comment...), Defaults(), false)
		if all := allText(s); !strings.Contains(all, "true "+needle) || what == "a zip file" && !strings.Contains(all, "fake "+needle) {
			t.Errorf("%s: %q, not searched %v", what, s.texts, s.gaps)
		}
	}
}
