package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/store"
)

// TestStepsOfOldStoresAreForgotten: what an earlier whosekey has kept of layers may
// have passwords in it that nobody masked then.
func TestStepsOfOldStoresAreForgotten(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		word := "blue" + "-horse!9"
		s := open()
		for _, q := range []string{
			`insert into layers (digest, how, policy, record, seen_at) values ('sha256:1', 'h', 'p', '{"findings":[{"id":"x","places":[{"record":"` + word + `"}]}]}', 1)`,
			`insert into repositories (id, source, name, address) values (1, 'x', 'acme/app', 'docker://acme/app')`,
			`insert into findings (id, rule, title, provider, severity, confidence, about, rotate, encoding, more, state, status, verdict, first_seen, last_seen)
				values ('x', 'r', 't', 'p', 1, 'high', '', '', '', '{}', 'open', 'unchecked', '{}', 1, 1)`,
			`insert into occurrences (finding, repository, place, path, line, commit_id, at_head, date, record, first_seen, last_seen) values ('x', 1, 'k', 'a/b', 1, '', 1, 0,
				'{"kind":1,"image":{"Name":"acme/app:1","Layer":2,"Instruction":"RUN x ` + word + `","RemovedBy":"RUN y ` + word + `"}}', 1, 1)`,
			`alter table sources drop column gaps`, `update meta set value = '9' where name = 'schema'`,
		} {
			if _, err := s.DB().ExecContext(t.Context(), q); err != nil {
				t.Fatal(err, q)
			}
		}
		s = open()
		n, record := 0, ""
		if err := s.DB().QueryRowContext(t.Context(), `select (select count(*) from layers), record from occurrences`).Scan(&n, &record); err != nil {
			t.Fatal(err)
		}
		record = strings.ReplaceAll(record, " ", "")
		if n != 0 || strings.Contains(record, "horse") || !strings.Contains(record, `"Layer":2`) || !strings.Contains(record, `"Name":"acme/app:1"`) {
			t.Errorf("%d layers, and the place is %s", n, record)
		}
	})
}

// TestForgottenIsGone: nothing of it is left in the file either.
func TestForgottenIsGone(t *testing.T) {
	name, word := filepath.Join(t.TempDir(), "store.db"), "blue"+"-horse!9"
	s := opened(t, name)
	for _, q := range []string{
		`insert into layers (digest, how, policy, record, seen_at) values ('sha256:1', 'h', 'p', '` + strings.Repeat(word, 5000) + `', 1)`,
		`alter table sources drop column gaps`, `update meta set value = '9' where name = 'schema'`,
	} {
		if _, err := s.DB().ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	opened(t, name).Close()
	if b, err := os.ReadFile(name); err != nil || strings.Contains(string(b), word) {
		t.Errorf("it is in the file still: %v", err)
	}
}
