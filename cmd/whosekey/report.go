package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/report"
)

func (a *app) reportCommand() *cobra.Command {
	var f outputFlags
	c := &cobra.Command{
		Use:   "report",
		Short: "Turn a run's JSON lines into any other format",
		Long: `Read a run that was written with -f jsonl from standard input and write it in
another format. Nothing is scanned again.`,
		Example: `  whosekey git -f jsonl > run.jsonl
  whosekey report -f sarif < run.jsonl > leaks.sarif`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			h, outs, err := a.open(&f)
			if err != nil {
				return err
			}
			defer outs.discard()
			if err := report.Replay(&patient{c.Context(), a.stdin}, h); err != nil {
				if f := new(failure); errors.As(err, &f) {
					return f
				}
				return &failure{fmt.Errorf("read the run from standard input: %w", err), "make one with: whosekey git -f jsonl > run.jsonl", exitIncomplete}
			}
			return outs.commit()
		},
	}
	f.salt = []byte(publicSalt)
	f.add(c)
	return c
}

// patient reads until its context is done: a terminal may never end.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	type answer struct {
		n   int
		err error
	}
	own := make([]byte, len(b)) // b is the caller's again when ctx is done
	done := make(chan answer, 1)
	go func() {
		n, err := p.r.Read(own)
		done <- answer{n, err}
	}()
	select {
	case <-p.ctx.Done():
		return 0, p.ctx.Err()
	case a := <-done:
		return copy(b, own[:a.n]), a.err
	}
}
