package gitrepo

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// TestNothingStaged: what the cache of trees says is what git says, and is not asked where
// git does not ask it.
func TestNothingStaged(t *testing.T) {
	for name, set := range map[string]struct {
		up    func(dir string, git func(args ...string))
		quick bool
		args  []string
	}{
		"committed": {quick: true, up: func(string, func(...string)) {}},
		"sha256":    {quick: true, up: func(string, func(...string)) {}, args: []string{"--object-format=sha256"}},
		"version 4": {quick: true, up: func(_ string, git func(...string)) {
			git("update-index", "--index-version=4", "--force-write-index")
		}},
		"changed, not staged": {quick: true, up: func(dir string, _ func(...string)) { writeFile(t, dir, "top", "again") }},
		"other extensions": {quick: true, up: func(_ string, git func(...string)) {
			git("update-index", "--force-untracked-cache", "--force-write-index")
			git("-c", "index.threads=4", "update-index", "--force-write-index")
		}},
		"no checksum": {quick: true, up: func(_ string, git func(...string)) {
			git("-c", "index.skipHash=true", "update-index", "--force-write-index")
		}},
		"sparse": {quick: true, up: func(_ string, git func(...string)) {
			git("sparse-checkout", "init", "--cone", "--sparse-index")
			git("sparse-checkout", "set", "d1")
		}},
		"staged": {up: func(dir string, git func(...string)) {
			writeFile(t, dir, "d3/sub dir/f3.txt", "again")
			git("add", "-A")
		}},
		"removed": {up: func(_ string, git func(...string)) { git("rm", "-q", "--cached", "top") }},
		"mode":    {up: func(_ string, git func(...string)) { git("update-index", "--chmod=+x", "top") }},
		"staged, tree written": {up: func(dir string, git func(...string)) {
			writeFile(t, dir, "top", "again")
			git("add", "-A")
			git("write-tree")
		}},
		"intent to add": {up: func(dir string, git func(...string)) {
			writeFile(t, dir, "later", "z")
			git("add", "-N", "later")
		}},
		"split": {up: func(_ string, git func(...string)) { git("update-index", "--split-index") }},
		"conflict": {up: func(dir string, git func(...string)) {
			git("checkout", "-q", "-f", "-b", "other", "HEAD~1")
			writeFile(t, dir, "top", "otherwise")
			git("commit", "-q", "-am", "third")
			git("config", "alias.try", "!git merge -q main || true")
			git("try")
		}},
		"no cache": {up: func(_ string, git func(...string)) {
			git("read-tree", "--empty")
			git("config", "alias.fill", "!git ls-tree -r HEAD | git update-index --index-info")
			git("fill")
		}},
		"tree is gone": {up: func(dir string, git func(...string)) {
			id := strings.TrimSpace(runGit(t, dir, "", "rev-parse", "HEAD^{tree}"))
			os.Remove(filepath.Join(dir, ".git", "objects", id[:2], id[2:]))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := indexRepo(t, set.args...)
			runGit(t, dir, "", "commit", "-q", "-m", "second")
			head, _ := gitpack.ParseID(strings.TrimSpace(runGit(t, dir, "", "rev-parse", "HEAD^{tree}")))
			set.up(dir, func(args ...string) { runGit(t, dir, "", args...) })
			if name == "conflict" {
				head, _ = gitpack.ParseID(strings.TrimSpace(runGit(t, dir, "", "rev-parse", "HEAD^{tree}")))
			}
			data, err := os.ReadFile(filepath.Join(dir, ".git", "index"))
			if err != nil {
				t.Fatal(err)
			}
			r := namedRepo(t, dir)
			if got := r.nothingStaged(data, []gitpack.ID{head}); got != set.quick {
				t.Errorf("nothing staged: %v", got)
			}
			if set.quick && runGit(t, dir, "", "diff", "--cached", "--raw") != "" {
				t.Error("git says that something is")
			}
			if r.nothingStaged(data, nil) || r.nothingStaged(data, []gitpack.ID{head, {}}) {
				t.Error("against no tree, or another one too: nothing staged")
			}
			if data[len(data)/2]++; r.nothingStaged(data, []gitpack.ID{head}) && name != "no checksum" {
				t.Error("damaged: nothing staged")
			}
		})
	}
}

func namedRepo(t *testing.T, dir string) *Repo {
	t.Helper()
	r, err := Open(dir, Options{Named: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// TestForgedCacheTree: git uses nothing of a cache of trees of which a part is broken, and
// commits what the entries say.
func TestForgedCacheTree(t *testing.T) {
	id := strings.Repeat("r", 20)
	for body, want := range map[string]bool{
		"\x002 0\n" + id:                         true,
		"\x002 1\n" + id + "a\x002 0\n" + id:     true,
		"\x002 1\n" + id + "a\x00-1 0\n":         true,
		"\x002 2\n" + id + "a\x001 0\n" + id:     false,
		"\x002 1\n" + id + "a\x001 0\n" + id[1:]: false,
		"\x002 1\n" + id + "\x001 0\n" + id:      false,
		"\x002 0\n" + id + "more":                false,
		"\x00-1 0\n":                             false,
		"\x00+2 0\n" + id:                        false,
		"a\x002 0\n" + id:                        false,
		"":                                       false,
		"\x002 1\n" + id + strings.Repeat("a\x001 1\n"+id, 1<<17): false,
	} {
		root, _, ok := readCacheTree([]byte(body), 20)
		if ok != want || ok && string(root.Bytes()) != id {
			t.Errorf("%.60q: %v", body, ok)
		}
	}
}

// slowCacheTree is readCacheTree as git's read_one() does it, but for what git never writes.
func slowCacheTree(data []byte, hash, depth int) (id []byte, n int64, rest []byte, ok bool) {
	name, data, a := bytes.Cut(data, []byte{0})
	count, data, b := bytes.Cut(data, []byte(" "))
	below, data, c := bytes.Cut(data, []byte("\n"))
	n, err := strconv.ParseInt(string(count), 10, 32)
	subs, err2 := strconv.ParseInt(string(below), 10, 32)
	if !a || !b || !c || err != nil || err2 != nil || (depth == 0) != (len(name) == 0) || depth > maxDepth {
		return nil, 0, nil, false
	}
	if n >= 0 {
		if len(data) < hash {
			return nil, 0, nil, false
		}
		id, data = data[:hash], data[hash:]
	}
	for range subs {
		if _, _, data, ok = slowCacheTree(data, hash, depth+1); !ok {
			return nil, 0, nil, false
		}
	}
	return id, n, data, true
}

func FuzzCacheTree(f *testing.F) {
	id := strings.Repeat("r", 20)
	f.Add([]byte("\x002 2\n"+id+"a\x001 1\n"+id+"b\x001 0\n"+id+"c\x00-1 0\n"), false)
	f.Add([]byte("\x00-1 1\na\x001 0\n"+id+strings.Repeat("s", 12)), true)
	f.Fuzz(func(t *testing.T, data []byte, long bool) {
		hash := 20
		if long {
			hash = 32
		}
		root, n, ok := readCacheTree(data, hash)
		id, m, rest, want := slowCacheTree(data, hash, 0)
		if ok && (!want || n != m || len(rest) > 0 || !bytes.Equal(root.Bytes(), id)) {
			t.Errorf("%x %d, want %x %d %v", root.Bytes(), n, id, m, want)
		}
	})
}
