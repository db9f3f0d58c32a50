package pipeline

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/rules"
)

// TestServiceOfAField finds one value under some names: it is the provider's that these
// name, wherever the name stands.
func TestServiceOfAField(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile(ps)
	if err != nil {
		t.Fatal(err)
	}
	set := detectors.NewSet(append(ds, detectors.Builtin(nil)...)...)
	const value = ` = "kyorj6r8` + `a3ahnzdt23mp"` + "\n"
	for fields, want := range map[string]string{
		"token":                        "generic",
		"asana_token":                  "asana",
		"token asana_token":            "asana",
		"asana_token token asanaToken": "asana",
		"asana_token github_token":     "generic",
	} {
		text := "f: "
		for _, f := range strings.Fields(fields) {
			text += f + value
		}
		fs := run(t, blobs(text), set, nil).findings
		if len(fs) != 1 || fs[0].Rule.Provider != want {
			t.Fatalf("%s: %d findings, want one of %s: %+v", fields, len(fs), want, fs)
		}
		if why := fs[0].Why[len(fs[0].Why)-1]; strings.Contains(why, "is of "+want) != (want != "generic") {
			t.Errorf("%s: the last reason is %q", fields, why)
		}
	}
}
