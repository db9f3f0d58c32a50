package main

import (
	"fmt"

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
		RunE: func(*cobra.Command, []string) error {
			h, outs, err := a.open(&f)
			if err != nil {
				return err
			}
			defer outs.discard()
			if err := report.Replay(a.stdin, h); err != nil {
				return &failure{fmt.Errorf("read the run from standard input: %w", err), "make one with: whosekey git -f jsonl > run.jsonl", exitIncomplete}
			}
			return outs.commit()
		},
	}
	f.add(c)
	return c
}
