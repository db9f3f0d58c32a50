package archive

import (
	"bytes"
	"fmt"
	"testing"
)

// FuzzPredictors undoes rows of any shape: it takes no more room than there is, and what has
// no predictor stays as it is.
func FuzzPredictors(f *testing.F) {
	f.Add(15, 3, 8, 4, []byte("\x01abcdefghijkl\x02abcdefghijkl\x04abc"))
	f.Add(2, 1, 8, 3, []byte("abcabcab"))
	f.Add(12, -1, 8, 1<<40, []byte("\x02a"))
	f.Add(10, 64, 16, -7, []byte("\x00a"))
	f.Fuzz(func(t *testing.T, kind, colors, bits, columns int, b []byte) {
		dict := fmt.Sprintf("<</Predictor %d/Colors %d/BitsPerComponent %d/Columns %d>>", kind, colors, bits, columns)
		if out := unpredicted([]byte(dict), bytes.Clone(b)); len(out) > len(b) || kind < 2 && !bytes.Equal(out, b) {
			t.Errorf("%s: %d bytes of %d", dict, len(out), len(b))
		}
	})
}

// FuzzPDFLock opens what any dictionary says that a file is encrypted with.
func FuzzPDFLock(f *testing.F) {
	for _, name := range []string{"rc4-40", "rc4-128", "aes-128", "aes-256", "aes-256-r5", "password"} {
		data := fixture(f, name+".pdf")
		if _, dict, ok := bytes.Cut(data, []byte("/Standard")); ok {
			f.Add(append([]byte("/Filter/Standard"), dict[:min(len(dict), 600)]...), []byte("0123456789abcdef"), bytes.Repeat([]byte("x"), 48))
		}
	}
	f.Add([]byte("/Filter/Standard/V 5/R 6/Length -1/O()/U()/UE()/CF<</CFM/AESV3>>/StmF/StdCF"), []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, dict, id, body []byte) {
		lock := readLock(dict)
		lock.id = id
		c := lock.open()
		if c == nil {
			return
		}
		for _, how := range []pdfMethod{pdfClear, pdfRC4, pdfAES, pdfAES256, c.body, c.text} {
			if out := c.open(how, pdfObject{num: len(body), gen: 1}, body); len(out) > len(body) {
				t.Errorf("method %v: %d bytes of %d", how, len(out), len(body))
			}
		}
	})
}
