package identity_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/names"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// TestOneWitness: the id of a key is a piece of the credential. That a field beside the
// secret has it is no second witness for it, nor for the account that it says; a field
// that is none of its pieces is one.
func TestOneWitness(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	id, secret := "AK"+"IA"+"FPUXP7AAUZWURNS4", strings.Repeat("q7Tz1xLw0P", 4)
	for text, want := range map[string]string{
		"aws_access_key_id = " + id + "\naws_secret_access_key = " + secret + "\n":                                    "0.95",
		"aws_access_key_id = " + id + "\naws_secret_access_key = " + secret + "\naws_account_id = \"377201096705\"\n": "more",
	} {
		f := &leak.Finding{ID: "a", Rule: leak.RuleInfo{ID: "aws-access-key", Provider: "aws"}, Parts: leak.Parts{leak.SecretPart: leak.NewSecret(secret), "key_id": leak.NewSecret(id)}}
		at := strings.Index(text, secret)
		q := &identity.Query{Finding: f, Now: now, Lose: func(string) {}, Places: []identity.Place{{Text: []byte(text), Start: at, End: at + len(secret), FirstLine: 1}}}
		for _, r := range []identity.Resolver{identity.FromRules(ps), identity.FromItself(ps), names.New()} {
			a, err := r.Resolve(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			q.Known = append(q.Known, a.Evidence...)
		}
		account, _ := identity.Basis(q.Known, "377201096705", leak.ClaimTenant)
		key, _ := identity.Basis(q.Known, id, leak.ClaimKeyID)
		if got := account > 0.951; account < 0.949 || got != (want == "more") || key > 0.901 || key < 0.899 {
			t.Errorf("%q: account %.3f, key %.3f", text, account, key)
		}
	}
}
