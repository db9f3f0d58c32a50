package rules

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"github.com/whosekey/whosekey/internal/tails"
	"github.com/whosekey/whosekey/leak"
)

// writer appends numbers as varints and texts behind their length.
type writer struct {
	b    []byte
	sets []tails.Set // those that were written
}

// set writes the number of a set, and the set if it is a new one: many are of many literals.
func (w *writer) set(s tails.Set) {
	i := slices.Index(w.sets, s)
	if i < 0 {
		w.int(len(w.sets))
		w.sets = append(w.sets, s)
		w.b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(w.b, s[0]), s[1])
		return
	}
	w.int(i)
}

func (w *writer) int(n int) { w.b = binary.AppendUvarint(w.b, uint64(n)) }

func (w *writer) float(f float64) {
	w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(f))
}

func (w *writer) text(s string) {
	w.int(len(s))
	w.b = append(w.b, s...)
}

func (w *writer) texts(list ...string) {
	for _, s := range list {
		w.text(s)
	}
}

func (w *writer) lists(all ...[]string) {
	for _, list := range all {
		w.int(len(list))
		w.texts(list...)
	}
}

func (w *writer) bool(b bool) {
	if b {
		w.int(1)
	} else {
		w.int(0)
	}
}

func (w *writer) provider(p *Provider) {
	w.texts(p.ID, p.Name, p.About, p.File)
	w.int(len(p.Rules))
	for i := range p.Rules {
		w.rule(&p.Rules[i])
	}
	w.int(len(p.Remedies))
	for _, m := range p.Remedies {
		w.texts(m.URL, m.Making, m.Ending)
		w.lists(m.Rules, m.Kinds, m.Rotate, m.Deploy, m.Revoke, m.Audit)
		w.bool(m.Pair)
	}
}

func (w *writer) rule(r *Rule) {
	w.texts(r.ID, r.Title, r.About, r.Pattern, r.Checksum, r.Structure, string(r.Confidence), r.Rotate, r.Common, r.Unasked)
	w.float(r.Entropy)
	w.float(r.Severity)
	w.lists(r.Literals, r.Stopwords)
	w.near(r)
	w.int(r.Shape.MinLen)
	w.int(r.Shape.MaxLen)
	w.text(string(r.Shape.Head))
	w.int(len(r.Shape.Literals))
	for _, l := range r.Shape.Literals {
		w.text(l.Text)
		w.bool(l.Fold)
		w.int(l.From)
		w.int(l.To)
		w.set(l.Before)
		w.text(string(l.Tail))
	}
	w.bool(r.Identity != nil)
	if i := r.Identity; i != nil {
		w.texts(string(i.Type), i.Kind, string(i.Power), string(i.Lifetime), i.Environment, i.Legacy, i.Provider)
		w.bool(i.ThirdParty)
		w.lists(i.Permissions)
		w.int(len(i.Parts))
		for _, claim := range slices.Sorted(maps.Keys(i.Parts)) {
			w.texts(claim, i.Parts[claim])
		}
	}
}

// near writes what stands around the pattern.
func (w *writer) near(r *Rule) {
	w.int(len(r.Near))
	for _, n := range r.Near {
		w.text(n.Pattern)
		w.text(n.Literal)
		w.int(n.Within)
		w.int(n.MaxLen)
		w.bool(n.Required)
		w.bool(n.Underscored)
		w.extend(n.Extend)
	}
	w.extend(r.Extend)
}

func (w *writer) extend(e *Extend) {
	w.bool(e != nil)
	if e != nil {
		w.texts(e.Class, e.Until)
		w.int(e.Max)
	}
}

// reader reads what a writer wrote; bad is set where that cannot be.
type reader struct {
	s    string
	bad  bool
	sets []tails.Set
}

func (r *reader) set() tails.Set {
	i := r.int()
	if i == len(r.sets) && len(r.s) >= 16 {
		b := []byte(r.s[:16])
		r.sets, r.s = append(r.sets, tails.Set{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}), r.s[16:]
	}
	if i < 0 || i >= len(r.sets) {
		r.bad, r.s = true, ""
		return tails.All
	}
	return r.sets[i]
}

func (r *reader) int() int {
	n, shift := uint64(0), 0
	for i := 0; i < len(r.s) && i < 9; i++ {
		n |= uint64(r.s[i]&0x7f) << shift
		if r.s[i] < 0x80 {
			r.s = r.s[i+1:]
			return int(n)
		}
		shift += 7
	}
	r.bad, r.s = true, ""
	return 0
}

// count is a number of things that take a byte each at least.
func (r *reader) count() int {
	n := r.int()
	if n > len(r.s) {
		r.bad = true
		return 0
	}
	return n
}

func (r *reader) float() float64 {
	if len(r.s) < 8 {
		r.bad, r.s = true, ""
		return 0
	}
	f := math.Float64frombits(binary.LittleEndian.Uint64([]byte(r.s[:8])))
	r.s = r.s[8:]
	return f
}

func (r *reader) text() string {
	n := r.count()
	out := r.s[:n]
	r.s = r.s[n:]
	return out
}

func (r *reader) texts() (out []string) {
	for range r.count() {
		out = append(out, r.text())
	}
	return out
}

func (r *reader) provider() *Provider {
	p := &Provider{ID: r.text(), Name: r.text(), About: r.text(), File: r.text()}
	p.Rules = make([]Rule, r.count())
	for i := range p.Rules {
		r.rule(&p.Rules[i])
	}
	for range r.count() {
		p.Remedies = append(p.Remedies, Remedy{
			URL: r.text(), Making: r.text(), Ending: r.text(),
			Rules: r.texts(), Kinds: r.texts(), Rotate: r.texts(), Deploy: r.texts(), Revoke: r.texts(), Audit: r.texts(), Pair: r.int() == 1,
		})
	}
	return p
}

func (r *reader) rule(u *Rule) {
	u.ID, u.Title, u.About, u.Pattern = r.text(), r.text(), r.text(), r.text()
	u.Checksum, u.Structure, u.Confidence, u.Rotate = r.text(), r.text(), leak.Confidence(r.text()), r.text()
	u.Common, u.Unasked = r.text(), r.text()
	u.Entropy, u.Severity = r.float(), r.float()
	u.Literals, u.Stopwords = r.texts(), r.texts()
	for range r.count() {
		u.Near = append(u.Near, Near{Pattern: r.text(), Literal: r.text(), Within: r.int(), MaxLen: r.int(), Required: r.int() == 1, Underscored: r.int() == 1, Extend: r.extend()})
	}
	u.Extend = r.extend()
	u.Shape = Shape{MinLen: r.int(), MaxLen: r.int(), Head: tails.Tail(r.text())}
	for range r.count() {
		u.Shape.Literals = append(u.Shape.Literals, Literal{Text: r.text(), Fold: r.int() == 1, From: r.int(), To: r.int(), Before: r.set(), Tail: tails.Tail(r.text())})
	}
	if r.int() == 1 {
		u.Identity = r.identity()
	}
}

func (r *reader) extend() *Extend {
	if r.int() != 1 {
		return nil
	}
	return &Extend{Class: r.text(), Until: r.text(), Max: r.int()}
}

func (r *reader) identity() *Identity {
	i := &Identity{
		Type: leak.IdentityType(r.text()), Kind: r.text(), Power: Power(r.text()), Lifetime: Lifetime(r.text()),
		Environment: r.text(), Legacy: r.text(), Provider: r.text(), ThirdParty: r.int() == 1, Permissions: r.texts(),
	}
	if n := r.count(); n > 0 {
		i.Parts = make(map[string]string, n)
		for range n {
			claim := r.text()
			i.Parts[claim] = r.text()
		}
	}
	return i
}
