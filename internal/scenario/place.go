package scenario

import (
	"fmt"
	"strings"
)

// spot is where a credential is written: a file, and how.
type spot struct {
	path   string
	env    bool // many credentials stand in it, one after the other
	render func(fields []field, heading string) string
}

// spots are the formats of files that credentials leak in, with the paths that
// they mostly have.
func (g *generator) spots(s *service, env string) []spot {
	yes := func(path string) string { return s.in(path) }
	spots := []spot{
		{yes(one(g, []string{".env", ".env." + env, "deploy/" + env + ".env"})), true, asEnv("", "")},
		{yes(one(g, []string{".env", ".env." + env, "config/" + env + ".env"})), true, asEnv("", `"`)},
		{yes(one(g, []string{"deploy.sh", "scripts/run-" + env + ".sh"})), true, asEnv("export ", "")},
		{yes("config/" + env + ".yml"), true, asYAML},
		{yes("src/main/resources/application-" + env + ".properties"), true, asProperties},
		{yes("settings.py"), true, asEnv("", `"`)},
		{yes("config/" + env + ".json"), false, asJSON},
		{yes("infra/" + env + ".tfvars"), true, asTFVars},
		{yes("docker-compose.yml"), false, asCompose(s)},
		{yes("k8s/" + env + "/secret.yaml"), false, asSecret(s)},
	}
	if g.org.small && g.org.runs == "helm" {
		spots = append(spots, g.charted(s, env), g.charted(s, env))
	}
	return spots
}

func asEnv(before, quote string) func([]field, string) string {
	return func(fields []field, heading string) string {
		var b strings.Builder
		if heading != "" {
			fmt.Fprintf(&b, "\n# %s\n", heading)
		}
		for _, f := range fields {
			fmt.Fprintf(&b, "%s%s=%s%s%s\n", before, f.name, quote, f.value, quote)
		}
		return b.String()
	}
}

// asYAML writes fields under the name of what they are for, as frameworks do:
// aws: access_key_id.
func asYAML(fields []field, heading string) string {
	var b strings.Builder
	if heading == "" {
		heading = strings.Split(fields[len(fields)-1].name, "_")[0]
	}
	fmt.Fprintf(&b, "%s:\n", strings.ToLower(strings.ReplaceAll(heading, " ", "_")))
	for _, f := range fields {
		fmt.Fprintf(&b, "  %s: %q\n", strings.ToLower(f.name), f.value)
	}
	return b.String()
}

func asProperties(fields []field, heading string) string {
	var b strings.Builder
	if heading != "" {
		fmt.Fprintf(&b, "\n# %s\n", heading)
	}
	for _, f := range fields {
		fmt.Fprintf(&b, "%s=%s\n", strings.ToLower(strings.ReplaceAll(f.name, "_", ".")), f.value)
	}
	return b.String()
}

func asTFVars(fields []field, heading string) string {
	var b strings.Builder
	if heading != "" {
		fmt.Fprintf(&b, "\n# %s\n", heading)
	}
	for _, f := range fields {
		fmt.Fprintf(&b, "%s = %q\n", strings.ToLower(f.name), f.value)
	}
	return b.String()
}

func asJSON(fields []field, heading string) string {
	var b strings.Builder
	if heading == "" {
		heading = strings.ToLower(strings.Split(fields[len(fields)-1].name, "_")[0])
	}
	fmt.Fprintf(&b, "{\n  %q: {\n", heading)
	for i, f := range fields {
		comma := ","
		if i == len(fields)-1 {
			comma = ""
		}
		fmt.Fprintf(&b, "    %q: %q%s\n", camel(f.name), f.value, comma)
	}
	b.WriteString("  }\n}\n")
	return b.String()
}

// camel is AWS_ACCESS_KEY_ID as awsAccessKeyId.
func camel(name string) string {
	words := strings.Split(strings.ToLower(name), "_")
	for i := 1; i < len(words); i++ {
		if words[i] != "" {
			words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
		}
	}
	return strings.Join(words, "")
}

func asCompose(s *service) func([]field, string) string {
	return func(fields []field, heading string) string {
		var b strings.Builder
		fmt.Fprintf(&b, "services:\n  %s:\n    image: registry.acme.example/%s:1\n    environment:\n", s.name, s.name)
		for _, f := range fields {
			fmt.Fprintf(&b, "      %s: %q\n", f.name, f.value)
		}
		return b.String()
	}
}

func asSecret(s *service) func([]field, string) string {
	return func(fields []field, heading string) string {
		var b strings.Builder
		name := strings.ToLower(strings.Split(fields[len(fields)-1].name, "_")[0])
		fmt.Fprintf(&b, "apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s-%s\n  namespace: %s\nstringData:\n", s.name, name, s.name)
		for _, f := range fields {
			fmt.Fprintf(&b, "  %s: %q\n", f.name, f.value)
		}
		b.WriteString("---\n" + s.deployment([]string{s.name + "-" + name}, s.team))
		return b.String()
	}
}

// deployment runs a service of a team with the Secrets of some names.
func (s *service) deployment(secrets []string, t *team) string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: %s\n  namespace: %s\n  labels:\n    team: %s\nspec:\n  template:\n    spec:\n      containers:\n        - name: app\n          image: registry.acme.example/%s:1\n          envFrom:\n",
		s.name, s.name, t.name, s.name)
	for _, name := range secrets {
		fmt.Fprintf(&b, "            - secretRef: {name: %s}\n", name)
	}
	return b.String()
}

// written are the fields of a credential that somebody writes down, with a
// prefix before their names.
func (g *generator) written(c *cred, prefix string) (out []field) {
	beside := g.often(oftenBeside)
	for _, f := range c.fields {
		if f.need || beside {
			f.name = prefix + f.name
			out = append(out, f)
		}
	}
	return out
}

// free is a prefix with which no field of a text is named as one there is.
func (g *generator) free(text string, c *cred, s *service) string {
	for i, prefix := range []string{"", strings.ToUpper(s.name) + "_", "BACKUP_", "SECOND_", "OLD_", "THIRD_"} {
		taken := false
		for _, f := range c.fields {
			taken = taken || strings.Contains(strings.ToLower(text), strings.ToLower(prefix+f.name))
		}
		if !taken || i == 5 {
			return prefix
		}
	}
	return ""
}

// leak leaks a credential of a service.
func (g *generator) leak(s *service) {
	k, env := one(g, kinds), one(g, envs)
	if g.often(oftenTrap) {
		for range 5 {
			if t := one(g, traps); t.spring(g, s, k.name, env) {
				return
			}
		}
	}
	a := g.account(k.name, s, env)
	c := g.credential(a)
	g.put("plain", s, a, &c, env)
}

// put writes a credential into a file of a service.
func (g *generator) put(how string, s *service, a *account, c *cred, env string) string {
	if c.file != "" {
		return g.putFile(how, s, a, c)
	}
	at := one(g, g.spots(s, env))
	if !at.env {
		at.path = s.repo.fresh(at.path)
	}
	prefix := g.free(s.repo.files[at.path], c, s)
	g.append(how, s, a, c, at.path, at.render(g.written(c, prefix), ""))
	return at.path
}

func (g *generator) putFile(how string, s *service, a *account, c *cred) string {
	path := s.repo.fresh(s.in(c.path))
	g.append(how, s, a, c, path, c.file)
	if len(c.also) == 2 {
		s.repo.put(g.author(s), "add the public key", path+c.also[0], c.also[1])
	}
	return path
}

// append commits a text with a credential at the end of a file, and notes that.
func (g *generator) append(how string, s *service, a *account, c *cred, path, text string) {
	if s.repo.files[path] != "" && strings.HasPrefix(text, "services:") {
		text = "---\n" + text
	}
	s.repo.add(g.author(s), one(g, []string{"add settings", "make it work", "wip", "deploy from here", "fix"}), path, text)
	g.note(how, s, a, c, path)
}

func (g *generator) note(how string, s *service, a *account, c *cred, path string) {
	a.leaked = true
	switch {
	case !g.org.small || strings.Contains(path, "docker-compose") || strings.Contains(path, "k8s/"): // what is in the file uses it
		a.uses = append(a.uses, path)
	case strings.Contains(path, "chart/values"):
		a.uses = append(a.uses, path, s.in("chart/templates/deployment.yaml"))
	}
	g.leaks = append(g.leaks, &placed{Leak{Case: how, Kind: a.kind, Repo: s.repo.name, Path: path, Secret: c.secret}, a})
}

// author is who commits to a service: one of its team, mostly.
func (g *generator) author(s *service) person {
	if g.org.small && g.often(oftenBot) {
		return one(g, bots)
	}
	t := s.team
	if g.often(oftenStranger) {
		t = other(g, g.teams, t)
	}
	return one(g, t.people)
}
