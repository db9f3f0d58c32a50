package owners

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// TestWeakLinksNameNoOwners: who owns a file that declares a user of the same
// name, or that uses a secret with a name that all have, may have nothing to do
// with it.
func TestWeakLinksNameNoOwners(t *testing.T) {
	r := &fakeRepo{revs: map[string]map[string]string{"": {
		"CODEOWNERS": "/infra/ @infra\n/.github/ @devops\n/pay/ @pay\n", "infra/db.tf": "", ".github/workflows/a.yml": "", "pay/.env": "",
	}}}
	q := &identity.Query{
		Finding: at("pay/.env", ""), Repo: r,
		Declared:  []leak.Declaration{{Ref: "infra/db.tf:1", Weak: true}},
		Consumers: []leak.Consumer{{Ref: ".github/workflows/a.yml:3", Weak: true}},
	}
	got, _ := resolve(t, New(Options{}), q)
	want := "codeowners_leaking @pay person 0.68 CODEOWNERS:3\ncodeowners_consuming @devops person 0.40 CODEOWNERS:2"
	if text := strings.Join(lines(got), "\n"); text != want {
		t.Errorf("%s\nwant\n%s", text, want)
	}
	q.Declared[0].Weak, q.Consumers[0].Weak = false, false
	got, _ = resolve(t, New(Options{}), q)
	if got[0].Of != "infra/db.tf" || got[0].Source != identity.OwnerDeclaring || got[1].Confidence != sureCode {
		t.Errorf("%+v", got)
	}
}
