package iac

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
)

// TestLiteralBuildArguments: the default of a build's argument gets into the image's
// history, as what is given for it does.
func TestLiteralBuildArguments(t *testing.T) {
	for text, want := range map[string]bool{
		"FROM a\nARG MAIL_KEY=" + madeUp(1) + "\n":                       true,
		"FROM a\r\nARG MAIL_KEY=\"" + madeUp(1) + "\"\r\nRUN x\r\n":      true,
		"FROM a\nARG A=b \\\n    MAIL_KEY=" + madeUp(1) + "\n":           true,
		"FROM a\nENV MAIL_KEY=" + madeUp(1) + "\n":                       false,
		"FROM a\nARG OTHER=x\nRUN mail --key=" + madeUp(1) + " $OTHER\n": false,
	} {
		r := &tree{files: map[string]string{"Dockerfile": text}}
		if got := strings.Contains(written(resolve(t, r.query(t, "sendgrid", "Dockerfile", 1))), identity.NoteBuildArgument); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
