package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/detectors"
)

func (a *app) rulesTestCommand() *cobra.Command {
	var f ruleFlags
	c := &cobra.Command{
		Use:   "test",
		Short: "Run the examples of all rules: those that ship with whosekey, and your own",
		Long: `Run the examples of all rules. Each rule must find something in its leaks, with
the parts that they want, and nothing in its clean examples. The exit code is 1 if one does not.`,
		Example: `  whosekey rules test
  whosekey rules test --rules acme.toml`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			started := time.Now()
			ps, own, err := f.load()
			if err != nil {
				return err
			}
			ruleCount, examples := 0, 0
			wrong := make([][]error, len(ps))
			var g errgroup.Group
			g.SetLimit(runtime.GOMAXPROCS(0))
			for i, p := range ps {
				ruleCount += len(p.Rules)
				for j := range p.Rules {
					r := &p.Rules[j]
					examples += len(r.Leaks) + len(r.Clean)
				}
				g.Go(func() error {
					for j := range p.Rules {
						if err := detectors.CheckExamples(alone(p, &p.Rules[j])[0]); err != nil {
							wrong[i] = append(wrong[i], err)
						}
					}
					return nil
				})
			}
			g.Wait()
			n := 0
			for _, errs := range wrong {
				for _, err := range errs {
					fmt.Fprintln(a.stdout, printable(err.Error()))
					n++
				}
			}
			fmt.Fprintf(a.stdout, "%d examples of %d rules in %d files, %d of them your own: %d wrong; in %s\n",
				examples, ruleCount, len(ps), own, n, time.Since(started).Round(10*time.Millisecond))
			if n > 0 {
				a.code = exitFindings
			}
			return nil
		},
	}
	f.add(c)
	return c
}
