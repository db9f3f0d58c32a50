package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/identity/inventory"
	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/identity/risk"
)

// records hands out the identities of files, or of standard input. Those of
// several files are joined.
func (a *app) records(c *cobra.Command, o inventory.Options, names []string, visit func(*record.Record) error) (invs []*inventory.Inventory, err error) {
	tuneForLists()
	read := func(name string, visit func(*record.Record) error) error {
		var inv *inventory.Inventory
		var err error
		if name == "-" {
			inv, err = inventory.Records("standard input", &patient{c.Context(), a.stdin}, o, visit)
		} else {
			inv, err = inventory.RecordsFile(name, o, visit)
		}
		if inv != nil {
			invs = append(invs, inv)
		}
		if err != nil {
			return readFailure(err)
		}
		return nil
	}
	switch len(names) {
	case 0:
		err = read("-", visit)
		return invs, err
	case 1:
		err = read(names[0], visit)
		return invs, err
	}
	runs, n := inventory.Runs{Judge: spread()}, 0
	for _, name := range names {
		err := read(name, func(r *record.Record) error {
			if n++; n > maxTogether {
				return fmt.Errorf("more than %d identities in all", maxTogether)
			}
			runs.Add(r)
			return nil
		})
		if err != nil {
			return invs, err
		}
	}
	for _, r := range runs.Joined() {
		if err := visit(r); err != nil {
			return invs, err
		}
	}
	return invs, nil
}

// maxTogether bounds the identities that are held in memory to be joined.
const maxTogether = 1_000_000

// spread judges identities again that stand in several runs, with the points that
// count if nobody says otherwise.
func spread() func(*record.Record) {
	a := risk.New(nil, nil, time.Now())
	return func(r *record.Record) {
		id := r.Identity()
		a.Spread(id)
		now := record.From(id, record.Options{People: record.Emails})
		r.Controls, r.ControlDetail = now.Controls, now.ControlDetail
		for i := range min(len(r.Credentials), len(now.Credentials)) {
			k := &r.Credentials[i]
			k.Risk, k.Controls = now.Credentials[i].Risk, now.Credentials[i].Controls
		}
		if id.Risk.Band != "" {
			r.RiskScore, r.Risk, r.Plan = now.RiskScore, now.Risk, now.Plan
		}
	}
}
