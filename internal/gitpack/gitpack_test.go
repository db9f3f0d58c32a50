package gitpack_test

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// git runs git without any configuration but the repository's.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "HOME="+dir,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.com",
		"GIT_AUTHOR_DATE=2024-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2024-01-02T03:04:05Z")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// makeRepo makes a repository whose files change in ways that give deltas.
func makeRepo(t testing.TB, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, append([]string{"init", "-q", "-b", "main"}, args...)...)
	rng := rand.New(rand.NewPCG(1, 1))
	lines := make([]string, 400)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d %x", i, rng.Uint64())
	}
	for i := range 40 {
		for range 5 {
			lines[rng.IntN(len(lines))] = fmt.Sprintf("changed in %d %x", i, rng.Uint64())
		}
		write(t, dir, "big.txt", strings.Join(lines, "\n"))
		write(t, dir, fmt.Sprintf("d/f%d.txt", i%7), strings.Join(lines[:20*(i%9)], "\n"))
		git(t, dir, "add", "-A")
		git(t, dir, "commit", "-q", "-m", fmt.Sprint("commit ", i))
	}
	git(t, dir, "tag", "-a", "-m", "a tag", "v1")
	return dir
}

func write(t testing.TB, dir, name, text string) {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// verify walks and reads every object, and compares its hash with its name
// and the set of names with what git says.
func verify(t *testing.T, dir string, hashLen int) {
	t.Helper()
	objects := strings.TrimSpace(git(t, dir, "rev-parse", "--git-path", "objects"))
	if !filepath.IsAbs(objects) {
		objects = filepath.Join(dir, objects)
	}
	s, problems := gitpack.Open([]string{objects}, hashLen)
	defer s.Close()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var mu sync.Mutex
	var got []string
	err := s.Walk(context.Background(), gitpack.WalkOptions{
		Workers: 3,
		Visit: func(_ int, o *gitpack.Object) error {
			name := nameOf(t, o, hashLen)
			if id := s.ID(o.N); id.String() != name {
				t.Errorf("object %s has the content of %s", id, name)
			}
			mu.Lock()
			got = append(got, name+" "+o.Type.String())
			mu.Unlock()
			return nil
		},
		Skip: func(p gitpack.Problem) { t.Error(p) },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(git(t, dir, "cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)")), "\n")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("walked %d objects, git lists %d", len(got), len(want))
	}
	for _, line := range want {
		id, _ := gitpack.ParseID(line[:2*hashLen])
		n, ok := s.Lookup(id)
		if !ok {
			t.Fatalf("Lookup(%s) finds nothing", id)
		}
		o, err := s.Read(n)
		if err != nil {
			t.Fatal(err)
		}
		if name := nameOf(t, &o, hashLen); name != id.String() {
			t.Errorf("Read(%s) has the content of %s", id, name)
		}
		if ids := s.Prefix(id.String()[:9], 3); len(ids) != 1 || ids[0] != id {
			t.Errorf("Prefix(%s) = %v", id.String()[:9], ids)
		}
	}
}

func nameOf(t *testing.T, o *gitpack.Object, hashLen int) string {
	t.Helper()
	var h hash.Hash = sha1.New()
	if hashLen == 32 {
		h = sha256.New()
	}
	fmt.Fprintf(h, "%s %d\x00", o.Type, o.Size)
	if _, err := io.Copy(h, o.Content()); err != nil {
		t.Error(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestStore(t *testing.T) {
	loose := makeRepo(t)
	t.Run("loose", func(t *testing.T) { verify(t, loose, 20) })
	for name, args := range map[string][]string{
		"ofs-delta":    {"repack", "-adfq", "--depth=50", "--window=50"},
		"ref-delta":    {"-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq"},
		"idx-v1":       {"-c", "pack.indexVersion=1", "repack", "-adfq"},
		"no-delta":     {"repack", "-adfq", "--depth=0"},
		"many-packs":   {"-c", "pack.packSizeLimit=1m", "repack", "-adfq"},
		"duplicates":   {"repack", "-q"},
		"multi-pack":   {"repack", "-adq", "--write-midx"},
		"cruft":        {"repack", "-q", "--cruft", "-d"},
		"commit-graph": {"commit-graph", "write", "--reachable"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			git(t, dir, "clone", "-q", "--mirror", loose, ".")
			git(t, dir, args...)
			verify(t, dir, 20)
		})
	}
	t.Run("idx-64-bit-offsets", func(t *testing.T) {
		dir := t.TempDir()
		git(t, dir, "clone", "-q", "--mirror", loose, ".")
		git(t, dir, "repack", "-adfq")
		packs, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack"))
		os.Remove(strings.TrimSuffix(packs[0], "pack") + "idx")
		git(t, dir, "index-pack", "--index-version=2,0x40", packs[0])
		verify(t, dir, 20)
	})
	t.Run("sha256", func(t *testing.T) {
		dir := makeRepo(t, "--object-format=sha256")
		verify(t, dir, 32)
		git(t, dir, "repack", "-adq")
		verify(t, dir, 32)
	})
}

// TestRealRepositories verifies the repositories that are named in the
// environment, which is how the reader meets packs that others wrote.
func TestRealRepositories(t *testing.T) {
	for _, dir := range filepath.SplitList(os.Getenv("WHOSEKEY_REPOSITORIES")) {
		t.Run(filepath.Base(dir), func(t *testing.T) { verify(t, dir, 20) })
	}
}

func BenchmarkWalk(b *testing.B) {
	dir := makeRepo(b)
	git(b, dir, "repack", "-adfq")
	s, _ := gitpack.Open([]string{filepath.Join(dir, ".git/objects")}, 20)
	defer s.Close()
	for b.Loop() {
		n := int64(0)
		s.Walk(context.Background(), gitpack.WalkOptions{Workers: 1, Visit: func(_ int, o *gitpack.Object) error {
			n += o.Size
			return nil
		}})
		b.SetBytes(n)
	}
}
