package scanners

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Coverage says what a scan searched and what it left out, so that "found
// nothing" and "looked at nothing" never look the same. It is safe for
// concurrent use.
type Coverage struct {
	mu     sync.Mutex
	counts map[string]int64
	gaps   map[string]*Gap
	left   map[string]*Gap
	notes  []string
}

// Gap is a kind of thing that a scan could not read, or was told not to.
type Gap struct {
	Reason string // what and why: "unreadable file"
	Fix    string // what the user can do about it; may be empty
	Count  int64
	First  []string // names of the first few, sorted
}

// Count adds n to what was searched of a kind: "files", "blobs", "bytes".
func (c *Coverage) Count(kind string, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int64{}
	}
	c.counts[kind] += n
}

// Skip notes a thing that should have been searched and was not. The scan is
// incomplete.
func (c *Coverage) Skip(reason, fix, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	note(&c.gaps, reason, fix, name)
}

// SkipMany is n times Skip, for what has no names.
func (c *Coverage) SkipMany(n int64, reason, fix string) {
	if n > 0 {
		c.Skip(reason, fix, "")
		c.mu.Lock()
		defer c.mu.Unlock()
		c.gaps[reason].Count += n - 1
	}
}

// LeaveOut notes a thing that was left out because it was meant to be: by an
// option, or because it holds nothing of its own, such as a symbolic link.
func (c *Coverage) LeaveOut(reason, fix, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	note(&c.left, reason, fix, name)
}

// RaiseLimit is the Fix of what was left out because it is larger than the user wants.
const RaiseLimit = "raise --max-blob"

// LeaveOutMany is n times LeaveOut, for what has no names.
func (c *Coverage) LeaveOutMany(n int64, reason, fix string) {
	if n > 0 {
		c.LeaveOut(reason, fix, "")
		c.mu.Lock()
		defer c.mu.Unlock()
		c.left[reason].Count += n - 1
	}
}

// Note adds a remark for people.
func (c *Coverage) Note(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = append(c.notes, text)
}

// LeaveOutGap is LeaveOut for all that a Gap is about.
func (c *Coverage) LeaveOutGap(g Gap) {
	c.mu.Lock()
	defer c.mu.Unlock()
	add(&c.left, g)
}

// Add adds what another coverage has.
func (c *Coverage) Add(o *Coverage) {
	for kind, n := range o.Counts() {
		c.Count(kind, n)
	}
	for _, text := range o.Notes() {
		c.Note(text)
	}
	gaps, left := o.Skipped(), o.LeftOut()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range gaps {
		add(&c.gaps, g)
	}
	for _, g := range left {
		add(&c.left, g)
	}
}

// add is note for several things.
func add(into *map[string]*Gap, g Gap) {
	if len(g.First) == 0 {
		note(into, g.Reason, g.Fix, "")
		(*into)[g.Reason].Count--
	}
	for _, name := range g.First {
		note(into, g.Reason, g.Fix, name)
	}
	(*into)[g.Reason].Count += g.Count - int64(len(g.First))
}

const firstFew = 5

func note(into *map[string]*Gap, reason, fix, name string) {
	if *into == nil {
		*into = map[string]*Gap{}
	}
	g := (*into)[reason]
	if g == nil {
		g = &Gap{Reason: reason, Fix: fix}
		(*into)[reason] = g
	}
	g.Count++
	if name == "" {
		return
	}
	// The smallest names, not the first to come: those depend on the schedule.
	g.First = append(g.First, name)
	slices.Sort(g.First)
	if len(g.First) > firstFew {
		g.First = g.First[:firstFew]
	}
}

// Counts returns what was searched, by kind.
func (c *Coverage) Counts() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]int64, len(c.counts))
	for k, v := range c.counts {
		out[k] = v
	}
	return out
}

// Skipped returns the gaps that make the scan incomplete, sorted.
func (c *Coverage) Skipped() []Gap { return c.list(&c.gaps) }

// LeftOut returns what was left out on purpose, sorted.
func (c *Coverage) LeftOut() []Gap { return c.list(&c.left) }

// Notes returns the remarks, sorted.
func (c *Coverage) Notes() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(c.notes)))
}

func (c *Coverage) list(m *map[string]*Gap) []Gap {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Gap
	for _, g := range *m {
		one := *g
		one.First = slices.Clone(g.First)
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b Gap) int { return strings.Compare(a.Reason, b.Reason) })
	return out
}

// String describes a gap in one line.
func (g Gap) String() string {
	s := fmt.Sprintf("%d × %s", g.Count, g.Reason)
	if len(g.First) > 0 {
		s += ": " + strings.Join(g.First, ", ")
		if g.Count > int64(len(g.First)) {
			s += ", ..."
		}
	}
	return s
}
