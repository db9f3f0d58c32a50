// Package iac links a credential to what code declares: Terraform, OpenTofu and
// their state, CloudFormation, Pulumi YAML, Bicep, Kubernetes, Helm, Kustomize,
// compose files, Dockerfiles, serverless.yml, Procfile and app.json. It says which identity the
// code declares, who its tags name, and what is deployed with the credential.
//
// All of it is one graph. A file is read into objects; an object offers tokens
// ("secret:db", "tf:infra:google_service_account.payments") and uses those of
// others. A credential is where it stands (an object, a file, a variable) and
// what is known of it (a name, an ARN); from there the graph is followed.
package iac

import (
	"context"
	"hash/maphash"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// Resolver is the resolver of this package. It reads the tree at HEAD when it is
// asked for the first time, and keeps what it says.
type Resolver struct {
	repo identity.Repository
	ix   *index
	// recent are the files with credentials that were read last: many have
	// several.
	recent []*placed
	seed   maphash.Seed
	keys   identity.AccountKeys
}

// placed is the file of a place.
type placed struct {
	path string
	hash uint64
	ix   *index
}

// maxRecent is how many of these are kept.
const maxRecent = 8

// New returns a resolver for one run.
func New() identity.Resolver { return &Resolver{seed: maphash.MakeSeed()} }

// Resolve implements identity.Resolver.
func (r *Resolver) Resolve(ctx context.Context, q *identity.Query) (identity.Answer, error) {
	if err := r.load(ctx, q); err != nil {
		return identity.Answer{}, err
	}
	l := newLink(r, q)
	for i := range q.Places {
		l.place(&q.Places[i])
	}
	l.further()
	l.known()
	l.follow()
	return l.answer(), nil
}

// local is what one file declares.
func (r *Resolver) local(f *format, path string, text []byte) *index {
	hash := maphash.Bytes(r.seed, text)
	for _, p := range r.recent {
		if p.path == path && p.hash == hash {
			return p.ix
		}
	}
	ix := newIndex(func(string) {})
	ix.charts = r.ix.charts
	ix.parse(f, path, text)
	ix.finish()
	if len(r.recent) == maxRecent {
		r.recent = append(r.recent[:0], r.recent[1:]...)
	}
	r.recent = append(r.recent, &placed{path, hash, ix})
	return ix
}

// load reads the tree of q, once.
func (r *Resolver) load(ctx context.Context, q *identity.Query) error {
	if r.ix != nil && r.repo == q.Repo {
		return nil
	}
	lose := q.Lose
	if lose == nil {
		lose = func(string) {}
	}
	ix, err := readTree(ctx, q.Repo, lose)
	if err != nil {
		return err
	}
	r.repo, r.ix, r.recent = q.Repo, ix, nil
	return nil
}

// An object is a thing that code declares: a resource, a workload, a secret, a
// variable.
type object struct {
	format    string // "terraform", "kubernetes", ...
	kind      string // in the format's own words: "google_service_account"
	address   string // what people who know the format call it
	path      string
	call      *call  // of its module, if there is one
	alias     string // of the provider's configuration that it is of; empty for the default
	many      bool   // it stands for a number of them that is not known
	line, end int    // lines that it stands in, from 1, both included
	also      []int  // lines elsewhere in the file whose values it has taken over
	namespace string // Kubernetes, empty if not said

	identity leak.IdentityType // what it is, if it is an identity
	provider string            // id of the provider, as in leak.RuleInfo
	name     string            // of the identity
	id       string            // of the identity, as the provider counts, if that is not its name
	names    []string          // all that identify it, in lower case
	tenant   leak.Tenant
	server   string // that a database user belongs to, or its resource
	facts    []fact
	owners   []tag

	consumer string  // what sort of consumer it is, if it is one
	label    string  // the consumer's name
	grants   string  // role that it gives to what it uses
	rights   rights  // that are written out in it
	offers   []token // what others may refer to it by
	uses     []use
	of       []token  // the identities that it is a credential of
	into     []token  // what it puts its value into
	built    [][2]int // first and last lines of arguments of an image's build
}

// A token names something that objects refer to: "secret:db".
type token string

// A use is one reference of an object to something.
type use struct {
	token token
	key   string // of a Secret: the entry that is used; empty for all
	line  int
	via   string // for people: "env DB_PASSWORD"
	entry string // of a Secret: the entry that the value is for
}

// A fact is a claim that an object makes about itself.
type fact struct{ claim, value string }

// A tag is a label that names an owner.
type tag struct {
	key, value string
	line       int
	path       string // if it is not that of the object
}

func (o *object) fact(claim, value string) {
	if value != "" && len(o.facts) < maxFacts {
		o.facts = append(o.facts, fact{claim, value})
	}
}

func (o *object) use(t token, line int, via string) {
	if t != "" && t[len(t)-1] != ':' && len(o.uses) < maxUses {
		o.uses = append(o.uses, use{token: t, line: line, via: via})
	}
}

func (o *object) offer(t token) {
	if t != "" && t[len(t)-1] != ':' {
		o.offers = append(o.offers, t)
	}
}
