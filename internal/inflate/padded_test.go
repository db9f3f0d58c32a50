package inflate

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"
)

// TestPaddedGzip: zeros behind a member are no damage, and no end.
func TestPaddedGzip(t *testing.T) {
	member := func(text string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write([]byte(text))
		w.Close()
		return b.Bytes()
	}
	for _, zeros := range []int{1, 3, 512, 100_000} {
		pad := make([]byte, zeros)
		for want, data := range map[string][]byte{
			"one":    append(member("one"), pad...),
			"onetwo": append(append(append(member("one"), pad...), member("two")...), pad...),
		} {
			g, err := NewGzip(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(g); string(got) != want || err != nil {
				t.Errorf("%d zeros: %q, %v; want %q", zeros, got, err, want)
			}
			g.Close()
		}
	}
	if _, err := NewGzip(bytes.NewReader(append([]byte{0}, member("one")...))); !errors.Is(err, ErrHeader) {
		t.Errorf("zeros in front: %v", err)
	}
	g, _ := NewGzip(bytes.NewReader(append(member("one"), "\x00\x00text"...)))
	if _, err := io.ReadAll(g); err == nil {
		t.Error("text behind zeros: nothing is said")
	}
}
