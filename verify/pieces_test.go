package verify

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPieces: every verifier in Go says which pieces it makes use of, and the program
// reads no other.
func TestPieces(t *testing.T) {
	var all []string
	for name, make := range builtins {
		p, ok := make().(pieced)
		if !ok {
			t.Errorf("%s does not say which pieces it uses", name)
			continue
		}
		all = append(all, p.Pieces()...)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	read := regexp.MustCompile(`\bpart\("([a-z_]+)"\)`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "table") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range read.FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains(all, m[1]) {
				t.Errorf("%s reads %s, which nobody says", file, m[1])
			}
		}
	}
}
