package identity

import (
	"slices"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestFormerIDs: an id does not depend on whether an address has a port, names a place once,
// and is known by what it was before.
func TestFormerIDs(t *testing.T) {
	of := func(provider, typ string, claims ...string) []leak.Evidence {
		out := []leak.Evidence{ev(leak.FromRule, leak.ClaimProvider, provider, .9), ev(leak.FromRule, leak.ClaimType, typ, .9)}
		for i := 0; i < len(claims); i += 2 {
			out = append(out, ev(leak.FromNeighbour, claims[i], claims[i+1], .9))
		}
		return out
	}
	for _, c := range []struct {
		said         []leak.Evidence
		want, former string
	}{
		{of("vault", "service_account", leak.ClaimServer, "vault.acme.io:8200", leak.ClaimTenant, "vault.acme.io:8200", leak.ClaimName, "ci"),
			"nhi:vault:service_account:vault.acme.io/ci", "nhi:vault@vault.acme.io:service_account:vault.acme.io%3A8200/ci"},
		{of("vault", "service_account", leak.ClaimServer, "vault.acme.io", leak.ClaimTenant, "vault.acme.io", leak.ClaimName, "ci"),
			"nhi:vault:service_account:vault.acme.io/ci", ""},
		{of("mongodb", "database_user", leak.ClaimServer, "cluster0.ab12c.mongodb.net", leak.ClaimTenant, "ab12c", leak.ClaimName, "app"),
			"nhi:mongodb:database_user:ab12c/app", "nhi:mongodb@cluster0.ab12c.mongodb.net:database_user:ab12c/app"},
		{of("postgresql", "database_user", leak.ClaimServer, "ep-a-1-pooler.eu-central-1.aws.neon.tech", leak.ClaimTenant, "ep-a-1", leak.ClaimName, "app"),
			"nhi:postgresql:database_user:ep-a-1/app", "nhi:postgresql@ep-a-1-pooler.eu-central-1.aws.neon.tech:database_user:ep-a-1/app"},
		{of("postgresql", "database_user", leak.ClaimServer, "db.acme.io:5432", leak.ClaimTenant, "acme", leak.ClaimName, "app"),
			"nhi:postgresql@db.acme.io:database_user:acme/app", ""},
		{of("atlassian", "human_account", leak.ClaimServer, "acme.atlassian.net", leak.ClaimTenant, "acme", leak.ClaimTenantKind, "account", leak.ClaimName, "bot"),
			"nhi:atlassian:human_account:acme/bot", "nhi:atlassian:human_account:acme.atlassian.net/bot"},
		{of("keycloak@sso.acme.io", "oauth_app", leak.ClaimTenant, "pay", leak.ClaimTenantKind, "realm", leak.ClaimName, "web"),
			"nhi:keycloak@sso.acme.io:oauth_app:pay/web", "nhi:keycloak%40sso.acme.io:oauth_app:pay/web"},
		{of("harbor", "registry_robot", leak.ClaimServer, "r.acme.io", leak.ClaimTenant, "pay", leak.ClaimTenantKind, "project", leak.ClaimName, "robot$pay+ci"),
			"nhi:harbor@r.acme.io:registry_robot:pay/robot$pay+ci", "nhi:docker@r.acme.io:registry_robot:pay/robot$pay+ci"},
		{of("harbor", "human_account", leak.ClaimServer, "harbor.acme.io", leak.ClaimName, "jane"),
			"nhi:harbor@harbor.acme.io:human_account:-/jane", "nhi:harbor:human_account:harbor.acme.io/jane"},
		{of("atlassian", "human_account", leak.ClaimServer, "jira.acme.io", leak.ClaimTenant, "acme", leak.ClaimName, "bot"),
			"nhi:atlassian:human_account:acme/bot", ""},
	} {
		g := NewGraph(Options{Now: now})
		g.Add(finding("1"), Answer{Evidence: c.said}, Where{})
		id := g.Finish()[0]
		if id.ID != c.want || c.former != "" && !slices.Contains(id.Aliases, c.former) || c.former == "" && len(id.Aliases) > 0 {
			t.Errorf("%s, once %q; want %s, once %q", id.ID, id.Aliases, c.want, c.former)
		}
	}
}

// TestSharedServers: of what a service has for all the id says no host, but where its
// customers are others.
func TestSharedServers(t *testing.T) {
	for _, c := range []struct{ provider, server, want string }{
		{"github", "github.com", "nhi:github:bot:-/ci"}, {"github", "api.github.com", "nhi:github:bot:-/ci"}, {"gitlab", "gitlab.com", "nhi:gitlab:bot:-/ci"},
		{"bitbucket", "api.bitbucket.org", "nhi:bitbucket:bot:-/ci"}, {"sentry", "sentry.io", "nhi:sentry:bot:-/ci"}, {"sonarqube", "sonarcloud.io", "nhi:sonarqube:bot:-/ci"},
		{"sourcegraph", "sourcegraph.com", "nhi:sourcegraph:bot:-/ci"}, {"grafana", "grafana.com", "nhi:grafana:bot:-/ci"}, {"nuget", "api.nuget.org", "nhi:nuget:bot:-/ci"},
		{"terraform", "app.terraform.io", "nhi:terraform:bot:-/ci"}, {"terraform", "app.eu.terraform.io", "nhi:terraform@app.eu.terraform.io:bot:-/ci"},
		{"sonarqube", "sonarqube.us", "nhi:sonarqube@sonarqube.us:bot:-/ci"}, {"pulumi", "app.pulumi.com", "nhi:pulumi:bot:-/ci"},
		{"gitlab", "git.acme.io", "nhi:gitlab@git.acme.io:bot:-/ci"},
	} {
		got := Conclude([]leak.Evidence{ev(leak.FromRule, leak.ClaimProvider, c.provider, .9), ev(leak.FromRule, leak.ClaimType, "bot", .9),
			ev(leak.FromNeighbour, leak.ClaimServer, c.server, .9), ev(leak.FromNeighbour, leak.ClaimName, "ci", .9)}).canonical("f00d")
		if got != c.want {
			t.Errorf("%s at %s: %s, want %s", c.provider, c.server, got, c.want)
		}
	}
}
