package main

import (
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/identity/risk"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/rules"
)

// TestPlansVerify: the command by which a plan has somebody see that a credential has
// ended is one that whosekey verify takes, for every rule and its examples; where there
// is none, the plan says in words what to do.
func TestPlansVerify(t *testing.T) {
	t.Parallel()
	ps, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile(ps)
	if err != nil {
		t.Fatal(err)
	}
	set := detectors.NewSet(append(ds, detectors.Builtin(nil)...)...)
	assess := risk.New(nil, ps, time.Now())
	commands, words, examples := 0, 0, 0
	for _, info := range set.Rules() {
		for _, state := range []leak.Status{leak.Unchecked, leak.Unverifiable} {
			f := &leak.Finding{ID: "a1", Rule: info, Locations: []leak.Location{{Kind: leak.KindFile, Path: "a"}}}
			id := &leak.Identity{ID: "nhi:x", Credentials: []leak.Credential{{ID: "a1", State: state}}}
			assess.Assess([]*leak.Identity{id}, []*leak.Finding{f})
			for _, a := range id.Credentials[0].Plan {
				if a.Step != risk.StepVerify {
					continue
				}
				if a.Text == "" || strings.HasSuffix(a.Text, "..") {
					t.Errorf("%s: %q", info.ID, a.Text)
				}
				if len(a.Command) == 0 {
					words++
					continue
				}
				commands++
				for _, line := range a.Command {
					examples += takes(t, set, line)
				}
			}
		}
	}
	if commands < 300 || words < 50 || examples < 300 {
		t.Errorf("%d commands with %d examples, and %d plans without one", commands, examples, words)
	}
}

// takes reports a command that whosekey verify refuses for what it says, or for an example
// of its rule on standard input. It returns how many there are; those that only other
// rules beside theirs find are left out.
func takes(t *testing.T, set *detectors.Set, line string) (examples int) {
	t.Helper()
	id, ok := strings.CutPrefix(line, "whosekey verify - --rule ")
	if !ok || strings.Contains(id, " ") {
		t.Errorf("not a command that is known here: %s", line)
		return 0
	}
	s := &scan{set: set, config: &policy.Config{}}
	if err := s.only(id); err != nil {
		t.Errorf("%s: %v", line, err)
		return 0
	}
	for i := range testRules()[id].Leaks {
		_, secret, err := makeToken(id, i, "plan")
		if err != nil {
			continue
		}
		examples++
		if err := s.shaped(id, secret); err != nil {
			t.Errorf("%s, example %d: %v", line, i, err)
		}
	}
	return examples
}

// TestVerifyOfRulesInGo: rules that find all sorts of credentials are no answer to which
// one it is, and whosekey verify says how to.
func TestVerifyOfRulesInGo(t *testing.T) {
	t.Parallel()
	for _, id := range []string{rules.Generic, rules.KubernetesSecret, rules.TerraformState, rules.TablePassword, rules.TableSecret} {
		code, _, stderr := whosekey(t, strings.NewReader("kx81qqP0vbn2Lw7s\n"), "verify", "-", "--rule", id, "--verify", "plan")
		if code != exitUsage || !strings.Contains(stderr, id+" does not say who could be asked") || !strings.Contains(stderr, "--part protocol=") {
			t.Errorf("%s: %d %s", id, code, stderr)
		}
	}
	code, _, stderr := whosekey(t, strings.NewReader("kx81qqP0vbn2Lw7s\n"), "verify", "-", "--part", "protocol=postgresql", "--part", "host=db.acme.example", "--part", "user=app", "--verify", "plan")
	if code == exitUsage {
		t.Errorf("the way out that is named: %d %s", code, stderr)
	}
}
