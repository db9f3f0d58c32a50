package report

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// read is the record for people to read: who has an address that may be shown has
// it behind the name. In JSON it is a field of its own.
func (o *Options) read(f *leak.Finding) *record.Record {
	return o.identity(f).WithAddresses()
}

// unnamed takes out owners that only git's history names: who brought a credential in,
// and who worked on the file. The best of the others, if there is one, is the owner.
func unnamed(r *record.Record) {
	of := func(w record.Owner) bool { return strings.HasPrefix(w.Source, "git_") }
	if !slices.ContainsFunc(r.Owners, of) {
		return
	}
	r.Owners = slices.DeleteFunc(slices.Clone(r.Owners), of)
	at := slices.IndexFunc(r.Owners, func(w record.Owner) bool { return w.Name == r.Owner })
	if at < 0 {
		at = slices.IndexFunc(r.Owners, func(w record.Owner) bool { return !w.Gone })
	}
	if r.Owner = ""; at >= 0 {
		r.Owner = r.Owners[at].Name
	}
}

// ownerLines are the owners, one a line, the first few or all of them.
func ownerLines(r *record.Record, all bool) []string {
	out := some(len(r.Owners), all, func(i int) string {
		o := r.Owners[i]
		why := join(", ", ownerWhy(o), shortRef(o.Ref))
		if o.Gone {
			why = join(", ", why, "has left")
		}
		if best := bestOwner(r); best == &r.Owners[i] { // of the others it is evidence, weighed with the rest
			why = join("; ", why, sureness(o.Confidence))
		}
		return join(" ", o.Name, "("+why+")")
	})
	switch {
	case len(out) > 0:
		return out
	case r.Owner != "":
		return []string{visible(text(r.Owner))}
	}
	return []string{"nobody is known"}
}
