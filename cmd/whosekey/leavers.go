package main

import (
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/whosekey/whosekey/identity/inventory"
)

// readLeavers reads the list of people who have left. What it cannot read of it is
// told, and the rest counts.
func readLeavers(name string) ([]inventory.Leaver, error) {
	in, err := os.Open(name)
	if err != nil {
		return nil, usage(fmt.Errorf("read the list of leavers: %w", err), "")
	}
	defer in.Close()
	lost, first := 0, ""
	list, err := inventory.Leavers(name, in, func(p inventory.Problem) {
		if lost++; lost == 1 {
			first = p.String()
		}
	})
	if err != nil {
		return nil, usage(fmt.Errorf("read the list of leavers %s: %w", name, err), "it has an address a line, or a column with the heading email; where nobody has left, leave the list out")
	}
	if lost > 0 {
		slog.Warn("the list of leavers has rows that could not be read", "rows", lost, "first", first)
	}
	return list, nil
}

// leavingDays are days on which people of a list leave: whose a credential is changes
// with them, though the list does not.
type leavingDays struct {
	sum  string // of the list that they were read from
	days []time.Time
}

// over tells how many of the days are over; sum is that of the list as it is now.
func (d *leavingDays) over(name, sum string) string {
	if sum != d.sum || sum == "" {
		d.sum, d.days = sum, nil
		in, err := os.Open(name)
		if err != nil {
			return "" // whoever concludes with it says so
		}
		defer in.Close()
		list, _ := inventory.Leavers(name, in, func(inventory.Problem) {})
		for _, p := range list {
			if !p.Left.IsZero() {
				d.days = append(d.days, p.Left)
			}
		}
	}
	n, now := 0, time.Now()
	for _, day := range d.days {
		if !day.After(now) {
			n++
		}
	}
	return strconv.Itoa(n)
}
