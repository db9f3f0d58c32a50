package rules

import (
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"errors"
	"io/fs"
	"math"

	"github.com/whosekey/whosekey/leak"
)

// Reading and checking all provider files takes a tenth of a second, which a
// hook feels. So what a scan needs of them is kept in a second form, which
// `make generate` writes. It names the files that it was made of by their
// hash: after a change to one it is not used until it is written again, and a
// test asks for that.

//go:embed builtin.bin
var snapshot string

// Shipped returns the providers that ship with the program, without examples.
func Shipped() ([]*Provider, error) {
	if ps, err := readSnapshot(snapshot, builtinHash()); err == nil {
		return ps, nil
	}
	return Builtin()
}

var errSnapshot = errors.New("rules: the snapshot is of other files")

// builtinHash identifies the provider files that were compiled in.
func builtinHash() string {
	h := sha256.New()
	names, _ := fs.Glob(builtin, "*.toml")
	for _, name := range names {
		b, _ := builtin.ReadFile(name)
		h.Write(binary.LittleEndian.AppendUint64([]byte(name), uint64(len(b))))
		h.Write(b)
	}
	return string(h.Sum(nil))
}

// Snapshot returns the second form of the providers that were compiled in.
func Snapshot() ([]byte, error) {
	ps, err := Builtin()
	if err != nil {
		return nil, err
	}
	w := &writer{}
	w.text(builtinHash())
	w.int(len(ps))
	for _, p := range ps {
		w.provider(p)
	}
	return w.b, nil
}

func readSnapshot(data, hash string) (ps []*Provider, err error) {
	r := &reader{s: data}
	if r.text() != hash {
		return nil, errSnapshot
	}
	for range r.count() {
		ps = append(ps, r.provider())
	}
	if r.bad || r.s != "" {
		return nil, errSnapshot
	}
	return ps, nil
}

// writer appends numbers as varints and texts behind their length.
type writer struct{ b []byte }

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
}

func (w *writer) rule(r *Rule) {
	w.texts(r.ID, r.Title, r.About, r.Pattern, r.Checksum, r.Structure, string(r.Confidence), r.Rotate)
	w.float(r.Entropy)
	w.float(r.Severity)
	w.int(len(r.Literals))
	w.texts(r.Literals...)
	w.int(len(r.Stopwords))
	w.texts(r.Stopwords...)
	w.int(len(r.Near))
	for _, n := range r.Near {
		w.text(n.Pattern)
		w.int(n.Within)
		w.int(n.MaxLen)
		w.bool(n.Required)
	}
	w.bool(r.Extend != nil)
	if e := r.Extend; e != nil {
		w.texts(e.Class, e.Until)
		w.int(e.Max)
	}
	w.int(r.Shape.MinLen)
	w.int(r.Shape.MaxLen)
	w.int(len(r.Shape.Literals))
	for _, l := range r.Shape.Literals {
		w.text(l.Text)
		w.bool(l.Fold)
		w.int(l.From)
		w.int(l.To)
	}
}

// reader reads what a writer wrote; bad is set where that cannot be.
type reader struct {
	s   string
	bad bool
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
	return p
}

func (r *reader) rule(u *Rule) {
	u.ID, u.Title, u.About, u.Pattern = r.text(), r.text(), r.text(), r.text()
	u.Checksum, u.Structure, u.Confidence, u.Rotate = r.text(), r.text(), leak.Confidence(r.text()), r.text()
	u.Entropy, u.Severity = r.float(), r.float()
	u.Literals, u.Stopwords = r.texts(), r.texts()
	for range r.count() {
		u.Near = append(u.Near, Near{Pattern: r.text(), Within: r.int(), MaxLen: r.int(), Required: r.int() == 1})
	}
	if r.int() == 1 {
		u.Extend = &Extend{Class: r.text(), Until: r.text(), Max: r.int()}
	}
	u.Shape = Shape{MinLen: r.int(), MaxLen: r.int()}
	for range r.count() {
		u.Shape.Literals = append(u.Shape.Literals, Literal{Text: r.text(), Fold: r.int() == 1, From: r.int(), To: r.int()})
	}
}
