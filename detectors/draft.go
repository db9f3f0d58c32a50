package detectors

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// draft is a hit in the making: where its parts are, and room for the checks. What
// they turn down has then allocated nothing. Drafts are used again.
type draft struct {
	data       []byte
	start, end int // of the secret; start is -1 if there is none yet
	parts      []part
	own        int    // how many of those stand in the match itself
	lead       []byte // see Hit
	entropy    float64

	all   []candidate // of the near at hand
	locs  []int       // where their groups are
	text  finderRoom
	lower []byte // room for the secret
}

// part is a named piece of a credential.
type part struct {
	name        string
	start, end  int
	near        bool // it is a near's
	loose       bool // see Hit
	underscored bool // see rules.Near
}

// same reports whether two parts are of the same name.
func (p part) same(o part) bool { return p.name == o.name }

var drafts = sync.Pool{New: func() any { return new(draft) }}

func newDraft(data []byte) *draft {
	d := drafts.Get().(*draft)
	d.data, d.start, d.end, d.own, d.parts, d.lead = data, -1, 0, 0, d.parts[:0], nil
	return d
}

// maxDraft is how much room a draft may keep, in bytes.
const maxDraft = 64 << 10

func (d *draft) release() {
	d.data, d.lead = nil, nil
	if cap(d.lower)+cap(d.text.lower) <= maxDraft {
		drafts.Put(d)
	}
}

// lowerRoom has room for the secret.
func (d *draft) lowerRoom() []byte {
	d.lower = slices.Grow(d.lower[:0], d.end-d.start)
	return d.lower[:cap(d.lower)]
}

// secret is good until the draft is released, and the data stays as it is.
func (d *draft) secret() string { return view(d.data[d.start:d.end]) }

func (d *draft) add(p part) {
	if strings.HasPrefix(p.name, rules.Alternative) {
		if p.name = leak.SecretPart; d.start >= 0 && d.end > d.start || p.start == p.end {
			return
		}
	}
	d.parts = append(d.parts, p)
	if p.name == leak.SecretPart {
		d.start, d.end = p.start, p.end
	}
}

// has reports whether the match itself has a part of that name.
func (d *draft) has(name string) bool {
	return slices.ContainsFunc(d.parts[:d.own], func(p part) bool { return p.name == name })
}

// hit is what has passed the rule's checks.
func (d *draft) hit(p *pattern) Hit {
	h := Hit{Start: d.start, End: d.end, Parts: make(leak.Parts, len(d.parts)), lead: string(d.lead)}
	h.Pieces = make([][2]int, 0, len(d.parts))
	for i, part := range d.parts {
		if !slices.ContainsFunc(d.parts[i+1:], part.same) { // the last of a name counts
			value := string(d.data[part.start:part.end])
			if part.underscored {
				value = underscores.Replace(value)
			}
			h.Parts[part.name] = leak.NewSecret(value)
		}
		if !leak.PublicPart(part.name) {
			h.Pieces = append(h.Pieces, [2]int{part.start, part.end})
		}
		if part.loose {
			h.loose(part.name)
		} else if part.near {
			h.Loose = slices.DeleteFunc(h.Loose, func(l string) bool { return l == part.name }) // of an earlier near
		}
	}
	h.Why = d.why(p)
	return h
}

// why are the checks that it passed: all that the rule has. Of most rules they are
// always the same.
func (d *draft) why(p *pattern) []string {
	if p.rule.Entropy <= 0 {
		return p.why
	}
	why := make([]string, len(p.why)+1)
	why[0] = p.why[0]
	var buf [96]byte
	b := strconv.AppendFloat(append(buf[:0], "entropy "...), d.entropy, 'f', 1, 64)
	b = strconv.AppendFloat(append(b, " bits per character, at least "...), p.rule.Entropy, 'f', 1, 64)
	why[1] = string(b)
	copy(why[2:], p.why[1:])
	return why
}

// passed are the checks that all of a rule's hits have passed, but for the entropy. They
// are shared: the slice has no room for more.
func (p *pattern) passed() []string {
	why := []string{"has the form that is known for it"}
	if p.sum.valid != nil {
		why = append(why, "checksum matches: "+p.sum.title)
	}
	if p.shape.valid != nil {
		why = append(why, "decodes: "+p.shape.title)
	}
	for i := range p.near {
		if n := &p.near[i]; n.Required {
			why = append(why, "its other part stands nearby")
		}
	}
	return slices.Clip(why)
}
