package verify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// azureSuffixes are the clouds that storage accounts are in, the public one
// first.
var azureSuffixes = []string{"core.windows.net", "core.usgovcloudapi.net", "core.chinacloudapi.cn"}

var accountForm = lazy.New(`^[a-z0-9]{3,24}$`)

func azureBlobHosts() (out []string) {
	for _, s := range azureSuffixes {
		out = append(out, ".blob."+s)
	}
	return out
}

// blobHost is where the account of a query answers.
func (q *Query) blobHost() (string, error) {
	account, suffix := q.part("account"), q.part("domain")
	switch {
	case account == "":
		return "", need("account's name")
	case !accountForm.MatchString(account):
		return "", problem("the account's name beside it is none")
	case suffix == "":
		suffix = azureSuffixes[0]
	case !slices.Contains(azureSuffixes, suffix):
		return "", problem("the suffix beside it is of no cloud that is known")
	}
	return account + ".blob." + suffix, nil
}

// azureStorage asks what kind of account a storage account is, which reads
// nothing in it
// (https://learn.microsoft.com/en-us/rest/api/storageservices/get-account-information).
// The key signs the request and is not sent
// (https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-shared-key).
type azureStorage struct{}

func (azureStorage) Class() leak.Class { return leak.S1 }
func (azureStorage) Control() string   { return "" }
func (azureStorage) Hosts() []string   { return azureBlobHosts() }

func (azureStorage) Plan(q Query) ([]Call, error) {
	host, _, err := azureKey(&q)
	return []Call{{leak.S1, "GET", host, "/?comp=properties&restype=account"}}, err
}

func azureKey(q *Query) (host string, key []byte, err error) {
	if other := q.part("host"); other != "" {
		return "", nil, problem("it belongs to " + other + ", which has no question about a key alone")
	}
	if host, err = q.blobHost(); err != nil {
		return "", nil, err
	}
	key, err = base64.StdEncoding.DecodeString(q.part(leak.SecretPart))
	if err != nil || len(key) != 64 {
		return "", nil, errKey
	}
	return host, key, nil
}

func (azureStorage) Verify(ctx context.Context, q Query) leak.Verdict {
	host, key, err := azureKey(&q)
	if err != nil {
		return stopped(leak.S1, err)
	}
	now := q.Now
	for try := 0; ; try++ {
		r := azureInfo(host, "/", nil)
		date := now.UTC().Format(http.TimeFormat)
		r.Header.Set("X-Ms-Date", date)
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte("GET" + strings.Repeat("\n", 12) + "x-ms-date:" + date + "\nx-ms-version:" + azureVersion + "\n/" + q.part("account") + "/\ncomp:properties\nrestype:account"))
		r.Header.Set("Authorization", "SharedKey "+q.part("account")+":"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		a, v := q.call(ctx, leak.S1, r)
		if a == nil {
			return v
		}
		e := azureErrorOf(a)
		if d, ok := a.skew(now); ok && try == 0 && e.Code == "AuthenticationFailed" && !e.mismatch() {
			now = now.Add(d)
			continue
		}
		return azureVerdict(&q, a, e, v)
	}
}

const azureVersion = "2021-12-02"

// azureInfo asks for the kind of an account.
func azureInfo(host, path string, more url.Values) *http.Request {
	query := url.Values{"comp": {"properties"}, "restype": {"account"}}
	for name, values := range more {
		query[name] = values
	}
	r := newGet(&url.URL{Scheme: "https", Host: host, Path: path, RawQuery: query.Encode()})
	r.Header.Set("Accept", "application/xml")
	r.Header.Set("X-Ms-Version", azureVersion)
	return r
}

type azureError struct {
	XMLName xml.Name `xml:"Error"`
	Code    string   `xml:"Code"`
	Detail  string   `xml:"AuthenticationErrorDetail"`
}

func azureErrorOf(a *answer) (e azureError) {
	if a.Status < 400 || !a.xml(&e) {
		return azureError{}
	}
	return e
}

// mismatch reports whether the signature is another one than the service has
// computed, with any of the account's keys.
func (e azureError) mismatch() bool {
	return strings.Contains(e.Detail, "is not the same as any computed signature") || strings.HasPrefix(e.Detail, "Signature did not match")
}

// azureVerdict reads an answer of the blob service
// (https://learn.microsoft.com/en-us/rest/api/storageservices/common-rest-api-error-codes).
func azureVerdict(q *Query, a *answer, e azureError, v leak.Verdict) leak.Verdict {
	switch {
	case a.Status == http.StatusOK && a.Header.Get("X-Ms-Sku-Name") != "":
		v = is(v, leak.Live, statusText(a.Status))
		v.Facts = tidyFacts(q, map[string]string{
			leak.FactName: q.part("account"), leak.FactKind: "api_key",
			leak.FactServer: v.Host + " " + a.Header.Get("X-Ms-Account-Kind") + " " + a.Header.Get("X-Ms-Sku-Name"),
		})
		return v
	case e.Code == "AuthenticationFailed" && e.mismatch():
		return is(v, leak.Dead, "AuthenticationFailed: not a key of this account")
	case e.Code == "AuthenticationFailed" && strings.HasPrefix(e.Detail, "Signature not valid in the specified time frame"):
		return is(v, leak.Expired, "AuthenticationFailed: not valid at this time")
	case slices.Contains(azureScoped, e.Code):
		return is(v, leak.Restricted, e.Code)
	case e.Code == "KeyBasedAuthenticationNotPermitted":
		return is(v, leak.Restricted, e.Code+": the account's keys are switched off")
	case codeForm.MatchString(e.Code):
		return is(v, leak.Unknown, statusText(a.Status)+": "+e.Code)
	}
	return v
}

// azureScoped are the refusals that come after the signature was found right:
// it is for something else, or from somewhere else.
var azureScoped = []string{
	"AuthorizationPermissionMismatch", "AuthorizationProtocolMismatch", "AuthorizationResourceTypeMismatch",
	"AuthorizationServiceMismatch", "AuthorizationSourceIPMismatch",
}

// azureSAS asks with a shared access signature what kind of account it is for,
// at the place that it is for
// (https://learn.microsoft.com/en-us/rest/api/storageservices/create-account-sas, create-service-sas).
// One that has ended is not sent.
type azureSAS struct{}

func (azureSAS) Class() leak.Class { return leak.S1 }
func (azureSAS) Control() string   { return "" }
func (azureSAS) Hosts() []string   { return azureBlobHosts() }

func (azureSAS) Plan(q Query) ([]Call, error) {
	sas := readSAS(q.part(leak.SecretPart))
	if sas.ended(q.Now) {
		return nil, nil
	}
	host, err := q.blobHost()
	if err == nil {
		_, err = sas.path(q.part("entity"))
	}
	return []Call{{leak.S1, "GET", host, "/${entity}?comp=properties&restype=account"}}, err
}

func (azureSAS) Verify(ctx context.Context, q Query) leak.Verdict {
	sas := readSAS(q.part(leak.SecretPart))
	if q.Control { // its dates and permissions are made up, too
		sas = sasToken{"sv": "2022-11-02", "ss": "b", "srt": "s", "sp": "r", "se": q.Now.Add(24 * time.Hour).UTC().Format(time.RFC3339), "sig": sas["sig"]}
	}
	facts := tidyFacts(&q, map[string]string{leak.FactExpires: sas["se"], leak.FactScopes: sas["sp"], leak.FactName: q.part("account")})
	if sas.ended(q.Now) {
		return leak.Verdict{Status: leak.Expired, Reason: endedAt(sas.end()), Facts: facts}
	}
	host, err := q.blobHost()
	if err != nil {
		return stopped(leak.S1, err)
	}
	path, err := sas.path(q.part("entity"))
	if err != nil {
		return stopped(leak.S1, err)
	}
	more := url.Values{}
	for name, value := range sas {
		more.Set(name, value)
	}
	a, v := q.call(ctx, leak.S1, azureInfo(host, path, more))
	if a == nil {
		return v
	}
	v = azureVerdict(&q, a, azureErrorOf(a), v)
	if v.Status == leak.Live {
		v.Facts[leak.FactExpires], v.Facts[leak.FactScopes] = facts[leak.FactExpires], facts[leak.FactScopes]
	}
	return v
}
