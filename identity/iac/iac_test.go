package iac

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// A tree is a repository in memory.
type tree struct {
	identity.Repository
	files map[string]string
	reads int
}

func (t *tree) Name() string { return "acme/test" }

func (t *tree) Files(context.Context, string) (out []identity.File, err error) {
	for p, text := range t.files {
		out = append(out, identity.File{Path: p, Size: int64(len(text))})
	}
	slices.SortFunc(out, func(a, b identity.File) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

func (t *tree) ReadFile(_ context.Context, _, path string, limit int64) ([]byte, bool, error) {
	t.reads++
	text, ok := t.files[path]
	if !ok {
		return nil, false, fs.ErrNotExist
	}
	return []byte(text[:min(int64(len(text)), limit)]), int64(len(text)) <= limit, nil
}

// madeUp stands where a tree of testdata has @N@: made up here, so that no file
// looks as if it leaked.
func madeUp(n int) string { return fmt.Sprintf("zq%dX", n) + strings.Repeat("k7Rt", 6) + fmt.Sprint(n) }

// load reads a tree of testdata.
func load(t testing.TB, name string) *tree {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	r := &tree{files: map[string]string{}}
	for _, f := range txtar.Parse(data).Files {
		text := string(f.Data)
		for n := range 10 {
			text = strings.ReplaceAll(text, fmt.Sprintf("@%d@", n), madeUp(n))
		}
		r.files[f.Name] = text
	}
	return r
}

// query asks for credential n of a tree, in a file.
func (r *tree) query(t testing.TB, provider, path string, n int, known ...leak.Evidence) *identity.Query {
	t.Helper()
	q := &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{ID: "x", Provider: provider}}, Repo: r, Known: known, Now: time.Unix(1.7e9, 0),
		Lose: func(what string) { t.Log("lost: " + what) }}
	if path == "" {
		return q
	}
	text := r.files[path]
	at := strings.Index(text, madeUp(n))
	if at < 0 {
		t.Fatalf("no credential %d in %s", n, path)
	}
	p := identity.Place{Text: []byte(text), Start: at, End: at + len(madeUp(n)), FirstLine: 1}
	p.Path, p.AtHead = path, true
	p.Line = 1 + strings.Count(text[:at], "\n")
	q.Places = []identity.Place{p}
	return q
}

func known(claim, value string) leak.Evidence {
	return leak.Evidence{Class: leak.FromStructure, Claim: claim, Value: value, Weight: .97}
}

// written writes an answer down, without reasons.
func written(a identity.Answer) string {
	var b strings.Builder
	for _, d := range a.Declared {
		fmt.Fprintf(&b, "declared %s %s %s\n", d.Kind, d.Address, d.Ref)
	}
	for _, e := range a.Evidence {
		fmt.Fprintf(&b, "%s %s %.2f %s\n", e.Claim, e.Value, e.Weight, e.Ref)
	}
	for _, o := range a.Owners {
		fmt.Fprintf(&b, "owner %s %s %.2f %s\n", o.Kind, o.Name, o.Confidence, o.Ref)
	}
	for _, c := range a.Consumers {
		fmt.Fprintf(&b, "used by %s %s %s (%s)\n", c.Kind, c.Name, c.Ref, c.Via)
	}
	return b.String()
}

func resolve(t testing.TB, q *identity.Query) identity.Answer {
	t.Helper()
	a, err := New().Resolve(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var update = flag.Bool("update", false, "write the answers to testdata/answers.txtar")

// check compares the answer to q with the section of testdata/answers.txtar that
// has the test's name.
func check(t *testing.T, q *identity.Query) {
	t.Helper()
	a := resolve(t, q)
	got := written(a)
	const name = "testdata/answers.txtar"
	ar, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == t.Name() })
	switch {
	case *update && i < 0:
		ar.Files = append(ar.Files, txtar.File{Name: t.Name(), Data: []byte(got)})
	case *update:
		ar.Files[i].Data = []byte(got)
	case i < 0:
		t.Errorf("no answer is written for it, got\n%s", got)
	default:
		if diff := cmp.Diff(strings.Split(string(ar.Files[i].Data), "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	if *update {
		if err := os.WriteFile(name, txtar.Format(ar), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	all := fmt.Sprintf("%+v", a)
	for n := range 10 {
		if strings.Contains(all, madeUp(n)) {
			t.Errorf("the answer holds credential %d", n)
		}
	}
	for _, o := range a.Owners {
		if strings.Contains(o.Name+o.Reason, "@") && !strings.HasPrefix(o.Name, "@") {
			t.Errorf("an address in %q, %q", o.Name, o.Reason)
		}
	}
}
