package verify_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// TestAlibabaSignature is the example of the documentation
// (https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature).
func TestAlibabaSignature(t *testing.T) {
	r := &http.Request{Method: "POST", Header: http.Header{}, URL: &url.URL{
		Scheme: "https", Host: "ecs.cn-shanghai.aliyuncs.com", Path: "/", RawQuery: "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
	}}
	r.Header.Set("x-acs-action", "RunInstances")
	r.Header.Set("x-acs-version", "2014-05-26")
	verify.SignAlibaba(r, "YourAccessKeyId", "YourAccess"+"KeySecret", time.Date(2023, 10, 26, 10, 22, 32, 0, time.UTC), "3156853299f313e23d1673dc12e1703d")
	const want = "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version," +
		"Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
	if got := r.Header.Get("Authorization"); got != want {
		t.Errorf("signed as\n%s, want\n%s", got, want)
	}
}

// alibabaServer is STS and RAM. The recorded answers are those of
// https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity,
// the codes those that all services have.
type alibabaServer struct {
	id, secret, session string
	now                 time.Time
	code                string // refuses with this
	identity, arn       string
	xml, denied         bool
	actions             []string
}

func (s *alibabaServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.now.UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", map[bool]string{true: "text/xml;charset=utf-8", false: "application/json;charset=utf-8"}[s.xml])
	fail := func(status int, code string) {
		w.WriteHeader(status)
		if s.xml {
			fmt.Fprintf(w, `<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>x</RequestId><HostId>%s</HostId><Code>%s</Code><Message>no</Message></Error>`, r.Host, code)
			return
		}
		fmt.Fprintf(w, `{"RequestId":"4C467B38-3910-447D-87BC-AC049166F216","HostId":%q,"Code":%q,"Message":"no"}`, r.Host, code)
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", r.Header.Get("x-acs-date"))
	again := &http.Request{Method: r.Method, Header: http.Header{}, URL: &url.URL{Scheme: "https", Host: r.Host, Path: r.URL.Path, RawQuery: r.URL.RawQuery}}
	for name, values := range r.Header {
		if strings.HasPrefix(name, "X-Acs-") {
			again.Header[name] = values
		}
	}
	verify.SignAlibaba(again, s.id, s.secret, at, r.Header.Get("x-acs-signature-nonce"))
	right := again.Header.Get("Authorization") == r.Header.Get("Authorization")
	token := r.Header.Get("x-acs-security-token")
	switch action := r.Header.Get("x-acs-action"); {
	case err != nil || s.now.Sub(at).Abs() > 15*time.Minute:
		fail(400, "InvalidTimeStamp.Expired")
	case !strings.Contains(r.Header.Get("Authorization"), "Credential="+s.id+","):
		fail(404, "InvalidAccessKeyId.NotFound")
	case s.code != "":
		fail(400, s.code)
	case token != s.session:
		fail(400, "InvalidSecurityToken.MismatchWithAccessKey")
	case !right || r.Method != "GET":
		fail(400, "SignatureDoesNotMatch")
	case s.denied && action != "GetCallerIdentity":
		fail(403, "NoPermission")
	default:
		s.actions = append(s.actions, action)
		s.answer(w, action, r.URL.Query())
	}
}

func (s *alibabaServer) answer(w io.Writer, action string, query url.Values) {
	switch {
	case action == "GetCallerIdentity" && s.xml:
		fmt.Fprintf(w, `<GetCallerIdentityResponse><IdentityType>%s</IdentityType><AccountId>1968132000123456</AccountId><PrincipalId>28877424437521</PrincipalId><Arn>%s</Arn></GetCallerIdentityResponse>`, s.identity, s.arn)
	case action == "GetCallerIdentity":
		fmt.Fprintf(w, `{"IdentityType":%q,"AccountId":"1968132000123456","RequestId":"3C87BF47","PrincipalId":"28877424437521","UserId":"216959339000","Arn":%q}`, s.identity, s.arn)
	case action == "ListAccessKeys":
		fmt.Fprintf(w, `{"AccessKeys":{"AccessKey":[{"AccessKeyId":"other","Status":"Active","CreateDate":"2001-01-23T12:33:18Z"},{"AccessKeyId":%q,"Status":"Active","CreateDate":"2020-01-23T12:33:18Z"}]}}`, s.id)
	case action == "GetAccessKeyLastUsed" && query.Get("UserAccessKeyId") == s.id && query.Get("UserName") == "ci deploy":
		io.WriteString(w, `{"AccessKeyLastUsed":{"LastUsedDate":"2025-10-21T06:37:40Z"}}`)
	}
}

var (
	alibabaID     = "LTA" + "I5t" + strings.Repeat("Q7", 9)
	alibabaSecret = strings.Repeat("s3cRet", 5)
)

func alibabaParts(id, secret, session string) leak.Parts {
	return partsOf(map[string]string{"key_id": id, "secret": secret, "session_token": session})
}

func TestAlibaba(t *testing.T) {
	v := native(t, "alibaba-sts")
	for _, tt := range []struct {
		name   string
		change func(s *alibabaServer)
		parts  leak.Parts
		want   leak.Status
		reason string
	}{
		{"right", nil, alibabaParts(alibabaID, alibabaSecret, ""), leak.Live, "200 OK"},
		{"in XML", func(s *alibabaServer) { s.xml = true }, alibabaParts(alibabaID, alibabaSecret, ""), leak.Live, "200 OK"},
		{"deleted", func(s *alibabaServer) { s.id = "x" }, alibabaParts(alibabaID, alibabaSecret, ""), leak.Dead, "InvalidAccessKeyId.NotFound"},
		{"deleted, in XML", func(s *alibabaServer) { s.id, s.xml = "x", true }, alibabaParts(alibabaID, alibabaSecret, ""), leak.Dead, "InvalidAccessKeyId.NotFound"},
		{"disabled", func(s *alibabaServer) { s.code = "InvalidAccessKeyId.Inactive" }, alibabaParts(alibabaID, alibabaSecret, ""), leak.Dead, "disabled"},
		{"wrong secret", nil, alibabaParts(alibabaID, alibabaSecret[1:]+"x", ""), leak.Unknown, "do not belong together"},
		{"their clock is ahead", func(s *alibabaServer) { s.now = clock.Add(26 * time.Hour) }, alibabaParts(alibabaID, alibabaSecret, ""), leak.Live, "200 OK"},
		{"temporary", func(s *alibabaServer) { s.id, s.session = "STS.N"+alibabaID, "CAIS"+"token" }, alibabaParts("STS.N"+alibabaID, alibabaSecret, "CAIS"+"token"), leak.Live, "200 OK"},
		{"temporary, half", nil, alibabaParts("STS.N"+alibabaID, alibabaSecret, ""), leak.Unknown, "needs the security token"},
		{"temporary, expired", func(s *alibabaServer) { s.id, s.code = "STS.N"+alibabaID, "InvalidSecurityToken.Expired" }, alibabaParts("STS.N"+alibabaID, alibabaSecret, "CAIS"+"token"), leak.Expired, "Expired"},
		{"limited", func(s *alibabaServer) { s.code = "Throttling.User" }, alibabaParts(alibabaID, alibabaSecret, ""), leak.Unknown, "Throttling.User"},
		{"a strange code", func(s *alibabaServer) { s.code = "<" + alibabaSecret + ">" }, alibabaParts(alibabaID, alibabaSecret, ""), leak.Unknown, "400"},
		{"no id", nil, alibabaParts("", alibabaSecret, ""), leak.Unknown, "needs the key's id"},
		{"an id that is none", nil, alibabaParts("LTAI,SignedHeaders=x", alibabaSecret, ""), leak.Unknown, "is none"},
	} {
		s := &alibabaServer{id: alibabaID, secret: alibabaSecret, now: clock, identity: "RAMUser", arn: "acs:ram::1968132000123456:user/ci deploy"}
		if tt.change != nil {
			tt.change(s)
		}
		n := verifytest.New(t)
		n.Serve("sts.aliyuncs.com", s)
		q := verify.Query{Parts: tt.parts, Door: doorFor(t, n, v), Now: clock}
		got := v.Verify(t.Context(), q)
		wants(t, tt.name, got, tt.want, tt.reason, tt.parts)
		if want := map[string]string{"id": "28877424437521", "name": "user/ci deploy", "tenant": "1968132000123456", "kind": "api_key"}; got.Status == leak.Live && !cmp.Equal(want, got.Facts) {
			t.Errorf("%s: facts %v", tt.name, got.Facts)
		}
	}
	q := verify.Query{Parts: alibabaParts(alibabaID, alibabaSecret, ""), Now: clock}
	misbehaves(t, v, q, "sts.aliyuncs.com")
}

// TestAlibabaExtended: dates of a user's key, and no error if they may not be
// asked.
func TestAlibabaExtended(t *testing.T) {
	v := native(t, "alibaba-sts")
	s := &alibabaServer{id: alibabaID, secret: alibabaSecret, now: clock, identity: "RAMUser", arn: "acs:ram::1968132000123456:user/ci deploy"}
	n := verifytest.New(t)
	n.Serve("sts.aliyuncs.com", s)
	n.Serve("ram.aliyuncs.com", s)
	q := verify.Query{Parts: alibabaParts(alibabaID, alibabaSecret, ""), Door: doorFor(t, n, v), Now: clock, Extended: true}
	got := v.Verify(t.Context(), q)
	want := map[string]string{
		"id": "28877424437521", "name": "user/ci deploy", "tenant": "1968132000123456", "kind": "api_key",
		"created": "2020-01-23T12:33:18Z", "active": "true", "last_used": "2025-10-21T06:37:40Z",
	}
	if got.Status != leak.Live || !cmp.Equal(want, got.Facts) {
		t.Errorf("%+v", got)
	}
	s.denied = true
	if got := v.Verify(t.Context(), q); got.Status != leak.Live || got.Facts["created"] != "" || got.Facts["tenant"] == "" {
		t.Errorf("denied: %+v", got)
	}
	s.denied, s.actions, s.identity, s.arn = false, nil, "AssumedRoleUser", "acs:ram::1968132000123456:assumed-role/ci/run"
	if got := v.Verify(t.Context(), q); len(s.actions) != 1 || got.Facts["kind"] != "workload_identity" {
		t.Errorf("a role: asked %q, %+v", s.actions, got)
	}
	q.Control, s.actions, q.Parts = true, nil, alibabaParts(alibabaID, "made"+"up", "")
	if got := v.Verify(t.Context(), q); got.Status != leak.Dead || len(s.actions) != 0 {
		t.Errorf("control: %+v", got)
	}
	if calls, err := v.Plan(verify.Query{Parts: alibabaParts(alibabaID, alibabaSecret, ""), Extended: true}); err != nil || len(calls) != 3 {
		t.Errorf("plans %v, %v", calls, err)
	}
}
