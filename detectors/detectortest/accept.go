// Package detectortest checks that a Detector keeps the contract that
// detectors.Set relies on.
package detectortest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
)

// Accept fails t unless d finds the same in text wherever text stands and
// however it is cut into chunks. text must hold at least one credential.
func Accept(t *testing.T, d detectors.Detector, text string) {
	t.Helper()
	checkSpec(t, d.Spec())
	set := detectors.NewSet(d)
	alone := Matches(set, text, 0)
	if len(alone) == 0 {
		t.Errorf("finds nothing in %q", text)
		return
	}
	// Padding that no credential contains or is confused by.
	for _, n := range []int{1, 2, 3, 7, set.Reach() - 1, set.Reach(), set.Reach() + 1, 3 * set.Reach()} {
		front, back := strings.Repeat("\n", n), strings.Repeat("\n", n+1)
		padded := front + text + back
		want := shift(alone, int64(n))
		// Sizes such that edges fall on, before and behind the credential.
		for _, size := range []int{0, 1, 4*set.Reach() + n, 4*set.Reach() + 2*n + len(text)/2} {
			if got := Matches(set, padded, size); !slices.Equal(got, want) {
				t.Errorf("behind %d line feeds, in chunks of %d:\ngot  %v\nwant %v", n, size, got, want)
				return
			}
		}
	}
	Seen(t, d, text)
	concurrent(t, set, text, alone)
}

func checkSpec(t *testing.T, s detectors.Spec) {
	t.Helper()
	if len(s.Literals) == 0 || s.Before < 0 || s.After < 1 {
		t.Errorf("Spec %+v: needs literals and a reach", s)
	}
	for _, l := range s.Literals {
		if len(l.Text) < 3 || l.Fold && l.Text != strings.ToLower(l.Text) {
			t.Errorf("literal %+v: needs three bytes, in lower case if folded", l)
		}
	}
}

// Found is a match in a form that can be compared.
type Found struct {
	Rule       string
	Start, End int64
	Parts      string
	Encoding   string
}

// Matches scans text in chunks of about size bytes, 0 for one chunk, and
// returns what was found, sorted and without repetitions.
func Matches(set *detectors.Set, text string, size int) []Found {
	var got []Found
	emit := func(m leak.Match) {
		var parts []string
		for name, s := range m.Parts {
			parts = append(parts, fmt.Sprintf("%s=%q", name, s.Reveal()))
		}
		slices.Sort(parts)
		got = append(got, Found{m.Rule, m.Span.Start, m.Span.End, strings.Join(parts, " "), m.Encoding})
	}
	scan := func(c *leak.Chunk) {
		c.Data = bytes.Clone(c.Data) // what is kept beyond Scan would be seen
		set.Scan(c, emit)
		for i := range c.Data {
			c.Data[i] = 'x'
		}
	}
	if size == 0 {
		size = len(text)
	}
	cut(text, size, set.Reach(), scan)
	slices.SortFunc(got, compare)
	return slices.Compact(got)
}

// cut is what scanners.Splitter does, for a text in memory.
func cut(text string, size, reach int, scan func(*leak.Chunk)) {
	size = max(size, 4*reach+1)
	for from := 0; ; from += size - 2*reach {
		c := leak.Chunk{Offset: int64(from), Data: []byte(text[from:min(len(text), from+size)]), More: from+size < len(text)}
		scan(&c)
		if !c.More {
			return
		}
	}
}

func compare(a, b Found) int {
	if a.Start != b.Start {
		return int(a.Start - b.Start)
	}
	if a.End != b.End {
		return int(a.End - b.End)
	}
	return strings.Compare(a.Rule+a.Encoding+a.Parts, b.Rule+b.Encoding+b.Parts)
}

func shift(fs []Found, by int64) []Found {
	out := slices.Clone(fs)
	for i := range out {
		out[i].Start, out[i].End = out[i].Start+by, out[i].End+by
	}
	return out
}

func concurrent(t *testing.T, set *detectors.Set, text string, want []Found) {
	t.Helper()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if got := Matches(set, text, 0); !slices.Equal(got, want) {
				t.Errorf("from several goroutines: got %v, want %v", got, want)
			}
		})
	}
	wg.Wait()
}
