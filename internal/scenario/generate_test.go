package scenario

import (
	"os"
	"path/filepath"
	"testing"
)

// TestGenerate: many kinds leak in many repositories, in all the ways that there
// are, and the truth does not depend on the run.
func TestGenerate(t *testing.T) {
	all := [2][]Leak{}
	for i := range all {
		dir := filepath.Join(t.TempDir(), "acme")
		var err error
		if all[i], err = Generate(dir, 7, 700); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"nhi.csv", "leavers.csv", "acme.toml"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
		if _, err := Generate(dir, 7, 1); err == nil {
			t.Error("made a second time")
		}
	}
	kinds, repos, cases := map[string]bool{}, map[string]bool{}, map[string]int{}
	for i, l := range all[0] {
		kinds[l.Kind], repos[l.Repo] = true, true
		cases[l.Case]++
		o := all[1][i]
		if l.Path != o.Path || l.Kind != o.Kind || l.Case != o.Case || len(l.Names) != len(o.Names) || l.Names != nil && l.Names[0] != o.Names[0] {
			t.Fatalf("%+v, and again %+v", l, o)
		}
		if len(l.Secret) < 18 || !l.Foreign && len(l.Owners) == 0 {
			t.Errorf("%+v", l)
		}
	}
	if len(all[0]) < 700 || len(kinds) < 30 || len(repos) < 20 || len(cases) != len(traps)+1 {
		t.Errorf("%d leaks of %d kinds in %d repositories, in the ways %v", len(all[0]), len(kinds), len(repos), cases)
	}
}

// TestGenerateSmall: organisations differ, and say what uses their accounts.
func TestGenerateSmall(t *testing.T) {
	kinds, cases, used := map[string]bool{}, map[string]bool{}, 0
	for seed := range uint64(30) {
		leaks, err := GenerateSmall(filepath.Join(t.TempDir(), "org"), seed, 14)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range leaks {
			kinds[l.Kind], cases[l.Case] = true, true
			if len(l.Uses) > 0 {
				used++
			}
		}
	}
	if len(kinds) < 30 || len(cases) < 15 || used < 50 {
		t.Errorf("%d kinds in the ways %v; %d are used", len(kinds), cases, used)
	}
}
