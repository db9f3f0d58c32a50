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
	want := []string{id.Aliases[0], "nhi:x:human_account:-/jane~c28b66a9"}
	if got := record.From(id, record.Options{}).Aliases; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestPersonsIDKeepsTheServer: people of one name on two servers have two ids, however they
// are shown, and no id has an address.
func TestPersonsIDKeepsTheServer(t *testing.T) {
	for _, people := range []record.People{record.Handles, record.Hash, record.Emails} {
		ids := map[string]bool{}
		for _, host := range []string{"git.acme.example", "git.other.example"} {
			id := &leak.Identity{ID: "nhi:gitlab@" + host + ":human_account:-/jane", Type: leak.HumanAccount, Name: "jane"}
			got := record.From(id, record.Options{People: people}).ID
			if ids[got] || got != id.ID {
				t.Errorf("%s: %q, want %q", people, got, id.ID)
			}
			ids[got] = true
		}
	}
	id := &leak.Identity{ID: "nhi:gitlab@git.acme.example:human_account:-/jane@acme.example", Type: leak.HumanAccount}
	if got := record.From(id, record.Options{}).ID; got != "nhi:gitlab@git.acme.example:human_account:-/jane~cd5decc9" {
		t.Errorf("%q", got)
	}
}
