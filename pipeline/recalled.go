package pipeline

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/whosekey/whosekey/leak"
)

// maxPrints is how many fingerprints are taken of the words of instructions. What is
// not compared is masked whole.
const maxPrints = 1 << 18

// recalledSecrets knows credentials of which only the fingerprints were kept: a
// password has no form that would give it away in the instruction of another image.
type recalledSecrets struct {
	salt  []byte
	ids   map[string]bool
	rules map[string]bool
	left  int
	clean map[string]string
}

// hideRecalled masks the credentials of recalled in the instructions beside all
// findings.
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
			if at := f.Locations[i].Image; at != nil {
				at.Instruction, at.RemovedBy = r.mask(at.Instruction), r.mask(at.RemovedBy)
			}
		}
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
