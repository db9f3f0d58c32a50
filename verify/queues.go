package verify

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// manyQueues bounds the goroutines; nearly all of them wait for the rate of
// their host.
const manyQueues = 1024

// askAll asks about all credentials, host by host: two at once of each, so
// that a slow host keeps nobody else waiting.
func (e *Engine) askAll(ctx context.Context, jobs []*job) {
	queues := map[string][]*job{}
	total := 0
	for _, j := range jobs {
		if j.verdict.Status == "" {
			queues[j.host] = append(queues[j.host], j)
			total++
		}
	}
	var done atomic.Int64
	var g errgroup.Group
	g.SetLimit(manyQueues)
	for _, queue := range queues {
		var next atomic.Int64
		for range min(perHost, len(queue)) {
			g.Go(func() error {
				for i := next.Add(1) - 1; i < int64(len(queue)) && ctx.Err() == nil; i = next.Add(1) - 1 {
					j := queue[i]
					j.verdict = e.ask(ctx, j, e.query(j.findings[0]), j.credit)
					j.asked = true
					j.doubt()
					if e.cfg.Progress != nil {
						e.cfg.Progress(int(done.Add(1)), total)
					}
				}
				return nil
			})
		}
	}
	g.Wait()
}
