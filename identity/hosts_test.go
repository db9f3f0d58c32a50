package identity

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// idOf is the id of a credential of which the evidence is known.
func idOf(es ...leak.Evidence) string {
	g := NewGraph(Options{Now: now})
	g.Add(finding("1"), Answer{Evidence: es}, Where{})
	return g.Finish()[0].ID
}

// TestHostsOfProviders: the servers of a service are not somebody's own, whatever
// they are called; nor are those of clouds that everybody can have a part of.
func TestHostsOfProviders(t *testing.T) {
	for _, c := range []struct{ provider, server, want string }{
		{"sentry", "o12345.ingest.us.sentry.io", "nhi:sentry:"},
		{"sentry", "sentry.acme.example", "nhi:sentry@sentry.acme.example:"},
		{"elastic", "abc.us-east-1.aws.cloud.es.io:9243", "nhi:elastic:unknown:abc.us-east-1.aws.cloud.es.io/"},
		{"elastic", "es.acme.example:9200", "nhi:elastic@es.acme.example:"},
		{"docker", "ghcr.io", "nhi:github:"},
		{"docker", "https://index.docker.io/v1/", "nhi:dockerhub:"},
		{"docker", "registry.gitlab.com", "nhi:gitlab:"},
		{"docker", "registry.acme.example", "nhi:docker@registry.acme.example:"},
		{"github", "ghcr.io", "nhi:github:"},
		{"github", "notghcr.io", "nhi:github@notghcr.io:"},
	} {
		id := idOf(ev(leak.FromRule, leak.ClaimProvider, c.provider, .9), ev(leak.FromStructure, leak.ClaimServer, c.server, .9), ev(leak.FromStructure, leak.ClaimName, "jane", .9))
		if !strings.HasPrefix(id, c.want) {
			t.Errorf("%s at %s: %s", c.provider, c.server, id)
		}
	}
}

// TestFormsOfOneLogin: what says the form of a credential says less than what it
// is for.
func TestFormsOfOneLogin(t *testing.T) {
	login := []leak.Evidence{ev(leak.FromStructure, leak.ClaimType, "database_user", .9), ev(leak.FromStructure, leak.ClaimServer, "db.acme.example:5432", .9),
		ev(leak.FromStructure, leak.ClaimTenant, "db.acme.example", .9), ev(leak.FromStructure, leak.ClaimName, "pay", .9), ev(leak.FromStructure, leak.ClaimProvider, "postgresql", .9)}
	want := idOf(append(login, ev(leak.FromRule, leak.ClaimProvider, "postgresql", .9))...)
	// A file of logins does not call the server a tenant.
	if got := idOf(append(login[:2:2], append(login[3:], ev(leak.FromRule, leak.ClaimProvider, "postgresql", .9))...)...); got != want {
		t.Errorf("without a tenant: %s, want %s", got, want)
	}
	for _, form := range []string{"jdbc", "generic", "urlcredentials"} {
		if got := idOf(append(login, ev(leak.FromRule, leak.ClaimProvider, form, .9))...); got != want {
			t.Errorf("%s: %s, want %s", form, got, want)
		}
	}
}

// TestKeyIDAlone: the public id of a key opens nothing, and is the same key as
// with its secret.
func TestKeyIDAlone(t *testing.T) {
	key := "AKIA" + "IOSFODNN7ABCDEFG"
	all := append(aws(leak.ClaimTenant, "123456789012", .95), ev(leak.FromStructure, leak.ClaimKeyID, key, .95))
	g := NewGraph(Options{Now: now})
	alone, pair := finding("1", leak.SecretPart, key), finding("2", leak.SecretPart, strings.Repeat("s3cr3t", 7), "key_id", key)
	g.Add(alone, Answer{Evidence: all}, Where{})
	g.Add(pair, Answer{Evidence: all}, Where{})
	if ids := g.Finish(); len(ids) != 1 || !strings.HasSuffix(ids[0].ID, key) {
		t.Errorf("%d identities: %s", len(ids), ids[0].ID)
	}
}

// TestServersOfOneNameAreApart: a name on one server is not the name on another, also of a provider
// that is not known to have servers of its customers' own; the addresses that a service has
// for all are none.
func TestServersOfOneNameAreApart(t *testing.T) {
	at := func(provider, server string) Answer {
		said := []leak.Evidence{ev(leak.FromRule, leak.ClaimProvider, provider, .9), ev(leak.FromRule, leak.ClaimType, "service_account", .9), ev(leak.FromNeighbour, leak.ClaimName, "backup", .9)}
		if server != "" {
			said = append(said, ev(leak.FromNeighbour, leak.ClaimServer, server, .9))
		}
		return Answer{Evidence: said}
	}
	for _, c := range []struct {
		provider, a, b string
		want           int
	}{
		{"minio", "minio.acme.io:9000", "minio.stage.acme.io", 2}, {"minio", "minio.acme.io:9000", "minio.acme.io", 1}, {"acmesoft", "a.acme.io", "b.acme.io", 2},
		{"acmesoft", "a.acme.io", "", 2}, {"gitlab", "gitlab.com", "", 1}, {"gitlab", "git.acme.io", "", 2}, {"okta", "", "", 1},
		// Of addresses and names that every network has, nobody knows that they are the same.
		{"postgresql", "172.16.4.5", "172.16.4.5", 2}, {"postgresql", "172.32.4.5", "172.32.4.5", 1}, {"postgresql", "169.254.4.5:5432", "169.254.4.5:5432", 2}, {"minio", "10.0.0.7:9000", "10.0.0.7:9000", 2},
		{"redis", "redis.internal:6379", "redis.internal:6379", 2}, {"redis", "redis.prod.acme.internal", "redis.prod.acme.internal", 1}, {"redis", "host.docker.internal", "host.docker.internal", 2},
		{"acmesoft", "192.168.1.2", "192.168.1.2", 2}, {"gitlab", "10.0.0.7", "gitlab.com", 2}, {"gitlab", "10.0.0.7", "10.0.0.7", 2}, {"ssh", "10.0.0.7", "10.0.0.7", 2}, {"ssh", "web.acme.io", "web.acme.io", 1},
		// Nor who the user of something is.
		{"unknown", "", "", 2}, {"logins", "", "", 2}, {"generic", "", "", 2}, {"ssh", "", "", 2}, {"unknown", "a.acme.io", "a.acme.io", 1},
	} {
		g := NewGraph(Options{Now: now})
		g.Add(finding("a1"), at(c.provider, c.a), Where{})
		g.Add(finding("b2"), at(c.provider, c.b), Where{})
		if ids := g.Finish(); len(ids) != c.want {
			t.Errorf("%s at %q and %q: %d identities, the first is %s", c.provider, c.a, c.b, len(ids), ids[0].ID)
		}
	}
}
