package gitrepo

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/identity"
)

// treeOf opens a repository for the search of people.
func peopleOf(t *testing.T, dir string) *Tree {
	t.Helper()
	r, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r.Tree()
}

func putFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func commitAs(t *testing.T, dir, who, message string) string {
	t.Helper()
	runGit(t, dir, "", "add", "-A")
	runGit(t, dir, "", "commit", "-q", "--allow-empty", "--author", who, "-m", message)
	return strings.TrimSpace(runGit(t, dir, "", "rev-parse", "HEAD"))
}

func TestTreeReadsAnyRevision(t *testing.T) {
	for _, bare := range []bool{false, true} {
		dir := t.TempDir()
		runGit(t, dir, "", "init", "-q", "-b", "main")
		runGit(t, dir, "", "remote", "add", "origin", "https://user:pw@git.example.com/acme/api.git")
		putFile(t, filepath.Join(dir, "CODEOWNERS"), "* @old\n")
		putFile(t, filepath.Join(dir, "a/b/c.txt"), "hello")
		if err := os.Symlink("a/b/c.txt", filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
		first := commitAs(t, dir, "Jane Doe <jane@acme.example>", "one")
		putFile(t, filepath.Join(dir, "CODEOWNERS"), "\xff\xfe*\x00 \x00@\x00n\x00e\x00w\x00\n\x00")
		commitAs(t, dir, "Jane Doe <jane@acme.example>", "two")
		putFile(t, filepath.Join(dir, "CODEOWNERS"), "* @uncommitted\n")
		if bare {
			to := filepath.Join(t.TempDir(), "api.git")
			runGit(t, dir, "", "clone", "-q", "--bare", dir, to)
			dir = to
		}
		tree := peopleOf(t, dir)
		if !bare && tree.Name() != "acme/api" {
			t.Errorf("Name() = %q", tree.Name())
		}
		for rev, want := range map[string]string{"": "* @new\n", first: "* @old\n"} {
			got, whole, err := tree.ReadFile(t.Context(), rev, "CODEOWNERS", 100)
			if string(got) != want || !whole || err != nil {
				t.Errorf("bare %v, revision %q: %q, %v, %v, want %q", bare, rev, got, whole, err, want)
			}
		}
		if got, whole, err := tree.ReadFile(t.Context(), "", "a/b/c.txt", 4); string(got) != "hell" || whole || err != nil {
			t.Errorf("a part: %q, %v, %v", got, whole, err)
		}
		for _, path := range []string{"link", "a/b", "a", "a/b/c.txt/d", "", "/", "a//b/c.txt", "../x", ".git/config"} {
			if _, _, err := tree.ReadFile(t.Context(), "", path, 100); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%q: error %v", path, err)
			}
		}
		files, err := tree.Files(t.Context(), "")
		if fmt.Sprint(files) != "[{CODEOWNERS -1} {a/b/c.txt -1}]" || err != nil {
			t.Errorf("files %v, %v", files, err)
		}
		if tree.LastCommit(t.Context()).IsZero() {
			t.Error("no time of the last commit")
		}
	}
}

func TestTreePeople(t *testing.T) {
	dir := t.TempDir()
	runGit(t, dir, "", "init", "-q", "-b", "main")
	putFile(t, filepath.Join(dir, ".mailmap"), "Jane Doe <jane@acme.example> <jd@home.example>\n")
	id := commitAs(t, dir, "jd <JD@home.example>", "x\n\nCo-authored-by: Max <max@acme.example>\nco-authored-by: dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>\nCo-authored-by: jane <jd@home.example>\n")
	c, err := peopleOf(t, dir).Commit(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if want := (identity.Person{Name: "Jane Doe", Email: "jane@acme.example"}); c.Author != want {
		t.Errorf("author %v", c.Author)
	}
	if fmt.Sprint(c.CoAuthors) != "[{Max max@acme.example}]" {
		t.Errorf("co-authors %v", c.CoAuthors)
	}
	if _, err := peopleOf(t, dir).Commit(t.Context(), strings.Repeat("1", 40)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a commit that is not there: %v", err)
	}
}

// TestMailmapIsGits compares with git check-mailmap.
func TestMailmapIsGits(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
	person := func() string {
		return pick("", "Ann", "BOB b", " Ann ", "#x") + pick(" ", "") + "<" + pick("a@x", "A@X", "b@x", "c d@x", "") + ">"
	}
	dir := t.TempDir()
	runGit(t, dir, "", "init", "-q")
	for range 60 {
		var b strings.Builder
		for range 1 + rnd.IntN(6) {
			b.WriteString(pick("", "# ", "") + person() + pick("", " ", "  # c") + pick("", person(), person()) + pick("\n", "\r\n", " \n", "<\n"))
		}
		putFile(t, filepath.Join(dir, ".mailmap"), b.String())
		m := parseMailmap([]byte(b.String()))
		for _, who := range []string{"Ann <a@x>", "bob B <b@x>", "ANN <B@X>", "Z <c d@x>"} {
			name, addr, _ := strings.Cut(who, " <")
			p := m.person(identity.Person{Name: name, Email: strings.TrimSuffix(addr, ">")})
			want := strings.TrimSpace(runGit(t, dir, "", "check-mailmap", who))
			if got := p.Name + " <" + p.Email + ">"; got != want {
				t.Fatalf("with %q: %q is %q, git says %q", b.String(), who, got, want)
			}
		}
	}
}

// TestRecentIsGits compares with git log, which counts merges in another way.
func TestRecentIsGits(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	dir := t.TempDir()
	runGit(t, dir, "", "init", "-q", "-b", "main")
	people := []string{"Ann <a@x>", "Bob <b@x>", "renovate[bot] <29139614+renovate[bot]@users.noreply.github.com>"}
	paths := []string{"a", "d/a", "d/e/f", "d/e", "d"}
	date := time.Now().Add(-200 * 24 * time.Hour)
	for i := range 60 {
		date = date.Add(72 * time.Hour)
		t.Setenv("GIT_AUTHOR_DATE", date.Format(time.RFC3339))
		t.Setenv("GIT_COMMITTER_DATE", date.Format(time.RFC3339))
		if i%7 == 3 {
			runGit(t, dir, "", "checkout", "-q", "-B", "side", fmt.Sprintf("HEAD~%d", rnd.IntN(3)))
		}
		p := filepath.Join(dir, paths[rnd.IntN(3)])
		if rnd.IntN(5) == 0 {
			putFile(t, p, "") // deleting would make merges fail
		} else {
			putFile(t, p, fmt.Sprint(rnd.IntN(1000)))
		}
		commitAs(t, dir, people[rnd.IntN(len(people))], "x")
		if i%7 == 5 {
			runGit(t, dir, "", "checkout", "-q", "main")
			runGit(t, dir, "", "merge", "-q", "--no-commit", "-s", "ours", "side")
			commitAs(t, dir, "Merger <m@x>", "merge")
		}
	}
	tree := peopleOf(t, dir)
	since := time.Now().Add(-90 * 24 * time.Hour)
	for _, path := range paths {
		out := runGit(t, dir, "", "log", "--full-history", "--no-merges", "--format=%an", "--since="+since.Format(time.RFC3339), "HEAD", "--", path)
		want := map[string]int{}
		for _, name := range strings.Fields(out) {
			if name != "renovate[bot]" {
				want[name]++
			}
		}
		acts, err := tree.Recent(t.Context(), path, since)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, a := range acts {
			got[a.Name] = a.Commits
		}
		if got["Merger"] > 0 {
			t.Errorf("%s: merges that take over what a parent has count: %v", path, got)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, git says %v", path, got, want)
		}
		if !slices.IsSortedFunc(acts, func(a, b identity.Activity) int { return b.Commits - a.Commits }) {
			t.Errorf("%s: not sorted: %v", path, acts)
		}
	}
}

func FuzzMailmap(f *testing.F) {
	f.Add([]byte("A <a@x> B <b@x>\n<c@x> <d@x>\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		parseMailmap(data).person(identity.Person{Name: "B", Email: "b@x"})
	})
}

var _ identity.Repository = (*Tree)(nil)
