package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/internal/lazy"
)

// TestDeterminism runs the same scans with one worker, and again and again with
// eight: every format for machines is the same to the byte.
func TestDeterminism(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000") // of GitLab's format, which says when it was
	all := plantAll(t)
	r := newRepo(t)
	for i := range 14 {
		for k, p := range all {
			if (i+k)%14 == 0 {
				r.write(fmt.Sprintf("d%d/%s.txt", k%5, p.rule), strings.Repeat("\n", i%4)+p.text+"\n"+all[(k+i)%len(all)].text)
			}
		}
		r.commit("round " + all[i].text)
		if i%4 == 3 {
			r.git("branch", fmt.Sprint("b", i))
			r.git("checkout", "-q", "-b", fmt.Sprint("c", i), "HEAD~3")
			r.write("other.txt", all[i].text)
			r.commit("aside")
			r.git("checkout", "-q", "main")
		}
		if i == 9 {
			r.git("gc", "-q")
		}
	}
	r.write(".git/refs/heads/lost1", strings.Repeat("1", 40))
	r.write(".git/refs/heads/lost2", strings.Repeat("2", 40))
	modes := [][]string{{"git", r.dir}, {"git", r.dir, "--range", "main~9..main"}, {"dir", r.dir}}
	for _, mode := range modes {
		first := map[string]string{}
		for i, workers := range []string{"1", "8", "8", "8"} {
			out := t.TempDir()
			args := append(slices.Clone(mode), "--workers", workers)
			for _, f := range formatNames {
				args = append(args, "-f", f+"="+filepath.Join(out, f))
			}
			if code, _, stderr := whosekey(t, nil, args...); code != exitFindings {
				t.Fatalf("%s: exit code %d, %s", args, code, stderr)
			}
			for _, f := range formatNames {
				got := read(t, filepath.Join(out, f))
				if f == "text" {
					got = regexp.MustCompile(`; in [0-9.]+[a-zµ]+`).ReplaceAllString(got, "")
				}
				if first[f] == "" {
					first[f] = got
				}
				if got != first[f] {
					t.Fatalf("%s -f %s: run %d with %s workers differs: %s", mode[0], f, i, workers, difference(got, first[f]))
				}
			}
		}
	}
}

func difference(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return fmt.Sprintf("%.200q, and %.200q", a[max(0, i-80):], b[max(0, i-80):])
}

// TestInterrupted cancels runs: exit code 130, nothing is reported, an old
// report stays and no file is left behind.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", t.TempDir())
	old := filepath.Join(dir, "old.json")
	if err := os.WriteFile(old, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	big := filepath.Join(t.TempDir(), "big")
	f, err := os.Create(big)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(1 << 36); err != nil { // 64 GB of nothing
		t.Fatal(err)
	}
	f.Close()
	r := newRepo(t)
	r.write("a.txt", "x")
	r.commit("x")
	blocked, unblock := io.Pipe()
	defer unblock.Close()
	for name, c := range map[string]struct {
		stdin io.Reader
		args  []string
	}{
		"a large file":            {nil, []string{"dir", big}},
		"input that never comes":  {blocked, []string{"stdin"}},
		"input that never ends":   {endless{}, []string{"stdin"}},
		"a run that never comes":  {blocked, []string{"report"}},
		"a clone that never ends": {nil, []string{"git", "http://" + silentServer(t) + "/x.git"}},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(300*time.Millisecond, cancel)
		done := make(chan int, 1)
		var stdout, stderr bytes.Buffer
		started := time.Now()
		go func() { done <- run(ctx, append(c.args, "-f", "json", "-o", old), c.stdin, &stdout, &stderr) }()
		select {
		case code := <-done:
			if code != exitInterrupted || stdout.Len() > 0 || !strings.Contains(stderr.String(), "interrupted") {
				t.Errorf("%s: exit code %d, stdout %q, stderr %q", name, code, &stdout, &stderr)
			}
			if took := time.Since(started); took > 3*time.Second {
				t.Errorf("%s: it went on for %v", name, took)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: it does not stop", name)
		}
		cancel()
	}
	if got := read(t, old); got != "old" {
		t.Errorf("the old report is now %.80q", got)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files are left, %v", len(entries), err)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "whosekey-clone-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("clones are left behind: %s %v", left, err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// TestEveryCommandHasExamples is for those that read only the examples.
func TestEveryCommandHasExamples(t *testing.T) {
	a := &app{}
	var check func(c *cobra.Command)
	check = func(c *cobra.Command) {
		if c.Name() == "help" || c.Name() == "completion" { // cobra's
			return
		}
		if c.Example == "" {
			t.Errorf("%q has no example", c.CommandPath())
		}
		for line := range strings.Lines(c.Example) {
			if line = strings.TrimSpace(line); !strings.Contains(line, "whosekey") {
				t.Errorf("%q: the example %q does not say how to start it", c.CommandPath(), line)
			}
		}
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%q: what it does in short: %q", c.CommandPath(), c.Short)
		}
		for _, sub := range c.Commands() {
			check(sub)
		}
	}
	check(a.root())
}

// TestPatterns compiles all patterns, which otherwise are when they are needed.
func TestPatterns(t *testing.T) {
	if n := lazy.Compile(); n < 50 {
		t.Errorf("only %d patterns", n)
	}
}
