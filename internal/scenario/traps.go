package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// trap is a way in which what stands around a credential misleads. spring says
// whether it fits the kind.
type trap struct {
	name   string
	spring func(g *generator, s *service, kind, env string) bool
}

var traps = []trap{
	{"copied", copied}, {"neighbour", neighboured}, {"comment", commented}, {"environments", mixed}, {"moved", moved}, {"elsewhere", elsewhere},
	{"named", misnamed}, {"shared", shared}, {"vendor", vendored}, {"personal", own}, {"template", templated},
}

// copied: somebody needs what another team's service may do, and takes its key.
func copied(g *generator, s *service, kind, env string) bool {
	from := other(g, g.services, s)
	if from.team == s.team {
		return false
	}
	a := g.account(kind, from, env)
	c := g.credential(a)
	g.put("copied", s, a, &c, env)
	return true
}

// neighboured: the fields of another account of the kind stand nearer than the
// credential's own, if it has any: an app for logging in beside one for the
// directory, of which only the secret is new.
func neighboured(g *generator, s *service, kind, env string) bool {
	a := g.account(kind, s, env)
	c := g.credential(a)
	if c.file != "" || len(c.fields) < 2 {
		return false
	}
	o := g.credential(g.stranger(a))
	at := g.spots(s, env)[g.rng.IntN(2)]
	prefix := g.free(s.repo.files[at.path]+"\n"+strings.Join(names(o.fields), "\n"), &c, s)
	var lines []field
	for _, f := range o.fields {
		if f.secret {
			f.value = ""
		}
		lines = append(lines, f)
	}
	for _, f := range c.fields {
		if f.need {
			f.name = prefix + f.name
			lines = append(lines, f)
		}
	}
	g.append("neighbour", s, a, &c, at.path, at.render(lines, ""))
	return true
}

func names(fields []field) (out []string) {
	for _, f := range fields {
		out = append(out, f.name)
	}
	return out
}

// commented: an account of before is commented out above the new one.
func commented(g *generator, s *service, kind, env string) bool {
	a := g.account(kind, s, env)
	c := g.credential(a)
	if c.file != "" || len(c.fields) < 2 {
		return false
	}
	o := g.credential(g.stranger(a))
	at := g.spots(s, env)[g.rng.IntN(2)]
	var b strings.Builder
	for _, f := range o.fields {
		if f.secret {
			f.value = "changeme"
		}
		fmt.Fprintf(&b, "# %s=%s\n", f.name, f.value)
	}
	prefix := g.free(s.repo.files[at.path], &c, s)
	g.append("comment", s, a, &c, at.path, b.String()+at.render(g.written(&c, prefix), ""))
	return true
}

// mixed: one file has the settings of all environments.
func mixed(g *generator, s *service, kind, env string) bool {
	as := []*account{g.account(kind, s, "dev"), g.account(kind, s, "staging"), g.account(kind, s, "prod")}
	if c := g.credential(as[0]); c.file != "" {
		return false
	}
	sections := g.often(50)
	path := s.repo.fresh(s.in(one(g, []string{"config/settings.yml", "config.yml"})))
	if !sections {
		path = s.repo.fresh(s.in("credentials.env"))
	}
	var text strings.Builder
	var cs []cred
	for i, name := range []string{"development", "staging", "production"} {
		c := g.credential(as[i])
		cs = append(cs, c)
		prefix := strings.ToUpper([]string{"dev", "staging", "prod"}[i]) + "_"
		if sections {
			fmt.Fprintf(&text, "%s:\n", name)
			for _, f := range g.written(&c, "") {
				fmt.Fprintf(&text, "  %s: %q\n", strings.ToLower(f.name), f.value)
			}
		} else {
			text.WriteString(asEnv("", "")(g.written(&c, prefix), ""))
		}
	}
	s.repo.put(g.author(s), "settings of all environments", path, text.String())
	for i := range cs {
		g.note("environments", s, as[i], &cs[i], path)
	}
	return true
}

// moved: the file is in a folder that others own, since it was moved.
func moved(g *generator, s *service, kind, env string) bool {
	if s.dir == "" {
		return false
	}
	a := g.account(kind, s, env)
	c := g.credential(a)
	path := g.alone("moved", s, a, &c)
	to := s.repo.fresh(one(g, []string{"legacy/", "archive/", "tools/", "ops/"}) + path[strings.LastIndexByte(path, '/')+1:])
	s.repo.move(g.author(s), path, to)
	return true
}

// alone writes a credential into a file of its own.
func (g *generator) alone(how string, s *service, a *account, c *cred) string {
	if c.file != "" {
		return g.putFile(how, s, a, c)
	}
	path := s.repo.fresh(s.in("settings.env"))
	g.append(how, s, a, c, path, asEnv("", "")(g.written(c, ""), ""))
	return path
}

// elsewhere: a credential of production in the files of another environment, to
// try something with real data.
func elsewhere(g *generator, s *service, kind, env string) bool {
	a := g.account(kind, s, "prod")
	c := g.credential(a)
	g.put("elsewhere", s, a, &c, one(g, []string{"staging", "dev", "test"}))
	return true
}

// misnamed: the variable has the name of the service that this one was forked
// from.
func misnamed(g *generator, s *service, kind, env string) bool {
	a := g.account(kind, s, env)
	c := g.credential(a)
	if c.file != "" {
		return false
	}
	at := g.spots(s, env)[g.rng.IntN(2)]
	g.append("named", s, a, &c, at.path, at.render(g.written(&c, strings.ToUpper(other(g, g.services, s).name)+"_"), ""))
	return true
}

// shared: workloads of several teams use the Secret.
func shared(g *generator, s *service, kind, env string) bool {
	a := g.account(kind, s, env)
	c := g.credential(a)
	if c.file != "" {
		return false
	}
	path := s.repo.fresh(s.in("k8s/" + env + "/shared.yaml"))
	text := asSecret(s)(g.written(&c, ""), "")
	secret := text[strings.Index(text, "name: ")+6:]
	secret, _, _ = strings.Cut(secret, "\n")
	for range 2 {
		o := other(g, g.services, s)
		text += "---\n" + strings.Replace(o.deployment([]string{secret}, o.team), "namespace: "+o.name, "namespace: "+s.name, 1)
	}
	g.append("shared", s, a, &c, path, text)
	return true
}

// vendored: the key that a vendor gave.
func vendored(g *generator, s *service, kind, env string) bool {
	a := g.vendor(kind, s)
	c := g.credential(a)
	g.put("vendor", s, a, &c, env)
	return true
}

// own: a key of somebody's own account, since there was none for the service at
// hand, or it may do too little.
func own(g *generator, s *service, kind, env string) bool {
	if !slices.Contains([]string{"aws", "postgres", "mysql", "mongodb", "snowflake", "github", "ssh"}, kind) {
		return false
	}
	g.account(kind, s, env).code = true
	a := g.personal(kind, s, env)
	c := g.credential(a)
	g.put("personal", s, a, &c, env)
	return true
}

// templated: the service was made from a template, whose settings are still
// there; only the credential was put in.
func templated(g *generator, s *service, kind, env string) bool {
	a := g.account(kind, s, env)
	c := g.credential(a)
	if c.file != "" || len(c.fields) < 2 {
		return false
	}
	o := g.credential(g.stranger(a))
	at := g.spots(s, env)[g.rng.IntN(2)]
	prefix := g.free(s.repo.files[at.path], &c, s)
	var lines []field
	for i, f := range c.fields {
		if !f.need && i < len(o.fields) && o.fields[i].name == f.name {
			f.value = o.fields[i].value
		}
		f.name = prefix + f.name
		lines = append(lines, f)
	}
	g.append("template", s, a, &c, at.path, at.render(lines, ""))
	return true
}
