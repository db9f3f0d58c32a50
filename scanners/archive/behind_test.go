package archive

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// fronts are beginnings of files that are no programs.
func fronts() map[string][]byte {
	random := make([]byte, 5000)
	rand.NewChaCha8([32]byte{7}).Read(random)
	random[0] = 'q'
	return map[string][]byte{
		"a.png": append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"), random[:300]...),
		"a.gif": append([]byte("GIF89a"), random[:300]...),
		"a.jpg": append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), random[:300]...),
		"a.pdf": append([]byte("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"), random[:300]...),
		"a.rtf": []byte(`{\rtf1 some words}`),
		"a.bin": random,
		"a.zip": random[:40],
		"a.txt": []byte("a line of text\n"),
		"a.eml": []byte("From: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\ntext\r\n"),
		"a.cls": append([]byte("\xca\xfe\xba\xbe\x00\x00\x00\x34\x00\x01"), make([]byte, 20)...),
	}
}

// TestZipBehindAnything: Java, Python and unzip find a zip file by its end, whatever is
// before it.
func TestZipBehindAnything(t *testing.T) {
	inner := zipOf(t, entry{"dir/a.txt", []byte(needle)})
	for name, front := range fronts() {
		file := append(bytes.Clone(front), inner...)
		for where, b := range map[string][]byte{
			"alone": file, "with bytes behind it": append(bytes.Clone(file), "\x00behind"...), "in a zip": zipOf(t, entry{name, file}), "in a tar": tarOf(t, entry{name, file}), "in a tgz": gzipOf(tarOf(t, entry{name, file})),
		} {
			s := walk(t, name, b, Defaults(), false)
			if !hasNeedle(s) || len(s.gaps) > 0 {
				t.Errorf("%s %s: texts %d, not searched %v", name, where, len(s.texts), s.gaps)
			}
			all := ""
			for _, text := range s.texts {
				all += text
			}
			if where != "alone" && where != "with bytes behind it" && !strings.Contains(all, string(front[:8])) && !strings.HasSuffix(name, ".eml") {
				t.Errorf("%s %s: what is before the zip file is not searched", name, where)
			}
		}
		if SniffBytes(file, name) == None || SniffFile(file[:min(len(file), SniffLen)], name, bytes.NewReader(file), int64(len(file))) == None {
			t.Errorf("%s: nothing is seen in it", name)
		}
	}
}

// TestNoZipBehind: what only has the mark is text.
func TestNoZipBehind(t *testing.T) {
	whole := zipOf(t, entry{"dir/a.txt", []byte(needle)})
	end := whole[len(whole)-endLen:]
	for name, b := range map[string][]byte{
		"mark": []byte("some text PK\x05\x06"), "zeros": append([]byte("some text PK\x05\x06"), make([]byte, 18)...),
		"end": append([]byte("some text"), end...), "far": append(append([]byte("text"), whole...), make([]byte, 70<<10)...),
		"marks": append([]byte("some text"), bytes.Repeat([]byte("PK\x05\x06"), 20<<10)...), "empty": nil, "short": []byte("PK\x05"),
	} {
		if k := SniffBytes(b, ""); k != None {
			t.Errorf("%s: kind %d", name, k)
		}
	}
}

// TestZipBehindWhatGoesBy: of what cannot be read again it is told.
func TestZipBehindWhatGoesBy(t *testing.T) {
	inner := zipOf(t, entry{"dir/a.txt", []byte(needle)})
	for name, front := range map[string]string{"long text": strings.Repeat("a line of text\n", 1000), "large": "\x00" + strings.Repeat("0123456789abcdef", 1<<17)} {
		data := gzipOf(tarOf(t, entry{"x", []byte(front + string(inner))}, entry{"y", []byte("text of y")}))
		s := walk(t, "a.tgz", data, Defaults(), false)
		if got := fmt.Sprint(s.gaps); !hasNeedle(s) && !strings.Contains(got, "zip file behind") || s.texts["y"] != "text of y" {
			t.Errorf("%s: not searched: %s", name, got)
		}
	}
	clean := gzipOf(tarOf(t, entry{"x", []byte(strings.Repeat("text PK\x05\x06 text\n", 9000))}))
	if s := walk(t, "a.tgz", clean, Defaults(), false); len(s.gaps) > 0 {
		t.Errorf("text with marks: %v", s.gaps)
	}
}
