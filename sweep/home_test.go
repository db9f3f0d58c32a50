package sweep

import (
	"strings"
	"testing"
)

// TestHome: a forge's repositories are at its own host, and GitHub's gists at theirs.
func TestHome(t *testing.T) {
	for _, c := range []struct {
		spec, address string
		ok            bool
	}{
		{"github:org/acme", "https://github.com/acme/api.git", true},
		{"github:org/acme", "https://gist.github.com/a1b2.git", true},
		{"github:org/acme", "http://gist.github.com/a1b2.git", false},
		{"github:org/acme", "https://gist.evil.example/a1b2.git", false},
		{"github:org/acme@https://git.acme.example", "https://gist.git.acme.example/a1b2.git", true},
		{"github:org/acme@https://git.acme.example", "https://github.com/acme/api.git", false},
		{"gitlab:group/acme", "https://gitlab.com/acme/api.git", true},
		{"gitlab:group/acme", "https://gist.gitlab.com/acme/api.git", false},
		{"gitea:org/acme", "https://codeberg.org:8443/acme/api.git", false},
	} {
		kind, rest, _ := strings.Cut(c.spec, ":")
		f, err := parseForge(kind, rest)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.home(c.address); (err == nil) != c.ok {
			t.Errorf("%s: %s: %v", c.spec, c.address, err)
		}
	}
}

// TestAPIs: where the API of a server is, and its registry, however somebody names the server.
func TestAPIs(t *testing.T) {
	for _, c := range []struct{ spec, api, registry string }{
		{"github:org/acme", "https://api.github.com/", "ghcr.io"},
		{"github:org/acme@https://github.com", "https://api.github.com/", "ghcr.io"},
		{"github:org/acme@https://api.github.com/", "https://api.github.com/", "ghcr.io"},
		{"github:org/acme@https://acme.ghe.com", "https://api.acme.ghe.com/", "containers.acme.ghe.com"},
		{"github:org/acme@https://api.acme.ghe.com", "https://api.acme.ghe.com/", "containers.acme.ghe.com"},
		{"github:org/acme@https://git.acme.example", "https://git.acme.example/api/v3/", "containers.git.acme.example"},
		{"github:org/acme@https://git.acme.example/api/v3/", "https://git.acme.example/api/v3/", "containers.git.acme.example"},
		{"github:org/acme@https://api.acme.example", "https://api.acme.example/api/v3/", "containers.api.acme.example"},
		{"gitlab:group/acme", "https://gitlab.com/api/v4/", "registry.gitlab.com"},
		{"gitlab:group/acme@https://acme.example/gitlab/api/v4", "https://acme.example/gitlab/api/v4/", "registry.acme.example"},
		{"gitea:org/acme@https://git.acme.example/api/v1", "https://git.acme.example/api/v1/", "git.acme.example"},
	} {
		kind, rest, _ := strings.Cut(c.spec, ":")
		f, err := parseForge(kind, rest)
		if err != nil {
			t.Fatal(err)
		}
		base, err := f.base()
		if err != nil {
			t.Fatal(err)
		}
		if got := f.api(base).String(); got != c.api {
			t.Errorf("%s: the API is at %s, want %s", c.spec, got, c.api)
		}
		if got := registriesOf(f, base)[0]; got != c.registry {
			t.Errorf("%s: the registry is %s, want %s", c.spec, got, c.registry)
		}
	}
}
