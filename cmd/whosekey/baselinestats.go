package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/policy"
)

// soon is how long before an entry expires people are told.
const soon = 30 * 24 * time.Hour

// baselineStats is what baseline stats writes as JSON.
type baselineStats struct {
	Entries     int            `json:"entries"`
	Unaudited   int            `json:"unaudited"` // without a reason
	Unowned     int            `json:"unowned"`
	Expired     int            `json:"expired"`
	Soon        int            `json:"expires_in_30_days"`
	NeverExpire int            `json:"never_expire"`
	Scoped      int            `json:"scoped"`      // to a path
	FromOthers  int            `json:"from_others"` // not yet turned into entries of our own
	Rules       map[string]int `json:"rules"`
	Owners      map[string]int `json:"owners"`
}

func (a *app) baselineStats() *cobra.Command {
	var file, format string
	c := &cobra.Command{
		Use:     "stats",
		Example: "  whosekey baseline stats",
		Short:   "Count what is in the baseline: without a reason, without an owner, expired",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b, err := policy.LoadBaseline(file)
			if err != nil {
				return usage(err, baselineHint(err))
			}
			s := statsOf(b, time.Now())
			switch format {
			case "text":
				a.writeStats(file, s)
			case "json":
				enc := json.NewEncoder(a.stdout)
				enc.SetIndent("", "  ")
				return enc.Encode(s)
			default:
				return usage(fmt.Errorf("unknown format %q: there are text, json", format), "")
			}
			return nil
		},
	}
	c.Flags().StringVar(&file, "baseline", policy.BaselineName, "the baseline `file`")
	c.Flags().StringVarP(&format, "format", "f", "text", "`FORMAT`: text or json")
	return c
}

func statsOf(b *policy.Baseline, now time.Time) *baselineStats {
	s := &baselineStats{Entries: len(b.Entries), Unaudited: b.Unaudited(), Expired: b.Expired(now), Rules: map[string]int{}, Owners: map[string]int{}}
	for i := range b.Entries {
		e := &b.Entries[i]
		s.Rules[cmp.Or(e.Rule, "?")]++
		if e.Owner == "" {
			s.Unowned++
		} else {
			s.Owners[e.Owner]++
		}
		for _, is := range []struct {
			n *int
			v bool
		}{
			{&s.Soon, !e.Expired(now) && e.Expired(now.Add(soon))}, {&s.NeverExpire, e.Expires == ""},
			{&s.Scoped, e.Path != "" && !strings.HasPrefix(e.ID, "at:")}, {&s.FromOthers, e.Legacy()},
		} {
			if is.v {
				*is.n++
			}
		}
	}
	return s
}

func (a *app) writeStats(file string, s *baselineStats) {
	fmt.Fprintf(a.stdout, "%s: %s\n", printable(file), entries(s.Entries))
	row := func(n int, what string) {
		if n > 0 {
			fmt.Fprintf(a.stdout, "%8d %s\n", n, what)
		}
	}
	row(s.Unaudited, "unaudited: nobody says why")
	row(s.Unowned, "without an owner")
	row(s.Expired, "expired: they do not count any more")
	row(s.Soon, "expire within 30 days")
	row(s.NeverExpire, "never expire")
	row(s.Scoped, "for some paths only")
	row(s.FromOthers, "from other scanners, not found again so far")
	for _, part := range []struct {
		name string
		n    map[string]int
	}{{"by rule", s.Rules}, {"by owner", s.Owners}} {
		if len(part.n) == 0 {
			continue
		}
		fmt.Fprintf(a.stdout, "%s\n", part.name)
		for _, k := range slices.SortedFunc(maps.Keys(part.n), func(x, y string) int {
			return cmp.Or(cmp.Compare(part.n[y], part.n[x]), strings.Compare(x, y))
		}) {
			row(part.n[k], printable(k))
		}
	}
}
