package pipeline

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/rules"
)

// everything is the set of all rules that ship, and of those in Go.
func everything(t *testing.T) *detectors.Set {
	t.Helper()
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile(ps)
	if err != nil {
		t.Fatal(err)
	}
	return detectors.NewSet(append(ds, detectors.Builtin(nil)...)...)
}

// TestServiceOfAField finds one value under some names: it is the provider's that these
// name, wherever the name stands.
func TestServiceOfAField(t *testing.T) {
	set := everything(t)
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
	set := everything(t)
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

// TestServiceOfAForm: what a rule of a form finds is said to be the provider's that the name of
// its field, or the address beside it, is of. The rule stays what it is.
func TestServiceOfAForm(t *testing.T) {
	set := everything(t)
	const token, other = "k7Wq3zT9m4xC" + "v8b2N6rj5dY1hfGp0sLe", "Zu4kR8wQ2mXp" + "T6vB9nJc3yHd7sGf1aLe"
	jwt, err := rules.Expand(`${base64url:{"alg":"RS256","kid":"7d24"}}.${base64url:{"sub":"b4","iat":1893456000}}.${b64url:43}`, "jwt", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, rule, want string }{
		{"DRONE_TOKEN=" + jwt + "\n", "jwt", "droneci"},
		{"TOKEN=" + jwt + "\n", "jwt", "jwt"},
		{"DRONE_TOKEN=" + jwt + "\n\n\n\nNETLIFY_TOKEN=" + jwt + "\n", "jwt", "jwt"},
		{"curl -H 'Authorization: Bearer " + token + "' https://fra1.blynk.cloud/api\n", "bearer-authorization", "blynk"},
		{"curl -H 'Authorization: Bearer " + token + "' https://acme.io/api\n", "bearer-authorization", "httpauth"},
		{"curl -H 'Authorization: Bearer " + token + "' https://fra1.blynk.cloud/api\n\n\ncurl -H 'Authorization: Bearer " + other + "' https://acme.io/api\n", "bearer-authorization", "blynk httpauth"},
	} {
		fs := run(t, blobs("f: "+tt.text), set, nil).findings
		var got []string
		for _, f := range fs {
			got = append(got, f.Rule.Provider)
			if f.Rule.ID != tt.rule {
				t.Errorf("%s: found by %s", tt.text, f.Rule.ID)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: of %q, want %s", tt.text, got, tt.want)
		}
	}
}
