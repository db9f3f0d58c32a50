package gitrepo_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// allMatches scans a repository with all rules.
func allMatches(t *testing.T, dir string, full bool) []string {
	t.Helper()
	ps, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile(ps)
	if err != nil {
		t.Fatal(err)
	}
	set := detectors.NewSet(append(ds, detectors.Builtin(nil)...)...)
	r, err := gitrepo.Open(dir, gitrepo.Options{Full: full})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var mu sync.Mutex
	var out []string
	_, err = gitrepo.NewHistory(r).Scan(context.Background(), set.Reach(), func(c *leak.Chunk) error {
		set.Scan(c, func(m leak.Match) {
			line := fmt.Sprint(m.Ref, m.Rule, m.Span, m.Places(), m.Encoding, m.Parts[leak.SecretPart].Fingerprint(nil, ""))
			mu.Lock()
			out = append(out, line)
			mu.Unlock()
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestDeltaAwareIsExact compares, on the repositories that are named in the
// environment, what is found if only what deltas insert is searched with what
// is found in all versions in full.
func TestDeltaAwareIsExact(t *testing.T) {
	for _, dir := range filepath.SplitList(os.Getenv("WHOSEKEY_REPOSITORIES")) {
		t.Run(filepath.Base(filepath.Dir(dir)), func(t *testing.T) {
			quick, full := allMatches(t, dir, false), allMatches(t, dir, true)
			t.Logf("%d matches", len(full))
			if !slices.Equal(quick, full) {
				t.Errorf("%d matches along deltas, %d in full", len(quick), len(full))
			}
		})
	}
}
