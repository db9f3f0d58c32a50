// Package sweep searches many repositories, over and over: it lists them, finds out
// which have changed, and has workers search those. It knows jobs, forges and
// mirrors; how a repository is searched is told by who calls.
package sweep

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/whosekey/whosekey/store"
)

// Job is something to do. Two that are the same are one for as long as one of them
// waits or runs.
type Job struct {
	Kind       string `json:"kind"`
	Repository int64  `json:"repository,omitempty"` // of all but List
	Source     string `json:"source,omitempty"`     // of List: see ParseSource
}

// The kinds of jobs.
const (
	List   = "list"   // find out what a source has, and which of it has changed
	Search = "search" // a repository
	Logs   = "logs"   // those of a repository's CI
	Issues = "issues" // what people wrote about a repository
	Notify = "notify" // tell what was found, once all else is done
)

// Engine keeps jobs in the store's database and hands them to workers. River is one;
// nothing but river.go knows.
type Engine interface {
	// Add adds jobs, if they are not there, within a transaction.
	Add(ctx context.Context, tx *store.Tx, jobs ...Job) error
	// Start has jobs worked, several at once, until Stop. work returns nil when the
	// job is done, Later or Never, or an error after which it is tried again. It may
	// call done within the transaction in which it writes down what came of it.
	Start(ctx context.Context, work func(ctx context.Context, j Job, done func(*store.Tx) error) error) error
	// Stop cancels the context of what is worked on, and waits for it.
	Stop(ctx context.Context) error
	// Rescue has the jobs run again whose workers are not alive.
	Rescue(ctx context.Context, tx *store.Tx) (int64, error)
	// Wake has the jobs run at once that Later put off, or that failed and wait.
	Wake(ctx context.Context, tx *store.Tx) error
	// Cancel ends the jobs that wait to search some repositories, all jobs that wait if
	// none is named.
	Cancel(ctx context.Context, tx *store.Tx, repositories []int64) (int64, error)
	// Queue says how many jobs there are, without Notify, which waits for all others.
	Queue(ctx context.Context) (Queue, error)
}

// Queue counts jobs.
type Queue struct {
	Waiting int // to run as soon as a worker is free
	Running int
	Retry   int // to be tried again after a while
	PutOff  int // of these, those that wait for more than a minute and a half from now
	Lost    int // that were given up in the last days, and whose work is not done since
}

// Left is how many are not finished.
func (q Queue) Left() int { return q.Waiting + q.Running + q.Retry }

// Later is returned by work for a job that should run again after a while, which
// does not count as a failure.
type Later struct {
	After time.Duration
	Why   string
}

func (l *Later) Error() string { return fmt.Sprintf("again in %v: %s", l.After, l.Why) }

// Never is returned by work for a job that is of no use to try again.
type Never struct{ Err error }

func (n *Never) Error() string { return n.Err.Error() }
func (n *Never) Unwrap() error { return n.Err }

// errStopping is why jobs end when the program does.
var errStopping = errors.New("the program ends")
