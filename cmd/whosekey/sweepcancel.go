package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/sweep"
)

func (a *app) sweepCancelCommand() *cobra.Command {
	var f storeFlags
	var all bool
	c := &cobra.Command{
		Use:   "cancel [REPOSITORY]...",
		Short: "End searches that wait or run, on all machines",
		Long: `End the searches of some repositories, named as whosekey sweep status names them,
or of all. Those that wait are not begun; those that run end within a few
seconds, and nothing of them is written down. What is still due is searched
after the next listing.`,
		Example: `  whosekey sweep cancel acme/huge
  whosekey sweep cancel --all`,
		RunE: func(c *cobra.Command, names []string) error {
			if all == (len(names) > 0) {
				return usage(errors.New("name repositories, or --all"), "")
			}
			db, err := f.open(c.Context(), false)
			if err != nil {
				return err
			}
			defer db.Close()
			var ids []int64
			for _, name := range names {
				some, err := db.Named(c.Context(), name)
				if err != nil {
					return &failure{err, "", exitIncomplete}
				}
				if len(some) == 0 {
					return usage(fmt.Errorf("there is no repository %s in the store", printable(name)), "whosekey sweep status names those with trouble, a report all with findings")
				}
				ids = append(ids, some...)
			}
			e, err := sweep.NewEngine(c.Context(), db, sweep.EngineOptions{Worker: "cancel"})
			if err != nil {
				return &failure{err, "", exitIncomplete}
			}
			n, err := sweep.Cancel(c.Context(), db, e, ids)
			if err != nil {
				return &failure{err, "", exitIncomplete}
			}
			_, err = fmt.Fprintf(a.stdout, "cancelled: %d searches that waited and %d that ran\n", n.Waiting, n.Running)
			return err
		},
	}
	f.add(c)
	c.Flags().BoolVar(&all, "all", false, "all searches, and the listings that wait")
	return c
}
