package identity

import (
	"context"
	"io/fs"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// project is a folder with some files.
type project struct {
	Repository
	files map[string]string
}

func (p project) ReadFile(_ context.Context, _, path string, limit int64) ([]byte, bool, error) {
	text, ok := p.files[path]
	if !ok {
		return nil, false, fs.ErrNotExist
	}
	return []byte(text), int64(len(text)) <= limit, nil
}

// neighbours is what the file around a credential says of it, by claim.
func neighbours(t *testing.T, rule leak.RuleInfo, repo Repository, path, text, secret string) map[string]string {
	t.Helper()
	start := strings.Index(text, secret)
	f := &leak.Finding{Rule: rule, Parts: leak.Parts{leak.SecretPart: leak.NewSecret(secret)}}
	a, err := FromItself(nil).Resolve(context.Background(), &Query{Finding: f, Repo: repo, Places: []Place{
		{Location: leak.Location{Path: path}, Text: []byte(text), Start: start, End: start + len(secret), FirstLine: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, e := range a.Evidence {
		if e.Class == leak.FromNeighbour {
			said[e.Claim] = e.Value
		}
	}
	return said
}

// TestFilesThatJoin: what a file says of a credential in another of its parts, and what
// the project says of the server.
func TestFilesThatJoin(t *testing.T) {
	secret := strings.Repeat("Zx81kqP0", 3)
	settings := "<settings><servers><server><id>acme-releases</id><username>ci</username><password>" + secret + "</password></server>" +
		"<server><id>other</id><username>x</username><password>pQ4mTr9d1</password></server></servers>@</settings>"
	mirror := "<mirrors><mirror><id>acme-releases</id><url>https://nexus.acme.io/repository/all/</url></mirror></mirrors>"
	pom := func(url string) string {
		return "<project><distributionManagement><repository><id>acme-releases</id><url>" + url + "</url></repository></distributionManagement></project>"
	}
	files := map[string]string{"pom.xml": pom("https://nexus.acme.io/releases"), "b/pom.xml": pom("${releases.url}"), "b/c/pom.xml": pom("https://c.acme.io/")}
	for _, c := range []struct{ path, provider, text, want string }{
		{"settings.xml", "generic", strings.Replace(settings, "@", mirror, 1), "maven nexus.acme.io "},
		{"a/ci-settings.xml", "generic", strings.Replace(settings, "@", "", 1), "maven nexus.acme.io "},
		{"b/c/settings.xml", "generic", settings, "maven c.acme.io "},
		{"b/settings.xml", "generic", settings, "maven nexus.acme.io "},
		{"settings.xml", "github", settings, "  "},
		{"data.xml", "generic", strings.Replace(settings, "@", mirror, 1), "  "},
		{"NuGet.config", "generic", `<configuration><packageSources><add key="acme" value="https://nuget.acme.io/v3/index.json"/></packageSources><packageSourceCredentials><acme>` +
			`<add key="Username" value="ci"/><add key="ClearTextPassword" value="` + secret + `"/></acme></packageSourceCredentials></configuration>`, "nuget nuget.acme.io "},
		{"web/.sentryclirc", "sentry", "[defaults]\nurl=https://sentry.acme.io/\norg = acme\nproject=web\n\n[auth]\ntoken=" + secret + "\n", " sentry.acme.io acme"},
		{"sentry.properties", "sentry", "defaults.url=https://sentry.io/\ndefaults.org=acme\nauth.token=" + secret + "\n", " sentry.io acme"},
		{"sentry.properties", "sentry", "defaults.org=${ORG}\nauth.token=" + secret + "\n", "  "},
	} {
		said := neighbours(t, leak.RuleInfo{Provider: c.provider}, project{files: files}, c.path, c.text, secret)
		if got := said[leak.ClaimProvider] + " " + said[leak.ClaimServer] + " " + said[leak.ClaimTenant]; got != c.want {
			t.Errorf("%s: %q, want %q", c.path, got, c.want)
		}
		if c.path == "NuGet.config" && said[leak.ClaimName] != "ci" {
			t.Errorf("%s: the user is %q", c.path, said[leak.ClaimName])
		}
	}
}
