package record_test

import (
	"slices"
	"testing"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// TestAliasesKeepTheServer: of an id of old the server is no address of a person.
func TestAliasesKeepTheServer(t *testing.T) {
	id := &leak.Identity{ID: "nhi:vault:service_account:vault.acme.io/ci", Aliases: []string{"nhi:vault@vault.acme.io:service_account:vault.acme.io%3A8200/ci", "nhi:x:human_account:-/jane@acme.io"}}
	want := []string{id.Aliases[0], "nhi:x:human_account:-/jane"}
	if got := record.From(id, record.Options{}).Aliases; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
