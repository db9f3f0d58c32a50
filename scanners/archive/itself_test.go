package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/whosekey/whosekey/scanners"
)

// TestItself: a file that wants it is emitted itself where nothing else of it is, each
// time with the same number.
func TestItself(t *testing.T) {
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	f, err := w.Create("a.txt")
	if err == nil {
		_, err = f.Write([]byte("in the zip"))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		data  []byte
		depth int
		want  []string
	}{
		"text":               {[]byte("plain text"), 8, []string{"=plain text"}},
		"archive":            {packed.Bytes(), 8, []string{"a.txt=in the zip"}},
		"archive, not open":  {packed.Bytes(), 0, []string{"=" + packed.String()}},
		"archive, cut short": {packed.Bytes()[:packed.Len()-30], 8, nil},
	} {
		for range 2 {
			var got []string
			l := Defaults()
			l.Depth = tt.depth
			cov := new(scanners.Coverage)
			res, err := Walk(context.Background(), File{At: bytes.NewReader(tt.data), Size: int64(len(tt.data)), Itself: true}, l, cov, func(text *Text) error {
				if int(text.Number) != len(got) {
					t.Errorf("%s: text %q has number %d", name, text.Path, text.Number)
				}
				b, err := io.ReadAll(text.R)
				got = append(got, text.Path+"="+string(b))
				return err
			})
			if err != nil || !res.Whole || int(res.Texts) != len(got) {
				t.Errorf("%s: %+v, %v", name, res, err)
			}
			if tt.want != nil && !slices.Equal(got, tt.want) {
				t.Errorf("%s: %q, want %q", name, got, tt.want)
			}
			if last := "=" + string(tt.data); tt.want == nil && got[len(got)-1] != last {
				t.Errorf("%s: its bytes are not among %q", name, got)
			}
		}
	}
}
