package gitrepo

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// indexRepo makes a work tree with some staged files.
func indexRepo(t testing.TB, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	runGit(t, dir, "", append([]string{"init", "-q", "-b", "main"}, args...)...)
	for i := range 40 {
		writeFile(t, dir, fmt.Sprintf("d%d/sub dir/f%d.txt", i%5, i), fmt.Sprint("text ", i))
	}
	writeFile(t, dir, "top", "x")
	writeFile(t, dir, strings.Repeat("long/", 60)+"name", "y")
	runGit(t, dir, "", "add", "-A")
	runGit(t, dir, "", "commit", "-q", "-m", "first")
	writeFile(t, dir, "top", "changed")
	writeFile(t, dir, "d1/new", "new")
	runGit(t, dir, "", "add", "-A")
	runGit(t, dir, "", "rm", "-q", "--cached", "d2/sub dir/f2.txt")
	return dir
}

func writeFile(t testing.TB, dir, name, text string) {
	t.Helper()
	name = filepath.Join(dir, name)
	os.MkdirAll(filepath.Dir(name), 0o755)
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// checkIndex compares readIndex with git ls-files.
func checkIndex(t *testing.T, dir string) {
	t.Helper()
	r, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	entries, err := r.readIndex()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range r.expandSparse(entries) {
		got = append(got, fmt.Sprintf("%06o %s %d\t%s", e.mode, e.id, e.stage, e.path))
	}
	want := strings.Split(strings.TrimSuffix(runGit(t, dir, "", "ls-files", "-s", "-z"), "\x00"), "\x00")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestIndexTwin(t *testing.T) {
	for name, setUp := range map[string]func(dir string, git func(args ...string)){
		"version 2": func(_ string, git func(...string)) { git("update-index", "--index-version=2") },
		"version 4": func(_ string, git func(...string)) { git("update-index", "--index-version=4", "--force-write-index") },
		"version 3, intent to add": func(dir string, git func(...string)) {
			writeFile(t, dir, "later", "z")
			git("add", "-N", "later")
		},
		"version 3, skip worktree": func(_ string, git func(...string)) { git("update-index", "--skip-worktree", "d1/new") },
		"split": func(dir string, git func(...string)) {
			git("-c", "splitIndex.maxPercentChange=100", "update-index", "--split-index")
			for i := range 5 {
				writeFile(t, dir, fmt.Sprintf("d%d/sub dir/f%d.txt", i, i+5), "changed in split")
				writeFile(t, dir, fmt.Sprintf("d%d/more", i), "more")
			}
			git("-c", "splitIndex.maxPercentChange=100", "add", "-A")
			git("-c", "splitIndex.maxPercentChange=100", "rm", "-q", "--cached", "top", "d4/more")
		},
		"split, version 4": func(dir string, git func(...string)) {
			git("update-index", "--index-version=4")
			git("-c", "splitIndex.maxPercentChange=100", "update-index", "--split-index")
			writeFile(t, dir, "d1/new", "newer")
			git("-c", "splitIndex.maxPercentChange=100", "add", "d1/new")
		},
		"sparse": func(_ string, git func(...string)) {
			git("commit", "-q", "-m", "second")
			git("sparse-checkout", "init", "--cone", "--sparse-index")
			git("sparse-checkout", "set", "d1")
		},
		"untracked cache": func(_ string, git func(...string)) {
			git("update-index", "--force-untracked-cache")
			git("status")
		},
		"fsmonitor": func(_ string, git func(...string)) {
			git("config", "core.fsmonitor", "true")
			git("update-index", "--fsmonitor-valid", "top")
			git("config", "core.fsmonitor", "false")
		},
		"no checksum": func(_ string, git func(...string)) {
			git("-c", "index.skipHash=true", "update-index", "--force-write-index")
		},
		"threads": func(_ string, git func(...string)) {
			git("-c", "index.threads=4", "update-index", "--index-version=4", "--force-write-index")
		},
		"conflict": func(dir string, git func(...string)) {
			git("commit", "-q", "-m", "second")
			git("checkout", "-q", "-f", "-b", "other", "HEAD~1")
			writeFile(t, dir, "top", "otherwise")
			git("commit", "-q", "-am", "third")
			git("config", "alias.try", "!git merge -q main || true")
			git("try")
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := indexRepo(t)
			setUp(dir, func(args ...string) { runGit(t, dir, "", args...) })
			checkIndex(t, dir)
			head, _ := gitpack.ParseID(strings.TrimSpace(runGit(t, dir, "", "rev-parse", "HEAD^{tree}")))
			compareStaged(t, dir, name, "", []gitpack.ID{head})
		})
	}
	t.Run("sha256", func(t *testing.T) { checkIndex(t, indexRepo(t, "--object-format=sha256")) })
}

// forged makes an index without a checksum.
func forged(version byte, body string) []byte {
	return []byte("DIRC\x00\x00\x00" + string(version) + "\x00\x00\x00\x02" + body + strings.Repeat("\x00", 20))
}

// TestIndexStrip: nine bytes of a number overflowed to a negative one, with
// which a path was cut.
func TestIndexStrip(t *testing.T) {
	entry := strings.Repeat("\x00", 62)
	if _, err := parseIndex(forged(4, entry+"\x00a\x00"+entry+strings.Repeat("\xff", 8)+"\x7fa\x00"), 20); err == nil {
		t.Error("no error")
	}
}

// TestEWAHRuns: runs add up to more than an int.
func TestEWAHRuns(t *testing.T) {
	for _, b := range []string{
		"\x00\x00\x00\x40\x00\x00\x00\x02" + "\x00\x00\x00\x01\xff\xff\xff\xff" + "\x00\x00\x00\x03\xff\xff\xff\xff" + "\x00\x00\x00\x00rest",
		"\x00\x00\x00\x40\x00\x00\x00\x02" + "\x00\x00\x00\x02\x00\x00\x00\x02" + "\x00\x00\x00\x00\x00\x00\x00\x05" + "\x00\x00\x00\x00rest",
	} {
		bits, rest, err := readEWAH([]byte(b), 100)
		if err != nil || len(bits) != 100 || string(rest) != "rest" {
			t.Errorf("%v %q %v", bits, rest, err)
		}
	}
}

func FuzzIndexFile(f *testing.F) {
	entry := strings.Repeat("\x00", 60)
	f.Add(forged(2, entry+"\x00\x01a\x00"+entry+"\x00\x01b\x00"), false)
	f.Add(forged(4, entry+"\x00\x01\x00a\x00"+entry+"\x00\x01\x01b\x00link\x00\x00\x00\x14"+strings.Repeat("i", 20)), false)
	f.Add(forged(3, entry+"\x40\x01\x00\x00a\x00TREE\xff\xff\xff\xff"), true)
	f.Fuzz(func(t *testing.T, data []byte, long bool) {
		hash := 20
		if long {
			hash = 32
		}
		if n := len(data); n >= hash { // without a checksum, or none gets far
			clear(data[n-hash:])
		}
		x, err := parseIndex(data, hash)
		if err == nil && x.link != nil && len(x.link) >= hash {
			readEWAH(x.link[hash:], len(x.entries))
		}
	})
}

func FuzzEWAH(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x40\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00"), uint16(100))
	f.Fuzz(func(t *testing.T, data []byte, n uint16) {
		bits, rest, err := readEWAH(data, int(n))
		if err == nil && (len(bits) != int(n) || len(rest) > len(data)) {
			t.Errorf("%d bits, %d bytes left", len(bits), len(rest))
		}
	})
}
