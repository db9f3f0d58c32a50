package names

import (
	"slices"
	"strings"
)

// weight is how much a field counts for the credential: by how near it stands,
// unless it is of another credential of the kind.
func (s *seen) weight(f *Field) float64 {
	if f.comment && !s.own.comment {
		return others
	}
	own := s.strength(f, &s.own)
	if !s.asked {
		s.asked, s.rivals = true, s.alike()
	}
	for i := range s.rivals {
		if s.rivals[i].takes(s, f, own) {
			return others
		}
	}
	return own
}

// lines are how many lines a field is away from the credential.
func (s *seen) lines(f *Field) int { return max(f.Line-s.own.Line, s.own.Line-f.Line) }

// strength is how much a field counts for another one by what lies between them.
func (s *seen) strength(f, to *Field) float64 {
	distance := max(f.Line-to.Line, to.Line-f.Line)
	section, outer := false, false
	block := distance <= maxGap && f.Indent == to.Indent
	if distance <= maxGap {
		least := min(f.Indent, to.Indent)
		for i := range s.region.lines {
			l := &s.region.lines[i]
			if l.num <= min(f.Line, to.Line) || l.num >= max(f.Line, to.Line) {
				continue
			}
			outer = outer || !l.blank && !l.note && l.indent < least
			block = block && !l.blank && l.indent >= least
			section = section || l.opens()
		}
	}
	switch {
	case block && !section:
		return inBlock
	case distance <= beyond && !section && !outer:
		return near
	}
	return inFile
}

// opens reports whether a line begins something new: a section, a document.
func (l *line) opens() bool {
	t := strings.TrimSpace(l.text[:min(len(l.text), maxName)])
	return strings.HasPrefix(t, "[") && strings.HasSuffix(t, "]") || t == "---" || strings.HasPrefix(t, "resource ") || t == "}" && l.indent == 0
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
func (s *seen) alike() (out []rival) {
	own := Words(s.own.Name)
	for _, f := range s.fields {
		words := Words(f.Name)
		n := 0
		for n < len(own) && n < len(words) && own[len(own)-1-n] == words[len(words)-1-n] {
			n++
		}
		if n >= 2 || n > 0 && n == len(own) {
			if out = append(out, rival{f, words[:len(words)-n], own[:len(own)-n]}); len(out) == maxRivals {
				break
			}
		}
	}
	return out
}

// takes reports whether a field is the rival's, by its prefix, or else because it
// stands nearer; own is how much it counts for the credential.
func (r *rival) takes(s *seen, f *Field, own float64) bool {
	if r.comment && !f.comment || r.Line == f.Line && r.Name == f.Name {
		return false
	}
	words := Words(f.Name)
	mine, its := common(words, r.own), common(words, r.prefix)
	if mine != its {
		return its > mine
	}
	return s.strength(f, &r.Field) > own
}

// common is how long a prefix is that a name has; -1 if it has not.
func common(words, prefix []string) int {
	if len(words) < len(prefix) || !slices.Equal(words[:len(prefix)], prefix) {
		return -1
	}
	return len(prefix)
}

// only are the kinds of credentials, by words in the ids of rules, that have a
// field which others of their provider have not.
var only = map[string][]string{
	"azure accountname":  {"storage", "account", "batch", "sas"},
	"azure tenantid":     {"entra", "devops", "service-key"},
	"azure clientid":     {"entra", "service-key"},
	"google clientid":    {"oauth"},
	"google clientemail": {"service-account", "hmac", "oauth-access"},
}

// has reports whether the field is one of a rule's credentials.
func (n *neighbour) has(rule string) bool {
	words := only[n.providers[0]+" "+n.names[0]]
	return rule == "" || len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return strings.Contains(rule, w) })
}
