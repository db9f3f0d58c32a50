package inventory

import (
	"cmp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Weights of a match, by what it is made on: NHI.md gives them.
const (
	byID         = 0.95
	byNameTenant = 0.7
	byName       = 0.4
)

// Keys of the index. Their first byte says what they are made of:
//
//	g  something that is unique in the world: an ARN, an address, a UUID, a long id
//	p  an id within a provider
//	t  a name within a tenant
//	n  a name
//	a  what entries that name no key may have keys of: a tenant, a provider, a type
//	e  an address that somebody can be reached under, which many entries may share
func joins(key string) bool { return key[0] == 'g' || key[0] == 'p' }

// keys are what an entry is found by.
func (e *Entry) keys() []string {
	var out []string
	add := func(k string) {
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	add("g" + e.ID)
	ids := append([]string{e.ProviderID}, e.Aliases...)
	if isAddress(e.Email) && !strings.EqualFold(e.Email, e.Name) {
		add("e" + strings.ToLower(e.Email))
	}
	for _, name := range e.Names {
		if isAddress(name) {
			add("e" + strings.ToLower(name))
		}
	}
	// Beside an id a name is one only by its form, and not by its length.
	if worldwide(e.Name) && (e.ProviderID == "" || isAddress(e.Name) || strings.Contains(e.Name, ":") || idKind(e.Name) != "") {
		ids = append(ids, e.Name)
	}
	for _, k := range e.Credentials {
		ids = append(ids, k.KeyID)
	}
	if e.Provider == "github" && e.IdentityType == leak.HumanAccount {
		ids = append(ids, e.Name) // logins are unique
	}
	for _, id := range ids {
		if strings.HasPrefix(id, "nhi:") {
			add("g" + id) // upper and lower case tell ids of keys apart
		} else if k := first(idKey(e.Provider, id), e.bareKey(id)); k != "" {
			add(k)
		}
	}
	if e.keyless() {
		for _, k := range e.keylessKeys() {
			add(k)
		}
	}
	for _, name := range e.names() {
		add("n" + name)
		if e.Tenant != nil {
			for _, t := range []string{e.Tenant.ID, e.Tenant.Name} {
				if t != "" {
					add("t" + name + "\x00" + strings.ToLower(t))
				}
			}
		}
	}
	return out
}

// idKey is the key of an id. Without a provider an id counts only if it is
// unique anyway.
func idKey(provider, id string) string {
	id = strings.ToLower(strings.TrimSpace(id))
	switch {
	case id == "":
		return ""
	case worldwide(id):
		return "g" + id
	case provider != "":
		return "p" + provider + "\x00" + id
	}
	return ""
}

// bareKey is the key of an id in a list that says no provider: rows of one tenant
// with it are one identity, but nobody is found by it.
func (e *Entry) bareKey(id string) string {
	if id = strings.ToLower(strings.TrimSpace(id)); id == "" || e.Provider != "" {
		return ""
	}
	tenant := ""
	if e.Tenant != nil {
		tenant = strings.ToLower(e.Tenant.ID)
	}
	return "p\x00" + tenant + "\x00" + id
}

// worldwide reports whether an id can be only one thing: an address, an ARN or
// another URN, a UUID, or twelve characters and more with letters and digits in
// them and without a word's look.
func worldwide(id string) bool {
	if isAddress(id) || strings.HasPrefix(id, "arn:") || strings.HasPrefix(id, "nhi:") || strings.HasPrefix(id, "/subscriptions/") || strings.HasPrefix(id, "spiffe://") ||
		strings.HasPrefix(id, "servicenow:") || strings.HasPrefix(id, "SHA256:") || strings.HasPrefix(id, "sha256:") {
		return true
	}
	digits, letters := 0, 0
	for _, c := range []byte(id) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			letters++
		case c == '-' || c == '_' || c == ':' || c == '.':
		default:
			return false
		}
	}
	return digits+letters >= 16 && digits >= 4 || digits >= 18
}

// names are the names of an entry, and what stands before the @ of an address of
// a service account.
func (e *Entry) names() []string {
	list := []string{foldName(e.Name)}
	if local, host, ok := strings.Cut(e.Name, "@"); ok && strings.HasSuffix(host, ".gserviceaccount.com") {
		list = append(list, foldName(local))
	}
	for _, k := range e.Credentials {
		if k.Label != "" && len(list) < 8 {
			list = append(list, foldName(k.Label))
		}
	}
	for _, a := range slices.Concat(e.Aliases, e.Names) {
		if !worldwide(a) && len(list) < 16 {
			list = append(list, foldName(a))
		}
	}
	return slices.DeleteFunc(list, func(s string) bool { return len(s) < 3 })
}

// foldName makes names alike that differ in case and dividers.
func foldName(s string) string {
	if ns, ok := strings.CutPrefix(s, "system:serviceaccount:"); ok { // of Kubernetes
		s = strings.Replace(ns, ":", "/", 1)
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case '-', '_', '.', ' ':
			return '-'
		}
		return r
	}, strings.ToLower(strings.TrimSpace(s)))
}

// Match is an entry that was found.
type Match struct {
	Entry  *Entry
	By     string // "canonical id", "provider id", "name and tenant", "name"
	Weight float64
	On     []string // what it was found by: an id, or a name and a tenant

	root  int32
	basis leak.EvidenceClass // of what it was found by

	server bool // the entry's tenant is the server, which the id has anyway
}

// Find looks up an identity. It returns nil if there is none, or if there are
// several that the query does not tell apart.
func (inv *Inventory) Find(q Query) (*Match, error) {
	if err := inv.build(); err != nil {
		return nil, err
	}
	kind, _, _ := strings.Cut(q.Provider, "@")
	q.Provider, q.registry = asProvider(q.Provider), kind == "docker" || kind == "maven" || kind == "nuget"
	keys := q.keys()
	for i, by := range []Match{{By: "provider id", Weight: byID}, {By: "name and tenant", Weight: byNameTenant}, {By: "name", Weight: byName}, {By: "name", Weight: byName}} {
		for _, k := range keys[i] {
			m, err := inv.lookup(k.key, q, i > 0)
			if err != nil {
				return nil, err
			}
			if m != nil && i == 3 && (m.Entry.Provider == "" || !sameProvider(q.Provider, m.Entry.Provider)) {
				continue // a service has many, of all kinds
			}
			if m != nil {
				m.By, m.Weight, m.On, m.server = by.By, by.Weight, k.on, k.server
				if i == 0 && strings.HasPrefix(k.on[0], "nhi:") {
					m.canonical()
				}
				return m, nil
			}
		}
	}
	return nil, nil
}

// maxCandidates bounds how many entries of a name are read.
const maxCandidates = 32

// lookup returns the entry with a key, if it is the only one that fits.
func (inv *Inventory) lookup(key string, q Query, named bool) (*Match, error) {
	hash := inv.hash(key)
	at, _ := slices.BinarySearchFunc(inv.index, hash, before)
	var seen []int32
	for ; at < len(inv.index) && inv.index[at].hash() == hash; at++ {
		if root := inv.root(inv.index[at].entry); !slices.Contains(seen, root) {
			seen = append(seen, root)
		}
		if len(seen) > maxCandidates {
			return nil, nil // a name that everybody has
		}
	}
	var fits []*Match
	for _, root := range seen {
		e, err := inv.group(root)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(e.keys(), key) && !inv.has(root, key) || !q.compatible(e, named) || (named || key[0] == 'e') && q.otherID(e) {
			continue
		}
		fits = append(fits, &Match{Entry: e, root: root})
	}
	if len(fits) > 1 {
		same := slices.DeleteFunc(slices.Clone(fits), func(m *Match) bool { return q.Type == "" || m.Entry.IdentityType != q.Type })
		if len(same) == 1 {
			return same[0], nil
		}
		return nil, nil
	}
	if len(fits) == 1 {
		return fits[0], nil
	}
	return nil, nil
}

// before compares a place of the index with what is looked for.
func before(s slot, hash uint64) int { return cmp.Compare(s.hash(), hash) }

// has reports whether a row of the identity has the key: joining may have
// dropped it.
func (inv *Inventory) has(root int32, key string) bool {
	for i, n := root, 0; n < maxCandidates; n++ {
		e, err := inv.read(i)
		if err != nil {
			return false
		}
		if slices.Contains(e.keys(), key) {
			return true
		}
		if i = inv.next[i]; i == 0 {
			return false
		}
	}
	return false
}
