package sweep_test

import (
	"context"
	"testing"
	"time"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// TestCancel ends a search that runs and one that waits, and writes nothing down;
// the next pass searches both.
func TestCancel(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		dir := t.TempDir()
		repository(t, dir+"/one")
		repository(t, dir+"/two")
		logins := &sweep.Logins{}
		src, err := sweep.ParseSource("dir:"+dir, logins)
		if err != nil {
			t.Fatal(err)
		}
		running := make(chan string, 2)
		hang := true
		start := func() (*sweep.Sweep, func()) {
			w, err := sweep.New(t.Context(), sweep.Config{
				Store: s, Sources: []sweep.Source{src}, Rules: "r1", State: t.TempDir(), Logins: logins, Once: true,
				Search: func(ctx context.Context, q *sweep.Query) (*sweep.Answer, error) {
					if hang {
						running <- q.Name
						<-ctx.Done()
						return nil, ctx.Err()
					}
					return &sweep.Answer{}, nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			stop, err := w.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return w, stop
		}
		w, stop := start()
		passed := make(chan error, 1)
		go func() { _, err := w.Pass(t.Context()); passed <- err }()
		select {
		case <-running:
		case <-time.After(2 * time.Minute):
			t.Fatal("nothing runs")
		}
		n, err := sweep.Cancel(t.Context(), s, w.Engine(), nil)
		if err != nil || n.Running != 1 || n.Waiting != 1 {
			t.Errorf("cancelled %+v, %v", n, err)
		}
		select {
		case err := <-passed:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(2 * time.Minute):
			t.Fatal("it goes on")
		}
		stop()
		if did := w.Done(); did.Full != 0 || did.Failed != 0 {
			t.Errorf("what was cancelled did %+v", did)
		}
		hang = false
		w, stop = start()
		if _, err := w.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		stop()
		if did := w.Done(); did.Full != 2 {
			t.Errorf("the next pass did %+v", did)
		}
	})
}
