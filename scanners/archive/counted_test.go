package archive

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// plistOf is a binary property list of objects as they stand in one.
func plistOf(objects ...string) []byte {
	b := []byte("bplist00")
	var table []byte
	for _, o := range objects {
		table = binary.BigEndian.AppendUint16(table, uint16(len(b)))
		b = append(b, o...)
	}
	at := len(b)
	b = append(append(b, table...), 0, 0, 0, 0, 0, 0, 2, 1)
	b = binary.BigEndian.AppendUint64(b, uint64(len(objects)))
	b = binary.BigEndian.AppendUint64(b, 0)
	return binary.BigEndian.AppendUint64(b, uint64(at))
}

func plistText(s string) string { return "\x5F\x10" + string(rune(len(s))) + s }

// dexOf is the program of an app with such texts, of less than 128 bytes.
func dexOf(texts ...string) []byte {
	b := make([]byte, 0x70+4*len(texts))
	copy(b, "dex\n039\x00")
	binary.LittleEndian.PutUint32(b[0x38:], uint32(len(texts)))
	binary.LittleEndian.PutUint32(b[0x3C:], 0x70)
	for i, s := range texts {
		binary.LittleEndian.PutUint32(b[0x70+4*i:], uint32(len(b)))
		b = append(append(append(b, byte(len(s))), s...), 0)
	}
	binary.LittleEndian.PutUint32(b[0x20:], uint32(len(b)))
	return b
}

// chunkOf is a chunk of Android's resources.
func chunkOf(kind uint16, head string, body []byte) []byte {
	b := binary.LittleEndian.AppendUint16(nil, kind)
	b = binary.LittleEndian.AppendUint16(b, uint16(8+len(head)))
	b = binary.LittleEndian.AppendUint32(b, uint32(8+len(head)+len(body)))
	return append(append(b, head...), body...)
}

func poolOf(narrow bool, texts ...string) []byte {
	var list, body []byte
	for _, s := range texts {
		list = binary.LittleEndian.AppendUint32(list, uint32(len(body)))
		if narrow {
			body = append(append(append(body, byte(len(s)), byte(len(s))), s...), 0)
			continue
		}
		body = binary.LittleEndian.AppendUint16(body, uint16(len(s)))
		for _, u := range append(utf16.Encode([]rune(s)), 0) {
			body = binary.LittleEndian.AppendUint16(body, u)
		}
	}
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(texts)))
	head = append(head, 0, 0, 0, 0, 0, 0, 0, 0)
	if narrow {
		head[9] = 1
	}
	head = binary.LittleEndian.AppendUint32(head, uint32(28+len(list)))
	return chunkOf(1, string(append(head, 0, 0, 0, 0)), append(list, body...))
}

// TestTextsWithALengthInFront: the length may be a letter, and what is behind too.
func TestTextsWithALengthInFront(t *testing.T) {
	long := strings.Repeat("-", 'a'-len(needle)) // together 97, which is an a
	wide := "\x6F\x10" + string(rune(len(needle))) + string(utf16be(needle))
	for name, data := range map[string][]byte{
		"a.plist":            plistOf("\xA2\x01\x02", plistText(needle), plistText("x")),
		"wide.plist":         plistOf("\xA2\x01\x02", wide, plistText("x")),
		"text in data.plist": plistOf("\xA2\x01\x02", "\x4F\x10"+string(rune(len(needle)))+needle, plistText("x")),
		"classes.dex":        dexOf("other", needle+long, needle),
		"resources.arsc":     chunkOf(2, "\x01\x00\x00\x00", append(poolOf(true, "x", needle), chunkOf(0x200, "12345678", poolOf(false, needle+long))...)),
		"manifest.xml":       chunkOf(3, "", poolOf(true, "x", needle)),
	} {
		for where, b := range map[string][]byte{name: data, "a.apk": zipOf(t, entry{name, data})} {
			s := walk(t, where, b, Defaults(), false)
			at, raw := "strings", ""
			if where != name {
				at, raw = name+"!strings", name
			}
			if !slices.ContainsFunc(strings.Split(s.texts[at], "\n"), func(l string) bool { return l == needle || l == needle+long }) || strings.Contains(s.texts[raw], needle) || len(s.gaps) > 0 {
				t.Errorf("%s in %s: %.300q, not searched %v", name, where, s.texts, s.gaps)
			}
		}
		if name != "manifest.xml" && len(walk(t, name, data[:len(data)*2/3], Defaults(), false).gaps) == 0 {
			t.Errorf("%s that is cut: nothing is said", name)
		}
	}
	z := gzipOf([]byte(needle))
	if s := walk(t, "a.plist", plistOf("\xA1\x01", "\x4F\x10"+string([]byte{byte(len(z))})+string(z)), Defaults(), false); s.texts["data 1"] != needle {
		t.Errorf("a gzip file in a list: %.300q", s.texts)
	}
}

// TestManyTexts: a file of offsets alone takes bounded memory, and is told.
func TestManyTexts(t *testing.T) {
	b := make([]byte, 8<<20)
	copy(b, dexOf("x"))
	binary.LittleEndian.PutUint32(b[0x38:], 2<<20-100)
	if spans, whole := dexTexts(b); whole || len(spans) > maxSpans {
		t.Errorf("%d texts, whole %v", len(spans), whole)
	}
}

// FuzzCounted: every byte of a file is in what is told of it, once.
func FuzzCounted(f *testing.F) {
	f.Add(plistOf("\xA2\x01\x02", plistText("abc"), "\x6Fx"))
	f.Add(dexOf("abc", "def"))
	f.Add(chunkOf(2, "1234", append(poolOf(true, "x", "yz"), chunkOf(0x200, "12345678", poolOf(false, "abc"))...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		lists := make([][]span, 3)
		lists[0], _, _ = plistTexts(b)
		lists[1], _ = dexTexts(b)
		lists[2], _ = androidTexts(b)
		for i, spans := range lists {
			narrow := spans[:0:0]
			for _, s := range spans {
				s.wide = utf8Text
				narrow = append(narrow, s)
			}
			out, rest := spanned(b, narrow)
			ends := bytes.Count(out, []byte("\n")) + bytes.Count(rest, []byte("\n")) - bytes.Count(b, []byte("\n"))
			if len(out)+len(rest)-ends != len(b) {
				t.Fatalf("format %d: %d and %d bytes of %d", i, len(out), len(rest), len(b))
			}
			spanned(b, spans)
		}
	})
}
