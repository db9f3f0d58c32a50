package scenario

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
)

// organisation is who has the repositories, and how it works there.
type organisation struct {
	name      string
	clouds    map[string]int64 // its accounts of AWS, by environment
	directory string           // its directory at Azure
	lists     bool             // it has an inventory
	left      []person

	small bool   // made by GenerateSmall; what follows is used there only
	forge string // "github", "gitlab", "bitbucket"
	ci    string // "github", "gitlab", "circle", "azure", "jenkins", "bitbucket"
	code  string // of infrastructure: "terraform", "cloudformation", "pulumi", "bicep", "kubernetes"
	runs  string // where services run: "kubernetes", "kustomize", "helm", "compose", "serverless"
}

// acme is the company that Generate makes.
var acme = &organisation{
	name: "acme", clouds: map[string]int64{"prod": 111122223333, "staging": 222233334444, "dev": 333344445555},
	directory: "6f1c2a3e-5b7d-4c1f-9a0e-2d4b6c8e0f12", lists: true,
}

// How often something is so in small organisations, of a hundred.
const (
	oftenList      = 60 // there is an inventory
	oftenBot       = 8  // a bot commits
	oftenLeft      = 10 // somebody has left since
	oftenOneCloud  = 40 // one account of the cloud for all environments
	oftenOtherTeam = 12 // another team than the service's answers for an account
	oftenManifest  = 75 // what runs a service is in its repository
	oftenJob       = 70 // the job that deploys a service is
	oftenDead      = 8  // what says that something uses an account is of before
	oftenBorrowed  = 12 // a job uses another account, by the same name
	oftenSwept     = 40 // what stands somewhere odd: of the traps below
	oftenMaintain  = 30 // a folder has a list of maintainers, of any kind
	oftenPrefix    = 40 // a repository's secret is called after the service
)

// GenerateSmall makes the repositories of a small organisation in dir, as
// Generate does, with about n leaked credentials: two to four teams with up to
// eight services, on one of three forges, with one of six CIs, infrastructure
// code of one of five forms, run in one of five ways. Each organisation is
// another one.
//
// The truth is made first: which accounts there are, which team answers for each (mostly,
// not always, the one whose service uses it), what uses them. Then comes what such
// organisations leave behind of it, which is never all, and in part of before: half of
// the accounts are in code; three of four services have their manifests, seven of ten the job that
// deploys them; one reference in twelve to a credential is of before, and one job in eight
// uses another account by the same name. Bots commit, people leave, lists of maintainers are
// those of the package that somebody copied. Besides the traps of Generate, credentials
// stand in copies of other teams' code, in fixtures of tests, in documentation, and under
// names that say nothing.
//
// The shares are guesses here too, made before anything was scanned.
func GenerateSmall(dir string, seed uint64, n int) ([]Leak, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("make a scenario in %s: it is not empty", dir)
	}
	g := newGenerator(rand.New(rand.NewPCG(seed, 17)), nil)
	g.org = g.organisation()
	g.settle()
	for i := range n {
		s := g.services[i%len(g.services)]
		if !g.often(oftenTrap) || !g.often(oftenSwept) || !g.odd(s) {
			g.leak(s)
		}
	}
	g.use()
	return g.write(dir)
}

func (g *generator) organisation() *organisation {
	o := &organisation{
		name:  one(g, strings.Fields("nimbus harbor quill tandem orchard lumen parcel brio cobalt fjord juniper mosaic")),
		forge: one(g, []string{"github", "github", "gitlab", "bitbucket"}), code: one(g, []string{"terraform", "terraform", "cloudformation", "pulumi", "bicep", "kubernetes"}),
		runs: one(g, []string{"kubernetes", "kustomize", "helm", "compose", "serverless"}), lists: g.often(oftenList), small: true,
	}
	o.ci = map[string]string{"github": "github", "gitlab": "gitlab", "bitbucket": "bitbucket"}[o.forge]
	if g.often(25) {
		o.ci = one(g, []string{"circle", "azure", "jenkins"})
	}
	o.directory = guid(g)
	o.clouds = map[string]int64{}
	for _, env := range []string{"prod", "staging", "dev"} {
		if o.clouds[env] = 100000000000 + g.rng.Int64N(400000000000); env != "prod" && g.often(oftenOneCloud) {
			o.clouds[env] = o.clouds["prod"]
		}
	}
	return o
}

// settle founds the teams and their services: all in one repository, each in one
// of its own, or by team.
func (g *generator) settle() {
	for i, at := range g.rng.Perm(len(teamNames))[:2+g.rng.IntN(3)] {
		t := &team{name: teamNames[at]}
		for j := range 2 + g.rng.IntN(3) {
			p, f := given[(at*3+j)%len(given)], one(g, families)
			who := person{p + " " + f, strings.ToLower(p + "." + f + "@" + g.org.name + ".example")}
			if t.people = append(t.people, who); j > 0 && g.often(oftenLeft) {
				g.org.left = append(g.org.left, who)
			}
		}
		if g.teams = append(g.teams, t); i == 0 || t.name == "platform" {
			g.platform = t
		}
	}
	layout := g.rng.IntN(3)
	names := g.rng.Perm(len(nouns))
	for i := range 3 + g.rng.IntN(6) {
		s := &service{name: nouns[names[i]], team: one(g, g.teams)}
		switch layout {
		case 0:
			s.repo, s.dir = g.repository(g.org.name), one(g, []string{"services/", "apps/", "packages/"})+s.name
		case 1:
			s.repo = g.repository(s.name)
		default:
			s.repo, s.dir = g.repository(s.team.name), s.name
		}
		s.repo.services = append(s.repo.services, s)
		g.services = append(g.services, s)
	}
}

// bots commit, too.
var bots = []person{
	{"renovate[bot]", "29139614+renovate[bot]@users.noreply.github.com"}, {"dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"},
	{"github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com"}, {"deploy-bot", "deploy-bot@bots.example"}, {"GitLab", "noreply@gitlab.example"},
}
