package verify

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// alibabaSTS asks whose an access key of Alibaba Cloud is: GetCallerIdentity
// takes no permission
// (https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity).
// The secret is never sent: it signs the request. A security token is sent, and
// opens nothing without the secret. All hosts of STS do the same, so that one is
// asked
// (https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-endpoint).
type alibabaSTS struct{}

const (
	alibabaHost = "sts.aliyuncs.com"
	alibabaRAM  = "ram.aliyuncs.com"
)

// alibabaFurther are the questions about a key that works, in the mode extended.
// Both are about the caller's own keys, and may be denied to it
// (https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-getaccesskeylastused).
var alibabaFurther = []string{"ListAccessKeys", "GetAccessKeyLastUsed"}

func (alibabaSTS) Class() leak.Class { return leak.S1 }
func (alibabaSTS) Control() string   { return "" }
func (alibabaSTS) Hosts() []string   { return []string{alibabaHost, alibabaRAM} }

// FurtherHosts are those of these questions.
func (alibabaSTS) FurtherHosts() []string { return []string{alibabaRAM} }

func (alibabaSTS) Plan(q Query) ([]Call, error) {
	if err := alibabaParts(&q); err != nil {
		return nil, err
	}
	out := []Call{{leak.S1, "GET", alibabaHost, "/ (GetCallerIdentity)"}}
	if q.Extended && !q.Control {
		for _, action := range alibabaFurther {
			out = append(out, Call{leak.S2, "GET", alibabaRAM, "/ (" + action + ")"})
		}
	}
	return out, nil
}

var alibabaID = lazy.New(`^[0-9A-Za-z.]{10,64}$`)

func alibabaParts(q *Query) error {
	switch id := q.part("key_id"); {
	case id == "":
		return need("key's id")
	case !alibabaID.MatchString(id):
		return problem("the key's id beside it is none")
	case q.part(leak.SecretPart) == "":
		return need("secret of the key")
	case strings.HasPrefix(id, "STS.") && q.part("session_token") == "":
		return need("security token of a temporary key")
	}
	return nil
}

func (alibabaSTS) Verify(ctx context.Context, q Query) leak.Verdict {
	if err := alibabaParts(&q); err != nil {
		return stopped(leak.S1, err)
	}
	a, v := q.alibaba(ctx, leak.S1, alibabaHost, "2015-04-01", "GetCallerIdentity", nil)
	if a == nil {
		return v
	}
	v = alibabaVerdict(&q, a, v)
	if v.Status == leak.Live && q.Extended && !q.Control && strings.HasPrefix(v.Facts[leak.FactName], "user/") {
		v.Facts = alibabaMore(ctx, &q, v.Facts)
	}
	return v
}

// alibabaSaid is what may stand in an answer, in JSON or XML.
type alibabaSaid struct {
	Code                                                string
	IdentityType, AccountId, PrincipalId, Arn, UserName string
	AccessKeys                                          struct {
		AccessKey []struct{ AccessKeyId, Status, CreateDate string }
	}
	AccessKeyLastUsed struct{ LastUsedDate string }
}

func alibabaSays(a *answer) (out alibabaSaid) {
	if !a.xml(&out) && (a.notJSON || json.Unmarshal(a.Body, &out) != nil) {
		return alibabaSaid{}
	}
	return out
}

// alibabaVerdict reads an answer of STS. The codes are those that all services
// have, such as https://help.aliyun.com/en/dns/error-code and
// https://developer.aliyun.com/ask/278265.
func alibabaVerdict(q *Query, a *answer, v leak.Verdict) leak.Verdict {
	said := alibabaSays(a)
	if a.Status == http.StatusOK && strings.HasPrefix(said.Arn, "acs:") && said.AccountId != "" {
		v = is(v, leak.Live, statusText(a.Status))
		v.Facts = tidyFacts(q, alibabaIdentity(said))
		return v
	}
	if a.Status < 400 {
		return v
	}
	switch code := said.Code; code {
	case "InvalidAccessKeyId.NotFound":
		return is(v, leak.Dead, code+": there is no such key")
	case "InvalidAccessKeyId.Inactive":
		return is(v, leak.Dead, code+": the key is disabled")
	case "InvalidSecurityToken.Expired":
		return is(v, leak.Expired, code)
	case wrongSecret:
		if q.Control {
			return is(v, leak.Dead, code) // what a made-up secret must get
		}
		return is(v, leak.Unknown, "the key's id is known, but the secret is not its: the pieces do not belong together")
	case "InvalidTimeStamp.Expired":
		return is(v, leak.Unknown, "the clock of this machine is wrong")
	default:
		if codeForm.MatchString(code) {
			return is(v, leak.Unknown, statusText(a.Status)+": "+code)
		}
	}
	return v
}

// alibabaIdentity reads an ARN: "acs:ram::1968132000123456:user/deploy",
// "acs:ram::1968132000123456:root",
// "acs:ram::1968132000123456:assumed-role/ci/session".
func alibabaIdentity(said alibabaSaid) map[string]string {
	facts := map[string]string{leak.FactID: said.PrincipalId, leak.FactTenant: said.AccountId}
	if fields := strings.SplitN(said.Arn, ":", 5); len(fields) == 5 {
		facts[leak.FactName] = fields[4]
	}
	// A key of a user may be of a person or of a service: RAM does not say.
	facts[leak.FactKind] = map[string]string{"Account": "human_account", "RAMUser": "api_key", "AssumedRoleUser": "workload_identity"}[said.IdentityType]
	return facts
}

// alibabaMore adds what RAM says about a user's key. What may not be asked adds
// nothing.
func alibabaMore(ctx context.Context, q *Query, facts map[string]string) map[string]string {
	all, id := maps.Clone(facts), q.part("key_id")
	const version = "2015-05-01"
	if a, _ := q.alibaba(ctx, leak.S2, alibabaRAM, version, alibabaFurther[0], nil); a != nil && a.Status == http.StatusOK {
		for _, k := range alibabaSays(a).AccessKeys.AccessKey {
			if k.AccessKeyId == id {
				all[leak.FactCreated], all[leak.FactActive] = k.CreateDate, k.Status
			}
		}
	}
	user := strings.TrimPrefix(facts[leak.FactName], "user/")
	if a, _ := q.alibaba(ctx, leak.S2, alibabaRAM, version, alibabaFurther[1], url.Values{"UserAccessKeyId": {id}, "UserName": {user}}); a != nil && a.Status == http.StatusOK {
		all[leak.FactLastUsed] = alibabaSays(a).AccessKeyLastUsed.LastUsedDate
	}
	return tidyFacts(q, all)
}

// alibaba makes a signed request. If its date is refused, it is made once more
// with the date of the host.
func (q *Query) alibaba(ctx context.Context, class leak.Class, host, version, action string, query url.Values) (*answer, leak.Verdict) {
	now := q.Now
	for try := 0; ; try++ {
		r := newGet(&url.URL{Scheme: "https", Host: host, Path: "/", RawQuery: strings.ReplaceAll(query.Encode(), "+", "%20")})
		r.Header.Set("x-acs-action", action)
		r.Header.Set("x-acs-version", version)
		if token := q.part("session_token"); token != "" {
			r.Header.Set("x-acs-security-token", token)
		}
		signAlibaba(r, q.part("key_id"), q.part(leak.SecretPart), now, rand.Text())
		a, v := q.call(ctx, class, r)
		if a != nil && try == 0 && alibabaSays(a).Code == "InvalidTimeStamp.Expired" {
			if d, ok := a.skew(now); ok {
				now = now.Add(d)
				continue
			}
		}
		return a, v
	}
}

// signAlibaba signs a request without a body, with all its headers that have to
// do with Alibaba Cloud: signature version 3
// (https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature).
func signAlibaba(r *http.Request, id, secret string, now time.Time, nonce string) {
	const method = "ACS3-HMAC-SHA256"
	empty := sha256.Sum256(nil)
	hash := hex.EncodeToString(empty[:])
	r.Header.Set("x-acs-date", now.UTC().Format("2006-01-02T15:04:05Z"))
	r.Header.Set("x-acs-signature-nonce", nonce)
	r.Header.Set("x-acs-content-sha256", hash)
	headers := map[string]string{"host": r.URL.Host}
	for name := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-acs-") {
			headers[lower] = strings.TrimSpace(r.Header.Get(name))
		}
	}
	names := slices.Sorted(maps.Keys(headers))
	signed := strings.Join(names, ";")
	text := r.Method + "\n" + r.URL.EscapedPath() + "\n" + r.URL.RawQuery + "\n"
	for _, name := range names {
		text += name + ":" + headers[name] + "\n"
	}
	sum := sha256.Sum256([]byte(text + "\n" + signed + "\n" + hash))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(method + "\n" + hex.EncodeToString(sum[:])))
	r.Header.Set("Authorization", method+" Credential="+id+",SignedHeaders="+signed+",Signature="+hex.EncodeToString(mac.Sum(nil)))
}
