package decode

import (
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// googleClient has the project's number and a random part.
var googleClient = lazy.New(`^([0-9]{6,15})(?:-([0-9a-z_]{20,40}))?\.apps\.googleusercontent\.com$`)

// maxGoogleJSON is the longest file, in bytes.
const maxGoogleJSON = 64 << 10

// googleFile are the members of the JSON files in which Google gives out
// credentials (https://google.aip.dev/auth/4112, https://google.aip.dev/auth/4117).
type googleFile struct {
	Type         string `json:"type"`
	ProjectID    string `json:"project_id"`
	PrivateKeyID string `json:"private_key_id"`
	PrivateKey   string `json:"private_key"`
	ClientEmail  string `json:"client_email"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Refresh      string `json:"refresh_token"`
	Account      string `json:"account"`
	Quota        string `json:"quota_project_id"`
	Universe     string `json:"universe_domain"`
	Audience     string `json:"audience"`
	Impersonate  string `json:"service_account_impersonation_url"`
	Source       *struct {
		Type     string `json:"type"`
		ClientID string `json:"client_id"`
	} `json:"source_credentials"`
	Installed *googleFile `json:"installed"`
	Web       *googleFile `json:"web"`
}

func readGoogleJSON(in *Input) []leak.Evidence {
	text := in.Value
	if len(text) > maxGoogleJSON || !strings.HasPrefix(text, "{") || !strings.Contains(text, `"type"`) && !strings.Contains(text, `"client_secret"`) {
		return nil
	}
	var f googleFile
	if json.Unmarshal([]byte(text), &f) != nil {
		return nil
	}
	switch f.Type {
	case "service_account":
		return f.serviceAccount()
	case "authorized_user":
		said := f.authorizedUser()
		if in.entries != nil {
			in.enter(said, f.Refresh, f.ClientSecret)
		}
		return said
	case "external_account", "external_account_authorized_user", "impersonated_service_account":
		return f.external()
	case "":
		for _, c := range []*googleFile{f.Installed, f.Web} {
			if c != nil && googleClient.MatchString(c.ClientID) {
				return c.client()
			}
		}
	}
	return nil
}

func (f *googleFile) serviceAccount() []leak.Evidence {
	if !strings.Contains(f.ClientEmail, "@") && f.PrivateKeyID == "" {
		return nil
	}
	v := of("google", leak.ServiceAccount, "Google service account key", 0.99, "type is service_account in the key file")
	v.serviceAccount(f.ClientEmail, "client_email inside the key file")
	if googleProject.MatchString(f.ProjectID) && v.claimed(leak.ClaimTenant) != f.ProjectID {
		v.tenant("project", f.ProjectID, "project_id inside the key file")
	}
	if only(f.PrivateKeyID, lowHex) {
		v.say(leak.ClaimKeyID, f.PrivateKeyID, "private_key_id inside the key file")
	}
	if only(f.ClientID, decimal) {
		v.say(leak.ClaimID, f.ClientID, "client_id inside the key file: the account's unique id")
	}
	if f.Universe != "" && f.Universe != "googleapis.com" {
		v.say(leak.ClaimServer, f.Universe, "universe_domain inside the key file")
	}
	block, _ := pem.Decode([]byte(f.PrivateKey))
	var outer asn1.RawValue
	if block == nil {
		v.say(leak.ClaimNote, "the private key in the file cannot be read", "private_key is no PEM")
	} else if rest, err := asn1.Unmarshal(block.Bytes, &outer); err != nil || len(rest) > 0 {
		v.say(leak.ClaimNote, "the private key in the file cannot be read", "private_key is no key")
	}
	return v.out
}

var (
	googleProject = lazy.New(`^(?:[a-z0-9.-]{1,80}:)?[a-z][a-z0-9-]{4,40}$`)
	// serviceAccountForms are the addresses of service accounts
	// (https://docs.cloud.google.com/iam/docs/service-account-types).
	ownAccount     = lazy.New(`^[0-9a-z-]{1,63}@([a-z0-9-]{4,40}(?:\.[a-z0-9.-]{1,60})?)\.iam\.gserviceaccount\.com$`)
	engineAccount  = lazy.New(`^([a-z0-9-]{4,40})@appspot\.gserviceaccount\.com$`)
	computeAccount = lazy.New(`^([0-9]{6,15})-compute@developer\.gserviceaccount\.com$`)
)

// serviceAccount says what the address of a service account says.
func (v *voice) serviceAccount(email, why string) {
	if !serviceEmail.MatchString(email) {
		return
	}
	if v.claimed(leak.ClaimType) == "" {
		v.say(leak.ClaimType, string(leak.ServiceAccount), why)
	}
	v.say(leak.ClaimName, email, why)
	if m := ownAccount.FindStringSubmatch(email); m != nil {
		project := m[1]
		if name, domain, ok := strings.Cut(project, "."); ok {
			project = domain + ":" + name // of a project in a domain
		}
		v.tenant("project", project, "the project in the address of the service account")
	}
	if m := engineAccount.FindStringSubmatch(email); m != nil {
		v.tenant("project", m[1], "the project in the address of the service account")
		v.weigh(0.4, leak.ClaimPermission, "roles/editor", "App Engine's default service account is an editor of the project unless that was changed")
	}
	if m := computeAccount.FindStringSubmatch(email); m != nil {
		v.say(leak.ClaimNote, "the default service account of the project with the number "+m[1], "the address of the service account")
		v.weigh(0.4, leak.ClaimPermission, "roles/editor", "Compute Engine's default service account is an editor of the project unless that was changed")
	}
	if strings.HasPrefix(email, "firebase-adminsdk-") {
		v.weigh(0.8, leak.ClaimPermission, "roles/firebase.sdkAdminServiceAgent", "the service account that Firebase makes for its Admin SDK")
	}
}

// claimed is what was said first of a claim.
func (v *voice) claimed(claim string) string {
	for _, e := range v.out {
		if e.Claim == claim {
			return e.Value
		}
	}
	return ""
}

func (f *googleFile) authorizedUser() []leak.Evidence {
	const why = "type is authorized_user in the file"
	v := of("google", leak.OAuthToken, "user credentials of gcloud (refresh token)", 0.9, why)
	if googlesOwn(f.ClientID) {
		v = of("google", leak.HumanAccount, "user credentials of gcloud (refresh token)", 0.9, why)
		v.say(leak.ClaimNote, noClient, "client_id inside the file")
		if googleProject.MatchString(f.Quota) {
			v.weigh(0.4, leak.ClaimTenant, f.Quota, "quota_project_id inside the file: the project that pays, which need not be the account's")
			v.weigh(0.4, leak.ClaimTenantKind, "project", "quota_project_id inside the file")
			for i := range v.out[len(v.out)-2:] { // a field beside it, no more
				v.out[len(v.out)-2+i].Class = leak.FromNeighbour
			}
		}
	}
	v.googleClient(f.ClientID)
	v.say(leak.ClaimScope, prefixed("quota project ", f.Quota), "quota_project_id inside the file")
	v.say(leak.ClaimEmail, f.Account, "account inside the file")
	v.say(leak.ClaimNote, "a person granted it, and it acts as that person", "type is authorized_user in the file")
	return v.out
}

// external reads files without a secret: they say where to get a token.
func (f *googleFile) external() []leak.Evidence {
	v := of("google", leak.WorkloadIdentity, "workload identity federation", 0.9, "type is "+f.Type+" in the file")
	if f.Type == "external_account_authorized_user" {
		v.out = of("google", leak.HumanAccount, "workforce identity federation (refresh token)", 0.9, "type is "+f.Type+" in the file").out
	} else if f.Source == nil && f.Refresh == "" {
		v.say(leak.ClaimNote, "the file holds no secret: it says where a workload gets its token", "type is "+f.Type+" in the file")
	}
	if f.Type == "impersonated_service_account" {
		v.out = of("google", leak.OAuthToken, "credentials to impersonate a service account", 0.9, "type is "+f.Type+" in the file").out
		if f.Source != nil {
			v.googleClient(f.Source.ClientID)
		}
	}
	v.pool(f.Audience)
	if _, rest, ok := strings.Cut(f.Impersonate, "/serviceAccounts/"); ok {
		email, _, _ := strings.Cut(rest, ":")
		v.serviceAccount(email, "the service account that it may impersonate")
	}
	return v.out
}

var googlePools = lazy.New(`^//iam\.[a-z.]{3,60}/(?:projects/([0-9]{4,20})/)?locations/[a-z0-9-]{1,30}/(workloadIdentityPools|workforcePools)/([0-9A-Za-z-]{1,64})/providers/([0-9A-Za-z-]{1,64})$`)

// pool reads the audience: the pool that trusts somebody else's tokens.
func (v *voice) pool(audience string) {
	m := googlePools.FindStringSubmatch(audience)
	if m == nil {
		return
	}
	const why = "the pool in audience inside the file"
	v.say(leak.ClaimID, strings.TrimPrefix(audience, "//iam.googleapis.com/"), why)
	v.say(leak.ClaimLabel, m[3]+"/"+m[4], why)
	if m[1] != "" {
		v.say(leak.ClaimNote, "of the project with the number "+m[1], why)
	}
}

// client reads the secret of an OAuth client.
func (f *googleFile) client() []leak.Evidence {
	v := of("google", leak.OAuthApp, "OAuth client secret", 0.9, "the file of an OAuth client")
	if googleProject.MatchString(f.ProjectID) {
		v.tenant("project", f.ProjectID, "project_id inside the file")
	}
	v.googleClient(f.ClientID)
	return v.out
}

const noClient = "the OAuth client is Google's own, of everybody who uses gcloud: it names nobody"

// googlesOwn reports whether an OAuth client is one of gcloud itself: for
// application default credentials, and for gcloud auth login.
func googlesOwn(id string) bool {
	return strings.HasPrefix(id, "764086051850-") || strings.HasPrefix(id, "32555940559.")
}

// googleClient says what an OAuth client's id says.
func (v *voice) googleClient(id string) {
	if googlesOwn(id) {
		return
	}
	if m := googleClient.FindStringSubmatch(id); m != nil {
		v.weigh(min(v.weight, 0.9), leak.ClaimID, id, "the OAuth client's id")
		if v.claimed(leak.ClaimTenant) == "" {
			v.weigh(0.8, leak.ClaimTenant, m[1], "the project's number before the OAuth client's id")
			v.weigh(0.8, leak.ClaimTenantKind, "project", "the project's number before the OAuth client's id")
		}
	}
}

// googlePrefixes are the shapes of single values.
var googlePrefixes = []struct {
	prefix, chars string
	least, most   int
	typ           leak.IdentityType
	kind, note    string
}{
	{"AIza", urlChars, 39, 39, leak.APIKey, "Google API key", "it names no project"},
	{"AQ.Ab8", urlChars + ".", 40, 80, leak.ServiceAccount, "Google API key bound to a service account", ""},
	{"GOCSPX-", urlChars, 35, 35, leak.OAuthApp, "OAuth client secret", ""},
	{"ya29.", urlChars + ".", 40, 3000, leak.OAuthToken, "OAuth access token", "it ends within the hour, by default"},
	{"1//0", urlChars + "/", 60, 600, leak.OAuthToken, "OAuth refresh token", "it acts as the person who granted it"},
	{"GOOG1E", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 61, 61, leak.ServiceAccount, "Cloud Storage HMAC key of a service account", ""},
	{"GOOG", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 24, 24, leak.HumanAccount, "Cloud Storage HMAC key of a user", ""},
}

func readGoogle(in *Input) []leak.Evidence {
	v := &voice{}
	value := in.Value
	if id := in.part("access_id"); strings.HasPrefix(id, "GOOG") {
		value = id
	}
	for _, p := range googlePrefixes {
		if n := len(value); strings.HasPrefix(value, p.prefix) && n >= p.least && n <= p.most && only(value, p.chars) {
			why := "the prefix " + p.prefix
			if googlesOwn(in.part("client_id")) {
				v = of("google", leak.HumanAccount, p.kind+" of gcloud", 0.8, why+", and the client id of gcloud beside it")
				v.say(leak.ClaimNote, noClient, "the client id beside it")
				v.say(leak.ClaimNote, p.note, why)
				break
			}
			v = of("google", p.typ, p.kind, 0.8, why)
			v.say(leak.ClaimNote, p.note, why)
			if p.prefix[:4] == "GOOG" {
				v.say(leak.ClaimKeyID, value, "the access id of an HMAC key")
			}
			break
		}
	}
	if m := googleClient.FindString(value); m != "" {
		v = of("google", leak.OAuthApp, "OAuth client id", 0.8, "the end of an OAuth client's id")
		v.googleClient(m)
		return v.out
	}
	v.weight = 0.8
	v.googleClient(in.part("client_id"))
	if email := in.part("client_email"); email != "" {
		v.weight = 0.95
		v.serviceAccount(email, "client_email beside the key")
		if id := in.part("key_id"); only(id, lowHex) {
			v.say(leak.ClaimKeyID, id, "private_key_id beside the key")
		}
	}
	return v.out
}
