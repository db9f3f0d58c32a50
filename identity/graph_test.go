package identity

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/whosekey/whosekey/leak"
)

var now = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)

func ev(class leak.EvidenceClass, claim, value string, weight float64) leak.Evidence {
	return leak.Evidence{Class: class, Claim: claim, Value: value, Weight: weight, Reason: fmt.Sprintf("%s says so", class)}
}

// on is evidence that was looked up by some of a class.
func on(basis leak.EvidenceClass, e leak.Evidence) leak.Evidence {
	e.Basis = basis
	return e
}

func aws(claim, value string, weight float64) []leak.Evidence {
	return []leak.Evidence{ev(leak.FromRule, leak.ClaimProvider, "aws", .9), ev(leak.FromRule, leak.ClaimType, "service_account", .6), ev(leak.FromStructure, claim, value, weight)}
}

func finding(id string, parts ...string) *leak.Finding {
	f := &leak.Finding{ID: id, Rule: leak.RuleInfo{ID: "aws-access-key", Provider: "aws"}, Parts: leak.Parts{}, Locations: []leak.Location{{Kind: leak.KindBlob, Path: "a.env", Commit: "0123456789", Date: now.AddDate(-1, 0, 0), Position: leak.Position{Line: 3}}}}
	for i := 0; i+1 < len(parts); i += 2 {
		f.Parts[parts[i]] = leak.NewSecret(parts[i+1])
	}
	return f
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestNoisyOr(t *testing.T) {
	for _, tt := range []struct {
		name string
		all  []leak.Evidence
		want float64
	}{
		{"nothing", nil, 0},
		{"the kind alone says nothing of whose it is", aws(leak.ClaimPermission, "read", .9), 0},
		{"one class", []leak.Evidence{ev(leak.FromStructure, leak.ClaimName, "a", .8)}, .8},
		{"a class counts once", []leak.Evidence{ev(leak.FromStructure, leak.ClaimName, "a", .8), ev(leak.FromStructure, leak.ClaimName, "a", .7)}, .8},
		{"two classes", []leak.Evidence{ev(leak.FromStructure, leak.ClaimName, "a", .8), ev(leak.FromIaC, leak.ClaimName, "a", .5)}, .9},
		{"what was looked up by a value does not confirm it", []leak.Evidence{ev(leak.FromIaC, leak.ClaimName, "a", .5), on(leak.FromIaC, ev(leak.FromInventory, leak.ClaimName, "a", .7))}, .7},
		{"the tenant where there is no name", aws(leak.ClaimTenant, "123456789012", .95), .95},
		{"a name is no surer for its tenant", append(aws(leak.ClaimTenant, "123456789012", .95), ev(leak.FromIaC, leak.ClaimName, "payments", .5)), .5},
		{"a weak name does not weaken the tenant", append(aws(leak.ClaimTenant, "123456789012", .95), ev(leak.FromName, leak.ClaimName, "payments", .3)), .95},
		{"two tenants", append(aws(leak.ClaimTenant, "123456789012", .9), ev(leak.FromNeighbour, leak.ClaimTenant, "210987654321", .5)), .225},
		{"a weak second tenant", append(aws(leak.ClaimTenant, "123456789012", .9), ev(leak.FromName, leak.ClaimTenant, "210987654321", .3)), .9},
		{"a number and a name are one tenant", append(aws(leak.ClaimTenant, "123456789012", .9), ev(leak.FromNeighbour, leak.ClaimTenant, "acme-prod", .6)), .9},
		{"the provider decides", append(aws(leak.ClaimTenant, "123456789012", .9), ev(leak.FromWhoami, leak.ClaimTenant, "210987654321", .99)), .99},
		{"weights are no more than 1", []leak.Evidence{ev(leak.FromStructure, leak.ClaimName, "a", 7)}, 1},
		{"no number is no weight", []leak.Evidence{ev(leak.FromStructure, leak.ClaimName, "a", math.NaN())}, 0},
	} {
		if got := Conclude(tt.all).Confidence; !near(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	c := Conclude(append(aws(leak.ClaimTenant, "123456789012", .9), ev(leak.FromNeighbour, leak.ClaimTenant, "210987654321", .5)))
	if c.Conflict != "tenant 123456789012 (structure says so) or 210987654321 (neighbour says so)" || len(c.claims[leak.ClaimTenant]) != 2 {
		t.Errorf("conflict %q", c.Conflict)
	}
}

// TestGuessesAreLeftOut: a record that is sure of the id does not show a name or
// a tenant that is a guess, and one that is sure of nothing does.
func TestGuessesAreLeftOut(t *testing.T) {
	guess := []leak.Evidence{ev(leak.FromInventory, leak.ClaimName, "invoices", .4), ev(leak.FromInventory, leak.ClaimTenant, "acme", .4)}
	for _, tt := range []struct {
		all  []leak.Evidence
		want string
	}{
		{guess, "invoices acme"},
		{append(guess, ev(leak.FromStructure, leak.ClaimID, "i-1", .95)), "i-1 "},
		{append(guess, ev(leak.FromStructure, leak.ClaimName, "carol", .95)), "carol "},
	} {
		id := leak.Identity{}
		Conclude(tt.all).describe(&id)
		if got := id.Name + " " + id.Tenant.ID; got != tt.want {
			t.Errorf("%v: %q, want %q", tt.all, got, tt.want)
		}
	}
}

func TestBasis(t *testing.T) {
	known := []leak.Evidence{ev(leak.FromNeighbour, leak.ClaimName, "a", .5), ev(leak.FromIaC, leak.ClaimName, "A", .5), on(leak.FromIaC, ev(leak.FromInventory, leak.ClaimName, "a", .8)), ev(leak.FromName, leak.ClaimService, "a", .3)}
	if w, class := Basis(known, "a", leak.ClaimService, leak.ClaimName); !near(w, .9) || class != leak.FromIaC {
		t.Errorf("%v by %s", w, class)
	}
	if w, class := Basis(known, "b", leak.ClaimName); w != 0 || class != "" {
		t.Errorf("%v by %s of what nobody says", w, class)
	}
}

func TestCanonical(t *testing.T) {
	as := func(provider, typ string, more ...leak.Evidence) []leak.Evidence {
		return append(more, ev(leak.FromRule, leak.ClaimProvider, provider, .9), ev(leak.FromRule, leak.ClaimType, typ, .6))
	}
	say := func(claim, value string) leak.Evidence { return ev(leak.FromStructure, claim, value, .9) }
	for _, tt := range []struct {
		want string
		all  []leak.Evidence
	}{
		{"nhi:unknown:unknown:-/hmac:f00d", nil},
		{"nhi:google:service_account:acme-prod/payments@acme-prod.iam.gserviceaccount.com", as("google", "service_account", say("tenant", "acme-prod"), say("name", "Payments@acme-prod.iam.gserviceaccount.com"), say("id", "1089"))},
		{"nhi:aws:service_account:123456789012/AKIAX", as("aws", "service_account", say("tenant", "123456789012"), say("key_id", "AKIAX"))},
		{"nhi:stripe:api_key:-/hmac:f00d", as("stripe", "api_key")},
		{"nhi:gitlab@git.acme.example:human_account:-/jane", as("gitlab", "human_account", say("server", "https://Git.acme.example:8443/api"), say("name", "Jane"))},
		{"nhi:gitlab:human_account:-/jane", as("gitlab", "human_account", say("server", "gitlab.com"), say("name", "Jane"))},
		{"nhi:postgresql:database_user:db.acme.example/app_rw", as("postgresql", "database_user", say("server", "db.acme.example"), say("name", "app_rw"))},
		{"nhi:postgresql:database_user:-/app_rw~f00d", as("postgresql", "database_user", say("server", "localhost:5432"), say("name", "app_rw"))},
		{"nhi:algolia:api_key:APP/hmac:f00d", as("algolia", "api_key", say("tenant", "APP"), say("id", "APP"))},
		{"nhi:discord:bot:-/1234", as("discord", "bot", say("name", "bot 1234"), say("id", "1234"))},
		{"nhi:mysql:database_user:db/app~f00d", as("mysql", "database_user", say("name", "app"), say("tenant", "db"), say("tenant_kind", "server"), say("server", "db"))},
		{"nhi:couchdb:database_user:db.acme.example/app", as("couchdb", "database_user", say("server", "db.acme.example"), say("name", "app"))},
		{"nhi:database:database_user:-/app~f00d", as("database", "database_user", say("server", "db"), say("name", "app"))},
		{"nhi:mysql:database_user:db.acme.example/app", as("mysql", "database_user", say("name", "app"), say("tenant", "db.acme.example"), say("tenant_kind", "server"), say("server", "db.acme.example"))},
		{"nhi:terraform:human_account:-/hmac:f00d", as("terraform", "human_account", say("server", "app.terraform.io"))},
		{"nhi:cloudflare:human_account:-/ops~2f7b", as("cloudflare", "human_account", say("name", "ops"), say("email", "ops@acme.example"))},
		{"nhi:atlassian:human_account:-/jane~2f7b5e2f", as("atlassian", "human_account", say("name", "jane@acme.example"))},
		{"nhi:azure:api_key:acme.documents.azure.com/hmac:f00d", as("azure", "api_key", say("server", "acme.documents.azure.com"))},
		{"nhi:azure:service_principal:0f8fad5b-d9cb-469f-a165-70867728950e/7c9e6679-7425-40de-944b-e07fc1f90ae7", as("azure", "service_principal", say("tenant", "0F8FAD5B-d9cb-469f-a165-70867728950e"), say("id", "7C9E6679-7425-40de-944b-e07fc1f90ae7"))},
		{"nhi:x:bot:a%2Fb/c%20d%0A", as("x", "bot", say("tenant", "a/b"), say("name", "c d\n"))},
	} {
		got := Conclude(tt.all).canonical("f00d")
		if strings.Contains(tt.want, "~2f7b") { // a hash of the address
			i := strings.Index(got, "~")
			got, tt.want = got[:max(0, i)], tt.want[:strings.Index(tt.want, "~")]
		}
		if got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

func TestGraphMerges(t *testing.T) {
	g := NewGraph(Options{Now: now, OwnTenants: []string{"aws:123456789012"}})
	user := append(aws(leak.ClaimTenant, "123456789012", .95), ev(leak.FromWhoami, leak.ClaimName, "deploy", .99))
	f := []*leak.Finding{finding("a1"), finding("b2"), finding("c3"), finding("d4"), finding("a1")}
	g.Add(f[0], Answer{Evidence: append(user, ev(leak.FromStructure, leak.ClaimKeyID, "AKIAONE11111", .95))}, Where{Repository: "acme/api", Exposure: "private"})
	g.Add(f[1], Answer{Evidence: append(user, ev(leak.FromStructure, leak.ClaimKeyID, "AKIATWO22222", .95))}, Where{Repository: "acme/web"})
	g.Add(f[2], Answer{Evidence: append(aws(leak.ClaimTenant, "999999999999", .95), ev(leak.FromStructure, leak.ClaimName, "deploy", .95))}, Where{Repository: "acme/web"})
	g.Add(f[3], Answer{Evidence: aws(leak.ClaimPermission, "x", .9)}, Where{Repository: "acme/web"})
	g.Add(f[4], Answer{Evidence: user}, Where{Repository: "acme/old", Exposure: "public"})
	ids := g.Finish()
	if len(ids) != 3 || f[0].Identity != f[1].Identity || f[0].Identity != f[4].Identity || f[0].Identity == f[2].Identity || f[3].Identity == nil {
		t.Fatalf("%d identities", len(ids))
	}
	id := f[0].Identity
	if id.ID != "nhi:aws:service_account:123456789012/deploy" || len(id.Credentials) != 2 || id.Occurrences != 3 || !cmp.Equal(id.Repositories, []string{"acme/api", "acme/old", "acme/web"}) {
		t.Errorf("%+v", id)
	}
	if want := []string{"nhi:aws:service_account:123456789012/AKIAONE11111", "nhi:aws:service_account:123456789012/AKIATWO22222"}; !cmp.Equal(id.Aliases, want) {
		t.Errorf("aliases %q", id.Aliases)
	}
	if c := f[0].Credential(); c.Exposure != "public" || c.FirstExposedRef != "01234567:a.env:3" || c.KeyID != "AKIAONE11111" {
		t.Errorf("%+v", c)
	}
	if s := f[2].Identity.Status; s != leak.ThirdPartyIdentity || id.Status != leak.UnknownStatus {
		t.Errorf("status %s, of our own %s", s, id.Status)
	}
}

// TestGraphMergesGuesses: two keys of an account of which the records show the same user
// are of one identity, no surer than the less sure one, and those of two accounts, or of
// users of servers, are not.
func TestGraphMergesGuesses(t *testing.T) {
	guess := ev(leak.FromIaC, leak.ClaimName, "deploy", .6)
	arn := ev(leak.FromIaC, leak.ClaimID, "arn:aws:iam::123456789012:user/deploy", .6)
	key := func(id string) leak.Evidence { return ev(leak.FromStructure, leak.ClaimKeyID, id, .95) }
	in := aws(leak.ClaimTenant, "123456789012", .95)
	sure := ev(leak.FromWhoami, leak.ClaimName, "deploy", .99)
	other := aws(leak.ClaimTenant, "999999999999", .95)
	db := []leak.Evidence{ev(leak.FromRule, leak.ClaimProvider, "mysql", .9), ev(leak.FromRule, leak.ClaimType, "database_user", .6), ev(leak.FromStructure, leak.ClaimServer, "db.acme.example", .9), guess}
	for name, c := range map[string]struct {
		a, b []leak.Evidence
		want string
		sure float64
	}{
		"two guesses":           {append(in, guess, key("AKIAONE11111")), append(in, guess, key("AKIATWO22222")), "nhi:aws:service_account:123456789012/deploy", .6},
		"with an ARN":           {append(in, guess, arn, key("AKIAONE11111")), append(in, guess, key("AKIATWO22222")), "nhi:aws:service_account:123456789012/deploy", .6},
		"a guess and an answer": {append(in, sure, key("AKIAONE11111")), append(in, guess, key("AKIATWO22222")), "nhi:aws:service_account:123456789012/deploy", .6},
		"two accounts":          {append(in, guess, key("AKIAONE11111")), append(other, guess, key("AKIATWO22222")), "", 0},
		"another name":          {append(in, guess, key("AKIAONE11111")), append(in, ev(leak.FromIaC, leak.ClaimName, "web", .6), key("AKIATWO22222")), "", 0},
		"a word":                {append(in, ev(leak.FromName, leak.ClaimName, "deploy", .3), key("AKIAONE11111")), append(in, ev(leak.FromName, leak.ClaimName, "deploy", .3), key("AKIATWO22222")), "", 0},
		"users of a server":     {db, db, "", 0},
	} {
		g := NewGraph(Options{Now: now})
		f := []*leak.Finding{finding("a1"), finding("b2")}
		g.Add(f[0], Answer{Evidence: c.a}, Where{Repository: "acme/api"})
		g.Add(f[1], Answer{Evidence: c.b}, Where{Repository: "acme/web"})
		switch ids := g.Finish(); {
		case c.want == "" && len(ids) != 2:
			t.Errorf("%s: one identity %s", name, ids[0].ID)
		case c.want != "" && (len(ids) != 1 || ids[0].ID != c.want || !near(ids[0].Confidence, c.sure) || len(ids[0].Credentials) != 2):
			t.Errorf("%s: %d identities, %+v", name, len(ids), ids[0])
		}
	}
}

// TestKeyPairsAreTheirOwn: anybody can make a key or sign a certificate for any name, so two
// keys of one name are two identities, unless a server is known whose user it is; the same
// key in two files is one.
func TestKeyPairsAreTheirOwn(t *testing.T) {
	pair := func(typ, print string, more ...leak.Evidence) []leak.Evidence {
		return append(more, ev(leak.FromStructure, leak.ClaimProvider, "privatekey", .9), ev(leak.FromStructure, leak.ClaimType, typ, .9),
			ev(leak.FromStructure, leak.ClaimName, "Acme Release", .95), ev(leak.FromStructure, leak.ClaimID, print, .95), ev(leak.FromStructure, leak.ClaimFingerprint, print, .95))
	}
	tenant := func(name, kind string) []leak.Evidence {
		return []leak.Evidence{ev(leak.FromStructure, leak.ClaimTenant, name, .97), ev(leak.FromStructure, leak.ClaimTenantKind, kind, .97)}
	}
	org, cluster := tenant("Acme Inc", "organization"), tenant("k8s.acme.io", "cluster")
	for name, c := range map[string]struct {
		a, b []leak.Evidence
		want []string
	}{
		"two PGP keys":        {pair("signing_key", "AAAA1111"), pair("signing_key", "BBBB2222"), []string{"nhi:privatekey:signing_key:-/AAAA1111", "nhi:privatekey:signing_key:-/BBBB2222"}},
		"one PGP key":         {pair("signing_key", "AAAA1111"), pair("signing_key", "AAAA1111"), []string{"nhi:privatekey:signing_key:-/AAAA1111"}},
		"two certificates":    {pair("certificate", "SHA256:a"), pair("certificate", "SHA256:b"), []string{"nhi:privatekey:certificate:-/SHA256:a", "nhi:privatekey:certificate:-/SHA256:b"}},
		"an organisation's":   {pair("certificate", "SHA256:a", org...), pair("certificate", "SHA256:b", org...), []string{"nhi:privatekey:certificate:Acme%20Inc/SHA256:a", "nhi:privatekey:certificate:Acme%20Inc/SHA256:b"}},
		"a user of a cluster": {pair("certificate", "SHA256:a", cluster...), pair("certificate", "SHA256:b", cluster...), []string{"nhi:privatekey:certificate:k8s.acme.io/Acme%20Release"}},
		"two SSH keys":        {pair("ssh_key", "SHA256:a"), pair("ssh_key", "SHA256:b"), []string{"nhi:privatekey:ssh_key:-/SHA256:a", "nhi:privatekey:ssh_key:-/SHA256:b"}},
		"two keys of a bot":   {pair("bot", "SHA256:a"), pair("bot", "SHA256:b"), []string{"nhi:privatekey:bot:-/Acme%20Release"}},
	} {
		g := NewGraph(Options{Now: now})
		g.Add(finding("a1"), Answer{Evidence: c.a}, Where{Repository: "acme/api"})
		g.Add(finding("b2"), Answer{Evidence: c.b}, Where{Repository: "acme/web"})
		var got []string
		for _, id := range g.Finish() {
			got = append(got, id.ID)
			if id.Name != "Acme Release" {
				t.Errorf("%s: called %q", name, id.Name)
			}
			if strings.HasSuffix(name, "keys") && !slices.Contains(id.Aliases, strings.Replace(id.ID, "/"+id.ProviderID, "/Acme%20Release", 1)) {
				t.Errorf("%s: %s was called by its name once, and has %q", name, id.ID, id.Aliases)
			}
		}
		if !cmp.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestOrder: what is concluded does not depend on the order in which credentials,
// and what is known of them, came.
func TestOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[rnd.IntN(len(list))] }
	for range 300 {
		type add struct {
			id string
			a  Answer
			w  Where
		}
		var adds []add
		for i := range 2 + rnd.IntN(6) {
			var a Answer
			for range rnd.IntN(8) {
				claim := pick(leak.ClaimTenant, leak.ClaimName, leak.ClaimID, leak.ClaimKeyID, leak.ClaimType, leak.ClaimServer, leak.ClaimEnvironment, leak.ClaimExpires)
				value := pick("one", "two", "123456789012", "database_user", "2026-01-01", "db.acme.example")
				a.Evidence = append(a.Evidence, ev(leak.EvidenceClass(pick("structure", "iac", "whoami", "name")), claim, value, rnd.Float64()))
			}
			a.Owners = append(a.Owners, leak.Owner{Name: pick("@a", "@b", "c@acme.example"), Source: pick(OwnerTiers...), Confidence: rnd.Float64()})
			adds = append(adds, add{fmt.Sprint("f", i%5), a, Where{Repository: pick("x", "y"), Exposure: pick("public", "private", "")}})
		}
		finish := func(order []int) []*leak.Identity {
			g := NewGraph(Options{Now: now})
			g.Leave([]string{"b"})
			for _, i := range order {
				a := adds[i].a
				a.Evidence = append([]leak.Evidence(nil), a.Evidence...)
				rnd.Shuffle(len(a.Evidence), func(i, j int) { a.Evidence[i], a.Evidence[j] = a.Evidence[j], a.Evidence[i] })
				g.Add(finding(adds[i].id), a, adds[i].w)
			}
			return g.Finish()
		}
		want := finish(rnd.Perm(len(adds)))
		if diff := cmp.Diff(want, finish(rnd.Perm(len(adds))), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
			t.Fatalf("another order:\n%s", diff)
		}
		seen := map[string]bool{}
		for _, id := range want {
			if seen[id.ID] {
				t.Fatalf("two identities have the id %s", id.ID)
			}
			seen[id.ID] = true
			if !(id.Confidence >= 0 && id.Confidence <= 1) {
				t.Fatalf("confidence %v", id.Confidence)
			}
		}
	}
}

// TestNoSecrets: whatever resolvers say, nothing of the record holds the secret.
func TestNoSecrets(t *testing.T) {
	secret := "s3cr3t" + "-value-0123456789"
	f := finding("a1", leak.SecretPart, secret, "key_id", "AKIA0123456789ABCDEF")
	g := NewGraph(Options{Now: now})
	var a Answer
	for _, claim := range []string{leak.ClaimName, leak.ClaimID, leak.ClaimTenant, leak.ClaimLabel, leak.ClaimPermission, leak.ClaimNote, leak.ClaimServer} {
		a.Evidence = append(a.Evidence, ev(leak.FromStructure, claim, "x"+secret+"y", .95), leak.Evidence{Class: leak.FromIaC, Claim: claim, Value: "v", Weight: .9, Reason: "is " + secret})
	}
	a.Evidence = append(a.Evidence, ev(leak.FromStructure, leak.ClaimKeyID, "AKIA0123456789ABCDEF", .95))
	a.Owners = []leak.Owner{{Name: secret}, {Name: "a", Reason: secret}, {Name: "b", Ref: secret}}
	a.Consumers = []leak.Consumer{{Name: secret}, {Ref: secret}, {Via: secret}}
	a.Declared = []leak.Declaration{{Address: secret}, {Ref: secret}}
	a.Inventory = &leak.InventoryMatch{Source: secret}
	g.Add(f, a, Where{})
	id := g.Finish()[0]
	if text := fmt.Sprintf("%+v", *id); strings.Contains(text, secret) || strings.Contains(text, "s3cr3t") {
		t.Error(text)
	}
	if id.Credentials[0].KeyID == "" {
		t.Error("the id of the key is lost: it opens nothing")
	}
}

func TestStatus(t *testing.T) {
	team := leak.Owner{Name: "@acme/payments", Kind: "team", Source: OwnerLeaking, Confidence: .75}
	jane := leak.Owner{Name: "Jane", Email: "jane@acme.example", Kind: "person", Source: OwnerAuthor, Confidence: .35}
	boss := leak.Owner{Name: "Jane", Email: "jane@acme.example", Kind: "person", Source: OwnerInventory, Confidence: .9}
	named := []leak.Evidence{ev(leak.FromStructure, leak.ClaimName, "x", .95), ev(leak.FromRule, leak.ClaimProvider, "aws", .9)}
	for _, tt := range []struct {
		name  string
		opts  Options
		a     Answer
		w     Where
		want  leak.IdentityStatus
		owner string
	}{
		{"nothing is known", Options{}, Answer{}, Where{}, leak.UnknownStatus, ""},
		{"nobody is known, but somebody answers", Options{DefaultOwner: "@acme/security"}, Answer{}, Where{}, leak.UnknownStatus, "@acme/security"},
		{"not in the inventory", Options{Inventory: true}, Answer{Owners: []leak.Owner{team}}, Where{}, leak.ShadowIdentity, "@acme/payments"},
		{"in the inventory", Options{Inventory: true}, Answer{Inventory: &leak.InventoryMatch{Source: "nhi.csv:4", By: "name"}}, Where{}, leak.KnownIdentity, ""},
		{"retired", Options{Inventory: true}, Answer{Inventory: &leak.InventoryMatch{Source: "nhi.csv:4", By: "name", State: "retired"}}, Where{}, leak.RetiredIdentity, ""},
		{"the author has left, the team is there", Options{Leavers: []string{"JANE@acme.example"}}, Answer{Owners: []leak.Owner{jane, team}}, Where{}, leak.UnknownStatus, "@acme/payments"},
		{"the owner has left", Options{Leavers: []string{"jane@acme.example"}}, Answer{Owners: []leak.Owner{team, boss}}, Where{}, leak.OrphanedIdentity, "@acme/payments"},
		{"the team signed that it is not theirs", Options{}, Answer{Owners: []leak.Owner{jane, team, {Name: "payments-team", Kind: "team", Source: OwnerInventory, Denied: true}}}, Where{}, leak.UnknownStatus, "Jane"},
		{"all have left", Options{Leavers: []string{"@jane"}}, Answer{Owners: []leak.Owner{jane}}, Where{}, leak.OrphanedIdentity, ""},
		{"declared in an archive", Options{}, Answer{Owners: []leak.Owner{team}, Declared: []leak.Declaration{{Kind: "terraform"}}}, Where{Repository: "x", Archived: true}, leak.OrphanedIdentity, "@acme/payments"},
		{"declared in a repository that nobody touches", Options{}, Answer{Declared: []leak.Declaration{{Kind: "terraform"}}}, Where{Repository: "x", LastCommit: now.AddDate(-2, 0, 0)}, leak.OrphanedIdentity, ""},
		{"declared in one that is alive", Options{}, Answer{Declared: []leak.Declaration{{Kind: "terraform"}}}, Where{Repository: "x", LastCommit: now.AddDate(0, -2, 0)}, leak.UnknownStatus, ""},
		{"of another tenant", Options{OwnTenants: []string{"aws:acme-*"}}, Answer{Evidence: []leak.Evidence{ev(leak.FromStructure, leak.ClaimTenant, "other", .9)}}, Where{}, leak.ThirdPartyIdentity, ""},
		{"of our tenant", Options{OwnTenants: []string{"aws:acme-*"}}, Answer{Evidence: []leak.Evidence{ev(leak.FromStructure, leak.ClaimTenant, "Acme-prod", .9)}}, Where{}, leak.UnknownStatus, ""},
		{"of a tenant where ours are not known", Options{OwnTenants: []string{"gcp:acme-*"}}, Answer{Evidence: []leak.Evidence{ev(leak.FromStructure, leak.ClaimTenant, "other", .9)}}, Where{}, leak.UnknownStatus, ""},
	} {
		tt.opts.Now = now
		g := NewGraph(tt.opts)
		tt.a.Evidence = append(tt.a.Evidence, named...)
		g.Add(finding("a1"), tt.a, tt.w)
		if id := g.Finish()[0]; id.Status != tt.want || id.Owner != tt.owner {
			t.Errorf("%s: %s (%s), owner %q; want %s, %q", tt.name, id.Status, id.StatusReason, id.Owner, tt.want, tt.owner)
		}
	}
}

// TestArchivedWithoutDeclaration: that a repository is archived is said where nothing
// declares the identity, and orphans nothing: others may use the key.
func TestArchivedWithoutDeclaration(t *testing.T) {
	const said = "nothing declares it, and where it was found is archived"
	for _, tt := range []struct {
		where []Where
		opts  Options
		want  leak.IdentityStatus
		why   string
	}{
		{[]Where{{Repository: "x", Archived: true}}, Options{}, leak.UnknownStatus, said},
		{[]Where{{Repository: "x", Archived: true}}, Options{Inventory: true}, leak.ShadowIdentity, "it is not in the inventory; " + said},
		{[]Where{{Repository: "x", Archived: true}, {Repository: "y"}}, Options{}, leak.UnknownStatus, ""},
		{[]Where{{Repository: "x"}}, Options{}, leak.UnknownStatus, ""},
		{[]Where{{}}, Options{}, leak.UnknownStatus, ""},
	} {
		g := NewGraph(tt.opts)
		for _, w := range tt.where {
			g.Add(finding("a1"), Answer{Evidence: []leak.Evidence{ev(leak.FromStructure, leak.ClaimName, "payments", .9)}}, w)
		}
		if id := g.Finish()[0]; id.Status != tt.want || id.StatusReason != tt.why {
			t.Errorf("%v: %s (%s), want %s (%s)", tt.where, id.Status, id.StatusReason, tt.want, tt.why)
		}
	}
}

func TestState(t *testing.T) {
	for _, tt := range []struct {
		v     leak.Verdict
		ev    []leak.Evidence
		state leak.Status
		by    string
	}{
		{leak.Verdict{}, nil, leak.Unchecked, ""},
		{leak.Verdict{Status: leak.Live, Host: "h"}, []leak.Evidence{ev(leak.FromStructure, leak.ClaimExpires, "2020-01-01", .9)}, leak.Live, "whoami"},
		{leak.Verdict{Status: leak.Unchecked}, []leak.Evidence{ev(leak.FromStructure, leak.ClaimExpires, "2020-01-01", .9)}, leak.Expired, "offline"},
		{leak.Verdict{Status: leak.Unchecked}, []leak.Evidence{ev(leak.FromInventory, leak.ClaimExpires, "2020-01-01", .9)}, leak.Unchecked, ""},
		{leak.Verdict{Status: leak.Unchecked}, []leak.Evidence{ev(leak.FromStructure, leak.ClaimExpires, "9999-12-31T23:59:59Z", .9)}, leak.Unchecked, ""},
		{leak.Verdict{}, []leak.Evidence{ev(leak.FromStructure, leak.ClaimCanary, "thinkst", 1)}, leak.Canary, "offline"},
	} {
		f := finding("a1")
		f.Verdict = tt.v
		g := NewGraph(Options{Now: now})
		g.Add(f, Answer{Evidence: tt.ev}, Where{})
		if c := g.Finish()[0].Credentials[0]; c.State != tt.state || c.StateBy != tt.by {
			t.Errorf("%v with %v: %s by %q, want %s by %q", tt.v.Status, tt.ev, c.State, c.StateBy, tt.state, tt.by)
		}
	}
}

// A list that calls an identity active, and says that it ended, does not call it retired.
func TestRetiredSaysWhy(t *testing.T) {
	for want, m := range map[string]*leak.InventoryMatch{
		"the inventory says that it is retired: nhi.csv:4":          {Source: "nhi.csv:4", State: "retired"},
		"the inventory says that it ended on 2022-01-01: nhi.csv:5": {Source: "nhi.csv:5", State: "retired", Why: "it ended on 2022-01-01"},
	} {
		g := NewGraph(Options{Now: now, Inventory: true})
		g.Add(finding("a1"), Answer{Inventory: m}, Where{})
		if id := g.Finish()[0]; id.Status != leak.RetiredIdentity || id.StatusReason != want {
			t.Errorf("%s: %s, want %s", id.Status, id.StatusReason, want)
		}
	}
}
