package inventory

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPagesInAList: a list of pages, as gh api --paginate --slurp writes it, is read as the
// pages are, in every dialect.
func TestPagesInAList(t *testing.T) {
	files, err := filepath.Glob("testdata/dialects/*.json")
	if err != nil {
		t.Fatal(err)
	}
	lists := 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.TrimSpace(string(data))
		if text[0] != '[' || strings.HasSuffix(name, "names.json") {
			continue
		}
		lists++
		plain := load(t, Options{}, text)
		want, lost := asLines(t, plain), plain.Lost
		for _, form := range []string{"[%s]", "[ [],\n %s, []]", "[%s,\n\n[]]"} {
			inv := load(t, Options{}, fmt.Sprintf(form, text))
			if got := asLines(t, inv); got != want || inv.Lost != lost {
				t.Errorf("%s as %s, %d lost: %v\n%s\nwant\n%s", name, form, inv.Lost, inv.Problems, got, want)
			}
		}
	}
	if lists < 5 {
		t.Errorf("%d lists", lists)
	}
}

func asLines(t *testing.T, inv *Inventory) string {
	var b strings.Builder
	for _, e := range entries(t, inv) {
		b.WriteString(line(e) + "\n")
	}
	return b.String()
}

func TestPages(t *testing.T) {
	const a, b = `{"id":"id-1","name":"svc-one","provider":"acme"}`, `{"id":"id-2","name":"svc-two","provider":"acme"}`
	large := strings.Repeat(" ", 70_000)
	for _, c := range []struct {
		text       string
		want, lost int
	}{
		{"[[" + a + "],[" + b + "]]", 2, 0},
		{"[[" + a + "]," + large + "[" + large + b + "]]", 2, 0},                                // the next page is not in the buffer
		{`[{"value":[` + a + `],"@odata.nextLink":"x"},{"value":[` + b + `]}]`, 2, 0},           // az rest, in a list
		{`[{"total_count":2,"users":[` + a + `]},{"total_count":2,"users":[` + b + `]}]`, 2, 0}, // gh
		{`[{"id":"id-1","name":"x","provider":"acme","roles":[{"name":"a"}]}]`, 1, 0},           // roles of one
		{`[{"value":[]},{"value":[` + a + `]},{"value":[]}]`, 1, 0},
		{`[["svc-one","svc-two"]]`, 0, 2},             // the cells of a row
		{"[[" + a + `],["svc"],7,[` + b + "]]", 2, 2}, // the rest goes on
		{"[[" + a + "],[", 1, 1},                      // cut off
		{strings.Repeat("[", 100_000), 0, 1},          // too deep
		{strings.Repeat("[", 100) + strings.Repeat("]", 100), 0, 1},
	} {
		inv := load(t, Options{}, c.text)
		if n := len(entries(t, inv)); n != c.want || inv.Lost != c.lost {
			t.Errorf("%.60s: %d identities, %d lost, want %d and %d: %v", c.text, n, inv.Lost, c.want, c.lost, inv.Problems)
		}
	}
}
