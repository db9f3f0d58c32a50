package sweep

import (
	"context"
	"fmt"

	"github.com/whosekey/whosekey/store"
)

// Cancelled is what Cancel ended.
type Cancelled struct{ Waiting, Running int64 }

// Cancel ends the searches of some repositories, of all with the listings that wait
// if none is named: those that wait are not begun, those that run end within a few
// seconds and write nothing down. The next listing has the repositories searched
// again, if they are still due.
func Cancel(ctx context.Context, s *store.Store, e Engine, repositories []int64) (c Cancelled, err error) {
	err = s.Do(ctx, func(tx *store.Tx) (err error) {
		if c.Waiting, err = e.Cancel(ctx, tx, repositories); err != nil {
			return err
		}
		c.Running, err = tx.TakeBack(ctx, repositories)
		return err
	})
	return c, err
}

// Cancel implements Engine.
func (e *riverEngine) Cancel(ctx context.Context, tx *store.Tx, repositories []int64) (n int64, err error) {
	of, now := `json_extract(args, '$.repository')`, `datetime('now', 'subsec')`
	if e.s.PostgreSQL() {
		of, now = `(args->>'repository')::bigint`, `now()`
	}
	text := `update river_job set state = 'cancelled', finalized_at = ` + now + ` where kind = '` + riverArgs{}.Kind() + `' and queue <> '` + Notify + `' and state in ('available', 'pending', 'retryable', 'scheduled')`
	if len(repositories) == 0 {
		repositories = []int64{0}
	} else {
		text += ` and ` + of + ` = %d`
	}
	for _, id := range repositories {
		one := text
		if id != 0 {
			one = fmt.Sprintf(text, id)
		}
		r, err := tx.ExecContext(ctx, one)
		if err != nil {
			return n, fmt.Errorf("cancel jobs: %w", err)
		}
		k, err := r.RowsAffected()
		if err != nil {
			return n, err
		}
		n += k
	}
	return n, nil
}
