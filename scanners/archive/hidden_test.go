package archive

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"strings"
	"testing"
)

// vbaOf packs a text as Office does: with the longest copy that there is.
func vbaOf(src []byte) []byte {
	out := []byte{1}
	for len(src) > 0 {
		chunk := src[:min(len(src), 4096)]
		src = src[len(chunk):]
		var body []byte
		for i := 0; i < len(chunk); {
			at := len(body)
			body = append(body, 0)
			for bit := 0; bit < 8 && i < len(chunk); bit++ {
				width := max(bits.Len(uint(max(i, 1)-1)), 4)
				best, back := 0, 0
				for d := 1; d <= i; d++ {
					n := 0
					for n < 0xFFFF>>width+3 && i+n < len(chunk) && chunk[i-d+n] == chunk[i+n] {
						n++
					}
					if n > best {
						best, back = n, d
					}
				}
				if best < 3 {
					body = append(body, chunk[i])
					i++
					continue
				}
				body[at] |= 1 << bit
				body = binary.LittleEndian.AppendUint16(body, uint16((back-1)<<(16-width)|(best-3)))
				i += best
			}
		}
		out = append(binary.LittleEndian.AppendUint16(out, uint16(0xB000|len(body)-1)), body...)
	}
	return out
}

// TestVisualBasic: the source of modules of Office is packed, eight characters at a time.
func TestVisualBasic(t *testing.T) {
	source := "Attribute VB_Name = \"Module1\"\r\n" + strings.Repeat("Sub a()\r\n' nothing here\r\nEnd Sub\r\n", 300) + "' " + needle + "\r\n"
	packed := append(bytes.Repeat([]byte{7, 0, 3}, 50), vbaOf([]byte(source))...)
	project := compoundOf(entry{"VBA/Module1", packed}, entry{"VBA/dir", []byte("\x01\x05\xb0noise")})
	s := walk(t, "a.docm", zipOf(t, entry{"word/vbaProject.bin", project}), Defaults(), false)
	if got := s.texts["word/vbaProject.bin!VBA/Module1!source"]; got != source || len(s.gaps)+len(s.left) > 0 {
		t.Errorf("%d bytes of %d, not searched %v, texts %.99q", len(got), len(source), s.gaps, s.texts)
	}
	if s := walk(t, "a.bin", compoundOf(entry{"VBA/Module1", packed[:len(packed)-20]}), Defaults(), false); len(s.gaps) == 0 {
		t.Errorf("a module that is cut: nothing is said, texts %.99q", s.texts)
	}
}

// FuzzVBA: a source is what was packed, and anything comes back.
func FuzzVBA(f *testing.F) {
	f.Add([]byte("Attribute VB_Name = \"a\"\r\nSub a()\r\nEnd Sub\r\nSub a()"))
	f.Fuzz(func(t *testing.T, b []byte) {
		vbaSource(append([]byte("\x01\x00\xb0"), append(vbaBegin, b...)...))
		vbaChunk(nil, b)
		if len(b) > 9000 {
			return
		}
		src := append([]byte("Attribute VB_Name = "), b...)
		if got, whole := vbaSource(vbaOf(src)); !whole || !bytes.Equal(got, src) {
			t.Fatalf("%q of %q", got, src)
		}
	})
}

func uuOf(name string, data []byte) string {
	b := "begin 644 " + name + "\r\n"
	for len(data) > 0 {
		line := data[:min(len(data), 45)]
		data = data[len(line):]
		b += string(rune(' ' + len(line)))
		for at := 0; at < len(line); at += 3 {
			var three [3]byte
			copy(three[:], line[at:])
			v := uint32(three[0])<<16 | uint32(three[1])<<8 | uint32(three[2])
			for i := 18; i >= 0; i -= 6 {
				c := byte(v>>i&63) + ' '
				if c == ' ' {
					c = '`'
				}
				b += string(rune(c))
			}
		}
		b += "\r\n"
	}
	return b + "`\r\nend\r\n"
}

// TestMailBeforeMIME: files of uuencode, bytes, and words of headers.
func TestMailBeforeMIME(t *testing.T) {
	z := gzipOf([]byte(needle))
	multi := func(encoding, body string) string {
		return "From: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/octet-stream; name=p.gz\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + body + "\r\n--b--\r\n"
	}
	word := func(s string) string { return "=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(s)) + "?=" }
	q := ""
	for _, c := range []byte(needle) {
		q += fmt.Sprintf("=%02X", c)
	}
	for what, m := range map[string]struct{ mail, path string }{
		"uuencode":         {multi("x-uuencode", uuOf("x.gz", z)), "x.gz"},
		"spaces lost":      {multi("x-uue", strings.ReplaceAll(strings.ReplaceAll(uuOf("x.gz", append(z[:len(z):len(z)], 0, 0, 0)), "`", " "), " \r\n", "\r\n")), "x.gz"},
		"without MIME":     {"From: a\r\nSubject: b\r\n\r\nhere it is\r\n\r\nbegin with this\r\n" + uuOf("../x.gz", z) + "bye\r\n", "x.gz"},
		"bytes":            {multi("binary", string(z)), "p.gz"},
		"words":            {"From: a\r\nMIME-Version: 1.0\r\nSubject: " + word("é "+needle[:10]) + "\r\n " + word(needle[10:]) + "\r\n\r\nb\r\n", "(headers)"},
		"words in letters": {"From: a\r\nMIME-Version: 1.0\r\nX-A: =?iso-8859-15?Q?" + q + "?=\r\n\r\nb\r\n", "(headers)"},
	} {
		s := walk(t, "a.eml", []byte(m.mail), Defaults(), false)
		if !strings.Contains(s.texts[m.path], needle) {
			t.Errorf("%s: %.400q, left out %v, not searched %v", what, s.texts, s.left, s.gaps)
		}
	}
}

// FuzzUU: lines are decoded to what was encoded, and anything comes back.
func FuzzUU(f *testing.F) {
	f.Add([]byte("begin 644 a\nbegin 644 b\n#86)C\n`\nend\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for text, n := b, 0; text != nil; n++ {
			if _, _, text = nextUU(text); n > len(b) {
				t.Fatal("it does not end")
			}
		}
		if len(b) > 0 && len(b) < 4096 {
			if _, got, _ := nextUU([]byte(uuOf("x", b))); !bytes.Equal(got, b) {
				t.Fatalf("%q of %q", got, b)
			}
		}
	})
}

// TestBlobsOfSQLite: what is packed in a database is looked into, also when it is looked
// for again.
func TestBlobsOfSQLite(t *testing.T) {
	blob := func(b []byte) string { return "x'" + hex.EncodeToString(b) + "'" }
	sql := "create table t(a, b); insert into t values (1, " + blob(gzipOf([]byte(needle))) + "), (2, " + blob([]byte("plain")) + "), (3, " + blob(zipOf(t, entry{"c.txt", append([]byte(needle), noiseOf(9000)...)})) + "); create table u(a); insert into u values (" + blob(zstdOf([]byte(needle))) + ");"
	data := read(t, made(t, sql, "sqlite3", "a.db"), "a.db")
	s := walk(t, "a.db", data, Defaults(), false)
	for _, path := range []string{"t!blob 1", "t!blob 2!c.txt", "u!blob 1"} {
		if !strings.Contains(s.texts[path], needle) || len(s.gaps)+len(s.left) > 0 {
			t.Errorf("%s: %.200q, not searched %v %v", path, s.texts, s.gaps, s.left)
		}
	}
	if first, again := paths(t, "a.db", data, false, true), paths(t, "a.db", data, false, false); strings.Join(first, "|") != strings.Join(again, "|") {
		t.Errorf("%q, and %q when it is looked for again", first, again)
	}
}

// TestPackedAsPublished: the example of normal compression in [MS-OVBA] (page 110 of the PDF) comes out as
// it says there.
func TestPackedAsPublished(t *testing.T) {
	packed := []byte("\x00#aaabcde\x82f\x00paghij\x018\x08akl\x000mnop\x06q\x02p\x04\x10rstuv\x10wxyz\x00<")
	if got := string(vbaChunk(nil, packed)); got != "#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa" {
		t.Errorf("it comes out as %q", got)
	}
}
