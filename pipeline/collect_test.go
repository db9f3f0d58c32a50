package pipeline

import (
	"bytes"
	"cmp"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/scanners"
)

// sureness makes a collector that knows rules called high..., medium... and low...
func sureness(names ...string) *collector {
	c := newCollector(detectors.NewSet())
	for _, n := range names {
		c.rules[n] = leak.RuleInfo{ID: n, Sure: leak.Confidence(strings.Split(n, "-")[0])}
	}
	return c
}

func matchOf(rule, value string, ref leak.Ref, start int64) leak.Match {
	return leak.Match{
		Hit: &leak.Hit{Rule: rule, Parts: leak.Parts{leak.SecretPart: leak.NewSecret(value)}, Pieces: []leak.Span{{Start: 0, End: int64(len(value))}}},
		Ref: ref, Span: leak.Span{Start: start, End: start + int64(len(value))},
	}
}

func gather(c *collector, ms ...leak.Match) {
	for _, m := range ms {
		c.add(&batch{matches: []leak.Match{m}})
	}
}

// TestBounds: beyond the bounds nothing new is lost, and what is left out is
// counted.
func TestBounds(t *testing.T) {
	c := sureness("high-a")
	c.most = 3
	shared := matchOf("high-a", "aaaaaa", 0, 5).Hit
	for ref := range leak.Ref(10) {
		gather(c, leak.Match{Hit: shared, Ref: ref, Span: leak.Span{Start: 5, End: 11}})
	}
	gather(c, matchOf("high-a", "bbbbbb", 3, 50), matchOf("high-a", "bbbbbb", 4, 50))
	creds, err := c.credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(creds) != 2 || len(creds[0].matches) != 3 || len(creds[1].matches) != 1 {
		t.Errorf("%d credentials", len(creds))
	}
	cov := new(scanners.Coverage)
	c.tell(cov)
	if gaps := cov.Skipped(); len(gaps) != 1 || gaps[0].Count != 8 {
		t.Errorf("left out: %+v", gaps)
	}
}

// TestResolve compares with a resolver that tries each match against all others.
func TestResolve(t *testing.T) {
	names := []string{"high-a", "high-b", "medium-c", "low-d"}
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		c := sureness(names...)
		var all []leak.Match
		for range 1 + rng.IntN(60) {
			rule := names[rng.IntN(len(names))]
			m := matchOf(rule, strings.Repeat(string(rune('a'+rng.IntN(4))), 6+rng.IntN(6)), leak.Ref(rng.IntN(3)), int64(rng.IntN(250)))
			if rng.IntN(4) == 0 { // another piece, before or behind it
				at := int64(rng.IntN(60) - 30)
				m.Hit.Pieces = append(m.Hit.Pieces, leak.Span{Start: at, End: at + 5})
				m.Hit.Parts["id"] = leak.NewSecret("id")
			}
			all = append(all, m)
		}
		gather(c, all...)
		creds, err := c.credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, cred := range creds {
			for _, m := range cred.matches {
				got = append(got, fmt.Sprint(m.Ref, m.Span))
			}
		}
		want := winners(c, all)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d:\ngot  %v\nwant %v", seed, got, want)
		}
	}
}

// winners is the stupid twin: the places of what wins its bytes.
func winners(c *collector, all []leak.Match) (out []string) {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b leak.Match) int {
		x, y := kindOf(a.Hit, a.Span.End-a.Span.Start), kindOf(b.Hit, b.Span.End-b.Span.Start)
		return cmp.Or(c.winsOver(&x, &y), cmp.Compare(a.Span.Start, b.Span.Start))
	})
	var won []leak.Match
	for _, m := range all {
		if !slices.ContainsFunc(won, func(w leak.Match) bool {
			return w.Ref == m.Ref && slices.ContainsFunc(append(w.Places(), w.Span), m.Span.Overlaps)
		}) {
			won = append(won, m)
			out = append(out, fmt.Sprint(m.Ref, m.Span))
		}
	}
	slices.Sort(out)
	return out
}

// brittle finds its literal, and fails in front of an exclamation mark.
type brittle struct{}

func (brittle) Spec() detectors.Spec {
	return detectors.Spec{Rule: leak.RuleInfo{ID: "brittle", Sure: leak.High}, Literals: []rules.Literal{{Text: "brittle"}}, Before: 1, After: 8}
}

func (brittle) Find(w detectors.Window, emit func(detectors.Hit)) detectors.Seen {
	if w.Data[w.At+7:][0] == '!' {
		panic("of " + string(w.Data))
	}
	emit(detectors.Hit{Start: w.At, End: w.At + 7, Pieces: [][2]int{{w.At, w.At + 7}}, Parts: leak.Parts{leak.SecretPart: leak.NewSecret("brittle")}})
	return detectors.Seen{Before: 1, After: 8}
}

// TestBug: a bug that one text brings to light costs that text, and what was found
// in front of it counts. Nothing of the text is said.
func TestBug(t *testing.T) {
	var log bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(old)
	c := newCollector(detectors.NewSet(brittle{}))
	for i, text := range []string{"brittle.", "brittle? brittle! brittle?", "a brittle!", "brittle."} {
		c.scan(&leak.Chunk{Ref: leak.Ref(i), Data: []byte(text)})
	}
	creds, err := c.credentials(t.Context())
	if err != nil || len(creds) != 1 || len(creds[0].matches) != 3 {
		t.Errorf("%+v, %v", creds, err)
	}
	cov := new(scanners.Coverage)
	c.tell(cov)
	if gaps := cov.Skipped(); len(gaps) != 1 || gaps[0].Count != 2 {
		t.Errorf("left out: %+v", gaps)
	}
	if n := strings.Count(log.String(), "\n"); n != 1 || strings.Contains(log.String(), "brittle") {
		t.Errorf("%d lines: %s", n, log.String())
	}
}

// TestManyKinds: of a file of nothing but credentials of one rule some are kept, and
// there is room for others; what is left out is counted.
func TestManyKinds(t *testing.T) {
	defer func(all, one int) { maxKinds, maxOfRule = all, one }(maxKinds, maxOfRule)
	maxKinds, maxOfRule = 8, 5
	c := sureness("high-a", "high-b", "high-c")
	for i := range 100 {
		gather(c, matchOf("high-a", fmt.Sprintf("aaaa%d", i), leak.Ref(i), 5))
	}
	for i := range 4 {
		gather(c, matchOf("high-b", fmt.Sprintf("bbbb%d", i), 1000, int64(10*i)))
	}
	gather(c, matchOf("high-a", "aaaa0", 2000, 5)) // known
	creds, err := c.credentials(t.Context())
	if err != nil || len(creds) != 8 {
		t.Errorf("%d credentials, %v", len(creds), err)
	}
	cov := new(scanners.Coverage)
	c.tell(cov)
	if gaps := cov.Skipped(); len(gaps) != 1 || gaps[0].Count != 96 {
		t.Errorf("left out: %+v", gaps)
	}
}
