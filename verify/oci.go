package verify

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// ociLogin asks a container registry whether a login works, as docker login
// does: GET /v2/ says where logins go, and there it asks for a token without
// any scope, or for /v2/ itself
// (https://distribution.github.io/distribution/spec/auth/token/,
// https://github.com/opencontainers/distribution-spec).
//
// A registry could name anybody as the place for logins: it must be itself, or
// the one that is known for it.
type ociLogin struct{ hosts []string } // of a provider with registries of its own; nil: all

// registryLogins are registries whose logins go to another host.
var registryLogins = map[string]string{
	"registry-1.docker.io": "auth.docker.io", "registry.gitlab.com": "gitlab.com", "registry.digitalocean.com": "api.digitalocean.com",
}

// registryHosts are the registries that everybody may use, and where their
// logins go.
var registryHosts = append([]string{
	"registry-1.docker.io", "auth.docker.io", "ghcr.io", "quay.io", "registry.gitlab.com", "gitlab.com", "registry.digitalocean.com",
	"api.digitalocean.com", "gcr.io", "us.gcr.io", "eu.gcr.io", "asia.gcr.io", ".pkg.dev", ".azurecr.io", ".azurecr.us", ".azurecr.cn",
}, ecrHosts()...)

// ecrHosts are Amazon's registries by region
// (https://docs.aws.amazon.com/general/latest/gr/ecr.html).
func ecrHosts() (out []string) {
	for _, region := range strings.Fields(`us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 sa-east-1 eu-west-1 eu-west-2 eu-west-3 eu-central-1
		eu-central-2 eu-north-1 eu-south-1 eu-south-2 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-northeast-1 ap-northeast-2
		ap-northeast-3 ap-east-1 me-south-1 me-central-1 af-south-1 il-central-1`) {
		out = append(out, ".dkr.ecr."+region+".amazonaws.com")
	}
	return out
}

func (*ociLogin) Class() leak.Class { return leak.S1 }
func (*ociLogin) Control() string   { return "" }

func (o *ociLogin) narrow(hosts []string) { o.hosts = hosts }

// Hosts implements Verifier: those of Google are for its keys.
func (o *ociLogin) Hosts() []string {
	if o.hosts != nil {
		return slices.Clone(o.hosts)
	}
	return append(slices.Clone(registryHosts), gcpOAuth, gcpProjects)
}

// FurtherHosts are those of the questions in the mode extended.
func (*ociLogin) FurtherHosts() []string { return []string{gcpProjects} }

// ociCredential is a login at a registry.
type ociCredential struct {
	host, user, password string
	guessed              bool // the user
}

// ociOf reads the login: of Docker's config, where user and password stand
// together in base64, or a password with its user beside it.
func ociOf(q *Query) (c ociCredential, err error) {
	if c.host, err = registryOf(q); err != nil {
		return c, err
	}
	secret := q.part(leak.SecretPart)
	if q.Control { // nobody's account, which no failed login can lock
		c.user, c.password = "whosekey-"+rand.Text()[:10], rand.Text()
	} else if user := q.part("user"); user != "" {
		c.user, c.password = user, secret
	} else if name, found := strings.CutSuffix(c.host, ".azurecr.io"); found && q.part("registry") == "" {
		// The name of its administrator. Tokens of a registry look the same, and
		// have names of their own.
		c.user, c.password, c.guessed = name, secret, true
	} else {
		b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(secret, "="))
		user, password, found := strings.Cut(string(b), ":")
		if err != nil || !found {
			return c, problem("it cannot be read as a user and a password")
		}
		c.user, c.password = user, strings.TrimRight(password, "\x00\r\n")
	}
	return c, nil
}

// registryOf is the host of a registry as it stands in Docker's config:
// "https://index.docker.io/v1/", "ghcr.io", "registry.acme.example:5000/team".
func registryOf(q *Query) (string, error) {
	text := q.part("registry")
	if text == "" {
		text = q.part("host")
	}
	if text == "" {
		return "", need("registry")
	}
	if _, rest, found := strings.Cut(text, "://"); found {
		text = rest
	}
	text, _, _ = strings.Cut(text, "/")
	host, err := asHost(text)
	if err != nil {
		return "", problem("the registry beside it is no name of a host")
	}
	if slices.Contains([]string{"docker.io", "index.docker.io", "registry.hub.docker.com", "hub.docker.com"}, host) {
		host = "registry-1.docker.io"
	}
	return host, nil
}

func (*ociLogin) Plan(q Query) ([]Call, error) {
	if key, ok := googleKey(&q); ok {
		return gcpServiceAccount{}.Plan(key)
	}
	c, err := ociOf(&q)
	if err != nil || ecrEnded(c.password, q.Now) {
		return nil, err
	}
	out := []Call{{leak.S1, "GET", c.host, "/v2/"}}
	if other := registryLogins[c.host]; other != "" {
		return append(out, Call{leak.S1, "GET", other, "/ (where the registry says)"}), nil
	}
	return append(out, Call{leak.S1, "GET", c.host, "/v2/, or where the registry says on the same host"}), nil
}

func (*ociLogin) Verify(ctx context.Context, q Query) leak.Verdict {
	if key, ok := googleKey(&q); ok {
		return gcpServiceAccount{}.Verify(ctx, key)
	}
	c, err := ociOf(&q)
	if err != nil {
		return stopped(leak.S1, err)
	}
	if ecrEnded(c.password, q.Now) {
		return leak.Verdict{Status: leak.Expired, Reason: "a login of Amazon ECR is valid for 12 hours"}
	}
	a, v := q.call(ctx, leak.S1, newGet(&url.URL{Scheme: "https", Host: c.host, Path: "/v2/"}))
	if a == nil {
		return v
	}
	if a.Status == http.StatusOK {
		return is(v, leak.Unknown, "the registry answers without a login")
	}
	target, err := loginAt(c.host, a)
	if err != nil {
		return is(v, leak.Unknown, err.Error())
	}
	r := newGet(target)
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.user+":"+c.password)))
	if a, v = q.call(ctx, leak.S1, r); a == nil {
		return v
	}
	return ociVerdict(&q, c, a, v, target.Path == "/v2/")
}

func ociVerdict(q *Query, c ociCredential, a *answer, v leak.Verdict, plain bool) leak.Verdict {
	codes := strings.Fields(a.text("errors[*].code"))
	switch {
	// The body of /v2/ may be anything; its header says that it is a registry.
	case plain && a.Status == http.StatusOK && !a.page && !a.Cut && strings.HasPrefix(a.Header.Get("Docker-Distribution-Api-Version"), "registry/2"),
		!plain && a.Status == http.StatusOK && a.text("token")+a.text("access_token") != "":
		v = is(v, leak.Live, statusText(a.Status))
		v.Facts = tidyFacts(q, map[string]string{leak.FactName: c.user, leak.FactKind: registryKind(c.user), leak.FactServer: c.host})
	case a.Status >= 400 && strings.Contains(strings.ToLower(a.text("errors[*].message")), "token has expired"):
		return is(v, leak.Expired, statusText(a.Status)+": the token has expired") // Amazon ECR
	case a.Status == http.StatusUnauthorized && !ociRefused(a, codes):
	case a.Status == http.StatusUnauthorized && c.guessed:
		return is(v, leak.Unknown, statusText(a.Status)+": it is not the administrator's; it may be of a token, whose name does not stand near it")
	case a.Status == http.StatusUnauthorized:
		return is(v, leak.Dead, statusText(a.Status))
	case a.Status == http.StatusForbidden && slices.Contains(codes, "DENIED"):
		return is(v, leak.Unknown, statusText(a.Status)+": DENIED")
	}
	return v
}

// refusedLogin is what registries say of a user or password that is wrong:
// https://distribution.github.io/distribution/spec/api/#errors-2 ("authentication
// required", also with an address behind it), Harbor, Quay, GitLab, GitHub, ECR.
// UNAUTHORIZED comes with other words too, of what a registry cannot ask at the moment.
var refusedLogin = lazy.New(`(?i)^(?:unauthorized: ?)?(?:|unauthorized|authentication required\b.*|not authorized|bad credentials|` +
	`(?:the )?(?:invalid|incorrect|wrong|bad) (?:username|user name|user|credentials|password|login|token)\b.*|.*\bpassword (?:was|is) (?:incorrect|wrong|invalid)\b.*)\.?$`)

// ociRefused reports whether an answer of status 401 is a registry's about the login, in
// the words of the specification ("error codes"), or of Docker Hub.
func ociRefused(a *answer, codes []string) bool {
	return slices.Contains(codes, "UNAUTHORIZED") && refusedLogin.MatchString(a.text("errors[0].message")) ||
		strings.Contains(a.text("details"), "incorrect username or password")
}

// registryKind says what robots are called at Harbor and Quay, and what GitLab
// and clouds call the users of their tokens.
func registryKind(user string) string {
	switch {
	case strings.HasPrefix(user, "robot$"), strings.Contains(user, "+"), strings.HasPrefix(user, "gitlab+deploy-token-"):
		return "registry_robot"
	case user == "AWS", user == "gitlab-ci-token", user == "oauth2accesstoken", user == "00000000-0000-0000-0000-000000000000":
		return "workload_identity"
	}
	return ""
}

var challengeForm = lazy.New(`(?i)\b(realm|service)="([^"\\]{1,300})"`)

// loginAt is where a registry wants logins sent: the challenge in its answer to
// a question without one (RFC 9110, section 11.6.1).
func loginAt(host string, a *answer) (*url.URL, error) {
	challenge := strings.Join(a.Header.Values("Www-Authenticate"), ", ")
	scheme, _, _ := strings.Cut(challenge, " ")
	if a.Status != http.StatusUnauthorized || challenge == "" {
		return nil, problem(a.unexpected() + ": it asks for no login")
	}
	if strings.EqualFold(scheme, "Basic") {
		return &url.URL{Scheme: "https", Host: host, Path: "/v2/"}, nil
	}
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, problem("the registry wants another form of login")
	}
	said := map[string]string{}
	for _, m := range challengeForm.FindAllStringSubmatch(challenge, 8) {
		said[strings.ToLower(m[1])] = m[2]
	}
	u, err := url.Parse(said["realm"])
	if err == nil && slices.Contains(strings.Split(u.Path, "/"), "..") {
		return nil, problem("the registry wants logins sent to a path that leads elsewhere")
	}
	if err != nil || u.Scheme != "https" || u.User != nil || u.Opaque != "" {
		return nil, problem("the registry does not say where logins go")
	}
	at, err := asHost(u.Host)
	if err != nil || at != host && at != registryLogins[host] {
		return nil, problem("the registry wants logins sent to another host than its own")
	}
	query := url.Values{}
	if said["service"] != "" {
		query.Set("service", said["service"])
	}
	return &url.URL{Scheme: "https", Host: at, Path: u.Path, RawQuery: query.Encode()}, nil
}

// ecrEnded reports whether a password of Amazon ECR, which is JSON in base64,
// says that its time is over.
func ecrEnded(password string, now time.Time) bool {
	b, err := base64.StdEncoding.DecodeString(password)
	var said struct {
		Type       string `json:"type"`
		Expiration int64  `json:"expiration"`
	}
	return err == nil && json.Unmarshal(b, &said) == nil && said.Type == "DATA_KEY" && said.Expiration > 0 && over(time.Unix(said.Expiration, 0), now)
}

// googleKey reads a login that is the key of a service account of Google: its
// user is _json_key or _json_key_base64. The key need not be sent to know
// whether it works.
func googleKey(q *Query) (Query, bool) {
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(q.part(leak.SecretPart), "="))
	user, text, _ := strings.Cut(string(b), ":")
	if err != nil || user != "_json_key" && user != "_json_key_base64" {
		return *q, false
	}
	if user == "_json_key_base64" {
		b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(text), "="))
		if err != nil {
			return *q, false
		}
		text = string(b)
	}
	var said struct {
		Project string `json:"project_id"`
		KeyID   string `json:"private_key_id"`
		Key     string `json:"private_key"`
		Email   string `json:"client_email"`
	}
	if json.Unmarshal([]byte(text), &said) != nil || said.Key == "" {
		return *q, false
	}
	out := *q
	out.Parts = leak.Parts{}
	for name, value := range map[string]string{leak.SecretPart: said.Key, "key_id": said.KeyID, "client_email": said.Email, "project": said.Project} {
		if value != "" {
			out.Parts[name] = leak.NewSecret(value)
		}
	}
	return out, true
}
