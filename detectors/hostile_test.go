//go:build unix

package detectors_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// nearMatches are texts of about size bytes that a rule's pattern works hard on and does
// not match: its examples without their end, one behind the other, and its literals alone
// in front of letters, digits and blanks that may go on.
func nearMatches(r *rules.Rule, size int) (out []string) {
	repeat := func(s string) {
		if s != "" {
			out = append(out, strings.Repeat(s, size/len(s)+1))
		}
	}
	for i, e := range r.Leaks[:min(2, len(r.Leaks))] {
		text, err := rules.Expand(e.Text, fmt.Sprint(r.ID, i), detectors.Checksum(r.Checksum))
		if err == nil && len(text) > 4 && len(text) < 2000 {
			repeat(text[:len(text)*3/4])
			repeat(strings.TrimRight(text, "\"'\n;)")[:len(strings.TrimRight(text, "\"'\n;)"))-1] + "\x01")
		}
	}
	for _, l := range r.Shape.Literals[:min(3, len(r.Shape.Literals))] {
		repeat(l.Text)
		for _, fill := range []string{"a", "7", " ", "a.", "x=\"", "\n"} {
			repeat(l.Text + strings.Repeat(fill, 40/len(fill)))
		}
	}
	return out
}

// spentCPU is what the process has computed so far: other processes make that no longer.
func spentCPU() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// TestHostileText takes the CPU of each rule on what it was not made for: make hostile. It names the
// slowest; without the variable it looks at a few KB of each, for what never ends.
func TestHostileText(t *testing.T) {
	size, measured := 4<<10, os.Getenv("WHOSEKEY_HOSTILE") != ""
	if measured {
		size = 64 << 10 // all rules take a minute with that
	}
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	type cost struct {
		rule, text string
		took       time.Duration
	}
	var costs []cost
	for _, p := range ps {
		for i := range p.Rules {
			r := &p.Rules[i]
			alone := *p
			alone.Rules = p.Rules[i : i+1]
			ds, err := detectors.Compile([]*rules.Provider{&alone})
			if err != nil {
				t.Fatal(err)
			}
			set := detectors.NewSet(ds...)
			worst := cost{rule: r.ID}
			for _, text := range nearMatches(r, size) {
				started := spentCPU()
				set.Scan(&leak.Chunk{Data: []byte(text)}, func(leak.Match) {})
				if took := spentCPU() - started; took > worst.took {
					worst.text, worst.took = text[:min(80, len(text))], took
				}
			}
			costs = append(costs, worst)
		}
	}
	if measured {
		slices.SortFunc(costs, func(a, b cost) int { return cmp.Compare(b.took, a.took) })
		for _, c := range costs[:20] {
			t.Logf("%6d ms of CPU a MB  %s on %q", c.took.Milliseconds()*(1<<20)/int64(size), c.rule, c.text)
		}
	}
}
