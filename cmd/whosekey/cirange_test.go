package main

import (
	"reflect"
	"testing"
)

// TestRangeThatIsNamed: what the inputs base and head name is fetched, if the checkout
// does not have it.
func TestRangeThatIsNamed(t *testing.T) {
	h := newHub(t)
	for _, tt := range []struct {
		base, head string
		code       int
		want       []string
	}{
		{"main", "", 1, inPull},
		{"origin/main", "", 1, inPull},
		{"refs/heads/main", "", 1, inPull},
		{"origin/main~1", "", 1, inPull},
		{"v1", "", 1, inPull},
		{"refs/tags/v1", "", 1, inPull},
		{h.ids["two"], "", 1, inPull},
		{"HEAD~1", "", 0, []string{}},
		{"HEAD~12", "", 1, []string{"31"}},
		{"main", "topic~35", 1, []string{"revert"}},
		{"topic~12", "topic", 1, []string{"31"}},
		{"main", "7/merge", 1, inPull},
	} {
		for _, depth := range []int{0, 1, 5} {
			ref := "refs/heads/topic"
			if tt.head == "7/merge" {
				ref = "refs/pull/7/merge"
			}
			with := map[string]string{"base": tt.base, "head": tt.head}
			r := &runner{t: t, workspace: h.checkout(ref, depth), with: with}
			out := r.run("push", h.push("refs/heads/topic", h.ids["two"], h.ids["head"]))
			if found := h.foundIn(out); out.code != tt.code || !reflect.DeepEqual(found, tt.want) {
				t.Errorf("%s..%s, depth %d: exit code %d, found %v, want %d, %v\n%s", tt.base, tt.head, depth, out.code, found, tt.code, tt.want, out.stderr)
			}
		}
	}
	for _, base := range []string{"origin/mian", "mian", "--upload-pack=x", "a b", "x:y", "refs/heads/*", "HEAD~1000", "main~1000", "v1~1000", "^x", "\x01"} {
		for _, depth := range []int{0, 1} {
			r := &runner{t: t, workspace: h.checkout("refs/heads/topic", depth), with: map[string]string{"base": base}}
			if out := r.run("push", h.push("refs/heads/topic", h.ids["two"], h.ids["head"])); out.code != 2 {
				t.Errorf("base %q, depth %d: exit code %d\n%s", base, depth, out.code, out.stderr)
			}
		}
	}
	// What may be there is not wrong, and nobody can be asked.
	for base, depth := range map[string]string{"mian": "0", "abcdef1": "2m"} {
		r := &runner{t: t, workspace: h.checkout("refs/heads/topic", 1), with: map[string]string{"base": base, "args": "--deepen-budget\n" + depth}}
		if out := r.run("push", h.push("refs/heads/topic", h.ids["two"], h.ids["head"])); out.code != 3 {
			t.Errorf("base %q, which cannot be asked for: exit code %d\n%s", base, out.code, out.stderr)
		}
	}
}
