package gitrepo

import (
	"bytes"
	"strings"

	"github.com/whosekey/whosekey/identity"
)

// maxMailmap is how much of a mailmap is read.
const maxMailmap = 4 << 20

// mailmap gives people the names that they want: gitmailmap(5). Addresses and
// names are matched in any case.
type mailmap map[string]*mapped // by the address in commits

// mapped is what a line says: new values, empty for those that stay.
type mapped struct {
	identity.Person
	names map[string]identity.Person // for one name in commits only
}

// parseMailmap reads a mailmap as git does (read_mailmap_line in its
// mailmap.c): what it cannot read it leaves out.
func parseMailmap(data []byte) mailmap {
	m := mailmap{}
	for line := range bytes.Lines(data) {
		text := strings.TrimRight(string(line), "\r\n")
		if strings.HasPrefix(text, "#") {
			continue
		}
		to, rest, ok := mailmapPerson(text)
		if !ok || to.Email == "" {
			continue
		}
		from, _, two := mailmapPerson(rest)
		if !two { // Proper Name <commit@email>
			from, to.Email = identity.Person{Email: to.Email}, ""
		}
		m.add(to, from)
	}
	return m
}

// mailmapPerson reads "Name <address>" at the beginning of a line.
func mailmapPerson(text string) (p identity.Person, rest string, ok bool) {
	name, rest, ok := strings.Cut(text, "<")
	if !ok {
		return p, "", false
	}
	if p.Email, rest, ok = strings.Cut(rest, ">"); !ok {
		return p, "", false
	}
	p.Name = strings.TrimSpace(name)
	return p, rest, true
}

func (m mailmap) add(to, from identity.Person) {
	key := strings.ToLower(from.Email)
	e := m[key]
	if e == nil {
		e = &mapped{}
		m[key] = e
	}
	if from.Name != "" {
		if e.names == nil {
			e.names = map[string]identity.Person{}
		}
		e.names[strings.ToLower(from.Name)] = to
		return
	}
	if to.Name != "" {
		e.Name = to.Name
	}
	if to.Email != "" {
		e.Email = to.Email
	}
}

// person returns who somebody in a commit is.
func (m mailmap) person(p identity.Person) identity.Person {
	e := m[strings.ToLower(p.Email)]
	if e == nil {
		return p
	}
	to, ok := e.names[strings.ToLower(p.Name)]
	if !ok {
		to = e.Person
	}
	if to.Name != "" {
		p.Name = to.Name
	}
	if to.Email != "" {
		p.Email = to.Email
	}
	return p
}
