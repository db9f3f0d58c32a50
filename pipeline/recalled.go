package pipeline

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/whosekey/whosekey/leak"
)

// maxPrints is how many fingerprints are taken of words: about a second. What is not
// compared is masked whole.
const maxPrints = 1 << 20

// recalledSecrets knows credentials of which only the fingerprints were kept: a
// password has no form that would give it away in the instruction of another image.
type recalledSecrets struct {
	salt  []byte
	ids   map[string]bool
	rules map[string]bool
	left  int
	clean map[string]string
}

// hideRecalled masks the credentials of recalled in the instructions and in the lines
// beside all findings.
func hideRecalled(salt []byte, recalled, all []*leak.Finding) {
	if len(recalled) == 0 {
		return
	}
	r := &recalledSecrets{salt: salt, ids: map[string]bool{}, rules: map[string]bool{}, left: maxPrints, clean: map[string]string{}}
	for _, f := range recalled {
		r.ids[f.ID], r.rules[f.Rule.ID] = true, true
	}
	for _, f := range all {
		for i := range f.Locations {
			l := &f.Locations[i]
			if l.Image != nil {
				l.Image.Instruction, l.Image.RemovedBy = r.mask(l.Image.Instruction), r.mask(l.Image.RemovedBy)
			}
			if l.Frame != nil {
				r.frame(l.Frame, l.Line-l.Frame.First)
			}
		}
	}
}

// frame masks the lines around a finding, and what is beside it in its own.
func (r *recalledSecrets) frame(f *leak.Frame, marked int) {
	for i, line := range f.Lines {
		runes := []rune(line)
		if i != marked || f.MarkStart < 1 || f.MarkEnd < f.MarkStart || f.MarkEnd > len(runes)+1 {
			f.Lines[i] = r.mask(line)
			continue
		}
		before, mark := r.mask(string(runes[:f.MarkStart-1])), runes[f.MarkStart-1:f.MarkEnd-1]
		f.Lines[i] = before + string(mark) + r.mask(string(runes[f.MarkEnd-1:]))
		f.MarkStart = utf8.RuneCountInString(before) + 1
		f.MarkEnd = f.MarkStart + len(mark)
	}
}

// mask masks the credentials in a text.
func (r *recalledSecrets) mask(text string) string {
	out, ok := r.clean[text]
	if ok {
		return out
	}
	var b strings.Builder
	for _, line := range strings.SplitAfter(text, "\n") {
		for _, w := range strings.SplitAfter(line, " ") {
			b.WriteString(r.word(w))
		}
	}
	if out = b.String(); r.left < 0 {
		out = leak.Mask
	}
	r.clean[text] = out
	return out
}

// word masks the longest credential from one sign to another, as often as there is one.
func (r *recalledSecrets) word(w string) string {
	edges := []int{0}
	for i, c := range w {
		if c < utf8.RuneSelf && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			edges = append(edges, i, i+1)
		}
	}
	edges = append(edges, len(w))
	var out strings.Builder
	shown, end := 0, 0
	for _, from := range edges {
		if from < shown {
			continue
		}
		for end < len(edges) && edges[end]-from <= maxRecalled {
			end++
		}
		for j := end - 1; edges[j] > from; j-- {
			if r.has(w[from:edges[j]]) {
				out.WriteString(w[shown:from] + leak.Mask)
				shown = edges[j]
				break
			}
			if r.left < 0 {
				return leak.Mask
			}
		}
	}
	return out.String() + w[shown:]
}

// The shortest and the longest credential that is looked for.
const (
	minRecalled = 6
	maxRecalled = 256
)

func (r *recalledSecrets) has(s string) bool {
	if len(s) < minRecalled {
		return false
	}
	secret := leak.NewSecret(s)
	for rule := range r.rules {
		if r.left--; r.left < 0 {
			return false
		}
		if r.ids[secret.Fingerprint(r.salt, rule)] {
			return true
		}
	}
	return false
}
