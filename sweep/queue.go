package sweep

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/riverqueue/river/rivertype"

	"github.com/whosekey/whosekey/store"
)

// patience is how long a pass waits for a job that was tried while it ran and put off: longer
// than one waits for another job, or after the first failures.
const patience = 90 * time.Second

// Queue implements Engine.
func (e *riverEngine) Queue(ctx context.Context) (q Queue, err error) {
	soon := `datetime('now', '+` + strconv.Itoa(int(patience.Seconds())) + ` seconds')`
	if e.s.PostgreSQL() {
		soon = `now() + interval '` + strconv.Itoa(int(patience.Seconds())) + ` seconds'`
	}
	rows, err := e.s.DB().QueryContext(ctx, `select cast(state as text), count(*), sum(case when scheduled_at > `+soon+` then 1 else 0 end) from river_job where queue <> '`+Notify+`' group by state`)
	if err != nil {
		return q, fmt.Errorf("count jobs: %w", err)
	}
	defer rows.Close()
	lost := false
	for rows.Next() {
		var state string
		var n, putOff int
		if err := rows.Scan(&state, &n, &putOff); err != nil {
			return q, err
		}
		switch rivertype.JobState(state) {
		case rivertype.JobStateAvailable, rivertype.JobStatePending:
			q.Waiting += n
		case rivertype.JobStateRunning:
			q.Running += n
		case rivertype.JobStateRetryable, rivertype.JobStateScheduled:
			q.Retry += n
			q.PutOff += putOff
		case rivertype.JobStateDiscarded, rivertype.JobStateCancelled:
			lost = true
		}
	}
	if err := rows.Err(); err != nil || !lost {
		return q, err
	}
	q.Lost, err = e.lostJobs(ctx)
	return q, err
}

// lostJobs counts the jobs that were given up and still matter: what they were to do is
// neither done since, nor gone, nor waits again. Two that are the same are one.
func (e *riverEngine) lostJobs(ctx context.Context) (n int, err error) {
	field := func(of, name string) string {
		if e.s.PostgreSQL() {
			return fmt.Sprintf(`coalesce(%s.args->>'%s', '')`, of, name)
		}
		return fmt.Sprintf(`coalesce(json_extract(%s.args, '$.%s'), '')`, of, name)
	}
	text := `select count(*) from (select distinct ` + field("j", "kind") + ` as kind, cast(` + field("j", "repository") + ` as text) as repository, ` + field("j", "source") + ` as source
		from river_job j where j.state in ('discarded', 'cancelled')) l left join repositories r on cast(r.id as text) = l.repository
		where (l.kind = '` + Search + `' and r.state in ('failed', 'due', 'new')
			or exists (select 1 from sources s where s.problem <> '' and s.spec = case l.kind when '` + List + `' then l.source when '` + Notify + `' then '` + Notices + `' else l.kind || ' of ' || r.name end))
		and not exists (select 1 from river_job k where k.state in ('available', 'pending', 'running', 'retryable', 'scheduled')
			and ` + field("k", "kind") + ` = l.kind and cast(` + field("k", "repository") + ` as text) = l.repository and ` + field("k", "source") + ` = l.source)`
	if err := e.s.DB().QueryRowContext(ctx, text).Scan(&n); err != nil {
		return 0, fmt.Errorf("count jobs that were given up: %w", err)
	}
	return n, nil
}

// Wake implements Engine.
func (e *riverEngine) Wake(ctx context.Context, tx *store.Tx) error {
	now := `datetime('now', 'subsec')`
	if e.s.PostgreSQL() {
		now = `now()`
	}
	if _, err := tx.ExecContext(ctx, `update river_job set state = 'available', scheduled_at = `+now+` where state in ('scheduled', 'retryable') and kind = '`+riverArgs{}.Kind()+`'`); err != nil {
		return fmt.Errorf("have jobs run that wait: %w", err)
	}
	return nil
}
