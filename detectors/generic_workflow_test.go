package detectors_test

import (
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestCommandsOfWorkflows has values that a step tells GitHub Actions, as logs have them.
func TestCommandsOfWorkflows(t *testing.T) {
	set, value := everything(t), "kyorj6r8a3ahnzdt23mp"
	for text, want := range map[string]int{
		"::set-output name=db_password::" + value + "\n":        1,
		"+ echo '::save-state name=API_TOKEN::" + value + "'\n": 1,
		`echo "::Set-Env name=DB_PASSWORD::` + value + `"`:      1,
		"::set-output name=db_password::***\n":                  0,
		"::set-output name=colour::" + value + "\n":             0,
		"std name=db_password::" + value + "\n":                 0, // a name within another
		"password::" + value + "\n":                             0,
	} {
		n := 0
		set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
			if n++; m.Parts[leak.SecretPart].Reveal() != value {
				t.Errorf("%q: %s has another value", text, m.Rule)
			}
		})
		if n != want {
			t.Errorf("%q: found %d times, want %d", text, n, want)
		}
	}
}
