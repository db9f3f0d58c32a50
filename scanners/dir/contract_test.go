package dir

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/scannertest"
)

// write makes a tree of files; those of a name that ends in a slash are folders.
func write(t testing.TB, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(root, filepath.FromSlash(name))
		parent := filepath.Dir(p)
		if strings.HasSuffix(name, "/") {
			parent = p
		}
		if err := os.MkdirAll(parent, 0o777); err != nil {
			t.Fatal(err)
		}
		if parent != p {
			if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func mustNew(t testing.TB, o Options) *Source {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// filler is text of n bytes.
func filler(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "line %d of the text\n", i)
	}
	return b.String()[:n]
}

func utf16le(s string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, c := range []byte(s) {
		b.WriteByte(c)
		b.WriteByte(0)
	}
	return b.String()
}

// openers are the ways to open a folder, of which each system has one.
var openers = map[string]func(string) (folder, error){"native": openFolder, "os.Root": openRootFolder}

func TestAcceptSource(t *testing.T) {
	files := map[string]string{
		"empty": "", "a": "1", "dir/b": "two\n", "dir/sub/c": filler(5000), "none/": "", "dir/.hidden": "h",
		"whole": filler(maxWhole), "more": filler(maxWhole + 1), "large": filler(3*maxWhole + 17),
	}
	for i := range 200 {
		files[fmt.Sprintf("many/%03d", i)] = filler(i)
	}
	want := map[string][]byte{}
	for name, text := range files {
		if !strings.HasSuffix(name, "/") {
			want[name] = []byte(text)
		}
	}
	root := t.TempDir()
	write(t, root, files)
	wide := filler(maxWhole)
	write(t, root, map[string]string{"wide": utf16le("short"), "dir/wide": utf16le(wide)})
	want["wide"], want["dir/wide"] = []byte("short"), []byte(wide)
	for name, open := range openers {
		for _, workers := range []int{1, 2, 8} {
			t.Run(fmt.Sprintf("%s, %d workers", name, workers), func(t *testing.T) {
				scannertest.Accept(t, func() scanners.Source {
					s := mustNew(t, Options{Paths: []string{root}, Workers: workers})
					s.open = open
					return s
				}, want)
			})
		}
	}
}

func TestAcceptStdin(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "short": "x", "long": filler(3*chunkSize + 17), "wide": utf16le("in UTF-16, short"),
	} {
		want, _ := scanners.DecodeBytes([]byte(text))
		for _, most := range []int64{maxInMemory, 1000, 0} {
			t.Run(fmt.Sprintf("%s, %d in memory", name, most), func(t *testing.T) {
				scannertest.Accept(t, func() scanners.Source {
					s := NewStdin(iotest.HalfReader(bytes.NewReader([]byte(text))), "", 2)
					s.kept.most = most
					t.Cleanup(func() { s.Close() })
					return s
				}, map[string][]byte{"": want})
			})
		}
	}
}
