package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// team is one, with what it was called before, if that was something else.
type team struct {
	name, before string
	people       []person
}

// written are the ways in which a team is written, and its people.
func (t *team) written(org string) []string {
	out := []string{"@" + org + "/" + t.name, org + "/" + t.name, t.name, t.name + "-team", "team-" + t.name, "@" + org + "/teams/" + t.name, "@@" + t.name, "@" + t.name}
	for _, p := range t.people {
		out = append(out, p.name)
	}
	return out
}

// service is something that a team runs.
type service struct {
	name string
	team *team
	repo *history
	dir  string // in the repository; empty for all of it
}

// in is the path of a file of the service.
func (s *service) in(path string) string {
	if s.dir == "" {
		return path
	}
	return s.dir + "/" + path
}

// account is an identity that credentials are of.
type account struct {
	kind    string
	svc     *service
	owner   *team
	env     string
	names   []string // the first is what people call it
	tenants []string
	facts   map[string]string // what credentials of its kind need to know
	foreign bool
	person  bool
	code    bool // infrastructure code declares it
	listed  bool // the inventory has it
	leaked  bool
	uses    []string // "PATH" or "PATH#NAME" of what uses it
}

var (
	teamNames = []string{"payments", "checkout", "orders", "search", "data", "identity", "mobile", "platform", "growth", "logistics"}
	nouns     = strings.Fields(`ledger invoices refunds basket pricing coupons returns stock catalogue indexer ranking reports warehouse ingest
		events login sessions profiles consent push devices gateway runner monitor mailer campaigns surveys routes labels carriers fraud tax
		vouchers reviews media thumbs archive billing loyalty chat`)
	given    = strings.Fields("Ana Ben Chi Dev Eve Finn Gita Hugo Ida Jon Kai Lea Mia Noa Oli Pia Quin Rui Sam Tia Uma Vik Wen Xia Yan Zoe Abe Bo Cy Di")
	families = strings.Fields("Ruiz Cole Tran Patel Lund Moss Rao Berg Diaz Kim")
	envs     = []string{"prod", "prod", "prod", "staging", "staging", "dev"}
)

// howMany services the company has.
const howMany = 100

// found founds the company: ten teams with a hundred services, each in a repository
// of its own or in a folder of its team's or of one of several teams.
func (g *generator) found() {
	for i, name := range teamNames {
		t := &team{name: name}
		for j := range 3 {
			p := given[i*3+j]
			f := families[(i+j*3)%len(families)]
			t.people = append(t.people, person{p + " " + f, strings.ToLower(p + "." + f + "@acme.example")})
		}
		if i%4 == 1 {
			t.before = "team-" + nouns[i]
		}
		g.teams = append(g.teams, t)
	}
	g.platform = g.teams[7]
	for i := range howMany {
		name := nouns[i*len(nouns)/howMany] + []string{"", "-api", "-worker"}[i*len(nouns)%howMany*3/howMany]
		s := &service{name: name, team: g.teams[i*len(g.teams)/howMany]}
		switch i % 4 {
		case 0:
			s.repo = g.repository(name)
		case 1, 2:
			s.repo, s.dir = g.repository(s.team.name+"-services"), "services/"+name
		default:
			s.repo, s.dir = g.repository(one(g, []string{"shop", "backoffice", "cloud"})), one(g, []string{"apps/", "services/"})+name
		}
		s.repo.services = append(s.repo.services, s)
		g.services = append(g.services, s)
	}
	g.rng.Shuffle(len(g.services), func(i, j int) { g.services[i], g.services[j] = g.services[j], g.services[i] })
}

func (g *generator) repository(name string) *history {
	for _, r := range g.repos {
		if r.name == name {
			return r
		}
	}
	r := &history{g: g, name: name, files: map[string]string{}, when: g.start}
	g.repos = append(g.repos, r)
	return r
}

// account returns an account of a service: a new one, or one that there is.
func (g *generator) account(kind string, s *service, env string) *account {
	for _, a := range g.accounts {
		if a.kind == kind && a.svc == s && a.env == env && !a.person && !a.foreign && g.often(oftenAgain) {
			return a
		}
	}
	a := &account{kind: kind, svc: s, owner: s.team, env: env, facts: map[string]string{}, code: g.often(oftenCode), listed: g.often(oftenListed)}
	g.name(a)
	for _, o := range g.accounts { // no two have the same name in the same place
		if o.kind == kind && len(a.names) > 0 && slices.Equal(o.names[:min(1, len(o.names))], a.names[:1]) && slices.Equal(o.tenants, a.tenants) {
			return o
		}
	}
	g.accounts = append(g.accounts, a)
	return a
}

// stranger is an account of the same kind that a credential is not of.
func (g *generator) stranger(a *account) *account {
	s := g.services[g.rng.IntN(len(g.services))]
	if g.often(50) {
		s = a.svc // another environment's, or another of the same service
	}
	for {
		if o := g.account(a.kind, s, one(g, envs)); o != a {
			return o
		}
		s = g.services[g.rng.IntN(len(g.services))]
	}
}

// vendor is an account of somebody else.
func (g *generator) vendor(kind string, s *service) *account {
	a := &account{kind: kind, svc: s, owner: s.team, env: "", facts: map[string]string{}, foreign: true}
	g.vendors++
	a.facts["of"] = fmt.Sprintf("vendor%d", g.vendors)
	g.name(a)
	g.accounts = append(g.accounts, a)
	return a
}

// personal is an account that a member of the service's team has of its own.
func (g *generator) personal(kind string, s *service, env string) *account {
	p := one(g, s.team.people)
	a := &account{kind: kind, svc: s, owner: s.team, env: env, facts: map[string]string{}, person: true}
	a.facts["of"] = strings.ToLower(strings.ReplaceAll(p.name, " ", "."))
	g.name(a)
	g.accounts = append(g.accounts, a)
	return a
}
