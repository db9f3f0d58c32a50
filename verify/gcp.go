package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// gcpServiceAccount asks whether a key of a service account still signs for it:
// it exchanges a JWT that is valid for a minute for a token that may see its own
// e-mail address and nothing else, and asks about that token
// (https://developers.google.com/identity/protocols/oauth2/service-account).
// The key is never sent. Where the file says that its token endpoint is
// (token_uri) does not matter.
type gcpServiceAccount struct{}

const (
	gcpOAuth    = "oauth2.googleapis.com"
	gcpProjects = "cloudresourcemanager.googleapis.com"
	gcpEmail    = "https://www.googleapis.com/auth/userinfo.email"
	gcpReads    = "https://www.googleapis.com/auth/cloud-platform.read-only"
)

// gcpPermissions are asked about in the mode extended, with a call that tells
// which of them one has (https://cloud.google.com/resource-manager/reference/rest/v1/projects/testIamPermissions).
var gcpPermissions = []string{
	"resourcemanager.projects.get", "resourcemanager.projects.setIamPolicy", "iam.serviceAccounts.actAs", "iam.serviceAccountKeys.create",
	"storage.buckets.list", "storage.objects.get", "secretmanager.versions.access", "compute.instances.create", "cloudsql.instances.connect",
	"bigquery.jobs.create", "container.clusters.getCredentials", "cloudfunctions.functions.create", "run.services.create",
}

func (gcpServiceAccount) Class() leak.Class { return leak.S1 }
func (gcpServiceAccount) Control() string   { return "" }
func (gcpServiceAccount) Hosts() []string   { return []string{gcpOAuth, gcpProjects} }

// FurtherHosts are those of the questions in the mode extended.
func (gcpServiceAccount) FurtherHosts() []string { return []string{gcpProjects} }

func (gcpServiceAccount) Plan(q Query) ([]Call, error) {
	if _, err := gcpKeyOf(&q); err != nil {
		return nil, err
	}
	out := []Call{{leak.S1, "POST", gcpOAuth, "/token"}, {leak.S1, "POST", gcpOAuth, "/tokeninfo"}}
	if q.Extended && !q.Control && q.part("project") != "" {
		out = append(out, Call{leak.S2, "POST", gcpOAuth, "/token"}, Call{leak.S2, "POST", gcpProjects, "/v1/projects/${project}:testIamPermissions"})
	}
	return out, nil
}

// gcpKeyOf checks that the pieces of the key are there, and returns the account.
func gcpKeyOf(q *Query) (email string, err error) {
	email = q.part("client_email")
	switch {
	case email == "":
		return "", need("client_email")
	case !strings.HasSuffix(email, ".gserviceaccount.com"):
		return "", problem("the client_email beside it is of no service account")
	case q.part("universe") != "" && q.part("universe") != "googleapis.com":
		// There it signs each request, and is not exchanged for a token:
		// https://github.com/googleapis/google-cloud-go/pull/10831
		return "", problem("its universe_domain is of another cloud than Google's own, which gives out no tokens")
	}
	return email, nil
}

func (gcpServiceAccount) Verify(ctx context.Context, q Query) leak.Verdict {
	token, v := gcpToken(ctx, &q, leak.S1, gcpEmail)
	if v.Status != leak.Live {
		return v
	}
	facts := map[string]string{leak.FactName: q.part("client_email"), leak.FactKind: "service_account", leak.FactTenant: q.part("project")}
	if a, _ := q.call(ctx, leak.S1, newPost(&url.URL{Scheme: "https", Host: gcpOAuth, Path: "/tokeninfo"}, url.Values{"access_token": {token}})); a != nil && a.Status == http.StatusOK {
		facts[leak.FactID] = a.text("azp")
	}
	if q.Extended && !q.Control {
		maps.Copy(facts, gcpMay(ctx, &q))
	}
	v.Facts = tidyFacts(&q, facts)
	return v
}

// gcpToken asks for a token. If the date of the JWT is refused, it asks once
// more with the date of the host.
func gcpToken(ctx context.Context, q *Query, class leak.Class, scope string) (string, leak.Verdict) {
	email, err := gcpKeyOf(q)
	if err != nil {
		return "", stopped(class, err)
	}
	key, err := q.rsaKey()
	if err != nil {
		return "", stopped(class, err)
	}
	now := q.Now
	for try := 0; ; try++ {
		jwt, err := signJWT(key, q.part("key_id"), map[string]any{
			"iss": email, "scope": scope, "aud": "https://oauth2.googleapis.com/token", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
		})
		if err != nil {
			return "", stopped(class, errKey)
		}
		form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {jwt}}
		a, v := q.call(ctx, class, newPost(&url.URL{Scheme: "https", Host: gcpOAuth, Path: "/token"}, form))
		if a == nil {
			return "", v
		}
		if d, ok := a.skew(now); ok && try == 0 && strings.Contains(a.text("error_description"), "reasonable timeframe") {
			now = now.Add(d)
			continue
		}
		return a.text("access_token"), gcpVerdict(a, v)
	}
}

// gcpVerdict reads an answer of the token endpoint. Its texts are those of
// https://developers.google.com/identity/protocols/oauth2/service-account#error-codes
// and of its answers.
func gcpVerdict(a *answer, v leak.Verdict) leak.Verdict {
	text := strings.ToLower(a.text("error_description"))
	switch code := a.text("error"); {
	case a.Status == http.StatusOK && a.text("access_token") != "":
		return is(v, leak.Live, statusText(a.Status))
	case code == "invalid_grant" && strings.HasPrefix(text, "invalid jwt signature"):
		return is(v, leak.Dead, "invalid_grant: the key is deleted or disabled")
	case code == "invalid_grant" && strings.Contains(text, "account not found"):
		return is(v, leak.Dead, "invalid_grant: the service account is deleted or disabled")
	case code == "invalid_grant" && (strings.Contains(text, "robot is disabled") || strings.Contains(text, "account disabled") || strings.Contains(text, "account has been disabled")):
		return is(v, leak.Restricted, "invalid_grant: the service account is disabled, and works again when it is enabled")
	case code == "invalid_grant" && strings.Contains(text, "reasonable timeframe"):
		return is(v, leak.Unknown, "the clock of this machine is wrong")
	case codeForm.MatchString(code):
		return is(v, leak.Unknown, statusText(a.Status)+": "+code)
	}
	return v
}

// gcpMay asks which of a few permissions the account has in its own project.
func gcpMay(ctx context.Context, q *Query) map[string]string {
	project := q.part("project")
	if project == "" {
		return nil
	}
	token, v := gcpToken(ctx, q, leak.S2, gcpReads)
	if v.Status != leak.Live {
		return nil
	}
	body, err := json.Marshal(map[string]any{"permissions": gcpPermissions})
	if err != nil {
		return nil
	}
	// The colon stands for itself; what is in the project's name does not.
	path := "/v1/projects/" + url.PathEscape(project) + ":testIamPermissions"
	r := newPost(&url.URL{Scheme: "https", Host: gcpProjects, Path: "/v1/projects/" + project + ":testIamPermissions", RawPath: path}, nil)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	r.ContentLength = int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
	a, _ := q.call(ctx, leak.S2, r)
	if a == nil || a.Status != http.StatusOK {
		return nil
	}
	return map[string]string{leak.FactScopes: a.text("permissions[*]")}
}
