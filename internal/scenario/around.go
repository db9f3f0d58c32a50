package scenario

import (
	"fmt"
	"strings"
)

// describe adds what says who owns a repository and which accounts there are.
func (r *history) describe() {
	g := r.g
	admin := one(g, g.platform.people)
	if path, text := r.owners(); text != "" {
		r.put(admin, "owners", path, text)
	}
	if g.org.small {
		r.maintain()
	}
	for _, s := range r.services {
		if !g.often(oftenCatalog) {
			continue
		}
		t := s.team
		if g.often(oftenTagWrong) {
			t = other(g, g.teams, t)
		}
		r.put(admin, "catalog", s.in("catalog-info.yaml"), fmt.Sprintf("apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: %s\nspec:\n  type: service\n  owner: group:%s\n", s.name, t.name))
	}
	for _, s := range r.services {
		for _, env := range []string{"prod", "staging", "dev"} {
			if file, text := g.declare(s, env); text != "" {
				r.put(admin, "infra", file, text)
			}
		}
	}
	for i := range 3 {
		r.put(g.author(r.services[0]), "readme", "README.md", fmt.Sprintf("# %s\n\nVersion %d.\n", r.name, i))
	}
}

// codeowners is a file as the repository has it; empty for none.
func (r *history) codeowners() string {
	g := r.g
	var b strings.Builder
	how := g.rng.IntN(100)
	switch {
	case how < 20:
		return ""
	case how < 45 && len(r.services) > 1:
		return "* @" + g.org.name + "/" + g.platform.name + "\n"
	case len(r.services) > 1:
		b.WriteString("* @" + g.org.name + "/" + g.platform.name + "\n")
	}
	for _, s := range r.services {
		t, name := s.team, ""
		if g.often(oftenStaleRule) {
			t = other(g, g.teams, t) // who had it before
		}
		if name = t.name; t.before != "" && g.often(50) {
			name = t.before
		}
		pattern := "*"
		if s.dir != "" {
			pattern = "/" + s.dir + "/"
		}
		fmt.Fprintf(&b, "%s @%s/%s\n", pattern, g.org.name, name)
	}
	return b.String()
}

// terraform declares the accounts of a service in an environment that code
// knows, whether they have leaked or not.
func (g *generator) terraform(s *service, env string) string {
	var b strings.Builder
	cloud := g.often(oftenSameEnv)
	module := g.often(20) // tags of a module: its author's
	for i, a := range g.accounts {
		if a.svc != s || a.env != env || !a.code || a.foreign || a.person {
			continue
		}
		id := fmt.Sprintf("%s_%d", strings.ReplaceAll(s.name, "-", "_"), i)
		tags := g.tags(a, module)
		switch a.kind {
		case "aws":
			if cloud && !strings.Contains(b.String(), "allowed_account_ids") {
				fmt.Fprintf(&b, "provider \"aws\" {\n  region              = \"eu-west-1\"\n  allowed_account_ids = [%q]\n}\n\n", a.facts["account"])
			}
			fmt.Fprintf(&b, "resource \"aws_iam_user\" %q {\n  name = %q\n%s}\n\n", id, a.names[0], tags)
			if g.often(oftenKeyInCode) {
				fmt.Fprintf(&b, "resource \"aws_iam_access_key\" %q {\n  user = aws_iam_user.%s.name\n}\n\n", id, id)
			}
		case "gcp":
			fmt.Fprintf(&b, "resource \"google_service_account\" %q {\n  project    = %q\n  account_id = %q\n}\n\n", id, a.tenants[0], a.names[1])
		case "entra":
			fmt.Fprintf(&b, "resource \"azuread_application\" %q {\n  display_name = %q\n}\n\n", id, a.names[0])
		case "storage":
			fmt.Fprintf(&b, "resource \"azurerm_storage_account\" %q {\n  name                = %q\n  resource_group_name = \"rg-%s\"\n%s}\n\n", id, a.names[0], s.name, tags)
		case "postgres":
			fmt.Fprintf(&b, "resource \"postgresql_role\" %q {\n  name  = %q\n  login = true\n}\n\n", id, a.names[0])
		case "datadog":
			fmt.Fprintf(&b, "resource \"datadog_api_key\" %q {\n  name = %q\n}\n\n", id, a.names[0])
		case "cloudflare":
			fmt.Fprintf(&b, "resource \"cloudflare_api_token\" %q {\n  name = %q\n}\n\n", id, a.names[0])
		}
	}
	return b.String()
}

func (g *generator) tags(a *account, module bool) string {
	if !g.often(oftenTag) {
		return ""
	}
	t := a.owner
	if module {
		t = g.platform
	} else if g.often(oftenTagWrong) {
		t = other(g, g.teams, t)
	}
	return fmt.Sprintf("  tags = {\n    %s = %q\n    env  = %q\n  }\n", one(g, []string{"owner", "team", "Team"}), t.name, a.env)
}

// papers are the files beside the repositories.
func (g *generator) papers() map[string]string {
	var b strings.Builder
	b.WriteString("identity_type,name,owner,creation_date,permissions,provider,provider_id,tenant,environment,status\n")
	row := func(typ, name, owner, provider, id, tenant, env string) {
		fmt.Fprintf(&b, "%s,%s,%s,%s,,%s,%s,%s,%s,active\n", typ, name, owner, g.start.AddDate(-1, 0, -g.rng.IntN(300)).Format("2006-01-02"), provider, id, tenant, env)
	}
	for _, a := range g.accounts {
		typ := listedTypes[a.kind]
		if !a.listed || a.foreign || len(a.names) == 0 || typ == [2]string{} {
			continue
		}
		id, tenant := "", ""
		if g.often(oftenRowID) && (a.kind == "aws" || a.kind == "entra" || a.kind == "gitlab" || a.kind == "kubernetes") {
			id = a.names[1]
			if a.kind == "gitlab" {
				id = a.names[0]
			}
		}
		if g.often(oftenRowTenant) && len(a.tenants) > 0 {
			tenant = a.tenants[0]
		}
		row(typ[0], a.names[0], g.rowOwner(a.owner), typ[1], id, tenant, a.env)
	}
	for _, s := range g.services { // what is called alike
		row("service_account", one(g, []string{s.name, s.name + "-app", "svc-" + s.name}), g.rowOwner(s.team), one(g, []string{"", "", "google", "kubernetes"}), "", "", "")
		if g.often(50) {
			row("service_account", s.name+"-deployer", g.rowOwner(s.team), "aws", "", fmt.Sprint(g.org.clouds[one(g, envs)]), "")
		}
	}
	own := []string{"gcp:" + g.org.name + "-*", "azure:" + g.org.directory}
	for _, env := range []string{"prod", "staging", "dev"} {
		own = append(own, "aws:"+fmt.Sprint(g.org.clouds[env]))
	}
	settings := fmt.Sprintf("[identity]\nleavers     = \"leavers.csv\"\nown_tenants = [\"%s\"]\n", strings.Join(own, `", "`))
	leavers := "email,left\nnobody@acme.example,2025-01-31\n"
	for _, p := range g.org.left {
		leavers += p.email + ",2026-02-28\n"
	}
	out := map[string]string{"leavers.csv": leavers, "acme.toml": settings}
	if g.org.lists {
		out["nhi.csv"], out["acme.toml"] = b.String(), settings+"inventory   = [\"nhi.csv\"]\n"
	}
	return out
}

func (g *generator) rowOwner(t *team) string {
	switch n := g.rng.IntN(100); {
	case n < oftenRowStale:
		return other(g, g.teams, t).name + "-team"
	case n < oftenRowStale+oftenRowNobody:
		return ""
	}
	return t.name + "-team"
}

// listedTypes are the types and providers of rows, by kind. What is not here is
// in no inventory.
var listedTypes = map[string][2]string{
	"aws": {"service_account", "aws"}, "gcp": {"service_account", "gcp"}, "entra": {"service_principal", "azure"}, "storage": {"api_key", "azure"},
	"postgres": {"database_user", "postgresql"}, "mysql": {"database_user", "mysql"}, "mongodb": {"database_user", "mongodb"}, "snowflake": {"database_user", "snowflake"},
	"stripe": {"api_key", "stripe"}, "datadog": {"api_key", "datadog"}, "github": {"human_account", "github"}, "gitlab": {"human_account", "gitlab"},
	"kubernetes": {"service_account", "kubernetes"}, "grafana": {"service_account", "grafana"}, "openai": {"service_account", "openai"}, "quay": {"registry_robot", "quay"},
}
