package inventory

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// Query is what is known of an identity that is looked for.
type Query struct {
	Provider string
	Type     leak.IdentityType
	IDs      []string // canonical, of the provider, of credentials; addresses
	Names    []string
	Tenants  []string // ids and names
	Servers  []string // of software that anybody can run: lists have their hosts as tenants
	Services []string // what uses it: an entry may be called so, of the same provider
	Own      []identity.OwnID
	Sure     []string // those of IDs that are likely the identity's own: entries with others of the kind are others

	registry bool // of a login to a registry whose software is not known
}

// QueryRecord is what a record can be found by.
func QueryRecord(r *record.Record) Query {
	q := Query{Provider: r.Provider, Type: r.IdentityType, IDs: append([]string{r.ID, r.ProviderID}, r.Aliases...), Names: []string{r.Name}}
	if isAddress(r.Name) {
		q.IDs = append(q.IDs, r.Name)
	}
	if r.Confidence == 0 || r.Confidence >= identity.Likely {
		q.Sure = []string{r.ProviderID, r.Name}
	}
	for _, c := range r.Credentials {
		if c.KeyID != "" {
			q.IDs = append(q.IDs, c.KeyID)
		}
	}
	if r.Tenant != nil {
		q.Tenants = without([]string{r.Tenant.ID, r.Tenant.Name}, "")
	}
	return q
}

// lookupKey is a key, and what it was made of.
type lookupKey struct {
	key    string
	on     []string
	server bool // the second is a server, and no tenant
}

// keys are what the identity may be found by: ids, names with tenants, names,
// services.
func (q Query) keys() (keys [4][]lookupKey) {
	add := func(i int, key string, on ...string) { keys[i] = append(keys[i], lookupKey{key: key, on: on}) }
	for _, own := range q.Own {
		if own.Exact {
			add(0, "g"+own.ID, own.ID)
		}
	}
	for _, id := range q.IDs {
		if strings.HasPrefix(id, "nhi:") {
			add(0, "g"+id, id)
		} else if k := idKey(q.Provider, id); k != "" {
			add(0, k, id)
		}
		if isAddress(id) {
			add(0, "e"+strings.ToLower(id), id)
		}
	}
	for _, own := range q.Own {
		if !own.Exact {
			add(0, "g"+own.ID, own.ID)
		}
	}
	for _, name := range q.Names {
		n := foldName(name)
		if len(n) < 3 {
			continue
		}
		for _, t := range q.Tenants {
			add(1, "t"+n+"\x00"+strings.ToLower(t), name, t)
		}
		for _, s := range q.Servers {
			keys[1] = append(keys[1], lookupKey{"t" + n + "\x00" + hostOnly(strings.ToLower(s)), []string{name, s}, true})
		}
		add(2, "n"+n, name)
	}
	for _, name := range q.Services {
		if n := foldName(name); len(n) >= 3 {
			add(3, "n"+n, name)
		}
	}
	return keys
}

// hostOnly is a server without its port.
func hostOnly(server string) string {
	host, _, _ := strings.Cut(server, ":")
	return host
}

// sameProvider compares providers without their hosts.
func sameProvider(a, b string) bool {
	a, _, _ = strings.Cut(a, "@")
	b, _, _ = strings.Cut(b, "@")
	return a == b
}

// compatible refuses an entry that is of another provider, or of another tenant
// or kind if it was found by a name.
func (q Query) compatible(e *Entry, named bool) bool {
	nobodys := !named && e.Provider == "unknown" // a run's, of what nothing says whose it is
	if q.Provider != "" && e.Provider != "" && !nobodys && !sameProvider(q.Provider, e.Provider) && !(q.registry && ofRegistry(e.Provider)) &&
		!(q.Provider == identity.AnyDatabase && e.IdentityType == leak.DatabaseUser) {
		return false
	}
	if !named {
		return true
	}
	if e.Tenant != nil && len(q.Tenants) > 0 && !slices.ContainsFunc(q.Tenants, func(t string) bool {
		return strings.EqualFold(t, e.Tenant.ID) || strings.EqualFold(t, e.Tenant.Name)
	}) {
		return false
	}
	if e.Tenant != nil && strings.Contains(e.Tenant.ID, ".") && len(q.Servers) > 0 && !slices.ContainsFunc(q.Servers, func(s string) bool {
		return strings.EqualFold(hostOnly(s), hostOnly(e.Tenant.ID))
	}) {
		return false
	}
	human := func(t leak.IdentityType) bool { return t == leak.HumanAccount }
	known := q.Type != "" && q.Type != leak.UnknownIdentity && e.IdentityType != leak.UnknownIdentity
	return !known || human(q.Type) == human(e.IdentityType) || human(q.Type) && machines[e.IdentityType] && e.Provider != ""
}

// machines are types of identities that programs use and that many services have no
// kind of account for: by its token, the bot of a list is a person.
var machines = map[leak.IdentityType]bool{leak.Bot: true, leak.RPABot: true, leak.ServiceAccount: true, leak.CIIdentity: true, leak.RegistryRobot: true, leak.AIAgent: true}
