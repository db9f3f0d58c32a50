package report

import (
	"strings"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// read is the record for people to read: who has an address that may be shown has
// it behind the name. In JSON it is a field of its own.
func (o *Options) read(f *leak.Finding) *record.Record {
	r := o.identity(f)
	if r != nil {
		named(r)
	}
	return r
}

func named(r *record.Record) {
	best := bestOwner(r)
	for i := range r.Owners {
		if w := &r.Owners[i]; w.Email != "" && !strings.Contains(w.Name, w.Email) {
			w.Name += " <" + w.Email + ">"
		}
	}
	if best != nil {
		r.Owner = best.Name
	}
}
