package around

import (
	"cmp"
	"slices"
	"strings"
)

// Weights of a field: in the same block, in the same record or the one around it, farther
// out; and of another one like the own.
const (
	InBlock  = 0.9
	Near     = 0.75
	InFile   = 0.5
	Others   = 0.3 // a field of another credential, or in a comment
	beyond   = 10  // lines
	maxGap   = 40  // lines of a block
	farthest = 2   // records around the credential's that are near
)

// Weight is how much a field counts for what stands at the place: by the smallest
// record with both, unless it is of another one like that. 0 is not at all: it is in
// a record beside.
func (s *Text) Weight(f *Field) float64 {
	own := s.strength(f, &s.Own)
	if own == 0 {
		return 0
	}
	if f.comment && !s.Own.comment {
		return Others
	}
	if !s.asked {
		s.asked, s.rivals = true, s.alike()
	}
	for i := range s.rivals {
		if left := s.rivals[i].leaves(s, f, own); left < own {
			return left
		}
	}
	return own
}

// Lines are how many lines a field is away.
func (s *Text) Lines(f *Field) int { return max(f.Line-s.Own.Line, s.Own.Line-f.Line) }

// strength is how much a field counts for another one by where the two stand.
func (s *Text) strength(f, to *Field) float64 {
	if s.tree == nil { // one row
		return InBlock
	}
	distance := max(f.Line-to.Line, to.Line-f.Line)
	switch r := s.tree.to(f.record, to.record); {
	case r.apart || r.element:
		return 0
	case r.down > 0 || r.up > farthest || distance > maxGap:
		return InFile
	case r.up > 0:
		return Near
	}
	if !s.tree.records[f.record].flat || !s.divided(f, to) {
		return InBlock
	}
	if distance <= beyond {
		return Near
	}
	return InFile
}

// divided reports whether an empty line stands between two fields.
func (s *Text) divided(f, to *Field) bool {
	first, last := min(f.Line, to.Line), max(f.Line, to.Line)
	lines := s.region.lines
	i, _ := slices.BinarySearchFunc(lines, first, func(l line, num int) int { return cmp.Compare(l.num, num) })
	for ; i < len(lines) && lines[i].num < last; i++ {
		if lines[i].blank {
			return true
		}
	}
	return false
}

// A rival is a field that holds, or would hold, another credential of the same
// kind: GRAPH_CLIENT_SECRET beside AZURE_CLIENT_SECRET. What the two do not have
// in common are their prefixes.
type rival struct {
	Field
	prefix, own []string
}

// maxRivals bounds how many are looked at.
const maxRivals = 32

// alike finds the fields whose names end as the credential's own does, in two
// words or in all that it has.
func (s *Text) alike() (out []rival) {
	own := Words(s.Own.Name)
	if len(own) == 0 {
		return nil
	}
	for i := range s.Fields {
		f := &s.Fields[i]
		if !endsIn(f.Name, own[len(own)-1]) {
			continue
		}
		words := Words(f.Name)
		n := 0
		for n < len(own) && n < len(words) && own[len(own)-1-n] == words[len(words)-1-n] {
			n++
		}
		if n >= 2 || n > 0 && n == len(own) {
			if out = append(out, rival{*f, words[:len(words)-n], own[:len(own)-n]}); len(out) == maxRivals {
				break
			}
		}
	}
	return out
}

// leaves is how much of a field the rival leaves: it takes what is its own by the
// prefix, or else because it stands nearer. own is how much it counts for the
// credential.
func (r *rival) leaves(s *Text, f *Field, own float64) float64 {
	if r.comment && !f.comment || r.Line == f.Line && r.Name == f.Name && r.at == f.at {
		return own
	}
	its := s.strength(f, &r.Field)
	if its == 0 {
		return own
	}
	words := Words(f.Name)
	switch mine, theirs := common(words, r.own), common(words, r.prefix); {
	case theirs > mine:
		return Others
	case mine > theirs:
		return own
	}
	if len(r.prefix) == 0 && len(r.own) == 0 && r.record == s.Own.record && f.record == r.record {
		return s.paired(r, f, own)
	}
	if its > own {
		return Others
	}
	return own
}

// paired is for a record in which the credential's name stands twice: as many
// fields with one name belong to as many credentials, one after the other; of fewer
// or more, one belongs to the nearest.
func (s *Text) paired(r *rival, f *Field, own float64) float64 {
	fields, mine := s.twins(f)
	keys, at := s.twins(&s.Own)
	if fields == keys {
		if mine != at {
			return 0
		}
		return own
	}
	if fields == 1 && own <= Near && s.divided(f, &r.Field) { // of all that follow
		return own
	}
	if gap(f, &r.Field) < gap(f, &s.Own) {
		return Others
	}
	return own
}

// name is what twins have in common.
type name struct {
	record  int
	comment bool
	name    string // in small letters
}

func (f *Field) called() name { return name{f.record, f.comment, strings.ToLower(f.Name)} }

// twins counts the fields of a record with the name that one of them has, and those
// of them before it.
func (s *Text) twins(f *Field) (all, before int) {
	if s.named == nil { // asked of each field for each rival
		s.named = map[name][]int{}
		for i := range s.Fields {
			n := s.Fields[i].called()
			s.named[n] = append(s.named[n], s.Fields[i].at)
		}
		n := s.Own.called()
		s.named[n] = append(s.named[n], s.Own.at)
		for _, at := range s.named {
			slices.Sort(at)
		}
	}
	at := s.named[f.called()]
	before, _ = slices.BinarySearch(at, f.at)
	return len(at), before
}

// gap is how many bytes stand between two fields.
func gap(a, b *Field) int { return max(a.at-b.end, b.at-a.end) }

// common is how long a prefix is that a name has; -1 if it has not.
func common(words, prefix []string) int {
	if len(words) < len(prefix) || !slices.Equal(words[:len(prefix)], prefix) {
		return -1
	}
	return len(prefix)
}
