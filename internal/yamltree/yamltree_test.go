package yamltree

import (
	"fmt"
	"strings"
	"testing"
)

func parse(t *testing.T, text string) *Node {
	t.Helper()
	docs, err := Parse([]byte(text))
	if err != nil || len(docs) == 0 {
		t.Fatalf("Parse = %d documents, %v", len(docs), err)
	}
	return docs[0]
}

func TestGet(t *testing.T) {
	n := parse(t, "base: &b {image: alpine, env: {A: 1}}\njob:\n  <<: *b\n  script: [one, two]\nmany:\n  <<: [{x: 1}, *b]\n")
	for _, c := range []struct{ keys, want string }{
		{"base image", "alpine"}, {"job image", "alpine"}, {"job env A", "1"}, {"many x", "1"}, {"many image", "alpine"}, {"job nothing", ""}, {"job script", ""},
	} {
		if got := Text(Get(n, strings.Fields(c.keys)...)); got != c.want {
			t.Errorf("Get(%s) = %q, want %q", c.keys, got, c.want)
		}
	}
	if got := Words(Get(n, "job", "script")); strings.Join(got, " ") != "one two" {
		t.Errorf("Words = %q", got)
	}
	if got := Get(n, "job", "script").Line; got != 4 {
		t.Errorf("line %d, want 4", got)
	}
}

// laughs is a document whose last line has 9 to the power of levels words.
func laughs(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n")
	for i := 1; i < levels; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 8), i-1)
	}
	return b.String()
}

func TestLaughsEnd(t *testing.T) {
	visits := 0
	left := Scalars(parse(t, laughs(6)), 10_000, func([]string, *Node) bool { visits++; return true })
	if visits > 10_000 || left > 0 {
		t.Errorf("%d visits, %d steps left", visits, left)
	}
}

// TestLaughsAreTold: what nobody can walk to its end is an error, and the documents before
// it are there.
func TestLaughsAreTold(t *testing.T) {
	for _, text := range []string{laughs(30), "a: &a\n  b: *a\n", "a: &a [x, {<<: *a}]\n"} {
		if docs, err := Parse([]byte("x: 1\n---\n" + text)); len(docs) != 1 || err == nil {
			t.Errorf("%.30q: %d documents, %v", text, len(docs), err)
		}
	}
	if docs, err := Parse([]byte("a: &a [x]\nb: {<<: &m {c: *a}, d: *a}\ne: *m\n")); len(docs) != 1 || err != nil {
		t.Errorf("%d documents, %v", len(docs), err)
	}
}

func TestErrorsQuoteNothing(t *testing.T) {
	_, err := Parse([]byte("a: b\n  hunter2: [\n"))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("a: &x [1, *x]\n<<: *x\n---\nb: !!binary x\n"))
	f.Add([]byte("? [a]\n: {b: *c}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, _ := Parse(data)
		for _, d := range docs {
			Get(d, "a", "b")
			Pairs(d)
			Words(d)
			Scalars(d, 1000, func([]string, *Node) bool { return true })
		}
	})
}
