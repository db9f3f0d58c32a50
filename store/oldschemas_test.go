package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/verify/verifytest"
)

// TestEveryOldSchema: a store of each version there was, with rows in its tables, is
// brought up to date, keeps and counts them, and can be written to.
func TestEveryOldSchema(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		for version := 1; version < Schema(); version++ {
			t.Run(fmt.Sprint(version), func(t *testing.T) { fromSchema(t, version, filepath.Join(t.TempDir(), "store.db")) })
		}
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		verifytest.Program(t, "postgres")
		server := verifytest.NewPostgreSQL(t)
		for version := 1; version < Schema(); version++ {
			t.Run(fmt.Sprint(version), func(t *testing.T) { fromSchema(t, version, server.Database(fmt.Sprintf("old%d", version))) })
		}
	})
}

// opensWith opens a store as the whosekey did that knew so many migrations.
func opensWith(t *testing.T, version int, name string) *Store {
	t.Helper()
	all := migrations
	defer func() { migrations = all }()
	migrations = migrations[:version]
	s, err := Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// oldRows are what a store may hold, by the schema that first had the table.
var oldRows = map[int][]string{
	1: {
		`insert into repositories (source, name, address, native, state, refs, seen_at, added_at, scanned_at) values ('github:org/acme?forks', 'acme/api', 'https://git.acme.example/acme/api.git', '7', 'done', 'r1', 5, 5, 5)`,
		`insert into identities (id, provider, type, name, owner, risk, confidence, status, record, added_at, changed_at) values ('i1', 'slack', 'bot', 'b', 'team-a', 40, 0.5, 'active', '{}', 5, 5)`,
		`insert into owners (identity, n, name, kind, source, confidence, gone) values ('i1', 0, 'team-a', 'team', 'CODEOWNERS', 0.9, 0)`,
		`insert into findings (id, rule, title, provider, severity, confidence, about, rotate, encoding, more, state, status, verdict, identity, owner, risk, band, first_seen, last_seen, closed_at, places, repositories) values
			('f1', 'r', 'T', 'slack', 5, 'high', '', '', '', '{}', 'open', 'live', '{}', 'i1', 'team-a', 40, 'medium', 86400000000, 86400000000, 0, 1, 1),
			('f2', 'r', 'T', 'slack', 5, 'high', '', '', '', '{}', 'fixed', 'dead', '{}', '', '', 10, 'low', 86400000000, 86400000000, 172800000000, 1, 1)`,
		`insert into occurrences (finding, repository, place, path, line, commit_id, at_head, date, record, first_seen, last_seen) values
			('f1', 1, 'k', 'a.env', 3, 'c', 1, 0, '{"path":"a.env","line":3}', 5, 5), ('f2', 1, 'k', 'b.env', 4, 'c', 1, 0, '{"path":"b.env","line":4}', 5, 5)`,
		`insert into verdicts (finding, at, status, record) values ('f1', 5, 'live', '{}'), ('f2', 6, 'dead', '{}')`,
		`insert into scans (repository, kind, started_at, ended_at, worker, rules, refs, commits, blobs, bytes, findings, added, incomplete, problem) values (1, 'full', 4, 5, 'w', 'd', 'r1', 1, 1, 1, 2, 2, 0, '')`,
		`insert into gaps (repository, reason, fix, count, first) values (1, 'large', 'raise it', 2, 'a.bin')`,
		`insert into answers (address, tag, body, at) values ('https://api.acme.example/repos', 'W/1', 'x', 5)`,
	},
	2: {`insert into kept_verdicts (id, sealed, until) values ('f1', 'x', 9000000000000000)`},
	3: {`insert into layers (digest, how, policy, record, seen_at) values ('sha256:1', 'h', 'p', '{}', 5)`},
	4: {
		`insert into tallies (state, status, band, provider, owner, n) values ('open', 'live', 'medium', 'slack', 'team-a', 1), ('fixed', 'dead', 'low', 'slack', '', 1)`,
		`insert into days (day, opened, closed) values (1, 2, 0), (2, 0, 1)`,
	},
	7: {`insert into sources (spec, listed_at) values ('github:org/acme?forks', 5)`},
	9: {`insert into identity_views (identity, repository, record) values ('i1', 1, '{}')`},
}

func fromSchema(t *testing.T, version int, name string) {
	ctx := t.Context()
	old := opensWith(t, version, name)
	for v := 1; v <= version; v++ {
		for _, text := range oldRows[v] {
			if version >= 11 { // which knew no choice any more
				text = strings.ReplaceAll(text, "?forks", "")
			}
			if _, err := old.DB().ExecContext(ctx, text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
	}
	old.Close()
	s := opensWith(t, Schema(), name)
	defer s.Close()
	s.Now = func() time.Time { return time.Unix(3*24*60*60, 0) }
	o, err := s.Overview(ctx)
	if err != nil || o.Open != 1 || o.Fixed != 1 || o.Identities != 1 || o.Scans != 1 || len(o.Repositories) != 1 || o.Repositories[0].N != 1 {
		t.Errorf("the overview is %+v, %v", o, err)
	}
	days, err := s.Days(ctx, 3)
	if err != nil || days[0].New != 2 || days[1].Closed != 1 {
		t.Errorf("the days are %+v, %v", days, err)
	}
	fs, err := s.Findings(ctx, Filter{})
	if err != nil || len(fs) != 2 || fs[0].ID != "f1" || fs[0].Owner != "team-a" || fs[0].Places != 1 {
		t.Errorf("%d findings, %v", len(fs), err)
	}
	for table, want := range map[string]int{"occurrences": 2, "owners": 1, "verdicts": 2, "gaps": 1, "answers": 1} {
		n := 0
		if err := s.DB().QueryRowContext(ctx, `select count(*) from `+table).Scan(&n); err != nil || n != want {
			t.Errorf("%d %s, want %d, %v", n, table, want, err)
		}
	}
	seen := &Repository{}
	err = s.Do(ctx, func(tx *Tx) (err error) {
		seen, err = tx.See(ctx, &Repository{Source: "github:org/acme", Name: "acme/api", Native: "7", Address: "https://git.acme.example/acme/api.git"})
		return err
	})
	if err != nil || seen.ID != 1 || seen.Refs != "r1" || seen.State != Done {
		t.Errorf("listed again, the repository is %+v, %v", seen, err)
	}
}
