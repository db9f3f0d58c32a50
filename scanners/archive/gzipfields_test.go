package archive

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

// TestFieldsOfGzip: what headers have beside the content, of every member.
func TestFieldsOfGzip(t *testing.T) {
	member := func(h gzip.Header) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Header = h
		w.Write([]byte("text"))
		w.Close()
		return b.String()
	}
	data := member(gzip.Header{Name: "name " + needle}) + member(gzip.Header{Comment: "comment " + needle, Extra: []byte("tiny")}) + member(gzip.Header{Extra: []byte("extra " + needle)})
	both(t, "a.gz", []byte(data), map[string]string{"": "texttexttext", "(header)": "name " + needle + "\ncomment " + needle + "\nextra " + needle + "\n"})
	long := member(gzip.Header{Comment: strings.Repeat("x", 2<<20)})
	if s := walk(t, "a.gz", []byte(long), Defaults(), false); len(s.gaps) != 1 || len(s.texts["(header)"]) != 1<<20 || s.texts[""] != "text" {
		t.Errorf("a long comment: %d bytes, not searched %v", len(s.texts["(header)"]), s.gaps)
	}
}
