package detectors

import "testing"

// Each step of the generic rule says what it thought, and the last no is the reason.
func TestExplainGeneric(t *testing.T) {
	for text, want := range map[string]string{
		"the token of somebody\n":               "assignment",
		"password = \"x1\"\n":                   "value",
		"token_type = \"q8Zr5mVx2LpT\"\n":       "name",
		"password = \"${DB_PASSWORD}\"\n":       "judgement",
		"password = \"changeme\"\n":             "judgement",
		"pass" + "word = \"q8Zr5mVx2LpTk\"\r\n": "",
	} {
		all := Explain(newGeneric(), []byte(text), 0, len(text))
		if len(all) == 0 {
			t.Errorf("%q: nothing is said", text)
			continue
		}
		steps := all[0].Steps
		last := steps[len(steps)-1]
		if want == "" && (all[0].Hit == nil || !last.OK) || want != "" && (last.OK || last.Name != want || all[0].Hit != nil) {
			t.Errorf("%q: %+v, want %q to say no", text, steps, want)
		}
	}
}
