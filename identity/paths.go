package identity

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// MaxPaths is how many paths of a finding are looked at by those to whom the path
// is enough.
const MaxPaths = 64

// Paths are the paths of the finding in Repo, without repetitions: those at HEAD
// first, and of these what is deployed before tests and documentation. At most
// MaxPaths; all is how many there are.
func (q *Query) Paths() (paths []string, all int) {
	order := make([]*leak.Location, len(q.Finding.Locations))
	for i := range order {
		order[i] = &q.Finding.Locations[i]
	}
	slices.SortStableFunc(order, func(a, b *leak.Location) int { return cmp.Compare(Worth(b), Worth(a)) })
	seen := map[string]bool{}
	for _, l := range order {
		p := q.In(l)
		if p == "" || seen[p] {
			continue
		}
		seen[p] = true
		if len(paths) < MaxPaths {
			paths = append(paths, p)
		}
	}
	return paths, len(seen)
}

// Worth says how much a place tells of what uses the credential: what is there
// now before what was, and what is deployed before tests and documentation.
func Worth(l *leak.Location) int {
	worth := 0
	switch {
	case l.AtHead || l.Staged || l.Kind == leak.KindFile || l.Kind == leak.KindStdin || l.Kind == leak.KindLog:
		worth = 6
	case l.Path != "" && !l.Unreachable:
		worth = 3
	}
	return worth + deployed(l.Path)
}

// deployment are the words of paths of what is deployed, and others those of what
// is not.
var (
	deployment = set("prod", "production", "prd", "live", "deploy", "deployment", "deployments", "k8s", "kubernetes", "helm", "charts", "chart", "overlays", "infra",
		"infrastructure", "terraform", "envs", "workflows", "docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml", "values.yaml", "dockerfile")
	others = set("test", "tests", "testdata", "__tests__", "spec", "specs", "fixture", "fixtures", "example", "examples", "sample", "samples", "demo", "demos", "doc", "docs",
		"mock", "mocks", "e2e", "testing", "vendor", "node_modules", "third_party", "archive", "legacy")
)

// deployed is 2 for what is deployed, 0 for tests and documentation, else 1.
func deployed(p string) int {
	p = strings.ToLower(p)
	switch path.Ext(p) {
	case ".md", ".rst", ".adoc", ".ipynb", ".example", ".sample", ".dist":
		return 0
	}
	worth := 1
	for part := range strings.SplitSeq(p, "/") {
		if others[part] {
			return 0
		}
		stem, _, _ := strings.Cut(strings.TrimPrefix(part, "."), ".")
		if deployment[part] || deployment[stem] {
			worth = 2
		}
	}
	return worth
}
