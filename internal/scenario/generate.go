package scenario

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// Leak is a credential that Generate put somewhere, and what is true of it.
type Leak struct {
	Case   string // how it got there: "file", "copied", ...
	Kind   string // of credential: "aws", "postgres", ...
	Repo   string // folder of the repository, below the one that was given
	Path   string
	Secret string // a piece of it that a report with --show-secrets has

	Names   []string // all that the identity may rightly be called: name, address, id, the key's public id; none if nobody could know
	Tenants []string // the same for where it is: account, project, workspace, server
	Owners  []string // the team that answers for it, as it may be written, and its people
	Env     string
	Foreign bool     // somebody else's: nobody of ours owns it
	Uses    []string // files with what uses the identity, or FILE#NAME of it
}

// Generate makes repositories of a company with about n leaked credentials in
// dir, which must not exist or be empty, and beside them an inventory (nhi.csv), a
// list of leavers (leavers.csv) and settings (acme.toml), as Build does. The seed
// decides all but the bytes of some keys.
//
// It measures how far what is said of credentials can be trusted, so the
// evidence must mislead as often, and in the ways, that it does in real
// repositories. The cases were written down before anything was scanned, from what
// reports of leaks and access reviews keep telling, and are not changed to suit
// the code: where it fails, it fails.
//
//   - About seven leaks in ten are plain: a service's credential in one of its own
//     files, in one of ten formats. What stands beside it is what its kind is
//     mostly written with. Nothing else is promised: half of the identities are in
//     code, half in the inventory, by no rule.
//   - Three in ten are traps, each as likely: the credential was copied from
//     another service; fields of another credential of its kind stand nearer; an old
//     account is commented out beside it; several environments share a file; the file
//     was moved to where others own it; production's stands in a file of another
//     environment; the variable is named after another service; workloads of other
//     teams use the Secret; a vendor's; a person's own, where code declares the
//     service's account; the settings of the template that a service was made from.
//   - Of the repositories, some have no CODEOWNERS, some a rule for everything,
//     some rules of teams that have another name now or have handed the folder
//     over; some tags name who wrote the module, or the platform.
//   - Of the inventory's rows one in ten has an owner of before, one in ten none;
//     many lack the tenant or the id; and there are rows with similar names of
//     things of other providers, and of the same name in another tenant.
//
// The shares are guesses: nobody counts these. They are the constants of this
// package that begin with often.
func Generate(dir string, seed uint64, n int) ([]Leak, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("make a scenario in %s: it is not empty", dir)
	}
	rng := rand.New(rand.NewPCG(seed, 5))
	g := newGenerator(rng, acme)
	g.found()
	for i := range n {
		g.leak(g.services[i%len(g.services)])
	}
	return g.write(dir)
}

func newGenerator(rng *rand.Rand, org *organisation) *generator {
	return &generator{rng: rng, org: org, tokens: newTokens(rng), start: time.Now().UTC().Truncate(24 * time.Hour).Add(-ago)}
}

// write makes the repositories, and the papers beside them.
func (g *generator) write(dir string) ([]Leak, error) {
	for _, r := range g.repos {
		r.describe()
		if err := r.write(dir); err != nil {
			return nil, fmt.Errorf("make a scenario: %w", err)
		}
	}
	for name, text := range g.papers() {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, fmt.Errorf("make a scenario: %w", err)
		}
	}
	return g.truth(), nil
}

// generator makes a company.
type generator struct {
	*tokens
	rng      *rand.Rand
	start    time.Time
	org      *organisation
	platform *team
	teams    []*team
	services []*service
	repos    []*history
	accounts []*account
	vendors  int
	leaks    []*placed
}

// placed is a leak, of an account.
type placed struct {
	Leak
	of *account
}

// truth is what there is to find out, once nothing moves any more.
func (g *generator) truth() (out []Leak) {
	for _, p := range g.leaks {
		l := p.Leak
		l.Names, l.Tenants, l.Env, l.Foreign, l.Uses = p.of.names, p.of.tenants, p.of.env, p.of.foreign, p.of.uses
		if !l.Foreign {
			l.Owners = p.of.owner.written(g.org.name)
		}
		out = append(out, l)
	}
	return out
}

// How often something is so, of a hundred.
const (
	oftenTrap      = 30
	oftenCode      = 50 // code declares an account
	oftenSameEnv   = 60 // a folder of code says which account of the cloud it is for
	oftenKeyInCode = 50 // code makes the key of an account, too
	oftenListed    = 50 // the inventory has an account
	oftenRowID     = 60
	oftenRowTenant = 75
	oftenRowStale  = 10
	oftenRowNobody = 10
	oftenAgain     = 40 // another credential of an account that has one
	oftenTag       = 60 // a resource has a tag with its owner
	oftenTagWrong  = 10
	oftenBeside    = 70 // a credential's fields that are not needed are written
	oftenStranger  = 25 // somebody of another team commits
	oftenCatalog   = 30
	oftenStaleRule = 12 // a rule of CODEOWNERS names a team of before
)

func (g *generator) often(percent int) bool { return g.rng.IntN(100) < percent }

func one[T any](g *generator, list []T) T { return list[g.rng.IntN(len(list))] }

// other is one of the list that is not x.
func other[T comparable](g *generator, list []T, x T) T {
	for {
		if y := one(g, list); y != x {
			return y
		}
	}
}
