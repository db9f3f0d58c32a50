package detectors_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// candidate is a literal in a text, as the prefilter hands it to a Detector.
type candidate struct {
	d detectors.Detector
	w detectors.Window
}

// hits is how often the Detector finds something.
func (c candidate) hits() (n int) {
	c.d.Find(c.w, func(detectors.Hit) { n++ })
	return n
}

// candidates returns the first literal of each rule's examples: those that are
// found, and the same texts with a blank in the middle of the credential, which
// is how most candidates end: as words of a text. All windows are copies of
// their own.
func candidates(b testing.TB) (pass, fail []candidate) {
	b.Helper()
	ps, err := rules.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range ps {
		ds, err := detectors.Compile([]*rules.Provider{p})
		if err != nil {
			b.Fatal(err)
		}
		for i := range p.Rules {
			r := &p.Rules[i]
			for _, l := range r.Leaks {
				text, err := rules.Expand(l.Text, r.ID, detectors.Checksum(r.Checksum))
				if err != nil {
					b.Fatal(err)
				}
				if c, ok := window(ds[i], text); ok && c.hits() > 0 {
					pass = append(pass, c)
					if c = damaged(c); c.hits() == 0 {
						fail = append(fail, c)
					}
				}
			}
		}
	}
	return pass, fail
}

// window cuts out what a Detector sees of a text.
func window(d detectors.Detector, text string) (c candidate, ok bool) {
	spec := d.Spec()
	for i, l := range spec.Literals {
		in := text
		if l.Fold {
			in = strings.ToLower(text)
		}
		if at := strings.Index(in, l.Text); at >= 0 {
			from, to := max(0, at-spec.Before), min(len(text), at+spec.After)
			return candidate{d, detectors.Window{Data: []byte(text[from:to]), At: at - from, Lit: i}}, true
		}
	}
	return c, false
}

func damaged(c candidate) candidate {
	data := bytes.Clone(c.w.Data)
	c.d.Find(c.w, func(h detectors.Hit) { data[(max(h.Start, min(h.End, c.w.At))+h.End)/2] = ' ' })
	c.w.Data = data
	return c
}

// BenchmarkConfirm is what one candidate costs that the prefilter found, with
// the examples of all rules in turn. Candidates that fail should allocate
// nothing; "allocating" counts those that do.
func BenchmarkConfirm(b *testing.B) {
	pass, fail := candidates(b)
	for _, way := range []struct {
		name string
		all  []candidate
	}{{"fail", fail}, {"pass", pass}} {
		b.Run(way.name, func(b *testing.B) {
			n, i, allocating := 0, 0, 0
			emit := func(detectors.Hit) { n++ }
			for _, c := range way.all {
				if testing.AllocsPerRun(5, func() { c.d.Find(c.w, emit) }) > 0 {
					allocating++
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				way.all[i].d.Find(way.all[i].w, emit)
				if i++; i == len(way.all) {
					i = 0
				}
			}
			b.ReportMetric(float64(len(way.all)), "candidates")
			b.ReportMetric(float64(allocating), "allocating")
		})
	}
}

// BenchmarkScan searches chunks with all rules: prefilter, look, confirmation.
// "prose" has no candidate, "dense" hardly anything else, though most fail, and
// in "leaks" they pass.
func BenchmarkScan(b *testing.B) {
	ps, err := rules.Shipped()
	if err != nil {
		b.Fatal(err)
	}
	ds, err := detectors.Compile(ps)
	if err != nil {
		b.Fatal(err)
	}
	set := detectors.NewSet(append(ds, detectors.Builtin(nil)...)...)
	pass, fail := candidates(b)
	join := func(all []candidate) (out []byte) {
		for _, c := range all {
			out = append(append(out, c.w.Data[:min(len(c.w.Data), 300)]...), '\n')
		}
		return out
	}
	prose := []byte(strings.Repeat("func (r *reader) next() (op Op, more bool, err error) { return r.at(i), i < n, nil } // see above\n", 600))
	for _, way := range []struct {
		name string
		data []byte
	}{{"prose", prose}, {"dense", join(fail)}, {"leaks", join(pass)}} {
		b.Run(way.name, func(b *testing.B) {
			n := 0
			emit := func(leak.Match) { n++ }
			c := leak.Chunk{Data: way.data}
			b.SetBytes(int64(len(way.data)))
			b.ReportAllocs()
			for b.Loop() {
				set.Scan(&c, emit)
			}
			b.ReportMetric(float64(n)/float64(b.N), "matches")
		})
	}
}

// BenchmarkScanCopies searches a version that differs from the one before in
// 40 bytes of 60,000; the bytes are those of the version.
func BenchmarkScanCopies(b *testing.B) {
	set := copySet(b)
	old := []byte(strings.Repeat("a line with a = b, and key_ in it: nothing to see\n", 1200))
	text := append(append(bytes.Clone(old[:30_000]), "forty bytes that no version before it has"...), old[30_000:]...)
	base := leak.Chunk{Data: old, WantKeep: true}
	set.Scan(&base, func(leak.Match) {})
	c := leak.Chunk{Data: text, Base: base.Keep, Copies: []leak.Copy{
		{From: 0, To: 0, Len: 30_000}, {From: 30_000, To: len(text) - len(old) + 30_000, Len: len(old) - 30_000},
	}}
	emit := func(leak.Match) {}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		set.Scan(&c, emit)
	}
}
