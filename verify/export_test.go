package verify

import (
	"testing"

	"github.com/whosekey/whosekey/rules"
)

// Compiled are the providers that ship, and what asks for their rules.
func Compiled(t testing.TB) ([]*rules.Provider, map[string]Verifier) {
	t.Helper()
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	vs, err := Compile(ps, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ps, vs
}

// NKeyPublic and NKeyOf are what tests need to make a user of NATS, and who lets
// it in.
var (
	NKeyPublic = nkeyPublic
	NKeyOf     = nkeyName
)

// SignAlibaba is compared with the example of the documentation.
var SignAlibaba = signAlibaba
