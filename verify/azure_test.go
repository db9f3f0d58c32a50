package verify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

const (
	aTenant = "01234567-abcd-abcd-abcd-abcdef012345"
	anApp   = "89765432-1199-4477-8811-ff0099aa77bb"
)

// entra answers with a code, or with a token if there is none.
func entra(t *testing.T, code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if r.Method != "POST" || r.URL.Path != "/"+aTenant+"/oauth2/v2.0/token" || r.FormValue("grant_type") != "client_credentials" ||
			r.FormValue("client_id") != anApp || r.FormValue("scope") != "https://graph.microsoft.com/.default" || r.FormValue("client_secret") != "s+cr/t&=~x" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Form)
		}
		if code != 0 {
			w.WriteHeader(401)
			fmt.Fprintf(w, `{"error":"invalid_client","error_description":"AADSTS%d: Invalid client secret s+cr/t&=~x","error_codes":[%d],"trace_id":"x"}`, code, code)
			return
		}
		b64 := base64.RawURLEncoding.EncodeToString
		claims := `{"oid":"11111111-2222-3333-4444-555555555555","tid":"` + aTenant + `","appid":"` + anApp + `","app_displayname":"deployer","roles":["User.Read.All","Mail.Send"],"idtyp":"app"}`
		fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"%s.%s.%s"}`, b64([]byte(`{"alg":"RS256"}`)), b64([]byte(claims)), b64([]byte("signature")))
	})
}

func TestAzureClient(t *testing.T) {
	v := native(t, "azure-client")
	parts := partsOf(map[string]string{"secret": "s+cr/t&=~x", "tenant_id": aTenant, "client_id": anApp})
	for code, want := range map[int]leak.Status{
		0: leak.Live, 7000215: leak.Dead, 7000222: leak.Expired, 7000112: leak.Restricted, 700016: leak.Unknown, 90002: leak.Unknown, 53003: leak.Restricted,
		530003: leak.Restricted, 50196: leak.Unknown, 90033: leak.Unknown,
	} {
		n := verifytest.New(t)
		n.Serve("login.microsoftonline.com", entra(t, code))
		got := v.Verify(t.Context(), verify.Query{Parts: parts, Door: doorFor(t, n, v), Now: clock})
		wants(t, fmt.Sprint(code), got, want, "", parts)
		facts := map[string]string{"id": "11111111-2222-3333-4444-555555555555", "name": "deployer", "tenant": aTenant, "kind": "service_principal", "scopes": "Mail.Send User.Read.All"}
		if diff := cmp.Diff(facts, got.Facts); code == 0 && diff != "" {
			t.Errorf("facts (-want +got):\n%s", diff)
		}
	}
	misbehaves(t, v, verify.Query{Parts: parts, Now: clock}, "login.microsoftonline.com")
	for name, bad := range map[string]map[string]string{
		"no tenant": {"secret": "x", "client_id": anApp}, "a path": {"secret": "x", "client_id": anApp, "tenant_id": "../" + aTenant[3:]},
	} {
		got := v.Verify(t.Context(), verify.Query{Parts: partsOf(bad), Now: clock}) // no door: nothing is sent
		wants(t, name, got, leak.Unknown, "tenant id", nil)
	}
}

// blobServer is a storage account: it checks signatures by hand.
type blobServer struct {
	t      *testing.T
	key    []byte
	now    time.Time
	code   string // of an error instead
	detail string
	sas    string // that is right
	asked  []string
}

func (s *blobServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.now.UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/xml")
	s.asked = append(s.asked, r.Host+r.URL.Path)
	fail := func(code, detail string) {
		w.WriteHeader(403)
		io.WriteString(w, "\ufeff"+`<?xml version="1.0" encoding="utf-8"?><Error><Code>`+code+`</Code><Message>Server failed to authenticate the request.</Message><AuthenticationErrorDetail>`+detail+`</AuthenticationErrorDetail></Error>`)
	}
	q := r.URL.Query()
	if q.Get("restype") != "account" || q.Get("comp") != "properties" || r.Method != "GET" {
		s.t.Errorf("%s %s", r.Method, r.URL)
	}
	at, _ := http.ParseTime(r.Header.Get("X-Ms-Date"))
	mac := hmac.New(sha256.New, s.key)
	io.WriteString(mac, "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:"+r.Header.Get("X-Ms-Date")+"\nx-ms-version:"+r.Header.Get("X-Ms-Version")+"\n/acmeprod/\ncomp:properties\nrestype:account")
	switch {
	case s.code != "":
		fail(s.code, s.detail)
	case q.Get("sig") != "" && q.Get("sig") != s.sas:
		fail("AuthenticationFailed", "Signature did not match. String to sign used was acmeprod r b s")
	case q.Get("sig") == "" && s.now.Sub(at).Abs() > 15*time.Minute:
		fail("AuthenticationFailed", "Request date header too old: 'Thu, 01 Jan 2026 00:00:00 GMT'")
	case q.Get("sig") == "" && r.Header.Get("Authorization") != "SharedKey acmeprod:"+base64.StdEncoding.EncodeToString(mac.Sum(nil)):
		fail("AuthenticationFailed", "The MAC signature found in the HTTP request 'x' is not the same as any computed signature. Server used following string to sign: 'GET'.")
	default:
		w.Header().Set("x-ms-sku-name", "Standard_LRS")
		w.Header().Set("x-ms-account-kind", "StorageV2")
	}
}

func TestAzureStorage(t *testing.T) {
	v := native(t, "azure-storage")
	key := []byte(strings.Repeat("0123456789abcdef", 4))
	parts := func(key []byte, more ...string) leak.Parts {
		m := map[string]string{"secret": base64.StdEncoding.EncodeToString(key), "account": "acmeprod"}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return partsOf(m)
	}
	other := []byte(strings.Repeat("abcdef0123456789", 4))
	for _, tt := range []struct {
		name   string
		server blobServer
		parts  leak.Parts
		want   leak.Status
		reason string
	}{
		{"right", blobServer{}, parts(key), leak.Live, "200 OK"},
		{"of China", blobServer{}, parts(key, "domain", "core.chinacloudapi.cn"), leak.Live, "200 OK"},
		{"renewed", blobServer{}, parts(other), leak.Dead, "AuthenticationFailed"},
		{"their clock", blobServer{now: clock.Add(-time.Hour)}, parts(key), leak.Live, "200 OK"},
		{"their clock, renewed", blobServer{now: clock.Add(-time.Hour)}, parts(other), leak.Dead, "AuthenticationFailed"},
		{"switched off", blobServer{code: "KeyBasedAuthenticationNotPermitted"}, parts(key), leak.Restricted, "switched off"},
		{"firewall", blobServer{code: "AuthorizationFailure"}, parts(key), leak.Unknown, "AuthorizationFailure"},
		{"another refusal", blobServer{code: "AuthenticationFailed", detail: "?"}, parts(key), leak.Unknown, "AuthenticationFailed"},
		{"no account", blobServer{}, partsOf(map[string]string{"secret": "eA=="}), leak.Unknown, "needs the account's name"},
		{"of Cosmos DB", blobServer{}, parts(key, "host", "acme.documents.azure.com"), leak.Unknown, "acme.documents.azure.com"},
		{"another domain", blobServer{}, parts(key, "domain", "evil.example"), leak.Unknown, "of no cloud"},
		{"another account", blobServer{}, parts(key, "account", "x.evil.example/"), leak.Unknown, "is none"},
		{"no key", blobServer{}, parts(key[:40]), leak.Unknown, "cannot be read"},
	} {
		tt.server.t, tt.server.key = t, key
		if tt.server.now.IsZero() {
			tt.server.now = clock
		}
		n := verifytest.New(t)
		n.Serve("*", &tt.server)
		got := v.Verify(t.Context(), verify.Query{Parts: tt.parts, Door: doorFor(t, n, v), Now: clock})
		wants(t, tt.name, got, tt.want, tt.reason, tt.parts)
		if got.Status == leak.Live && (got.Facts["name"] != "acmeprod" || !strings.HasSuffix(got.Facts["server"], " StorageV2 Standard_LRS")) {
			t.Errorf("%s: facts %v", tt.name, got.Facts)
		}
	}
	misbehaves(t, v, verify.Query{Parts: parts(key), Now: clock}, "acmeprod.blob.core.windows.net")
}

func TestAzureSAS(t *testing.T) {
	v := native(t, "azure-sas")
	sig := strings.Repeat("a1+/", 10) + "abc="
	escaped := strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(sig)
	token := func(text string) leak.Parts {
		return partsOf(map[string]string{"secret": text, "account": "acmeprod", "entity": "/backups/2025/all.tgz"})
	}
	account := "sv=2024-11-04&ss=bf&srt=sco&sp=rl&se=2027-01-01T00:00:00Z&sig="
	for _, tt := range []struct {
		name, token string
		server      blobServer
		want        leak.Status
		asked       string
	}{
		{"of an account", account + escaped, blobServer{sas: sig}, leak.Live, "acmeprod.blob.core.windows.net/"},
		{"not escaped", account + sig, blobServer{sas: sig}, leak.Live, "acmeprod.blob.core.windows.net/"},
		{"in HTML", strings.ReplaceAll(account+escaped, "&", "&amp;"), blobServer{sas: sig}, leak.Live, "acmeprod.blob.core.windows.net/"},
		{"of a container", "sp=r&se=2027-01-01&sv=2024-11-04&sr=c&sig=" + escaped, blobServer{sas: sig}, leak.Live, "acmeprod.blob.core.windows.net/backups"},
		{"of a blob", "sp=r&se=2027-01-01&sv=2024-11-04&sr=b&sig=" + escaped, blobServer{sas: sig}, leak.Live, "acmeprod.blob.core.windows.net/backups/2025/all.tgz"},
		{"of a policy", "si=nightly&sv=2024-11-04&sr=c&sig=" + escaped, blobServer{sas: sig}, leak.Live, "acmeprod.blob.core.windows.net/backups"},
		{"ended", "sp=r&se=2025-01-01&sv=2024-11-04&sr=c&sig=" + escaped, blobServer{sas: sig}, leak.Expired, ""},
		{"ended there", account + escaped, blobServer{code: "AuthenticationFailed", detail: "Signature not valid in the specified time frame: Start [x] - Expiry [y]"}, leak.Expired, "acmeprod.blob.core.windows.net/"},
		{"key renewed", account + escaped, blobServer{sas: "other"}, leak.Dead, "acmeprod.blob.core.windows.net/"},
		{"for another address", account + escaped, blobServer{code: "AuthorizationSourceIPMismatch"}, leak.Restricted, "acmeprod.blob.core.windows.net/"},
		{"of a queue", "sv=2024-11-04&ss=q&srt=sco&sp=rl&se=2027-01-01&sig=" + escaped, blobServer{sas: sig}, leak.Unknown, ""},
		{"no signature", "sv=2024-11-04&ss=b&se=2027-01-01", blobServer{}, leak.Unknown, ""},
	} {
		tt.server.t, tt.server.now = t, clock
		n := verifytest.New(t)
		n.Serve("*", &tt.server)
		q := verify.Query{Parts: token(tt.token), Door: doorFor(t, n, v), Now: clock}
		got := v.Verify(t.Context(), q)
		wants(t, tt.name, got, tt.want, "", q.Parts)
		if asked := strings.Join(tt.server.asked, " "); asked != tt.asked {
			t.Errorf("%s: asked %q, want %q", tt.name, asked, tt.asked)
		}
		if got.Status == leak.Live && tt.name != "of a policy" && got.Facts["expires"] != "2027-01-01T00:00:00Z" {
			t.Errorf("%s: facts %v", tt.name, got.Facts)
		}
		if calls, err := v.Plan(q); len(calls) > 0 && err == nil && tt.asked == "" {
			t.Errorf("%s: plans %v", tt.name, calls)
		}
	}
	s := &blobServer{t: t, now: clock, sas: sig}
	n := verifytest.New(t)
	n.Serve("*", s)
	q := verify.Query{Parts: token("sv=2077-99-99&ss=x&sp=q&se=2000-01-01&sig=made"), Door: doorFor(t, n, v), Now: clock, Control: true}
	wants(t, "control", v.Verify(t.Context(), q), leak.Dead, "", nil)
	q.Parts, q.Control = token("sv=2024-11-04&sr=b&se=2027-01-01&sig="+escaped), false
	q.Parts["entity"] = leak.NewSecret("/a/%2e%2e/b")
	wants(t, "dots", v.Verify(t.Context(), q), leak.Unknown, "segment", nil)
	misbehaves(t, v, verify.Query{Parts: token(account + escaped), Now: clock}, "acmeprod.blob.core.windows.net")
}
