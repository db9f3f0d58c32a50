package rules

import (
	"regexp/syntax"
	"unicode"
	"unicode/utf8"

	"github.com/whosekey/whosekey/internal/tails"
)

// maxTail is how many bytes a literal and its tail have together.
const maxTail = 16

// farthest is where a literal may begin that gets a tail. What is known of where it
// stands says little of one that may stand anywhere.
const farthest = 400

// maxStates bounds the work on a pattern, in instructions times bytes.
const maxStates = 1 << 20

// addTails notes what can stand behind each literal of a pattern. It goes through the
// pattern's automaton with bytes that can be anything up to where the literal may
// begin, with the literal, and then again with any bytes: what they can be in some
// state. That may be more than what can be in a match, and never less.
func addTails(re *syntax.Regexp, lits []Literal) {
	last := 0
	for _, l := range lits {
		if l.To <= farthest {
			last = max(last, l.To)
		}
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil || len(prog.Inst)*(last+1+len(lits)*maxTail) > maxStates {
		return
	}
	a := &automaton{prog.Inst}
	at := make([]*states, last+1) // where it can be behind so many bytes
	for i := range at {
		if i > 0 {
			at[i] = a.step(at[i-1], tails.All)
			continue
		}
		at[0] = a.start(uint32(prog.Start))
	}
	for i := range lits {
		if lits[i].To > farthest {
			continue
		}
		s := a.none()
		for _, from := range at[lits[i].From : lits[i].To+1] {
			for _, pc := range from.waiting {
				a.reach(s, pc)
			}
		}
		lits[i].Tail = a.behind(s, &lits[i])
	}
}

// headLen is how many bytes a head has at most.
const headLen = 5

// headOf is what the first bytes of a match can be.
func headOf(re *syntax.Regexp) tails.Tail {
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return ""
	}
	a := &automaton{prog.Inst}
	return a.ahead(a.start(uint32(prog.Start)), headLen)
}

// automaton is a pattern's, as bytes see it.
type automaton struct{ inst []syntax.Inst }

// states are the instructions where it can be.
type states struct {
	waiting []uint32 // those that wait for a character
	seen    []bool   // which were reached
	end     bool     // a match may end here
}

func (a *automaton) none() *states { return &states{seen: make([]bool, len(a.inst))} }

func (a *automaton) start(pc uint32) *states {
	s := a.none()
	a.reach(s, pc)
	return s
}

// reach adds what an instruction leads to without a character. What is asked of a
// place, as by \b, is taken for granted.
func (a *automaton) reach(s *states, pc uint32) {
	for !s.seen[pc] {
		s.seen[pc] = true
		switch in := &a.inst[pc]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			a.reach(s, in.Arg)
			pc = in.Out
		case syntax.InstCapture, syntax.InstEmptyWidth, syntax.InstNop:
			pc = in.Out
		case syntax.InstMatch:
			s.end = true
		case syntax.InstFail:
		default:
			s.waiting = append(s.waiting, pc)
		}
	}
}

// step goes on by a byte that is any of a set. A character that is not ASCII has
// several: behind each it may be over, or not.
func (a *automaton) step(s *states, set tails.Set) *states {
	next := a.none()
	for _, pc := range s.waiting {
		can := bytesOf(&a.inst[pc])
		if can[0]&set[0]|can[1]&set[1] == 0 {
			continue
		}
		if can.Has(utf8.RuneSelf) {
			a.reach(next, pc)
		}
		a.reach(next, a.inst[pc].Out)
	}
	return next
}

// bytesOf are those of the characters that an instruction waits for.
func bytesOf(in *syntax.Inst) (set tails.Set) {
	add := func(lo, hi rune) {
		for c := lo; c <= min(hi, utf8.RuneSelf); c++ {
			set.Add(byte(c))
		}
		if hi > utf8.RuneSelf {
			set.Add(utf8.RuneSelf)
		}
	}
	switch {
	case in.Op == syntax.InstRuneAny || in.Op == syntax.InstRuneAnyNotNL:
		return tails.All
	case len(in.Rune) == 1:
		r := in.Rune[0]
		add(r, r)
		for f := unicode.SimpleFold(r); syntax.Flags(in.Arg)&syntax.FoldCase != 0 && f != r; f = unicode.SimpleFold(f) {
			add(f, f)
		}
	}
	for i := 0; i+1 < len(in.Rune); i += 2 {
		add(in.Rune[i], in.Rune[i+1])
	}
	return set
}

// behind is the tail of a literal that begins in one of the states.
func (a *automaton) behind(s *states, l *Literal) tails.Tail {
	for i := range len(l.Text) {
		var set tails.Set
		c := l.Text[i]
		set.Add(c)
		if l.Fold && 'a' <= c && c <= 'z' {
			set.Add(c - ('a' - 'A'))
		}
		s = a.step(s, set)
	}
	return a.ahead(s, maxTail-len(l.Text))
}

// ahead is what the next bytes can be, n at most.
func (a *automaton) ahead(s *states, n int) tails.Tail {
	var sets []tails.Set
	for len(sets) < n && !s.end && len(s.waiting) > 0 {
		var set tails.Set
		for _, pc := range s.waiting {
			set.Or(bytesOf(&a.inst[pc]))
		}
		sets = append(sets, set)
		s = a.step(s, tails.All)
	}
	return tails.Of(sets)
}

// bytesIn are those of all that an expression can match.
func bytesIn(re *syntax.Regexp) (set tails.Set) {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return tails.All
	case syntax.OpLiteral:
		return bytesOfText(string(re.Rune), re.Flags&syntax.FoldCase != 0)
	case syntax.OpCharClass:
		set = bytesOf(&syntax.Inst{Op: syntax.InstRune, Rune: re.Rune})
	}
	for _, sub := range re.Sub {
		set.Or(bytesIn(sub))
	}
	return set
}

// bytesOfText are those of a text; with fold, in any case.
func bytesOfText(text string, fold bool) (set tails.Set) {
	flags := syntax.Flags(0)
	if fold {
		flags = syntax.FoldCase
	}
	for _, r := range text {
		set.Or(bytesOf(&syntax.Inst{Op: syntax.InstRune, Rune: []rune{r}, Arg: uint32(flags)}))
	}
	return set
}

func bytesOfAll(run []Literal) (set tails.Set) {
	for _, l := range run {
		set.Or(bytesOfText(l.Text, l.Fold))
	}
	return set
}
