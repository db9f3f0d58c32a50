package owners

import (
	"context"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// imageLabels are those in which an image says who maintains it, the surest first.
var imageLabels = []string{"org.opencontainers.image.authors", "maintainer", "MAINTAINER", "org.label-schema.maintainer", "io.k8s.maintainer"}

// maxPeople is how many one label may name.
const maxPeople = 4

// FromLabels is a Resolver of what container images say of who maintains them. of
// returns the labels of the image that a place is in; nil for none.
func FromLabels(of func(*leak.Location) map[string]string) identity.Resolver { return fromLabels{of} }

type fromLabels struct {
	of func(*leak.Location) map[string]string
}

// Resolve implements identity.Resolver.
func (r fromLabels) Resolve(_ context.Context, q *identity.Query) (identity.Answer, error) {
	s := &search{q: q}
	for i := range q.Finding.Locations {
		l := &q.Finding.Locations[i]
		labels := r.of(l)
		for _, key := range imageLabels {
			for _, who := range listed(labels[key]) {
				o := labelled(who)
				o.Source, o.Confidence, o.Ref = identity.OwnerMaintains, sureMaintain, "label "+key
				o.Reason = "is named by the label " + key + " of the image"
				if l.Image != nil {
					o.Reason += " " + l.Image.Name
				}
				s.add(o)
			}
		}
	}
	return identity.Answer{Owners: s.out}, nil
}

// listed are the people of a label: "Ann <ann@acme.example>, ops@acme.example".
func listed(label string) (out []string) {
	for _, who := range strings.FieldsFunc(label, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if who = strings.TrimSpace(who); who != "" && len(who) <= 200 && len(out) < maxPeople {
			out = append(out, who)
		}
	}
	return out
}

// labelled is somebody with a name, an address or both.
func labelled(who string) leak.Owner {
	before, rest, ok := strings.Cut(who, "<")
	address, _, closed := strings.Cut(rest, ">")
	if !ok || !closed || !email.MatchString(strings.TrimSpace(address)) {
		return named(who, GitLab)
	}
	o := named(strings.TrimSpace(address), GitLab)
	if before = strings.Trim(strings.TrimSpace(before), `"`); before != "" {
		o.Name = before
		if teamWord.MatchString(before) {
			o.Kind = "team"
		}
	}
	return o
}
