package identity_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

var now = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)

// examples are findings of what the examples of all shipped rules leak.
func examples(t testing.TB) (ps []*rules.Provider, fs []*leak.Finding) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		ds, err := detectors.Compile([]*rules.Provider{p})
		if err != nil {
			t.Fatal(err)
		}
		set := detectors.NewSet(ds...)
		for i := range p.Rules {
			r := &p.Rules[i]
			for j, l := range r.Leaks {
				text, err := rules.Expand(l.Text, fmt.Sprint("identity", r.ID, j), detectors.Checksum(r.Checksum))
				if err != nil {
					t.Fatal(err)
				}
				set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
					if m.Rule == r.ID {
						fs = append(fs, &leak.Finding{
							ID: m.Parts[leak.SecretPart].Fingerprint(nil, r.ID), Rule: p.Info(r), Parts: m.Parts, Why: m.Why,
							Locations: []leak.Location{{Kind: leak.KindFile, Path: "x.env", AtHead: true}},
						})
					}
				})
			}
		}
	}
	return ps, fs
}

func resolve(t testing.TB, rs []identity.Resolver, f *leak.Finding) (a identity.Answer) {
	q := &identity.Query{Finding: f, Now: now, Lose: func(string) {}}
	for _, r := range rs {
		one, err := r.Resolve(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		a.Add(one)
		q.Known = a.Evidence
	}
	return a
}

var idForm = regexp.MustCompile(`^nhi:[a-z0-9-]+(@[a-z0-9._-]+)?:[a-z_]+:[^/\s]+/\S+$`)

// TestShipped: for the examples of every rule, the record is of the kind that the
// rule says or better, its id has the form, and nothing in it holds a piece of the
// credential that opens anything.
func TestShipped(t *testing.T) {
	ps, fs := examples(t)
	if len(fs) < 700 {
		t.Fatalf("%d findings", len(fs))
	}
	rs := []identity.Resolver{identity.FromRules(ps), identity.FromItself(ps), identity.FromVerdict()}
	g := identity.NewGraph(identity.Options{Now: now})
	for _, f := range fs {
		g.Add(f, resolve(t, rs, f), identity.Where{Repository: "acme/app"})
	}
	ids := g.Finish()
	seen := map[string]bool{}
	for _, id := range ids {
		if !idForm.MatchString(id.ID) || seen[id.ID] {
			t.Errorf("id %q", id.ID)
		}
		seen[id.ID] = true
	}
	shown := map[string]bool{} // parts that rules show
	for _, p := range ps {
		for _, r := range p.Rules {
			for _, part := range r.Identity.Parts {
				shown[r.ID+" "+part] = true
			}
		}
	}
	shown["aws-access-key-id "+leak.SecretPart] = true // the id alone
	shown["twilio-api-key "+leak.SecretPart] = true    // likewise
	linked := 0
	for _, f := range fs {
		id := f.Identity
		if id == nil || f.Credential() == nil {
			t.Fatalf("%s: no identity", f.Rule.ID)
		}
		if id.Confidence >= identity.Likely {
			linked++
		}
		text := fmt.Sprintf("%+v", *id)
		for name, s := range f.Parts {
			if v := s.Reveal(); !leak.IdentifierPart(name) && !shown[f.Rule.ID+" "+name] && len(v) >= 12 && strings.Contains(text, v) {
				t.Errorf("%s: the identity holds the part %s:\n%s", f.Rule.ID, name, strings.ReplaceAll(text, v, "<<<>>>"))
			}
		}
	}
	t.Logf("%d findings of %d identities; %d are likely or certain", len(fs), len(ids), linked)
}

// TestPiecesNearby: what a rule finds near a credential is a neighbour, and what is
// in the credential is not.
func TestPiecesNearby(t *testing.T) {
	ps, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	rs := []identity.Resolver{identity.FromRules(ps), identity.FromItself(ps)}
	f := &leak.Finding{ID: "f00d", Rule: leak.RuleInfo{ID: "entra-client-secret", Provider: "azure"}, Parts: leak.Parts{
		leak.SecretPart: leak.NewSecret(strings.Repeat("x8", 18)), "client_id": leak.NewSecret("b3d5f7a9-1c2e-4a6b-8d0f-3e5a7c9b1d24"),
	}}
	found := false
	for _, e := range resolve(t, rs, f).Evidence {
		if e.Value == "b3d5f7a9-1c2e-4a6b-8d0f-3e5a7c9b1d24" {
			found = true
			if e.Class != leak.FromNeighbour || e.Weight > 0.75 {
				t.Errorf("%+v", e)
			}
		}
	}
	if !found {
		t.Error("nothing is said of the client id")
	}
	f = &leak.Finding{ID: "f00d", Rule: leak.RuleInfo{ID: "aws-access-key", Provider: "aws"}, Parts: leak.Parts{
		leak.SecretPart: leak.NewSecret(strings.Repeat("x8", 20)), "key_id": leak.NewSecret("AK" + "IARTV7SE6GX36MYABC"[0:18]),
	}}
	for _, e := range resolve(t, rs, f).Evidence {
		if e.Class == leak.FromNeighbour {
			t.Errorf("%+v", e)
		}
	}
}

func TestFromVerdict(t *testing.T) {
	ps, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	rs := []identity.Resolver{identity.FromRules(ps), identity.FromVerdict()}
	for _, tt := range []struct {
		rule  string
		facts map[string]string
		want  string // type, name, id, owner, permissions
	}{
		{"aws-access-key", map[string]string{"name": "user/team/deploy", "id": "AIDA1", "tenant": "123456789012", "kind": "api_key"}, "service_account deploy AIDA1  [] nhi:aws:service_account:123456789012/deploy"},
		{"aws-access-key", map[string]string{"name": "assumed-role/ci/i-012", "tenant": "123456789012", "kind": "workload_identity"}, "workload_identity ci   [] nhi:aws:workload_identity:123456789012/ci"},
		{"github-personal-access-token", map[string]string{"name": "Jane", "id": "7", "kind": "human_account", "scopes": "repo workflow", "email": "jane@acme.example"}, "human_account Jane 7 Jane [repo workflow] nhi:github:human_account:-/jane"},
		{"github-personal-access-token", map[string]string{"name": "acme-ci", "id": "8", "kind": "bot"}, "bot acme-ci 8  [] nhi:github:bot:-/acme-ci"},
		{"discord-bot-token", map[string]string{"name": "helper", "id": "9", "owner": "jane@acme.example"}, "bot helper 9 jane [] nhi:discord:bot:-/helper"},
		{"stripe-secret-key", nil, "api_key    [] nhi:stripe:api_key:-/hmac:f00d"},
	} {
		f := &leak.Finding{ID: "f00d", Rule: leak.RuleInfo{ID: tt.rule, Provider: strings.SplitN(tt.rule, "-", 2)[0]}, Verdict: leak.Verdict{Status: leak.Live, Host: "api.example.com", Facts: tt.facts}}
		g := identity.NewGraph(identity.Options{Now: now})
		g.Add(f, resolve(t, rs, f), identity.Where{})
		id := g.Finish()[0]
		if got := fmt.Sprintf("%s %s %s %s %v %s", id.Type, id.Name, id.ProviderID, id.Owner, id.Permissions, id.ID); got != tt.want {
			t.Errorf("%s with %v:\n got %s\nwant %s", tt.rule, tt.facts, got, tt.want)
		}
		if text := fmt.Sprintf("%+v %+v", id.ID, id.Name); strings.Contains(text, "@acme.example") {
			t.Error(text)
		}
	}
}

// BenchmarkResolve resolves and concludes 1,000 findings.
func BenchmarkResolve(b *testing.B) {
	ps, fs := examples(b)
	all := make([]*leak.Finding, 1000)
	for i := range all {
		f := *fs[i%len(fs)]
		f.ID = fmt.Sprintf("%s%04d", f.ID, i)
		all[i] = &f
	}
	b.ResetTimer()
	for b.Loop() {
		rs := []identity.Resolver{identity.FromRules(ps), identity.FromItself(ps), identity.FromVerdict()}
		g := identity.NewGraph(identity.Options{Now: now})
		for _, f := range all {
			g.Add(f, resolve(b, rs, f), identity.Where{Repository: "acme/app"})
		}
		g.Finish()
	}
}
