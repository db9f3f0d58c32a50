package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// odd leaks a credential of a service somewhere else than in its settings, and
// reports whether that could be done.
func (g *generator) odd(s *service) bool {
	k, env := one(g, kinds), one(g, envs)
	return one(g, []func(*generator, *service, string, string) bool{embedded, fixture, documented, nameless, helped, pipelined})(g, s, k.name, env)
}

// embedded: code of another team was copied, with what was in it, and with who
// maintains it there.
func embedded(g *generator, s *service, kind, env string) bool {
	from := other(g, g.services, s)
	a := g.account(kind, from, env)
	c := g.credential(a)
	if c.file != "" {
		return false
	}
	at := s.in(one(g, []string{"vendor/", "third_party/", "lib/"})) + from.name
	s.repo.put(g.author(s), "copy "+from.name, at+"/package.json", fmt.Sprintf("{\n  \"name\": %q,\n  \"author\": \"Sam Upstream <sam@upstream.example>\"\n}\n", from.name))
	g.append("embedded", s, a, &c, s.repo.fresh(at+"/config.env"), asEnv("", "")(g.written(&c, ""), ""))
	return true
}

// fixture: a test needs something that works.
func fixture(g *generator, s *service, kind, env string) bool {
	a := g.account(kind, s, one(g, []string{"dev", "dev", "staging", "prod"}))
	c := g.credential(a)
	if c.file != "" {
		return false
	}
	g.append("fixture", s, a, &c, s.repo.fresh(s.in(one(g, []string{"tests/fixtures/settings.json", "test/config.json", "spec/fixtures/config.json"}))), asJSON(g.written(&c, ""), ""))
	return true
}

// documented: somebody shows how it is done, and it works.
func documented(g *generator, s *service, kind, env string) bool {
	a := g.account(kind, s, env)
	c := g.credential(a)
	if c.file != "" {
		return false
	}
	g.append("documented", s, a, &c, one(g, []string{s.in("README.md"), "docs/runbook.md", s.in("docs/setup.md")}), "\n## Set it up\n\n```sh\n"+asEnv("export ", "")(g.written(&c, ""), "")+"```\n")
	return true
}

// nameless: the variable's name says nothing.
func nameless(g *generator, s *service, kind, env string) bool {
	a := g.account(kind, s, env)
	c := g.credential(a)
	if !slices.Contains([]string{"stripe", "sendgrid", "slack", "github", "gitlab", "openai", "npm", "grafana", "sentry", "doppler", "vault", "postgres"}, kind) {
		return false
	}
	c.fields[len(c.fields)-1].name = one(g, []string{"API_KEY", "TOKEN", "SECRET", "ACCESS_TOKEN", "KEY", "URL"})
	c.fields = c.fields[len(c.fields)-1:]
	at := g.spots(s, env)[g.rng.IntN(6)]
	g.append("nameless", s, a, &c, at.path, at.render(g.written(&c, ""), ""))
	return true
}

// helped: another team answers for the account, since it is everybody's, and this
// service has its credential.
func helped(g *generator, s *service, kind, env string) bool {
	a := g.account(kind, s, env)
	a.owner = other(g, g.teams, s.team)
	c := g.credential(a)
	g.put("another's", s, a, &c, env)
	return true
}

// pipelined: it is written into the job that uses it.
func pipelined(g *generator, s *service, kind, env string) bool {
	a := g.account(kind, s, env)
	c := g.credential(a)
	if c.file != "" || g.org.ci != "github" && g.org.ci != "gitlab" {
		return false
	}
	var b strings.Builder
	path := ".github/workflows/" + s.name + "-nightly.yml"
	if g.org.ci == "github" {
		fmt.Fprintf(&b, "name: %s nightly\non:\n  schedule:\n    - cron: '0 3 * * *'\njobs:\n  nightly:\n    runs-on: ubuntu-latest\n    env:\n", s.name)
	} else {
		path = ".gitlab/ci/" + s.name + "-nightly.yml"
		b.WriteString("nightly:\n  variables:\n")
	}
	for _, f := range g.written(&c, "") {
		fmt.Fprintf(&b, "      %s: %q\n", f.name, f.value)
	}
	if g.org.ci == "github" {
		b.WriteString("    steps:\n      - run: ./nightly.sh\n")
	} else {
		b.WriteString("  script:\n    - ./nightly.sh\n")
	}
	if s.repo.files[path] != "" {
		return false
	}
	a.uses = append(a.uses, path)
	g.append("pipeline", s, a, &c, path, b.String())
	return true
}
