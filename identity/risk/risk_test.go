package risk

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

var now = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)

func shipped(t testing.TB) []*rules.Provider {
	ps, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

// leaked is a finding of a rule with the identity of one credential.
func leaked(rule string, change func(*leak.Identity, *leak.Credential, *leak.Finding)) (*leak.Identity, *leak.Finding) {
	f := &leak.Finding{ID: "a1", Rule: leak.RuleInfo{ID: rule}, Locations: []leak.Location{{Kind: leak.KindBlob, Path: "deploy/sa.json", Commit: "4048b6e8", AtHead: true}}}
	id := &leak.Identity{ID: "nhi:x", Type: leak.ServiceAccount, Owner: "@acme/payments", Confidence: .95, Status: leak.UnknownStatus, Credentials: []leak.Credential{{ID: "a1", State: leak.Unchecked, Exposure: "private"}}}
	f.Identity = id
	if change != nil {
		change(id, &id.Credentials[0], f)
	}
	return id, f
}

func assess(t testing.TB, p Policy, id *leak.Identity, f *leak.Finding) *leak.Credential {
	New(p, shipped(t), now).Assess([]*leak.Identity{id}, []*leak.Finding{f})
	return &id.Credentials[0]
}

// TestWorked is the worked example of the specification, and what changes it.
func TestWorked(t *testing.T) {
	worked := func(id *leak.Identity, c *leak.Credential, f *leak.Finding) {
		c.State, c.Issued, c.FirstExposed = leak.Live, now.AddDate(0, 0, -900), now.AddDate(0, 0, -800)
		id.Declared = []leak.Declaration{{Kind: "terraform"}}
		id.Repositories = []string{"a", "b", "c"}
	}
	for _, tt := range []struct {
		name   string
		change func(*leak.Identity, *leak.Credential, *leak.Finding)
		score  int
		band   string
		cap    string
	}{
		{"as it is", nil, 64, "medium", ""},
		{"roles/editor is known", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Permissions = []string{"roles/editor"}
		}, 71, "high", ""},
		{"dead", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.State = leak.Dead }, 15, "low", "39 points, but no more than 15: the provider refused it"},
		{"expired", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.State = leak.Expired }, 10, "info", "39 points, but no more than 10: it has ended"},
		{"a trap", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.State = leak.Canary }, 5, "info", "39 points, but no more than 5: it is a trap"},
		{"nobody asked, checksum", func(_ *leak.Identity, c *leak.Credential, f *leak.Finding) {
			c.State, f.Why = leak.Unchecked, []string{"checksum passed"}
		}, 54, "medium", ""},
		{"everything", func(id *leak.Identity, c *leak.Credential, _ *leak.Finding) {
			c.Exposure, id.Permissions, id.Owner, id.Status, id.Declared = "public", []string{"*"}, "", leak.OrphanedIdentity, nil
			id.Environment, id.Repositories = "prod", []string{"a", "b", "c", "d", "e"}
			id.Evidence = []leak.Evidence{{Claim: leak.ClaimNote, Value: identity.NoteTestFixture, Weight: .9}}
		}, 99, "critical", ""},
		{"a test key by its kind", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Environment = "test"
			id.Evidence = []leak.Evidence{{Class: leak.FromRule, Claim: leak.ClaimEnvironment, Value: "test", Weight: .9}}
		}, 40, "medium", "64 points, but no more than 40: it works in test only"},
		{"a test key by the name of its file", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Environment = "test"
			id.Evidence = []leak.Evidence{{Class: leak.FromName, Claim: leak.ClaimEnvironment, Value: "test", Weight: .9}}
		}, 64, "medium", ""},
		{"unverified, in a test file", func(id *leak.Identity, c *leak.Credential, _ *leak.Finding) {
			c.State = leak.Unchecked
			id.Evidence = []leak.Evidence{{Claim: leak.ClaimNote, Value: identity.NoteTestFixture, Weight: .9}}
		}, 35, "low", "51 points, but no more than 35: " + identity.NoteTestFixture},
		{"of production, in a test file", func(id *leak.Identity, c *leak.Credential, _ *leak.Finding) {
			c.State, id.Environment = leak.Unchecked, "prod"
			id.Evidence = []leak.Evidence{{Claim: leak.ClaimNote, Value: identity.NoteTestFixture, Weight: .9}}
		}, 55, "medium", ""},
		{"in a log", func(_ *leak.Identity, _ *leak.Credential, f *leak.Finding) {
			f.Locations[0].AtHead, f.Locations[0].Kind = false, leak.KindLog
		}, 64, "medium", ""},
		{"in the history only", func(_ *leak.Identity, _ *leak.Credential, f *leak.Finding) { f.Locations[0].AtHead = false }, 61, "medium", ""},
		{"in no commit that is left", func(_ *leak.Identity, _ *leak.Credential, f *leak.Finding) {
			f.Locations[0].AtHead, f.Locations[0].Unreachable = false, true
		}, 59, "medium", ""},
		{"ends soon", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.Expires = now.AddDate(0, 0, 10) }, 56, "medium", ""},
		{"ends in the year 9999", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) {
			c.Expires = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
		}, 64, "medium", ""},
		{"works for an hour", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.Expires = c.Issued.Add(time.Hour) }, 54, "medium", ""},
	} {
		id, f := leaked("google-service-account-key", worked)
		if tt.change != nil {
			tt.change(id, &id.Credentials[0], f)
		}
		c := assess(t, nil, id, f)
		if c.Risk.Score != tt.score || c.Risk.Band != tt.band || c.Risk.Cap != tt.cap {
			t.Errorf("%s: %d %s %q, want %d %s %q\n%s", tt.name, c.Risk.Score, c.Risk.Band, c.Risk.Cap, tt.score, tt.band, tt.cap, Explain(c.Risk))
		}
		if !cmp.Equal(c.Risk, id.Risk) {
			t.Errorf("%s: the identity's risk is another", tt.name)
		}
	}
}

func TestExplain(t *testing.T) {
	id, f := leaked("stripe-secret-key", func(id *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.State = leak.Dead; id.Owner = "" })
	got := Explain(assess(t, nil, id, f).Risk)
	want := `   0 of 25  validity    the provider refused it
  25 of 25  privilege   all of its kind: it may do everything
  11 of 20  exposure    who may read the repository can read it; it is still there
   6 of 10  lifetime    nothing says that it ends by itself
   5 of 10  governance  nobody is known to own it; neither code nor an inventory declares it
   0 of 10  reach       nothing says that it is used elsewhere
  47         sum
  15         47 points, but no more than 15: the provider refused it
  15         risk: low
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestPermissionsWithoutWords: what a credential may do is said, also where the words of
// its permissions do not tell how much that is.
func TestPermissionsWithoutWords(t *testing.T) {
	for want, may := range map[string][]string{
		"nobody knows what it may do; as for any service account":                                                                     nil,
		`it has "roles/cloudsql.client", and how much that is cannot be told from the name; as for any service account`:               {"roles/cloudsql.client"},
		`it has "roles/cloudsql.client" and others, and how much that is cannot be told from their names; as for any service account`: {"roles/cloudsql.client", "roles/run.x"},
	} {
		id, f := leaked("google-service-account-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Type, id.Permissions = leak.ServiceAccount, may
		})
		if got := Explain(assess(t, nil, id, f).Risk); !strings.Contains(got, want) {
			t.Errorf("%q: %s", may, got)
		}
	}
}

// TestBounds: whatever is known of a credential, its score and its factors keep
// their bounds, caps hold, and what is worse never lowers the score.
func TestBounds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	states := []leak.Status{leak.Live, leak.Restricted, leak.Unverifiable, leak.Unknown, leak.SkippedCheck, leak.Unchecked, leak.Dead, leak.Expired, leak.Canary, "", "nonsense"}
	statuses := []leak.IdentityStatus{leak.KnownIdentity, leak.ShadowIdentity, leak.OrphanedIdentity, leak.RetiredIdentity, leak.ThirdPartyIdentity, leak.UnknownStatus, ""}
	exposed := []string{"public", "internal", "log", "image", "private", "unknown", "", "nonsense"}
	at := func() time.Time {
		if rnd.IntN(3) == 0 {
			return time.Time{}
		}
		return now.AddDate(rnd.IntN(8000)-30, 0, rnd.IntN(400)-200)
	}
	a := New(nil, shipped(t), now)
	var all []string
	for rule := range a.rules {
		all = append(all, rule)
	}
	slices.Sort(all)
	for range 3000 {
		id, f := leaked(all[rnd.IntN(len(all))], func(id *leak.Identity, c *leak.Credential, f *leak.Finding) {
			c.State, c.Exposure = states[rnd.IntN(len(states))], exposed[rnd.IntN(len(exposed))]
			c.Issued, c.Expires, c.FirstExposed, c.Rotated, c.LastUsed = at(), at(), at(), at(), at()
			id.Status, id.Type = statuses[rnd.IntN(len(statuses))], leak.IdentityTypes[rnd.IntN(len(leak.IdentityTypes))]
			id.Environment = []string{"", "prod", "test", "sandbox"}[rnd.IntN(4)]
			id.Repositories = make([]string, rnd.IntN(7))
			id.Permissions = []string{"read", "admin", "x", ""}[:rnd.IntN(5)]
			f.Locations[0].AtHead, f.Locations[0].Unreachable = rnd.IntN(2) == 0, rnd.IntN(2) == 0
			if rnd.IntN(2) == 0 {
				id.Evidence = []leak.Evidence{{Claim: leak.ClaimNote, Value: identity.NoteTestFixture, Weight: .9}, {Claim: leak.ClaimEnvironment, Value: id.Environment, Weight: .9, Class: leak.FromStructure}}
			}
		})
		s := a.subject(id, &id.Credentials[0], []*leak.Finding{f})
		r := a.score(s)
		sum := 0
		for _, k := range r.Factors {
			sum += k.Points
			if k.Points < 0 || k.Points > k.Max || k.Why == "" {
				t.Fatalf("%+v", k)
			}
		}
		if r.Score < 0 || r.Score > 100 || r.Cap == "" && r.Score != min(sum, 100) || r.Cap != "" && r.Score >= sum {
			t.Fatalf("%+v", r)
		}
		if most, ok := a.policy[Caps][string(id.Credentials[0].State)]; ok && r.Score > most {
			t.Fatalf("a credential that is %s has %d", id.Credentials[0].State, r.Score)
		}
		worse := func(name string, change func(*leak.Identity, *leak.Credential)) {
			other := *id
			other.Credentials = slices.Clone(id.Credentials)
			change(&other, &other.Credentials[0])
			if w := a.score(a.subject(&other, &other.Credentials[0], []*leak.Finding{f})); w.Score < r.Score {
				t.Fatalf("%s: %d, before %d\n%s\n%s", name, w.Score, r.Score, Explain(r), Explain(w))
			}
		}
		worse("it works", func(_ *leak.Identity, c *leak.Credential) { c.State = leak.Live })
		worse("it is public", func(_ *leak.Identity, c *leak.Credential) { c.Exposure = "public" })
		worse("it may do everything", func(i *leak.Identity, _ *leak.Credential) { i.Permissions = []string{"*"} })
		worse("nobody owns it", func(i *leak.Identity, _ *leak.Credential) { i.Owner = "" })
		worse("it is in many repositories", func(i *leak.Identity, _ *leak.Credential) { i.Repositories = make([]string, 9) })
		worse("it is orphaned", func(i *leak.Identity, _ *leak.Credential) { i.Status = leak.OrphanedIdentity })
		if controls := s.controls(); len(controls) == 1 != (id.Credentials[0].State == leak.Canary) || controls[0].Why == "" || !slices.ContainsFunc(controls, func(c leak.Control) bool { return c.ID == "NHI2" }) {
			t.Fatalf("controls %v", controls)
		}
		if len(s.plan()) == 0 {
			t.Fatal("no plan")
		}
	}
}

func TestPolicy(t *testing.T) {
	for _, tt := range []struct {
		table, name string
		n           int
		want        string
	}{
		{"validity", "live", 20, ""}, {"exposure", "unreachable", -5, ""},
		{"validty", "live", 20, `risk: there is no table "validty": there are bands`}, {"validity", "alive", 20, `risk.validity: there is no "alive": there are canary`},
		{"validity", "live", -1, "risk.validity.live: -1: must be from 0 to 100"}, {"caps", "dead", 101, "must be from 0 to 100"},
		{"bands", "low", 99, "risk.bands: critical, high, medium and low must not rise"},
	} {
		p, err := Default().With(map[string]map[string]int{tt.table: {tt.name: tt.n}})
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s.%s = %d: %v, want %q", tt.table, tt.name, tt.n, err, tt.want)
		}
		if err == nil && p[tt.table][tt.name] != tt.n {
			t.Errorf("%s.%s is %d", tt.table, tt.name, p[tt.table][tt.name])
		}
	}
	id, f := leaked("stripe-secret-key", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.State = leak.Live })
	p, _ := Default().With(map[string]map[string]int{"validity": {"live": 0}, "most": {"privilege": 1}})
	if r := assess(t, p, id, f).Risk; r.Factors[0].Points != 0 || r.Factors[1].Points != 1 {
		t.Errorf("%+v", r)
	}
	for _, ty := range leak.IdentityTypes {
		if _, ok := Default()[ByType][string(ty)]; !ok {
			t.Errorf("no points for the type %s", ty)
		}
	}
	for _, power := range rules.Powers {
		if _, ok := Default()[Privilege][string(power)]; !ok || powerWords[power] == "" {
			t.Errorf("no points or words for the power %s", power)
		}
	}
}

func TestStrongest(t *testing.T) {
	for _, tt := range []struct {
		want  rules.Power
		words string
	}{
		{rules.Admin, "*|*:*|* *|admin|roles/owner|AdministratorAccess|system:masters|service_role|root|cluster-admin|Owner|read,admin|ACCOUNTADMIN|Organization Owner|System Administrator|Grafana Admin"},
		{rules.Secrets, "admin:org|roles/editor|Contributor|iam:CreateAccessKey|secretsmanager:GetSecretValue|read_secrets|create_credentials|manage_users|roles/iam.serviceAccountKeyAdmin|Key Vault Secrets User|arn:aws:iam::aws:policy/IAMFullAccess|projects/x/roles/editor|PowerUserAccess|arn:aws:iam::aws:policy/PowerUserAccess|sts:AssumeRole|iam:*|roles/iam.serviceAccountAdmin|roles/secretmanager.admin|roles/resourcemanager.projectIamAdmin|roles/storage.hmacKeyAdmin|Key Vault Administrator|User Access Administrator|* except iam:*, organizations:*|* * on namespace payments|* on arn:aws:secretsmanager:eu-west-1:1:secret:x|get,list secrets"},
		{rules.Service, "roles/pubsub.admin|roles/cloudsql.admin|roles/storage.admin|s3:*|AmazonS3FullAccess|arn:aws:iam::aws:policy/AmazonS3FullAccess|AmazonEC2ContainerRegistryFullAccess|storage.admin"},
		{rules.Publish, "publish|write:packages|packages:write|AmazonEC2ContainerRegistryPowerUser"},
		{rules.Write, "write|read-write|readwrite|repo|chat:write|s3:Put*|s3:* on arn:aws:s3:::b/*|* on arn:aws:s3:::b/*|* except iam:* on arn:aws:s3:::b|* pods|create,get pods|roles/storage.objectAdmin|roles/storage.objectUser|roles/compute.instanceAdmin.v1|roles/bigquery.dataOwner|User.ReadWrite.All|api:edit|manage|delete_repo|read,write|Storage Blob Data Contributor|Website Contributor|roles/logging.logWriter"},
		{rules.Read, "read|read-only|read_api|read:org|viewer|listen|roles/viewer|User.Read|s3:GetObject|read,x|roles/cloudkms.cryptoKeyDecrypter"},
		{rules.Send, "send|incoming-webhook|Mail.Send|mail send|roles/pubsub.publisher|roles/run.invoker"},
		{"", "x||gist|foo:bar|1234|roles/cloudsql.client|arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy|arn:aws:iam::111122223333:policy/uploads|Azure Advisor Service Role"},
	} {
		for _, w := range strings.Split(tt.words, "|") {
			if got, _ := Strongest(strings.Split(w, ",")); got != tt.want {
				t.Errorf("%q gives %q, want %q", w, got, tt.want)
			}
		}
	}
}

// TestPrivilegeWords: what is said of a permission is what it gives.
func TestPrivilegeWords(t *testing.T) {
	for _, tt := range []struct {
		permission, words string
		points            int
		nhi5              bool
	}{
		{"roles/pubsub.admin", "it administers Pub/Sub", 20, true}, {"roles/cloudsql.admin", "it administers Cloud SQL", 20, true},
		{"AmazonS3FullAccess", "it administers S3", 20, true}, {"ecr:*", "it administers ECR", 20, true},
		{"roles/dataproc.admin", "it administers all of dataproc", 20, true},
		{"roles/storage.objectAdmin", "it may change data", 18, false}, {"roles/storage.objectUser", "it may change data", 18, false},
		{"roles/resourcemanager.folderAdmin", "it may give roles to anybody", 22, true}, {"roles/container.developer", "it may change what runs in clusters, and read their Secrets", 22, true},
		{"roles/secretmanager.viewer", "it may see which secrets there are, but not read them", 10, false}, {"roles/compute.osAdminLogin", "it may log in to machines as their administrator", 20, true},
		{"roles/serviceusage.apiKeysViewer", "it may read API keys", 22, true},
		{"Owner", "it may do everything", 25, true}, {"Storage Blob Data Owner", "it administers one service", 20, true},
		{"Azure Service Bus Data Owner", "it administers one service", 20, true}, {"SignalR Service Owner", "it administers one service", 20, true},
		{"Role Based Access Control Administrator", "it may give roles to anybody", 22, true}, {"Reader and Data Access", "it may read the keys of accounts", 22, true},
		{"Storage Account Contributor", "it may read the keys of accounts", 22, true}, {"AcrPush", "it may push images", 20, false}, {"AcrPull", "it may pull images", 10, false},
		{"Azure Kubernetes Service Cluster Admin Role", "it may get the credentials of clusters' administrators", 22, true},
		{"roles/run.invoker", "it may call services", 5, false}, {"roles/cloudkms.cryptoKeyDecrypter", "it may decrypt", 10, false},
		{"sts:AssumeRole", "it may act as a role that trusts it", 22, true}, {"AmazonEC2ContainerRegistryPowerUser", "it may push images", 20, false},
		{"PowerUserAccess", "it may do nearly everything, but not manage users and groups", 22, true},
		{"roles/iam.serviceAccountKeyAdmin", "it may make credentials, manage people or read secrets", 22, true},
	} {
		id, f := leaked("stripe-restricted-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) { id.Permissions = []string{tt.permission} })
		c := assess(t, nil, id, f)
		want := fmt.Sprintf("it has %q: %s", tt.permission, tt.words)
		if got := c.Risk.Factors[1]; got.Why != want || got.Points != tt.points {
			t.Errorf("%d %q, want %d %q", got.Points, got.Why, tt.points, want)
		}
		if listed := slices.ContainsFunc(c.Controls, func(k leak.Control) bool { return k.ID == "NHI5" && k.Why == want }); listed != tt.nhi5 {
			t.Errorf("%s: NHI5 is %v: %v", tt.permission, listed, c.Controls)
		}
	}
}

func TestControls(t *testing.T) {
	ids := func(c *leak.Credential) (out []string) {
		for _, k := range c.Controls {
			if k.Title == "" || k.Why == "" {
				panic(k.ID)
			}
			if strings.HasPrefix(k.ID, "NHI") {
				out = append(out, k.ID)
			}
		}
		return out
	}
	fresh := func(c *leak.Credential) {
		c.State, c.Issued, c.Expires = leak.Live, now.AddDate(0, 0, -5), now.AddDate(0, 0, 20)
	}
	note := func(s string) leak.Evidence { return leak.Evidence{Claim: leak.ClaimNote, Value: s, Weight: .9} }
	for _, tt := range []struct {
		name, rule string
		change     func(*leak.Identity, *leak.Credential, *leak.Finding)
		want       string
	}{
		{"a fresh one", "stripe-restricted-key", nil, "NHI2"},
		{"unused", "stripe-restricted-key", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.LastUsed = now.AddDate(0, 0, -100) }, "NHI1 NHI2"},
		{"unused and dead", "stripe-restricted-key", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) {
			c.LastUsed, c.State = now.AddDate(0, 0, -100), leak.Dead
		}, "NHI2"},
		{"orphaned", "stripe-restricted-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Status, id.StatusReason = leak.OrphanedIdentity, "gone"
		}, "NHI1 NHI2"},
		{"for packages", "cratesio-api-token", nil, "NHI2 NHI3"},
		{"legacy", "bitbucket-app-password", nil, "NHI2 NHI4"},
		{"alg is none", "jwt", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Evidence = []leak.Evidence{note("alg is none: anybody can make one")}
		}, "NHI2 NHI4"},
		{"admin by kind", "openai-admin-key", nil, "NHI2 NHI5"},
		{"admin by whoami", "stripe-restricted-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Permissions = []string{"system:masters"}
		}, "NHI2 NHI5"},
		{"repo and workflow", "github-oauth-token", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Permissions = []string{"repo", "workflow"}
		}, "NHI2 NHI3 NHI5"},
		{"in CI", "stripe-restricted-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Evidence = []leak.Evidence{note(identity.NoteStaticCloudKey)}
		}, "NHI2 NHI6"},
		{"with an agent", "stripe-restricted-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Evidence = []leak.Evidence{note(identity.NoteAgentTool)}
		}, "NHI2 NHI3"},
		{"no end", "stripe-restricted-key", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.Expires = time.Time{} }, "NHI2 NHI7"},
		{"years", "stripe-restricted-key", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.Expires = c.Issued.AddDate(0, 0, 400) }, "NHI2 NHI7"},
		{"environments", "stripe-restricted-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Evidence = []leak.Evidence{{Claim: leak.ClaimEnvironment, Value: "prod", Weight: .3}, {Claim: leak.ClaimEnvironment, Value: "staging", Weight: .3}}
		}, "NHI2 NHI8"},
		{"two repositories", "stripe-restricted-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) { id.Repositories = []string{"a", "b"} }, "NHI2 NHI9"},
		{"two workloads", "stripe-restricted-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Consumers = []leak.Consumer{{Kind: "deployment", Name: "a"}, {Kind: "deployment", Name: "b"}}
		}, "NHI2 NHI9"},
		{"a person's, in CI", "stripe-restricted-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Type, id.Consumers = leak.HumanAccount, []leak.Consumer{{Kind: "workflow", Name: "a", Ref: ".github/workflows/a.yml:3"}}
		}, "NHI2 NHI10"},
		{"a service's, with a person", "stripe-restricted-key", func(_ *leak.Identity, _ *leak.Credential, f *leak.Finding) {
			f.Locations[0].Path = "home/jane/.bash_history"
		}, "NHI2 NHI10"},
	} {
		id, f := leaked(tt.rule, func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { fresh(c) })
		if tt.change != nil {
			tt.change(id, &id.Credentials[0], f)
		}
		c := assess(t, nil, id, f)
		if got := strings.Join(ids(c), " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if !cmp.Equal(c.Controls, id.Controls) {
			t.Errorf("%s: the identity has other controls", tt.name)
		}
	}
	for id, clauses := range Mapping {
		for _, c := range clauses {
			if Clauses[c] == "" || OWASP[id] == "" {
				t.Errorf("%s is linked to %s, which is not described", id, c)
			}
		}
	}
}

func TestFill(t *testing.T) {
	v := map[string]string{"name": "payments@acme.example", "odd": "it's; rm -rf ~", "option": "--all", "line": "a\nb", "up": "..", "path": "a/../../b", "id": "k1"}
	for template, want := range map[string]string{
		"x ${name}":                     "x payments@acme.example",
		"x ${tenant}":                   "x <tenant>",
		"x ${odd}":                      `x 'it'\''s; rm -rf ~'`,
		`x --filter 'a="${odd}"'`:       `x --filter 'a="<odd>"'`,
		`x --filter 'a="${name}"'`:      `x --filter 'a="payments@acme.example"'`,
		"x ${option}":                   "x <option>",
		"x ${line}":                     "x <line>",
		"curl https://h/k/${path}?x=1":  "curl https://h/k/a%2F..%2F..%2Fb?x=1",
		"curl https://h/k/${up}":        "curl https://h/k/<up>",
		"curl https://h/${id}/ ${id} $": "curl https://h/k1/ k1 $",
	} {
		if got := fill(template, v); got != want {
			t.Errorf("%s: %s, want %s", template, got, want)
		}
	}
}

func TestPlan(t *testing.T) {
	steps := func(c *leak.Credential) string {
		var out []string
		for _, a := range c.Plan {
			if a.Text == "" {
				t.Errorf("%s has no text", a.Step)
			}
			out = append(out, a.Step)
		}
		return strings.Join(out, " ")
	}
	in := func(id *leak.Identity, c *leak.Credential, _ *leak.Finding) {
		id.Name, id.Tenant.ID, c.KeyID, c.FirstExposed = "payments", "123456789012", "AKIAX", now.AddDate(0, -2, 0)
		id.Consumers = []leak.Consumer{{Kind: "workflow", Name: "deploy", Ref: ".github/workflows/deploy.yml:31", Via: "env AWS_SECRET_ACCESS_KEY"}, {Kind: "deployment", Name: "api", Ref: "k8s/api.yaml:3"}}
	}
	id, f := leaked("aws-access-key", in)
	c := assess(t, nil, id, f)
	if got, want := steps(c), "rotate deploy replace revoke verify purge audit"; got != want {
		t.Errorf("steps %s, want %s", got, want)
	}
	all := fmt.Sprint(c.Plan)
	for _, want := range []string{
		"aws iam create-access-key --user-name payments", "aws iam delete-access-key --user-name payments --access-key-id AKIAX", "AttributeValue=AKIAX", "2026-07-01",
		"gh secret set AWS_SECRET_ACCESS_KEY", "kubectl rollout restart deployment/api", "workflow deploy (.github/workflows/deploy.yml:31)",
		"id-token: write", "arn:aws:iam::123456789012:role/<role>", "whosekey verify - --rule aws-access-key", "filter-repo --sensitive-data-removal",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("the plan does not say %q:\n%s", want, all)
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*leak.Identity, *leak.Credential, *leak.Finding)
		want   string
	}{
		{"dead", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.State = leak.Dead }, "purge audit"},
		{"a trap", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.State = leak.Canary }, "report"},
		{"somebody else's", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) { id.Status = leak.ThirdPartyIdentity }, "report purge audit"},
		{"called after its key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) { id.Name, id.Consumers = "AKIAX", nil }, "rotate deploy revoke verify purge audit"},
		{"not in CI", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) { id.Consumers = nil }, "rotate deploy revoke verify purge audit"},
		{"nobody is sure whose it is", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) { id.Confidence, id.Consumers = .5, nil }, "rotate deploy revoke verify purge audit"},
	} {
		id, f := leaked("aws-access-key", in)
		tt.change(id, &id.Credentials[0], f)
		c := assess(t, nil, id, f)
		if got := steps(c); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if all := fmt.Sprint(c.Plan); tt.name == "somebody else's" && (strings.Contains(all, "aws ") || !strings.Contains(all, "2026-07-01")) {
			t.Errorf("what to do with the account of others: %s", all)
		} else if tt.name == "called after its key" && (strings.Contains(all, "user-name AKIAX") || !strings.Contains(all, "user-name <user>")) {
			t.Errorf("the key is no user: %s", all)
		}
		if strings.Contains(tt.name, "sure") && strings.Contains(fmt.Sprint(c.Plan), "user-name payments") {
			t.Error("a name that is not likely stands in a command")
		}
	}
}

func BenchmarkAssess(b *testing.B) {
	ps := shipped(b)
	a := New(nil, ps, now)
	var ids []*leak.Identity
	var fs []*leak.Finding
	for i := range 1000 {
		id, f := leaked("aws-access-key", nil)
		f.ID = fmt.Sprint(i)
		id.Credentials[0].ID = f.ID
		ids, fs = append(ids, id), append(fs, f)
	}
	for b.Loop() {
		a.Assess(ids, fs)
	}
}

// TestEveryKindHasAControl: whatever was found is evidence for one risk at least, with
// a reason that says what kind of finding it is.
func TestEveryKindHasAControl(t *testing.T) {
	for _, tt := range []struct {
		name, rule, want string
		set              func(*leak.Identity, *leak.Credential, *leak.Finding)
	}{
		{"plain", "stripe-restricted-key", "NHI2: it stands at a.env:1", nil},
		{"refused", "stripe-restricted-key", "NHI2: it stands at a.env:1; the provider refused it", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.State = leak.Dead }},
		{"ended", "stripe-restricted-key", "NHI2: it stands at a.env:1; it has ended", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.State = leak.Expired }},
		{"public by design", "lob-publishable-key", "NHI2: it stands at a.env:1; it is public by design, or of no use alone", nil},
		{"third party", "stripe-restricted-key", "NHI3: the account is none of ours", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Status, id.StatusReason = leak.ThirdPartyIdentity, "the account is none of ours"
		}},
		{"low confidence", "generic-secret", "NHI2: it stands at a.env:1", func(_ *leak.Identity, _ *leak.Credential, f *leak.Finding) { f.Confidence = leak.Low }},
		{"a trap", "stripe-restricted-key", "NHI2: it is a trap, it stands at a.env:1: it opens nothing, and tells whoever set it who takes credentials from there", func(_ *leak.Identity, c *leak.Credential, _ *leak.Finding) { c.State = leak.Canary }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id, f := leaked(tt.rule, func(id *leak.Identity, c *leak.Credential, f *leak.Finding) {
				c.FirstExposedRef = "a.env:1"
				if tt.set != nil {
					tt.set(id, c, f)
				}
			})
			var got []string
			c := assess(t, nil, id, f)
			for _, k := range c.Controls {
				got = append(got, k.ID+": "+k.Why)
			}
			if !slices.Contains(got, tt.want) || c.State == leak.Canary && len(got) != 1 {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
