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

// TestServiceBesideAHeader finds one value in a header too, which knows nothing of whose
// it is: the name of the field elsewhere still says so.
func TestServiceBesideAHeader(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile(ps)
	if err != nil {
		t.Fatal(err)
	}
	set := detectors.NewSet(append(ds, detectors.Builtin(nil)...)...)
	value := "kyorj6r8" + "a3ahnzdt23mp" + "q9w8x7v5u4c2"
	header := `curl -H "Authorization: Bearer ` + value + `" https://api.acme.test/me` + "\n"
	for field, want := range map[string]string{"asana_token": "asana", "token": "httpauth"} {
		for _, text := range []string{header + field + "=" + value + "\n", field + "=" + value + "\n" + header} {
			fs := run(t, blobs("f: "+text), set, nil).findings
			if len(fs) != 1 || fs[0].Rule.ID != "bearer-authorization" || fs[0].Rule.Provider != want {
				t.Errorf("%q: %d findings, want one of %s, not %s of %s", text, len(fs), want, fs[0].Rule.ID, fs[0].Rule.Provider)
			}
		}
	}
}
