package store

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// renameIn has the identities of a repository's findings name it as it is called now: the
// repositories that they are in are never forgotten otherwise.
func (tx *Tx) renameIn(ctx context.Context, repository int64, before, now string) error {
	before, _, _ = strings.Cut(before, parked)
	for _, k := range []struct {
		read, write string
		of          []any // what the write wants behind record and id
	}{
		{`select id, record from identities where id in (select f.identity from occurrences o join findings f on f.id = o.finding where o.repository = ? and f.identity <> '')`,
			`update identities set record = ? where id = ?`, nil},
		{`select identity, record from identity_views where repository = ?`, `update identity_views set record = ? where identity = ? and repository = ?`, []any{repository}},
	} {
		records := map[string]string{}
		err := tx.s.each(ctx, tx, func(scan func(...any) error) error {
			var id, record string
			err := scan(&id, &record)
			records[id] = record
			return err
		}, k.read, repository)
		if err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(records)) {
			var one leak.Identity
			if err := decodeIdentity(records[id], &one); err != nil {
				return err
			}
			at := slices.Index(one.Repositories, before)
			if at < 0 {
				continue
			}
			one.Repositories = union(slices.Delete(one.Repositories, at, at+1), []string{now})
			record, err := encodeIdentity(&one)
			if err != nil {
				return err
			}
			if _, err := tx.s.exec(ctx, tx, k.write, append([]any{record, id}, k.of...)...); err != nil {
				return err
			}
		}
	}
	return nil
}
