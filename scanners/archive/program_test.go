package archive

import (
	"encoding/binary"
	"strings"
	"testing"
)

// programOf is a program for Windows with one section, and something behind it.
func programOf(more []byte) []byte {
	b := make([]byte, 0x400)
	copy(b, "MZ")
	b[0x3C] = 0x80
	copy(b[0x80:], "PE\x00\x00")
	binary.LittleEndian.PutUint16(b[0x86:], 1)
	binary.LittleEndian.PutUint16(b[0x94:], 0xE0)
	section := 0x80 + 24 + 0xE0
	binary.LittleEndian.PutUint32(b[section+16:], 0x200)
	binary.LittleEndian.PutUint32(b[section+20:], 0x200)
	copy(b[0x200:], "the code of it")
	return append(b, more...)
}

// TestProgramsThatUnpackThemselves: the program and the archive are searched, and where
// they go by once, it is told.
func TestProgramsThatUnpackThemselves(t *testing.T) {
	lines := ";!@Install@!UTF-8!\nTitle=\"x\"\n;!@InstallEnd@!"
	for name, pack := range map[string][]byte{"7z": fixture(t, "lzma2.7z"), "rar": rarOf(false, entry{deepPath, []byte(needle)})} {
		data := programOf(append([]byte(lines), pack...))
		for where, b := range map[string][]byte{"a.exe": data, "a.zip": zipOf(t, entry{"b.exe", data}), "a.tgz": gzipOf(tarOf(t, entry{"b.exe", data}))} {
			at := ""
			if where != "a.exe" {
				at = "b.exe!"
			}
			s := walk(t, where, b, Defaults(), false)
			if !strings.Contains(s.texts[at+deepPath], needle) || !strings.Contains(s.texts[at+"(before the archive)"], "the code of it") || len(s.gaps) > 0 {
				t.Errorf("%s in %s: %.300q, not searched %v", name, where, s.texts, s.gaps)
			}
		}
		if k := SniffBytes(data, "a.exe"); k == None {
			t.Errorf("%s: bytes in memory are nothing", name)
		}
		large := append(data, noiseOf(2<<20)...)
		if s := walk(t, "a.tgz", gzipOf(tarOf(t, entry{"b.exe", large})), Defaults(), true); !gap(s, "unpacks itself") {
			t.Errorf("%s behind what goes by once: not searched %v", name, s.gaps)
		}
	}
	for _, data := range [][]byte{programOf(nil), programOf([]byte("a signature")), programOf(nil)[:0x90], []byte("MZ is a text, and no program at all, as you see: it goes on and on")} {
		if s := walk(t, "a.exe", data, Defaults(), false); s.res.Kind != None || len(s.gaps)+len(s.left) > 0 {
			t.Errorf("%.20q is of kind %d, %v %v", data, s.res.Kind, s.gaps, s.left)
		}
	}
}
