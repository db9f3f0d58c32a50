package record

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/mail"
	"strings"

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
}

// address finds mailboxes in a text, those within URLs too.
var address = lazy.New(`[A-Za-z0-9._%+-]+(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)

// machine are the ends of addresses that service accounts have.
var machine = []string{".gserviceaccount.com", ".iam.amazonaws.com"}

func isMachine(addr string) bool {
	for _, end := range machine {
		if strings.HasSuffix(strings.ToLower(addr), end) {
			return true
		}
	}
	return false
}

// ID is a canonical id, or another one, without the addresses of people: provider@host is
// where the identity is, and who is called alike elsewhere is somebody else.
func (o Options) ID(a string) string {
	if rest, ok := strings.CutPrefix(a, "nhi:"); ok {
		place, local, _ := strings.Cut(rest, ":")
		return "nhi:" + place + ":" + o.Text(local)
	}
	return o.Text(a)
}

// Text is s as it may be shown: without the addresses of people.
func (o Options) Text(s string) string {
	if o.People == Emails || !strings.Contains(s, "@") && !strings.Contains(s, "%40") {
		return s
	}
	return address.ReplaceAllStringFunc(s, func(a string) string {
		if isMachine(a) {
			return a
		}
		plain := strings.ReplaceAll(a, "%40", "@")
		if o.People == Hash {
			return o.hash(plain)
		}
		local, _, _ := strings.Cut(plain, "@")
		return local
	})
}

func (o Options) hash(addr string) string {
	h := hmac.New(sha256.New, o.Salt)
	h.Write([]byte(strings.ToLower(addr)))
	return "person:" + hex.EncodeToString(h.Sum(nil)[:6])
}

// owner is an owner as it may be shown.
func (o Options) owner(w leak.Owner) Owner {
	out := Owner{Name: w.Name, Kind: w.Kind, Source: w.Source, Ref: o.Text(w.Ref), Reason: o.Text(w.Reason), Confidence: round(w.Confidence), Gone: w.Gone, Signed: w.Signed}
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

// name is an identity's name as it may be shown. The address of a person is
// theirs, that of a service account is its name.
func (o Options) name(id *leak.Identity) string {
	if _, err := mail.ParseAddress(id.Name); err == nil && !person(id.Type) {
		return id.Name
	}
	return o.Text(id.Name)
}

// person reports whether a type of identity can be somebody.
func person(t leak.IdentityType) bool {
	return t == leak.HumanAccount || t == leak.UnknownIdentity || t == "" || t == leak.SSHKey || t == leak.SigningKey || t == leak.OAuthToken
}
