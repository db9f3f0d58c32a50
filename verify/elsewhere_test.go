package verify

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// seldom is a provider of which few run servers of their own.
func seldom() *rules.Provider {
	p := hosted()
	p.Verify[0].SelfHosted, p.Verify[0].OwnServers = false, true
	p.Verify[0].Aliases = []string{".acme.com"}
	return p
}

// TestRefusedByTheWrongServer: a refusal by the provider's own server is dead, but
// where something says that the credential may be of another one.
func TestRefusedByTheWrongServer(t *testing.T) {
	beside := func(host string) *leak.Finding { return finding("acme", 3, "host", host) }
	unnamed := finding("acme", 5, rules.ServerPart, "ACME_OWN_TOKEN")
	for _, tt := range []struct {
		name      string
		from      string
		endpoints []string
		more      []*leak.Finding
		want      leak.Status
		reason    string
	}{
		{name: "nothing else is known", want: leak.Dead},
		{name: "the repository is of the provider", from: "git@ssh.acme.com:shop/api.git", want: leak.Dead},
		{name: "the repository is of a forge of everybody's", from: "https://gitlab.com/shop/api", want: leak.Dead},
		{name: "of a folder", from: "/srv/git/api.git", want: leak.Dead},
		{name: "of somebody's own server", from: "https://git.corp.example/shop/api.git", want: leak.Unknown, reason: "git.corp.example, where this repository comes from"},
		{name: "of one that is reached by SSH", from: "git@Git.corp.example:shop/api.git", want: leak.Unknown, reason: "git.corp.example, where"},
		{name: "of one with a port", from: "ssh://git@git.corp.example:2222/shop/api.git", want: leak.Unknown, reason: "git.corp.example, where"},
		{name: "the user says whose it is", from: "https://git.corp.example/shop/api.git", endpoints: []string{"https://acme.com"}, want: leak.Dead},
		{name: "another one stands beside a server", more: []*leak.Finding{beside("acme.corp.example")}, want: leak.Unknown, reason: "acme.corp.example, which stands beside another one here"},
		{name: "or beside the provider's", more: []*leak.Finding{beside("acme.com")}, want: leak.Dead},
		{name: "this one is of the provider, and another of a server", more: []*leak.Finding{beside("acme.corp.example"), finding("acme", 4, "host", "acme.com")}, want: leak.Unknown},
		{name: "another one is of a server that nothing names", more: []*leak.Finding{unnamed}, want: leak.Unknown, reason: "ACME_OWN_TOKEN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := verifytest.New(t)
			n.Serve("*", takes())
			p := seldom()
			vs, err := Compile([]*rules.Provider{p}, map[string][]string{"acme": tt.endpoints})
			if err != nil {
				t.Fatal(err)
			}
			e := testEngine(t, n, vs, func(c *Config) {
				c.Providers, c.Door.Allow = []*rules.Provider{p}, []string{"acme.corp.example", "acme.com"}
			})
			e.From(tt.from)
			fs := append([]*leak.Finding{finding("acme", 1)}, tt.more...)
			for range 2 { // what is remembered is doubted as well
				if err := e.Verify(t.Context(), fs); err != nil {
					t.Fatal(err)
				}
				if v := fs[0].Verdict; v.Status != tt.want || !strings.Contains(v.Reason, tt.reason) {
					t.Errorf("%s: %s, want %s: %s", v.Status, v.Reason, tt.want, tt.reason)
				}
			}
			for _, f := range fs[1:] {
				if f == unnamed { // nobody knows whom to ask, and not the provider
					if v := f.Verdict; v.Status != leak.Unknown || len(v.Asked) > 0 || !strings.Contains(v.Reason, "ACME_OWN_TOKEN says that it is of a server of somebody's own") {
						t.Errorf("%s: %s, asked %v", v.Status, v.Reason, v.Asked)
					}
					continue
				}
				if f.Verdict.Status != leak.Dead {
					t.Errorf("beside %s: %s: %s", f.Parts["host"].Reveal(), f.Verdict.Status, f.Verdict.Reason)
				}
			}
		})
	}
	// One that stands alone in one place and beside another server in another: both were asked.
	n := verifytest.New(t)
	n.Serve("*", takes())
	p := seldom()
	vs, err := Compile([]*rules.Provider{p}, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := testEngine(t, n, vs, func(c *Config) { c.Providers, c.Door.Allow = []*rules.Provider{p}, []string{"acme.corp.example"} })
	f := finding("acme", 1)
	f.Elsewhere = []string{"host"}
	f.Others = []leak.Surroundings{{Parts: beside("acme.corp.example").Parts}}
	f.Others[0].Parts[leak.SecretPart] = f.Parts[leak.SecretPart]
	if err := e.Verify(t.Context(), []*leak.Finding{f}); err != nil || f.Verdict.Status != leak.Dead {
		t.Errorf("both refuse: %+v, %v", f.Verdict, err)
	}
}
