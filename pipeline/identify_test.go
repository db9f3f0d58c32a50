package pipeline

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// TestPlaces checks that who finds out whose a credential is gets the text
// around it, at the place that the location says.
func TestPlaces(t *testing.T) {
	set := ruleSet(t, highRule)
	long := strings.Repeat("text of a line\n", 20_000)
	src := blobs("a: first\nx = hkk_qwhzkmtr\nlast\n", "b: y = hkk_qwhzkmtr\n", "c: "+long+"z = hkk_vbnxlkeo\n"+long, "d: "+long+"u = hkk_qwhzkmtr", "e: v = hkk_qwhzkmtr")
	var seen int
	run(t, src, set, func(cfg *Config) {
		cfg.Identify = func(_ context.Context, qs []*identity.Query) error {
			for _, q := range qs {
				if n := len(q.Places); n == 0 || n > identity.MaxPlaces {
					t.Errorf("%d places", n)
				}
				for _, p := range q.Places {
					seen++
					if p.Start < 0 || p.End > len(p.Text) || !strings.HasPrefix(string(p.Text[p.Start:p.End]), "hkk_") {
						t.Fatalf("%s:%d: [%d, %d) of %d bytes", p.Path, p.Line, p.Start, p.End, len(p.Text))
					}
					if line := p.FirstLine + strings.Count(string(p.Text[:p.Start]), "\n"); line != p.Line {
						t.Errorf("%s:%d: the text says line %d", p.Path, p.Line, line)
					}
					if len(p.Text) > 2*textAround+100 {
						t.Errorf("%s: %d bytes", p.Path, len(p.Text))
					}
				}
			}
			return nil
		}
	})
	if seen != 5 {
		t.Errorf("%d places, want all 4 and 1", seen)
	}
}

// TestIdentitiesAreMasked checks that no credential gets out through what is said
// of an identity.
func TestIdentitiesAreMasked(t *testing.T) {
	set := ruleSet(t, highRule)
	k := run(t, blobs("a: x = hkk_qwhzkmtr", "b: hkk_mrtzpokw"), set, func(cfg *Config) {
		cfg.Identify = func(_ context.Context, qs []*identity.Query) error {
			id := &leak.Identity{Name: "hkk_mrtzpokw", Owners: []leak.Owner{{Name: "team", Reason: "said hkk_qwhzkmtr and hkk_zuiopmsy"}}, Aliases: []string{"hkk_qwhzkmtr"}}
			for _, q := range qs {
				q.Finding.Identity = id
			}
			return nil
		}
	})
	id := k.findings[0].Identity
	if len(k.findings) != 2 || id != k.findings[1].Identity || strings.Contains(id.Name+id.Owners[0].Reason+id.Aliases[0], "hkk_") || id.Owners[0].Name != "team" {
		t.Errorf("%+v", id)
	}
}

// TestManyFindings: of many findings the first are concluded about, and it is said that
// others are not.
func TestManyFindings(t *testing.T) {
	defer func(n int) { maxIdentified = n }(maxIdentified)
	maxIdentified = 1
	asked := 0
	k := run(t, blobs("a: x = hkk_qwhzkmtr", "b: hkk_mrtzpokw"), ruleSet(t, highRule), func(cfg *Config) {
		cfg.Identify = func(_ context.Context, qs []*identity.Query) error {
			asked += len(qs)
			return nil
		}
	})
	if asked != 1 || len(k.findings) != 2 {
		t.Errorf("%d of %d asked about, want 1 of 2", asked, len(k.findings))
	}
}

// TestManyInOneFile: of a dump all credentials but the first have only the text next to
// them, as to look at all of it for each is quadratic.
func TestManyInOneFile(t *testing.T) {
	const all = 3 * manyInFile
	var dump strings.Builder
	for i := range all {
		fmt.Fprintf(&dump, "user_%d=app%d\nx_%d=hkk_qwhzkm%c%c\n%s", i, i, i, 'a'+i/26, 'a'+i%26, strings.Repeat("# a line of text\n", 10))
	}
	long, next := 0, 0
	run(t, blobs("a: "+dump.String()), ruleSet(t, highRule), func(cfg *Config) {
		cfg.Identify = func(_ context.Context, qs []*identity.Query) error {
			for _, q := range qs {
				p := q.Places[0]
				switch n := len(p.Text); {
				case n > 2*nextTo+100:
					long++
				case strings.Contains(string(p.Text[:p.Start]), "user_"):
					next++
				}
				if line := p.FirstLine + strings.Count(string(p.Text[:p.Start]), "\n"); line != p.Line {
					t.Errorf("line %d: the text says %d", p.Line, line)
				}
			}
			return nil
		}
	})
	if long != manyInFile || next != all-manyInFile {
		t.Errorf("%d with long texts and %d with short ones, want %d and %d", long, next, manyInFile, all-manyInFile)
	}
}
