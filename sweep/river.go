package sweep

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/whosekey/whosekey/store"
)

// riverEngine keeps jobs with River. Its driver for database/sql serves PostgreSQL
// too, so that both databases have transactions of one type.
type riverEngine struct {
	s      *store.Store
	client *river.Client[*sql.Tx]
	opts   EngineOptions
	work   work

	mu   sync.Mutex
	mine map[int64]time.Time // jobs that are worked here; when they ended, zero if they did not
	lost map[int64]bool      // jobs that the database says are worked here, and are not
}

// EngineOptions say how jobs are worked.
type EngineOptions struct {
	Worker   string // id of this process, which Beat says to be alive
	Notifies bool   // jobs of the kind Notify are worked too
	Workers  int    // how many jobs at once; 0: this process works none
	Attempts int    // until a job is given up; 0: 12
	// Retry is how long a job waits after its first failure; each further one
	// doubles it, up to an hour. 0: 10 s.
	Retry time.Duration
	// Every adds jobs at times; see Cron. Of several processes one does it.
	Every []Timed
}

// Timed is a job that is added again and again.
type Timed struct {
	Next func(time.Time) time.Time
	Job  Job
}

// NewEngine makes the engine, and its tables if they are missing.
func NewEngine(ctx context.Context, s *store.Store, o EngineOptions) (Engine, error) {
	if o.Attempts == 0 {
		o.Attempts = 12
	}
	if o.Retry == 0 {
		o.Retry = 10 * time.Second
	}
	e := &riverEngine{s: s, opts: o, mine: map[int64]time.Time{}, lost: map[int64]bool{}}
	var driver riverdriver.Driver[*sql.Tx] = riversqlite.New(s.DB())
	if s.PostgreSQL() {
		driver = riverdatabasesql.New(s.DB())
	}
	if err := e.migrate(ctx, driver); err != nil {
		return nil, fmt.Errorf("make the tables of jobs: %w", err)
	}
	// River's own remarks name jobs by number; what matters is told by us.
	cfg := &river.Config{ID: o.Worker, Logger: slog.New(slog.DiscardHandler), MaxAttempts: o.Attempts, PollOnly: true}
	for i, t := range o.Every {
		cfg.PeriodicJobs = append(cfg.PeriodicJobs, river.NewPeriodicJob(schedule(t.Next),
			func() (river.JobArgs, *river.InsertOpts) { return riverArgs{t.Job}, unique(t.Job) }, &river.PeriodicJobOpts{ID: fmt.Sprintf("sweep-%d", i)}))
	}
	if o.Workers > 0 {
		cfg.Workers = river.NewWorkers()
		cfg.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: o.Workers}}
		if o.Notifies {
			cfg.Queues[Notify] = river.QueueConfig{MaxWorkers: 1}
		}
		cfg.FetchCooldown, cfg.FetchPollInterval = 5*time.Millisecond, 500*time.Millisecond
		// Deadlines are ours, and so is the rescue of what a dead process left behind.
		cfg.JobTimeout, cfg.RescueStuckJobsAfter = -1, 30*24*time.Hour
		cfg.CompletedJobRetentionPeriod = time.Hour
		cfg.RetryPolicy = e
		river.AddWorker(cfg.Workers, &riverWorker{e: e})
	}
	var err error
	e.client, err = river.NewClient(driver, cfg)
	return e, err
}

func (e *riverEngine) migrate(ctx context.Context, driver riverdriver.Driver[*sql.Tx]) error {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	// Of two programs that start at once one finds the work done.
	for try := 1; ; try++ {
		v, err := m.Validate(ctx)
		if err == nil && v.OK {
			return nil
		}
		if err == nil {
			_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		}
		if err != nil && try == 5 {
			return err
		}
		if err != nil {
			time.Sleep(time.Duration(try) * 200 * time.Millisecond)
		}
	}
}

type riverArgs struct{ Job }

// Kind implements river.JobArgs.
func (riverArgs) Kind() string { return "whosekey_sweep" }

// unique says how a job is added: once, and where those take it that can work it.
func unique(j Job) *river.InsertOpts {
	queue := river.QueueDefault
	if j.Kind == Notify {
		queue = Notify
	}
	return &river.InsertOpts{Queue: queue, Priority: priorities[j.Kind], UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}}
}

type schedule func(time.Time) time.Time

// Next implements river.PeriodicSchedule.
func (s schedule) Next(t time.Time) time.Time { return s(t) }

// NextRetry implements river.ClientRetryPolicy.
func (e *riverEngine) NextRetry(job *rivertype.JobRow) time.Time {
	wait := e.opts.Retry << min(len(job.Errors), 20)
	return time.Now().UTC().Add(min(wait, time.Hour))
}

func (e *riverEngine) Add(ctx context.Context, tx *store.Tx, jobs ...Job) error {
	if len(jobs) == 0 {
		return nil
	}
	many := make([]river.InsertManyParams, len(jobs))
	for i, j := range jobs {
		many[i] = river.InsertManyParams{Args: riverArgs{j}, InsertOpts: unique(j)}
	}
	if _, err := e.client.InsertManyTx(ctx, tx.Tx, many); err != nil {
		return fmt.Errorf("add jobs: %w", err)
	}
	return nil
}

// priorities say what is done first.
var priorities = map[string]int{List: 1, Search: 2, Logs: 3, Issues: 3, Notify: 4}

// work is what Start is given.
type work = func(ctx context.Context, j Job, done func(*store.Tx) error) error

type riverWorker struct {
	river.WorkerDefaults[riverArgs]
	e *riverEngine
}

// Work implements river.Worker.
func (w *riverWorker) Work(ctx context.Context, job *river.Job[riverArgs]) error {
	w.e.note(job.ID, time.Time{})
	defer func() { w.e.note(job.ID, time.Now()) }()
	err := w.e.work(ctx, job.Args.Job, func(tx *store.Tx) error {
		_, err := river.JobCompleteTx[*riversqlite.Driver](ctx, tx.Tx, job)
		if errors.Is(err, rivertype.ErrNotFound) {
			return store.ErrFenced
		}
		return err
	})
	later, never := new(Later), new(Never)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &later):
		return river.JobSnooze(later.After)
	case errors.As(err, &never):
		return river.JobCancel(never.Err)
	case ctx.Err() != nil:
		return river.JobSnooze(0) // the program ends: another one begins anew
	}
	return err
}

func (e *riverEngine) Start(ctx context.Context, work work) error {
	e.work = work
	if err := e.client.Start(ctx); err != nil {
		return fmt.Errorf("start the workers: %w", err)
	}
	return nil
}

func (e *riverEngine) Stop(ctx context.Context) error { return e.client.StopAndCancel(ctx) }

// maxDeaths is how many workers may die over a job until it is given up: what it
// searches may be what kills them.
const maxDeaths = 15

func (e *riverEngine) Rescue(ctx context.Context, tx *store.Tx) (int64, error) {
	// The last of attempted_by is who works it.
	last, now := `json_extract(attempted_by, '$[#-1]')`, `datetime('now', 'subsec')`
	if e.s.PostgreSQL() {
		last, now = `attempted_by[array_upper(attempted_by, 1)]`, `now()`
	}
	dead := ` where state = 'running' and ` + last + ` not in (select id from workers)`
	if _, err := tx.ExecContext(ctx, `update river_job set state = 'discarded', finalized_at = `+now+dead+fmt.Sprintf(` and attempt >= %d`, maxDeaths)); err != nil {
		return 0, fmt.Errorf("give up jobs: %w", err)
	}
	again := `update river_job set state = 'available', scheduled_at = ` + now + `, max_attempts = max_attempts + 1`
	r, err := tx.ExecContext(ctx, again+dead)
	if err != nil {
		return 0, fmt.Errorf("rescue jobs: %w", err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		return n, err
	}
	for _, id := range e.forgotten(ctx, tx, last) {
		if _, err := tx.ExecContext(ctx, again+fmt.Sprintf(` where state = 'running' and id = %d`, id)); err != nil {
			return n, fmt.Errorf("rescue jobs: %w", err)
		}
		n++
	}
	return n, nil
}

// note keeps which jobs are worked here.
func (e *riverEngine) note(id int64, ended time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mine[id] = ended
	for k, t := range e.mine {
		if !t.IsZero() && time.Since(t) > store.Patience {
			delete(e.mine, k)
		}
	}
}

// forgotten are jobs that the database gave to this process, and nobody works: the
// connection broke before River heard of them, or before it could say what became of
// them. It takes two looks, as a job may be on its way.
func (e *riverEngine) forgotten(ctx context.Context, tx *store.Tx, last string) (out []int64) {
	rows, err := tx.QueryContext(ctx, `select id from river_job where state = 'running' and `+last+` = $1`, e.opts.Worker)
	if err != nil {
		return nil // the next beat looks again
	}
	defer rows.Close()
	e.mu.Lock()
	defer e.mu.Unlock()
	lost := map[int64]bool{}
	for rows.Next() {
		var id int64
		if rows.Scan(&id) != nil {
			return nil
		}
		if ended, known := e.mine[id]; known && (ended.IsZero() || time.Since(ended) < store.Patience/2) {
			continue // it is worked, or River is about to say what became of it
		}
		if e.lost[id] {
			out = append(out, id)
		} else {
			lost[id] = true
		}
	}
	e.lost = lost
	return out
}
