package record

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// People says how people are shown.
type People string

// How people are shown. The zero value is Handles.
const (
	Handles People = "handles" // by handle or name, never by address
	Emails  People = "emails"  // with addresses
	Hash    People = "hash"    // by a hash of the address: two of the same are the same person
)

// ParsePeople reads the value of --owners.
func ParsePeople(s string) (People, error) {
	switch p := People(s); p {
	case "":
		return Handles, nil
	case Handles, Emails, Hash:
		return p, nil
	}
	return "", fmt.Errorf("unknown way to show owners %q: there are handles, emails, hash", s)
}

// Options say how to write a record. The zero value is safe in public.
type Options struct {
	People People
	Salt   []byte // of the hashes
	// Only is the id of the one credential to write; empty for all. Of a thousand
	// findings of one identity each has its own.
	Only string
	// Valid says that all texts are valid UTF-8, as what was read from JSON is: with
	// addresses there is nothing to hide or to mend in them then.
	Valid bool
}

// address finds mailboxes in a text, those within URLs too.
var address = lazy.New(`[\pL\pN._%+-]+(?:@|%40)[\pL\pN-]+(?:\.[\pL\pN-]+)+`)

// ID is a canonical id, or another one, without the addresses of people: provider@host is
// where the identity is, and who is called alike elsewhere is somebody else. Of an address
// it has what is before the @ and a hash, however people are shown: it stays an id.
func (o Options) ID(a string) string {
	rest, ok := strings.CutPrefix(a, "nhi:")
	if !ok || o.People == Emails {
		return o.Text(a)
	}
	place, local, _ := strings.Cut(rest, ":")
	return "nhi:" + place + ":" + replace(local, func(addr string) string {
		sum := sha256.Sum256([]byte(strings.ToLower(addr)))
		local, _, _ := strings.Cut(addr, "@")
		return local + "~" + hex.EncodeToString(sum[:4])
	})
}

// command is a line to run, in which half of an address would be somebody else.
func (o Options) command(s string) string {
	if o.People == Emails {
		return s
	}
	return replace(s, func(string) string { return "<address>" })
}

// Text is s as it may be shown: without the addresses of people.
func (o Options) Text(s string) string {
	if o.People == Emails {
		return s
	}
	return replace(s, func(addr string) string {
		if o.People == Hash {
			return o.hash(addr)
		}
		local, _, _ := strings.Cut(addr, "@")
		return local
	})
}

// replace puts something else in the place of the addresses of people in a text.
func replace(s string, by func(addr string) string) string {
	if !strings.Contains(s, "@") && !strings.Contains(s, "%40") {
		return s
	}
	return address.ReplaceAllStringFunc(s, func(a string) string {
		plain := strings.ReplaceAll(a, "%40", "@")
		if leak.MachineAddress(plain) {
			return a
		}
		return by(plain)
	})
}

// Hide makes every text of a value that v points to one that may be shown. Its lists are
// copied first, as they may be somebody else's; its maps must have none.
func (o Options) Hide(v any) { o.hide(reflect.ValueOf(v).Elem(), "") }

func (o Options) hide(v reflect.Value, field string) {
	switch v.Kind() {
	case reflect.String:
		s := v.String()
		if t := strings.ToValidUTF8(o.shown(s, field), "\uFFFD"); t != s {
			v.SetString(t)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			fresh := reflect.New(v.Type().Elem())
			fresh.Elem().Set(v.Elem())
			v.Set(fresh)
			o.hide(v.Elem(), field)
		}
	case reflect.Slice:
		if v.Len() == 0 {
			return
		}
		fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(fresh, v)
		v.Set(fresh)
		for i := range v.Len() {
			o.hide(v.Index(i), field)
		}
	case reflect.Struct:
		for _, f := range textsOf(v.Type()) {
			o.hide(v.Field(f.index), f.name)
		}
	}
}

// textField is a field of a struct in which texts may be.
type textField struct {
	index int
	name  string
}

var textFields sync.Map // of reflect.Type: []textField

// textsOf is kept for each type: a million records ask for the same.
func textsOf(t reflect.Type) []textField {
	if known, ok := textFields.Load(t); ok {
		return known.([]textField)
	}
	var out []textField
	for i := range t.NumField() {
		f := t.Field(i)
		switch kind := f.Type.Kind(); {
		case kind == reflect.String, kind == reflect.Slice, kind == reflect.Struct:
			out = append(out, textField{i, f.Name})
		case kind == reflect.Pointer && f.Type.Elem().Kind() != reflect.Int:
			out = append(out, textField{i, f.Name})
		}
	}
	textFields.Store(t, out)
	return out
}

// shown is the text of a field.
func (o Options) shown(s, field string) string {
	switch field {
	case "Provider": // gitlab@git.acme.example
		return s
	case "ID", "Aliases":
		return o.ID(s)
	case "Command":
		return o.command(s)
	}
	return o.Text(s)
}

func (o Options) hash(addr string) string {
	h := hmac.New(sha256.New, o.Salt)
	h.Write([]byte(strings.ToLower(addr)))
	return "person:" + hex.EncodeToString(h.Sum(nil)[:6])
}

// owner is an owner as it may be shown.
func (o Options) owner(w leak.Owner) Owner {
	out := Owner{Name: w.Name, Kind: w.Kind, Source: w.Source, Ref: w.Ref, Reason: w.Reason, Confidence: round(w.Confidence), Gone: w.Gone, Signed: w.Signed}
	switch {
	case o.People == Emails:
		out.Email = w.Email
	case o.People == Hash && w.Email != "":
		out.Name = o.hash(w.Email)
		return out
	}
	out.Name = o.Text(w.Name)
	return out
}

// WithAddresses is the record for people to read, a copy: who has an address that may be
// shown has it behind the name, "Jane Doe <jane@acme.example>". Of nil it is nil.
func (r *Record) WithAddresses() *Record {
	if r == nil {
		return nil
	}
	out := *r
	out.Owners = slices.Clone(r.Owners)
	best := slices.IndexFunc(r.Owners, func(w Owner) bool { return w.Name == r.Owner && !w.Gone })
	if best < 0 {
		best = slices.IndexFunc(r.Owners, func(w Owner) bool { return w.Name == r.Owner })
	}
	for i := range out.Owners {
		w := &out.Owners[i]
		if w.Email != "" && !strings.Contains(w.Name, w.Email) {
			w.Name += " <" + w.Email + ">"
		}
		if i == best {
			out.Owner = w.Name
		}
	}
	return &out
}
