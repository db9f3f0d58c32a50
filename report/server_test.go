package report

import (
	"testing"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// TestServerOfUser: the line of an identity says the server that its id has, where it has
// no tenant.
func TestServerOfUser(t *testing.T) {
	for id, want := range map[string]string{
		"nhi:postgresql:database_user:db.acme.example/pay":      "pay (database user, server db.acme.example)",
		"nhi:postgresql:database_user:db.acme.example:5433/pay": "pay (database user, server db.acme.example:5433)",
		"nhi:postgresql:database_user:-/pay":                    "pay (database user)",
		"":                                                      "pay (database user)",
	} {
		if got := identityLine(&record.Record{ID: id, Name: "pay", IdentityType: leak.DatabaseUser}); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}
