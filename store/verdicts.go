package store

import (
	"context"
	"fmt"
	"time"
)

// schema2 keeps what providers said, sealed by whoever knows the key, until it is
// too old to be believed.
const schema2 = `
create table kept_verdicts (
	id text primary key,
	sealed BYTES not null,
	until bigint not null
);
create index kept_verdicts_until on kept_verdicts (until);
`

// tidyEvery is after how many kept verdicts those that are too old are removed.
const tidyEvery = 1000

// KeptVerdict returns what KeepVerdict was given for an id; nil if that is nothing,
// or too old.
func (s *Store) KeptVerdict(ctx context.Context, id string) (sealed []byte, err error) {
	_, err = s.one(ctx, s.db, []any{&sealed}, `select sealed from kept_verdicts where id = ? and until > ?`, id, stamp(s.Now()))
	if err != nil {
		return nil, fmt.Errorf("read a kept verdict: %w", err)
	}
	return sealed, nil
}

// KeepVerdict keeps a sealed verdict until a time, in the place of the one that has
// its id. Now and then, the first time included, it removes those that are too old.
func (s *Store) KeepVerdict(ctx context.Context, id string, sealed []byte, until time.Time) error {
	if s.verdicts.Add(1)%tidyEvery == 1 {
		if _, err := s.exec(ctx, s.db, `delete from kept_verdicts where until <= ?`, stamp(s.Now())); err != nil {
			return fmt.Errorf("remove old verdicts: %w", err)
		}
	}
	_, err := s.exec(ctx, s.db, `insert into kept_verdicts (id, sealed, until) values (?, ?, ?) on conflict (id) do update set sealed = excluded.sealed, until = excluded.until`,
		id, sealed, stamp(until))
	if err != nil {
		return fmt.Errorf("keep a verdict: %w", err)
	}
	return nil
}
