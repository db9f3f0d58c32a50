//go:build unix

package gitrepo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// TestLinksShowNothing puts links to a private file in the place of each file
// that git has, and looks for its content in all that is said.
func TestLinksShowNothing(t *testing.T) {
	private := filepath.Join(t.TempDir(), "private")
	const secret = "hunter2"
	for _, text := range []string{"root:" + secret + ":0:0\n" + secret + "\n", secret, "ref: " + secret, "gitdir: /" + secret, "[core]\n" + secret + " = [\n", "[" + secret, "/" + secret + "\n"} {
		for _, name := range []string{"HEAD", "config", "packed-refs", "shallow", "commondir", "refs/heads/x", "refs/heads/main", "index", "MERGE_HEAD", "objects/info/alternates", "objects/pack/pack-x.idx", "objects/12/" + strings.Repeat("3", 38)} {
			dir := indexRepo(t)
			os.WriteFile(private, []byte(text), 0o644)
			path := filepath.Join(dir, ".git", name)
			os.Remove(path)
			os.MkdirAll(filepath.Dir(path), 0o755)
			if err := os.Symlink(private, path); err != nil {
				t.Fatal(err)
			}
			if said := everything(t, dir); strings.Contains(said, secret) {
				t.Errorf("%s with %q: %s", name, text, said)
			}
		}
		if testing.Short() {
			return
		}
	}
}

// everything does all that can be done with a repository and returns what was
// said about it.
func everything(t *testing.T, dir string) string {
	r, err := Open(dir, Options{})
	if err != nil {
		return err.Error()
	}
	defer r.Close()
	said := ""
	for _, open := range []func() (scanners.Source, error){
		func() (scanners.Source, error) { return NewHistory(r), nil },
		func() (scanners.Source, error) { return NewStaged(r) },
		func() (scanners.Source, error) { return NewRange(r, "HEAD", "HEAD") },
	} {
		src, err := open()
		if err != nil {
			said += err.Error() + "\n"
			continue
		}
		cov, err := src.Scan(context.Background(), 64, func(*leak.Chunk) error { return nil })
		if err == nil {
			_, err = src.Locate(context.Background(), nil) // a history learns here that trees are missing
		}
		said += fmt.Sprintln(gaps(cov), err)
	}
	return said
}

// TestNothingBlocks puts a FIFO in the place of each file that git has.
func TestNothingBlocks(t *testing.T) {
	for _, name := range []string{"HEAD", "config", "packed-refs", "shallow", "commondir", "refs/heads/x", "refs", "index", "MERGE_HEAD", "objects/info/alternates", "objects/pack", "objects/pack/pack-x.idx", "objects/12"} {
		dir := indexRepo(t)
		path := filepath.Join(dir, ".git", name)
		os.RemoveAll(path)
		if err := syscall.Mkfifo(path, 0o644); err != nil {
			t.Fatal(err)
		}
		done := make(chan string)
		go func() { done <- everything(t, dir) }()
		select {
		case said := <-done:
			if strings.TrimSpace(strings.ReplaceAll(said, "<nil>", "")) == "" {
				t.Errorf("%s: nothing is said", name)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: blocked", name)
		}
	}
}

// TestAlternates: loops, quotes, two names of one folder, and lists that cannot be read.
func TestAlternates(t *testing.T) {
	a, b := indexRepo(t), indexRepo(t)
	quoted := filepath.Join(t.TempDir(), "with \"quotes\"\tand tab")
	os.Rename(b, quoted)
	writeFile(t, a, ".git/objects/info/alternates", `"`+strings.NewReplacer(`"`, `\"`, "\t", `\t`).Replace(quoted)+`/.git/objects"`+"\n../../.git/objects\n# no\n\n")
	os.Symlink(filepath.Join(quoted, ".git/objects"), filepath.Join(a, "link"))
	writeFile(t, quoted, ".git/objects/info/alternates", a+"/.git/objects\n"+a+"/link\n")
	r, err := Open(a, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if dirs := r.objectDirs(); len(dirs) != 2 || len(r.cov.Skipped()) > 0 || len(r.cov.Notes()) != 1 {
		t.Errorf("%q\n%s", dirs, gaps(r.cov))
	}
}

// TestLongRange has a short range on a long history: it must not be read to
// its end.
func TestLongRange(t *testing.T) {
	dir := t.TempDir()
	runGit(t, dir, "", "init", "-q", "--bare", "-b", "main")
	const n = 30_000
	var in strings.Builder
	for i := range n {
		fmt.Fprintf(&in, "commit refs/heads/main\nmark :%d\ncommitter C <c> %d +0000\ndata 1\nm\n", i+1, 1_000_000_000+i*3600)
	}
	runGit(t, dir, in.String(), "fast-import", "--quiet")
	r, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	from, err := r.Resolve("main~10")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	ns, err := r.between(from, r.head)
	if took := time.Since(start); err != nil || len(ns) != 10 || took > 3*time.Second {
		t.Errorf("%d commits, %v, %v", len(ns), took, err)
	} else {
		t.Log(took)
	}
	if _, err := r.Resolve("main~999999999999"); err == nil {
		t.Error("that far back there is nothing")
	}
}
