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
