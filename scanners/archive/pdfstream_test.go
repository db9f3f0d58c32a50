package archive

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// upRows packs rows as the filter Up of PNG has them.
func upRows(b []byte, columns int) (out []byte) {
	before := make([]byte, columns)
	for len(b) > 0 {
		row := make([]byte, columns)
		b = b[copy(row, b):]
		out = append(out, 2)
		for i, c := range row {
			out = append(out, c-before[i])
		}
		before = row
	}
	return out
}

// TestStreamsOfPDF: where a stream begins and ends, and how it is packed, is what readers
// say, and not what looks like it.
func TestStreamsOfPDF(t *testing.T) {
	page := deflated([]byte(pdfPage))
	object := func(num int, dict string, body []byte) string {
		return fmt.Sprintf("%d 0 obj\n<<%s/Length %d>>\nstream\n%s\nendstream\nendobj\n", num, dict, len(body), body)
	}
	packed := object(6, "/Filter/FlateDecode", page)
	for what, text := range map[string]string{
		"a word of a title":           "5 0 obj\n<</Title (Kafka stream processing)>>\nendobj\n" + packed,
		"a word at the end of a line": "5 0 obj\n<</Title (Kafka stream\nprocessing)>>\nendobj\n" + packed,
		"a word with a comment":       "5 0 obj\n<</Title (a)>> % stream\nendobj\n" + packed,
		"a comment before it":         "6 0 obj\n<</Filter/FlateDecode>> % here\nstream\n" + string(page) + "\nendstream\nendobj\n",
		"a long dictionary":           object(6, "/X ["+strings.Repeat("123 ", 2000)+"]/Filter/FlateDecode", page),
		"another object's filter":     "7 0 obj\n/FlateDecode\nendobj\n" + object(6, "/Filter 7 0 R", page),
		"a filter in hex":             object(6, "/#46ilter/Fl#61teDecode", page),
		"a predictor":                 object(6, "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 20>>", deflated(upRows([]byte(pdfPage), 20))),
		"objects with a predictor":    object(6, "/Type/ObjStm/N 1/First 4/Filter/FlateDecode/DecodeParms<</Columns 7/Predictor 15>>", deflated(upRows([]byte("9 0 <</V (the needle in the hay\\163tack)>>"), 7))),
		"its own end in it":           object(6, "/Type/EmbeddedFile", []byte("endstream "+needle)),
		"a file in a file":            object(6, "/Type/EmbeddedFile", pdfOf("/Filter /FlateDecode", page)),
	} {
		s := walk(t, "a.pdf", []byte("%PDF-1.7\n"+text+"trailer <</Root 1 0 R>>\n%%EOF\n"), Defaults(), false)
		found := false
		for path, text := range s.texts {
			found = found || path != "" && strings.Contains(text, needle)
		}
		if !found || len(s.gaps)+len(s.left) > 0 {
			t.Errorf("%s: texts %.300q, not searched %v %v", what, s.texts, s.gaps, s.left)
		}
	}
}

// TestPredictors undoes each filter of PNG, and that of TIFF.
func TestPredictors(t *testing.T) {
	for dict, rows := range map[string][]byte{
		"/Predictor 10/Columns 3": {0, 'a', 'b', 'c', 1, 'd', 1, 1, 2, 3, 3, 3, 3, 'j' - 'g'/2, 'k' - ('j'+'h')/2, 'l' - ('k'+'i')/2, 4, 3, 1, 1},
		"/Predictor 2/Columns 6":  {'a', 1, 1, 1, 1, 1, 'g', 1, 1, 1, 1, 1, 'm', 1, 1},
	} {
		if got := string(unpredicted([]byte("<<"+dict+">>"), rows)); got != "abcdefghijklmno" {
			t.Errorf("%s: %q", dict, got)
		}
	}
	for _, dict := range []string{"/Predictor 15", "/Predictor 15/Columns 999999999/Colors 999/BitsPerComponent 99", "/Predictor 2/Columns 0", "/Predictor 12/Columns 0"} {
		unpredicted([]byte("<<"+dict+">>"), bytes.Repeat([]byte{4, 200}, 100)) // it comes back
	}
}

// TestPDFThatAllCanRead: files of qpdf with an empty password, of all revisions; they have
// the needle in their text, and in a title.
func TestPDFThatAllCanRead(t *testing.T) {
	for _, name := range []string{"rc4-40", "rc4-128", "aes-128", "aes-256-r5", "aes-256", "aes-256-objects"} {
		b := fixture(t, name+".pdf")
		s := walk(t, "a.pdf", b, Defaults(), false)
		if !strings.Contains(s.texts["content 1"], needle) || !strings.Contains(s.texts["objects"], "Title "+needle) || len(s.gaps)+len(s.left) > 0 {
			t.Errorf("%s: %.300q, left out %v, not searched %v", name, s.texts, s.left, s.gaps)
		}
	}
	if s := walk(t, "a.pdf", fixture(t, "password.pdf"), Defaults(), false); len(s.left) != 1 || !strings.Contains(s.left[0], "encrypted PDF") {
		t.Errorf("one with a password: left out %v, not searched %v", s.left, s.gaps)
	}
}

// TestPDFOfTooMuch: what is beyond the bounds is told.
func TestPDFOfTooMuch(t *testing.T) {
	text := deflated(bytes.Repeat([]byte("(a) Tj "), maxPDF/2/7))
	stream := fmt.Sprintf("1 0 obj <</Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream endobj\n", len(text), text)
	limits := Defaults()
	limits.Ratio = 1 << 20
	if s := walk(t, "a.pdf", []byte("%PDF-1.7\n"+strings.Repeat(stream, 3)+"trailer <<>>\n%%EOF\n"), limits, false); !gap(s, "too many streams") {
		t.Errorf("96 MiB of text: not searched %v, left out %v", s.gaps, s.left)
	}
	for name, head := range map[string]string{"a.pdf": "%PDF-1.7\n", "a.eml": "MIME-Version: 1.0\n"} {
		if s := walk(t, name, append([]byte(head), make([]byte, maxDocument)...), limits, false); !gap(s, "document of more than") {
			t.Errorf("%s of 32 MiB: not searched %v, left out %v", name, s.gaps, s.left)
		}
	}
}
