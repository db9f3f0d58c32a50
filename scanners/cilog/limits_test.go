package cilog

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/scanners/archive"
)

// tarOf makes a tar of files.
func tarOf(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w.WriteHeader(&tar.Header{Name: files[i], Size: int64(len(files[i+1])), Mode: 0o644})
		io.WriteString(w, files[i+1])
	}
	w.Close()
	return b.String()
}

// TestArchiveLimits counts the bytes of an archive as searched, and opens none
// that is deeper than it may.
func TestArchiveLimits(t *testing.T) {
	name := filepath.Join(t.TempDir(), "kept.tar")
	if err := os.WriteFile(name, []byte(tarOf(t, "inner.tar", tarOf(t, "pod.zip", zipText(t, "a.sh", "x "+token+"\n")))), 0o600); err != nil {
		t.Fatal(err)
	}
	for depth, want := range map[int]int{8: 1, 2: 0, 0: 0} {
		l := archive.Defaults()
		l.Depth = depth
		s, err := New(Options{Paths: []string{name}, Archives: l})
		if err != nil {
			t.Fatal(err)
		}
		if hits := scanFor(t, s); len(hits) != want {
			t.Errorf("depth %d: found %v", depth, hits)
		}
		if n := s.cov.Counts()["bytes"]; n == 0 {
			t.Errorf("depth %d: no byte was searched", depth)
		}
		told := len(s.cov.Skipped()) + len(s.cov.LeftOut())
		if told == 0 && want == 0 {
			t.Errorf("depth %d: nothing is told", depth)
		}
	}
}

// TestStateIsLocked lets one run at a time use a folder.
func TestStateIsLocked(t *testing.T) {
	dir := t.TempDir()
	j, err := openJournal(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openJournal(dir, ""); !errors.Is(err, errTaken) {
		t.Errorf("the folder is given to two: %v", err)
	}
	j.close()
	if j, err = openJournal(dir, ""); err != nil {
		t.Errorf("it stays locked: %v", err)
	}
	j.close()
}

func TestMasks(t *testing.T) {
	for text, want := range map[string]int64{
		"": 0, "token: ***": 1, "a *** b ***\n****": 3, "[MASKED][REDACTED]": 2, strings.Repeat("*", 40): 0, "**bold**": 0, "***": 1, "* * *": 0,
	} {
		if got := masks([]byte(text)); got != want {
			t.Errorf("masks(%q) = %d, want %d", text, got, want)
		}
	}
	log := strings.Repeat(gh+"password ***, a line like any other\n", 50_000)
	s := fromText(t, log)
	scanFor(t, s)
	if n := s.cov.Counts()["masked values"]; n != 50_000 {
		t.Errorf("%d values are masked, want 50,000", n)
	}
}
