// Package storetest is what tests of the store and of its users have in common.
package storetest

import (
	"database/sql"
	"testing"
)

// toSchema3 takes back what the migrations after the third one made, of those which
// change tables. A new migration adds its own way back here.
var toSchema3 = []string{
	`drop table tallies`, `drop table days`, `drop table sources`, `drop table identity_views`,
	`alter table identities drop column repository`,
	`alter table repositories drop column whose`, `alter table repositories drop column owners`, `alter table repositories drop column stat`,
	`alter table gaps drop column kind`, `alter table gaps drop column chosen`,
	`update meta set value = '3' where name = 'schema'`,
}

// ToSchema3 makes a store look as schema 3 had it, so that the program that opens it next
// brings it up to date.
func ToSchema3(t testing.TB, db *sql.DB) {
	t.Helper()
	for _, text := range toSchema3 {
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}
