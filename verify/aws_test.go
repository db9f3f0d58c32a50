package verify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
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

// awsServer is STS and IAM of a partition: it checks signatures by hand, as
// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
// describes them.
type awsServer struct {
	keys    map[string]string // id -> secret
	session string            // that the key needs
	region  string
	now     time.Time
	arn     string
	actions []string // that were answered
	denied  bool     // IAM says no
}

func (s *awsServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.now.UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "text/xml")
	fail := func(status int, code, message string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>x</RequestId></ErrorResponse>`, code, message)
	}
	auth := r.Header.Get("Authorization")
	id, _, _ := strings.Cut(strings.TrimPrefix(auth, "AWS4-HMAC-SHA256 Credential="), "/")
	secret, known := s.keys[id]
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	switch {
	case r.Method != "GET" || err != nil:
		fail(400, "IncompleteSignature", "no")
		return
	case s.now.Sub(at).Abs() > 5*time.Minute:
		fail(403, "SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier than 20260101T100000Z")
		return
	case !known || r.Header.Get("X-Amz-Security-Token") != s.session:
		fail(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
		return
	case !strings.HasSuffix(auth, "Signature="+s.sign(r, secret, at)):
		fail(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
		return
	}
	action := r.URL.Query().Get("Action")
	s.actions = append(s.actions, action)
	if s.denied && action != "GetCallerIdentity" {
		fail(403, "AccessDenied", "User is not authorized to perform: iam:"+action)
		return
	}
	io.WriteString(w, map[string]string{
		"GetCallerIdentity": `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>` + s.arn +
			`</Arn><UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
		"GetUser":              `<GetUserResponse><GetUserResult><User><UserName>alice</UserName><CreateDate>2020-01-01T00:00:00Z</CreateDate></User></GetUserResult></GetUserResponse>`,
		"ListUserTags":         `<ListUserTagsResponse><ListUserTagsResult><Tags><member><Key>Env</Key><Value>prod</Value></member><member><Key>Owner</Key><Value>payments</Value></member></Tags></ListUserTagsResult></ListUserTagsResponse>`,
		"ListAccessKeys":       `<ListAccessKeysResponse><ListAccessKeysResult><AccessKeyMetadata><member><AccessKeyId>OTHER</AccessKeyId><CreateDate>2001-01-01T00:00:00Z</CreateDate></member><member><AccessKeyId>` + id + `</AccessKeyId><Status>Active</Status><CreateDate>2024-05-06T07:08:09Z</CreateDate></member></AccessKeyMetadata></ListAccessKeysResult></ListAccessKeysResponse>`,
		"GetAccessKeyLastUsed": `<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><AccessKeyLastUsed><LastUsedDate>2025-12-24T00:00:00Z</LastUsedDate></AccessKeyLastUsed></GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>`,
	}[action])
}

func (s *awsServer) sign(r *http.Request, secret string, at time.Time) string {
	_, list, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	list, _, _ = strings.Cut(list, ",")
	headers := ""
	for name := range strings.SplitSeq(list, ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		headers += name + ":" + value + "\n"
	}
	sum := func(text string) string { h := sha256.Sum256([]byte(text)); return hex.EncodeToString(h[:]) }
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		io.WriteString(h, text)
		return h.Sum(nil)
	}
	service, _, _ := strings.Cut(r.Host, ".")
	scope := at.Format("20060102") + "/" + s.region + "/" + service + "/aws4_request"
	text := "AWS4-HMAC-SHA256\n" + at.Format("20060102T150405Z") + "\n" + scope + "\n" +
		sum(r.Method+"\n/\n"+r.URL.RawQuery+"\n"+headers+"\n"+list+"\n"+sum(""))
	key := mac([]byte("AWS4"+secret), at.Format("20060102"))
	for _, part := range []string{s.region, service, "aws4_request", text} {
		key = mac(key, part)
	}
	return hex.EncodeToString(key)
}

// awsWorld has the four partitions; keys are of the one that is named.
func awsWorld(t *testing.T, key *awsServer) *verifytest.Net {
	n := verifytest.New(t)
	for region, hosts := range map[string][]string{
		"us-east-1":     {"sts.amazonaws.com", "iam.amazonaws.com"},
		"us-gov-west-1": {"sts.us-gov-west-1.amazonaws.com", "iam.us-gov.amazonaws.com"},
		"cn-north-1":    {"sts.cn-north-1.amazonaws.com.cn", "iam.cn-north-1.amazonaws.com.cn"},

		"eusc-de-east-1": {"sts.eusc-de-east-1.amazonaws.eu", "iam.eusc-de-east-1.amazonaws.eu"},
	} {
		s := &awsServer{region: region, now: key.now}
		if region == key.region {
			s = key
		}
		for _, h := range hosts {
			n.Serve(h, s)
		}
	}
	return n
}

func awsParts(id, secret, session string) leak.Parts {
	return partsOf(map[string]string{"key_id": id, "secret": secret, "session_token": session})
}

func awsBeside(region string) leak.Parts {
	parts := awsParts(awsID, awsSecret, "")
	parts["region"] = leak.NewSecret(region)
	return parts
}

var (
	awsID     = "AKI" + "A" + strings.Repeat("Q7", 8)
	awsSecret = strings.Repeat("s3cR/t+K", 5)
)

func TestAWS(t *testing.T) {
	v := native(t, "aws-sts")
	good := func() *awsServer {
		return &awsServer{keys: map[string]string{awsID: awsSecret}, region: "us-east-1", now: clock, arn: "arn:aws:iam::123456789012:user/ops/alice"}
	}
	for _, tt := range []struct {
		name   string
		change func(s *awsServer)
		parts  leak.Parts
		want   leak.Status
		reason string
	}{
		{"right", nil, awsParts(awsID, awsSecret, ""), leak.Live, "200 OK"},
		{"deleted", func(s *awsServer) { s.keys = nil }, awsParts(awsID, awsSecret, ""), leak.Dead, "InvalidClientTokenId"},
		{"wrong secret", nil, awsParts(awsID, awsSecret[1:]+"x", ""), leak.Unknown, "do not belong together"},
		{"of GovCloud", func(s *awsServer) { s.region = "us-gov-west-1" }, awsParts(awsID, awsSecret, ""), leak.Live, "200 OK"},
		{"of China", func(s *awsServer) { s.region = "cn-north-1" }, awsParts(awsID, awsSecret, ""), leak.Live, "200 OK"},
		{"of the European Sovereign Cloud", func(s *awsServer) { s.region = "eusc-de-east-1" }, awsParts(awsID, awsSecret, ""), leak.Live, "200 OK"},
		{"deleted, of the Sovereign Cloud", func(s *awsServer) { s.keys = nil }, awsBeside("eusc-de-east-1"), leak.Dead, "InvalidClientTokenId"},
		{"of iso", func(s *awsServer) { s.keys = nil }, awsBeside("us-iso-east-1"), leak.Unknown, "us-iso-east-1 beside it"},
		{"of iso-b", func(s *awsServer) { s.keys = nil }, awsBeside("us-isob-east-1"), leak.Unknown, "not there"},
		{"of iso-e", func(s *awsServer) { s.keys = nil }, awsBeside("eu-isoe-west-1"), leak.Unknown, "not there"},
		{"of iso-f", func(s *awsServer) { s.keys = nil }, awsBeside("us-isof-south-1"), leak.Unknown, "not there"},
		{"beside iso", nil, awsBeside("us-iso-east-1"), leak.Live, "200 OK"},
		{"of China, wrong secret", func(s *awsServer) { s.region = "cn-north-1" }, awsParts(awsID, awsSecret[1:]+"x", ""), leak.Unknown, "do not belong"},
		{"their clock is ahead", func(s *awsServer) { s.now = clock.Add(26 * time.Hour) }, awsParts(awsID, awsSecret, ""), leak.Live, "200 OK"},
		{"temporary", func(s *awsServer) { s.session = "IQo" + "token" }, awsParts(awsID, awsSecret, "IQo"+"token"), leak.Live, "200 OK"},
		{"temporary, half", nil, awsParts("ASI"+awsID[3:], awsSecret, ""), leak.Unknown, "needs the session token"},
		{"no id", nil, awsParts("", awsSecret, ""), leak.Unknown, "needs the key's id"},
	} {
		s := good()
		if tt.change != nil {
			tt.change(s)
		}
		n := awsWorld(t, s)
		got := v.Verify(t.Context(), verify.Query{Parts: tt.parts, Door: doorFor(t, n, v), Now: clock})
		wants(t, tt.name, got, tt.want, tt.reason, tt.parts)
		if got.Status == leak.Live {
			want := map[string]string{"id": "AIDACKCEVSQ6C2EXAMPLE", "name": "user/ops/alice", "tenant": "123456789012", "kind": "api_key"}
			if diff := cmp.Diff(want, got.Facts); diff != "" {
				t.Errorf("%s: facts (-want +got):\n%s", tt.name, diff)
			}
		}
	}
	q := verify.Query{Parts: awsParts(awsID, awsSecret, ""), Now: clock}
	misbehaves(t, v, q, "sts.amazonaws.com", "sts.us-gov-west-1.amazonaws.com", "sts.cn-north-1.amazonaws.com.cn", "sts.eusc-de-east-1.amazonaws.eu")
}

// TestAWSErrors: what the codes of STS mean.
func TestAWSErrors(t *testing.T) {
	v := native(t, "aws-sts")
	for code, want := range map[string]leak.Status{
		"ExpiredToken": leak.Expired, "AccessDenied": leak.Unknown, "Throttling": leak.Unknown, "ServiceUnavailable": leak.Unknown,
		"SignatureDoesNotMatch": leak.Unknown, "RequestExpired": leak.Unknown, "RegionDisabledException": leak.Unknown, "<x/>": leak.Unknown, "": leak.Unknown,
	} {
		n := verifytest.New(t)
		n.Serve("*", replyAs("text/xml", 403, `<ErrorResponse><Error><Code>`+code+`</Code><Message>`+awsSecret+`</Message></Error></ErrorResponse>`))
		parts := awsParts(awsID, awsSecret, "")
		wants(t, code, v.Verify(t.Context(), verify.Query{Parts: parts, Door: doorFor(t, n, v), Now: clock}), want, "", parts)
	}
}

// TestAWSPartitionsOut: that commercial AWS does not know a key proves nothing
// while the others cannot be asked.
func TestAWSPartitionsOut(t *testing.T) {
	v := native(t, "aws-sts")
	n := verifytest.New(t)
	n.Serve("sts.amazonaws.com", &awsServer{region: "us-east-1", now: clock})
	parts := awsParts(awsID, awsSecret, "")
	got := v.Verify(t.Context(), verify.Query{Parts: parts, Door: doorFor(t, n, v), Now: clock})
	wants(t, "no other partition", got, leak.Unknown, "another partition", parts)
	control := v.Verify(t.Context(), verify.Query{Parts: parts, Door: doorFor(t, n, v), Now: clock, Control: true})
	wants(t, "a made-up one", control, leak.Dead, "", parts)

	// One that works in GovCloud is compared with a made-up one there.
	n.Serve("sts.us-gov-west-1.amazonaws.com", &awsServer{region: "us-gov-west-1", now: clock})
	control = v.Verify(t.Context(), verify.Query{Parts: parts, Door: doorFor(t, n, v), Now: clock, Control: true, Only: "sts.us-gov-west-1.amazonaws.com"})
	wants(t, "a made-up one of GovCloud", control, leak.Dead, "", parts)
	if control.Host != "sts.us-gov-west-1.amazonaws.com" {
		t.Errorf("%s was asked", control.Host)
	}
}

// TestAWSExtended: dates and owner of a user's key, and no error if they may
// not be asked.
func TestAWSExtended(t *testing.T) {
	v := native(t, "aws-sts")
	s := &awsServer{keys: map[string]string{awsID: awsSecret}, region: "us-east-1", now: clock, arn: "arn:aws:iam::123456789012:user/alice"}
	n := awsWorld(t, s)
	q := verify.Query{Parts: awsParts(awsID, awsSecret, ""), Door: doorFor(t, n, v), Now: clock, Extended: true}
	got := v.Verify(t.Context(), q)
	wants(t, "extended", got, leak.Live, "", q.Parts)
	want := map[string]string{
		"id": "AIDACKCEVSQ6C2EXAMPLE", "name": "user/alice", "tenant": "123456789012", "kind": "api_key", "owner": "payments",
		"created": "2024-05-06T07:08:09Z", "active": "true", "last_used": "2025-12-24T00:00:00Z",
	}
	if diff := cmp.Diff(want, got.Facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	s.denied = true
	if got := v.Verify(t.Context(), q); got.Status != leak.Live || got.Facts["owner"] != "" || got.Facts["tenant"] == "" {
		t.Errorf("denied: %+v", got)
	}
	s.denied, s.arn, s.actions = false, "arn:aws:sts::123456789012:assumed-role/deploy/ci", nil
	if got := v.Verify(t.Context(), q); len(s.actions) != 1 || got.Facts["kind"] != "workload_identity" {
		t.Errorf("a role: asked %q, %+v", s.actions, got)
	}
	q.Control, s.actions = true, nil
	q.Parts = awsParts(awsID, "made/up", "")
	if got := v.Verify(t.Context(), q); got.Status != leak.Dead || len(s.actions) != 0 {
		t.Errorf("control: %+v", got)
	}
}
