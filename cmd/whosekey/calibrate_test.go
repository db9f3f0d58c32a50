package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/internal/scenario"
)

var update = flag.Bool("update", false, "write the table of docs/identity.md")

// leaksOfCompany is how many credentials of a generated company leak, about, and
// leaksOfSmall the same of a small organisation.
const (
	leaksOfCompany = 700
	leaksOfSmall   = 14
)

// bands are those of the table, with the least confidence of each.
var bands = []struct {
	name  string
	least float64
}{{"0.9 and more", identity.Certain}, {"0.8 to 0.9", 0.8}, {"0.7 to 0.8", identity.Likely}, {"0.6 to 0.7", 0.6}, {"0.5 to 0.6", 0.5}, {"less", 0}}

// tally counts claims.
type tally struct{ right, all int }

func (c *tally) count(right bool) {
	c.all++
	if right {
		c.right++
	}
}

func (c tally) share() float64 { return float64(c.right) / float64(max(c.all, 1)) }

func (c tally) String() string {
	if c.all == 0 {
		return "0 | "
	}
	return fmt.Sprintf("%d | %.1f %%", c.all, 100*c.share())
}

// The first seeds of organisations: of those that the weights were thought about
// with, and of those that the table of docs/identity.md is of. Nobody has looked at
// any mistake in the latter, and nobody should.
const (
	seenSeeds = 1
	heldSeeds = 9001
)

// calibration counts, in each band, the links; those of them that the credential
// itself does not tell; owners; and what uses identities.
type calibration struct {
	links, around, owners, consumers [6]tally

	owned tally          // credentials that somebody of the organisation owns, and those with the right owner
	sure  int            // right owners at 0.7 and more
	wrong map[string]int // owners at 0.7 and more, by source and case
}

// TestCalibration: what is said with a confidence is as often right as that
// promises. `make calibrate` does it with more companies and small organisations, and
// again with others, of which it writes the table of docs/identity.md; here, a few are
// scanned and compared with the table.
func TestCalibration(t *testing.T) {
	companies, _ := strconv.Atoi(os.Getenv("WHOSEKEY_CALIBRATE"))
	c := calibrate(t, seenSeeds, max(companies, 1), max(50*companies, 20))
	c.check(t)
	if companies > 0 {
		c = calibrate(t, heldSeeds, companies, 50*companies)
		c.check(t)
	}
	c.document(t, companies > 0)
}

// calibrate scans organisations with the seeds from one on.
func calibrate(t *testing.T, from uint64, companies, small int) *calibration {
	t.Helper()
	c := &calibration{wrong: map[string]int{}}
	found, leaked := 0, 0
	for i := range companies + small {
		dir, seed, generate, n := filepath.Join(t.TempDir(), "org"), from+uint64(i), scenario.Generate, leaksOfCompany
		if i >= companies {
			seed, generate, n = from+uint64(i-companies), scenario.GenerateSmall, leaksOfSmall
		}
		leaks, err := generate(dir, seed, n)
		if err != nil {
			t.Fatal(err)
		}
		leaked += len(leaks)
		for _, s := range scanCompany(t, dir, leaks) {
			found++
			c.judge(t, s)
		}
		os.RemoveAll(dir)
	}
	if found < leaked*98/100 {
		t.Errorf("%d of %d leaked credentials were found", found, leaked)
	}
	t.Logf("seeds from %d: %d credentials\n%s", from, found, c.table())
	for _, source := range slices.Sorted(maps.Keys(c.wrong)) {
		t.Logf("wrong owners at 0.7 and more, %s: %d", source, c.wrong[source])
	}
	return c
}

// said is what was said of a leak.
type said struct {
	leak scenario.Leak
	*record.Record
}

// scanCompany scans all repositories, and returns what is said of the leaks that
// are found.
func scanCompany(t *testing.T, dir string, leaks []scenario.Leak) (all []said) {
	t.Helper()
	repos := map[string][]scenario.Leak{}
	for _, l := range leaks {
		repos[l.Repo] = append(repos[l.Repo], l)
	}
	for _, repo := range slices.Sorted(maps.Keys(repos)) {
		out := filepath.Join(t.TempDir(), "run.json")
		code, _, stderr := whosekey(t, nil, "git", filepath.Join(dir, repo), "--config", filepath.Join(dir, "acme.toml"), "--show-secrets", "-f", "json="+out)
		if code != exitFindings {
			t.Fatalf("%s: exit code %d: %s", repo, code, stderr)
		}
		var run struct {
			Findings []struct {
				Secret   string
				Parts    map[string]string
				Identity *record.Record
			}
		}
		if err := json.Unmarshal([]byte(read(t, out)), &run); err != nil {
			t.Fatal(err)
		}
		for _, l := range repos[repo] {
			var best *record.Record
			for _, f := range run.Findings {
				text := strings.Join(append(slices.Collect(maps.Values(f.Parts)), f.Secret), "\x00")
				if strings.Contains(text, l.Secret) && f.Identity != nil && (best == nil || f.Identity.Confidence > best.Confidence) {
					best = f.Identity
				}
			}
			if best != nil {
				all = append(all, said{l, best})
			}
		}
	}
	return all
}

// judge compares a record with the truth. A link is right if the name, the id and
// the tenant that it shows all are; an owner, if it is the team that answers for
// the identity, or one of its people. Of a third party's nobody owns anything.
func (c *calibration) judge(t *testing.T, s said) {
	if wrong := s.wrong(); s.Name != "" || s.ProviderID != "" || s.Tenant != nil {
		i := band(s.Confidence)
		c.links[i].count(wrong == "")
		if !s.ofItself() {
			c.around[i].count(wrong == "")
		}
		if wrong != "" && i == 0 {
			t.Logf("%.2f, %s %s in %s/%s: %s", s.Confidence, s.leak.Case, s.leak.Kind, s.leak.Repo, s.leak.Path, wrong)
		}
	}
	for _, u := range s.Consumers {
		c.consumers[band(u.Confidence)].count(s.uses(u))
	}
	if s.leak.Foreign {
		return
	}
	c.owned.count(s.Owner != "" && means(s.leak.Owners, s.Owner))
	if s.Owner == "" {
		return
	}
	for _, w := range s.Owners {
		if w.Name != s.Owner {
			continue
		}
		right := means(s.leak.Owners, s.Owner)
		c.owners[band(w.Confidence)].count(right)
		if right && w.Confidence >= identity.Likely {
			c.sure++
		} else if w.Confidence >= identity.Likely {
			c.wrong[w.Source+", "+s.leak.Case]++
		}
		return
	}
}

// uses reports whether something does use the identity.
func (s said) uses(u record.Consumer) bool {
	file, _, _ := strings.Cut(u.Ref, ":")
	return slices.ContainsFunc(s.leak.Uses, func(use string) bool {
		path, name, only := strings.Cut(use, "#")
		return path == file && (!only || name == u.Name || strings.HasSuffix(u.Name, "/"+name))
	})
}

func band(confidence float64) int {
	i := 0
	for confidence < bands[i].least {
		i++
	}
	return i
}

// wrong says what of a link is.
func (s said) wrong() string {
	switch {
	case !means(s.leak.Names, s.Name):
		return fmt.Sprintf("the name %q of %q", s.Name, s.leak.Names)
	case !means(s.leak.Names, s.ProviderID) && !means(s.leak.Tenants, s.ProviderID):
		return fmt.Sprintf("the id %q of %q", s.ProviderID, s.leak.Names)
	case s.Tenant != nil && !means(s.leak.Tenants, s.Tenant.ID):
		return fmt.Sprintf("the tenant %q of %q", s.Tenant.ID, s.leak.Tenants)
	}
	return ""
}

// ofItself reports whether the bytes of the credential tell what it is called, or
// where nothing does, its tenant.
func (s said) ofItself() bool {
	return slices.ContainsFunc(s.Evidence, func(e record.Evidence) bool {
		if e.Kind != "structure" {
			return false
		}
		named := s.Name != "" && means([]string{e.Value}, s.Name) || s.ProviderID != "" && e.Value == s.ProviderID
		return named || s.Name == "" && s.ProviderID == "" && s.Tenant != nil && e.Value == s.Tenant.ID
	})
}

// means reports whether a text is one of those that are right, or says nothing.
// Reports write the ids of keys with a gap, and the comments of keys without the
// sign of an address.
func means(right []string, v string) bool {
	start, end, gap := strings.Cut(v, "…")
	return v == "" || slices.ContainsFunc(right, func(r string) bool {
		return strings.EqualFold(r, v) || strings.ReplaceAll(r, "@", " on ") == v || gap && strings.HasPrefix(r, start) && strings.HasSuffix(r, end)
	})
}

// wrongOwners is how many of the owners at 0.7 and more may be wrong, of a hundred:
// those of whom two lists of before say the same.
const wrongOwners = 6

// check holds what docs/identity.md promises.
func (c *calibration) check(t *testing.T) {
	wrong := 0
	for _, n := range c.wrong {
		wrong += n
	}
	if 100*wrong > wrongOwners*(c.sure+wrong)+100 {
		t.Errorf("%d of %d owners at 0.7 and more are wrong", wrong, c.sure+wrong)
	}
	for name, list := range map[string][6]tally{"links": c.links, "links by what stands around": c.around, "owners": c.owners, "consumers": c.consumers} {
		before := 1.0
		for i, n := range list {
			share, least := n.share(), bands[i].least
			if n.all < 30 {
				continue // says nothing
			}
			if share < least-2*math.Sqrt(least*(1-least)/float64(n.all)) { // by more than chance
				t.Errorf("%s of %s: %.1f %% of %d are right", name, bands[i].name, 100*share, n.all)
			}
			if least == 0 {
				continue // what claims nothing may be right
			}
			if share > before+0.05+2*math.Sqrt(share*(1-share)/float64(n.all)) {
				t.Errorf("%s of %s are more often right than those above", name, bands[i].name)
			}
			before = share
		}
	}
}

func (c *calibration) table() string {
	var b strings.Builder
	b.WriteString("| confidence | links | right | links by what stands around | right | owners | right | consumers | right |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for i, w := range bands {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", w.name, c.links[i], c.around[i], c.owners[i], c.consumers[i])
	}
	wrong := 0
	for _, n := range c.wrong {
		wrong += n
	}
	fmt.Fprintf(&b, "\nOf %d credentials that belong to somebody there, %.1f %% show the right owner; %.1f %% show it at 0.7 or more, and %.1f %% a wrong one at that.\n",
		c.owned.all, 100*c.owned.share(), 100*tally{c.sure, c.owned.all}.share(), 100*tally{wrong, c.owned.all}.share())
	return b.String()
}

// strays is by how many of a hundred a share may differ from that of the table. A
// company's owners are right or wrong together: those of one are a poor sample.
var strays = [4]float64{12, 12, 20, 12}

var tableCell = regexp.MustCompile(`\| (\d+) \| (?:(\d+\.\d) %)?`)

// document compares the table with that of docs/identity.md, or writes it.
func (c *calibration) document(t *testing.T, whole bool) {
	const name = "../../docs/identity.md"
	before, rest, ok := strings.Cut(read(t, name), "<!-- calibration -->\n")
	old, after, closed := strings.Cut(rest, "<!-- /calibration -->")
	if !ok || !closed {
		t.Fatal("docs/identity.md has no place for the table")
	}
	if whole && *update {
		if err := os.WriteFile(name, []byte(before+"<!-- calibration -->\n"+c.table()+"<!-- /calibration -->"+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	cells := tableCell.FindAllStringSubmatch(old, -1)
	if len(cells) != 4*len(bands) {
		t.Fatalf("the table of docs/identity.md has %d shares: run make calibrate", len(cells))
	}
	for i := range bands {
		for j, n := range []tally{c.links[i], c.around[i], c.owners[i], c.consumers[i]} {
			share, _ := strconv.ParseFloat(cells[4*i+j][2], 64)
			if n.all >= 50 && math.Abs(100*n.share()-share) > strays[j] {
				t.Errorf("%s, column %d: %.1f %% of %d are right, docs/identity.md says %.1f %%: run make calibrate", bands[i].name, j+1, 100*n.share(), n.all, share)
			}
		}
	}
}
