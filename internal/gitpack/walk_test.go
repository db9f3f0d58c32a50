package gitpack_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// TestWorkersDoOneThingAtATime has many objects that only another pack's copy
// yields: who visits those is one of the workers.
func TestWorkersDoOneThingAtATime(t *testing.T) {
	dir := t.TempDir()
	bad, good := newPack(), newPack()
	const n = 4000
	for i := range n {
		data := fmt.Append(nil, i, strings.Repeat(" some text", 50))
		next := fmt.Append(nil, (i+1)%n, strings.Repeat(" some text", 50))
		bad.entry(7, 1, nameOfData(gitpack.Blob, data), nameOfData(gitpack.Blob, next), []byte{0})
		good.whole(gitpack.Blob, data)
		good.whole(gitpack.Blob, append(data, "and more"...))
	}
	bad.save(t, dir, "pack-a")
	good.save(t, dir, "pack-b")
	s, problems := gitpack.Open([]string{dir}, 20)
	defer s.Close()
	var busy [2]atomic.Bool
	var visited, clashes atomic.Int64
	err := s.Walk(context.Background(), gitpack.WalkOptions{
		Workers: len(busy),
		Visit: func(w int, o *gitpack.Object) error {
			if !busy[w].CompareAndSwap(false, true) {
				clashes.Add(1)
			}
			nameOfData(o.Type, o.Data)
			busy[w].Store(false)
			visited.Add(1)
			return nil
		},
	})
	if err != nil || len(problems) > 0 || visited.Load() != 2*n {
		t.Errorf("visited %d: %v, %v", visited.Load(), err, problems)
	}
	if clashes.Load() > 0 {
		t.Errorf("a worker was called %d times while it was at work", clashes.Load())
	}
}
