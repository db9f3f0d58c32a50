package verify

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// ovhKey asks what a consumer key of OVHcloud is worth that belongs to an
// application: GET /auth/currentCredential
// (https://eu.api.ovh.com/console/?section=%2Fauth&branch=v1). The application's
// secret is never sent: it signs the request, with SHA-1, as OVHcloud wants it
// (https://github.com/ovh/python-ovh, Client.raw_call). The consumer key is sent,
// and opens nothing without the secret. Keys are known where they were made
// alone: in Europe, Canada or the United States.
type ovhKey struct{}

// ovhHosts are those of the regions, in the order in which they are asked.
var ovhHosts = []struct{ region, host string }{
	{"ovh-eu", "eu.api.ovh.com"}, {"ovh-ca", "ca.api.ovh.com"}, {"ovh-us", "api.us.ovhcloud.com"},
}

const ovhPath = "/1.0/auth/currentCredential"

func (ovhKey) Class() leak.Class { return leak.S0 }
func (ovhKey) Control() string   { return "" }

func (ovhKey) Hosts() (out []string) {
	for _, h := range ovhHosts {
		out = append(out, h.host)
	}
	return out
}

// servers are those of the region that stands beside the key, or all.
func (ovhKey) servers(q *Query) (out []server) {
	for _, h := range ovhHosts {
		if region := q.part("region"); region == "" || region == h.region {
			out = append(out, server{scheme: "https", host: h.host})
		}
	}
	return q.only(out, "")
}

var (
	ovhAppKey = lazy.New(`^[0-9A-Za-z]{16}$`)
	ovhLong   = lazy.New(`^[0-9A-Za-z]{32}$`)
)

func ovhParts(q *Query) error {
	switch {
	case !ovhAppKey.MatchString(q.part("app_key")):
		return need("application key")
	case !ovhLong.MatchString(q.part("consumer_key")):
		return need("consumer key")
	case !ovhLong.MatchString(q.part(leak.SecretPart)):
		return problem("the secret is of no form that OVHcloud has")
	}
	return nil
}

func (o ovhKey) Plan(q Query) (out []Call, err error) {
	for _, s := range o.servers(&q) {
		out = append(out, Call{leak.S0, "GET", s.host, ovhPath})
	}
	if len(out) == 0 {
		return nil, problem("the endpoint beside it is none")
	}
	return out, ovhParts(&q)
}

func (o ovhKey) Verify(ctx context.Context, q Query) leak.Verdict {
	if _, err := o.Plan(q); err != nil {
		return stopped(leak.S0, err)
	}
	var unclear, refused *leak.Verdict
	var all heard
	for _, s := range o.servers(&q) {
		v, known := q.ovh(ctx, s)
		all.add(v)
		switch {
		case known: // the application is of this region
			return all.in(v)
		case v.Status != leak.Dead && unclear == nil:
			unclear = &v
		case v.Status == leak.Dead:
			refused = &v
		}
		if ctx.Err() != nil {
			break
		}
	}
	if unclear != nil {
		return all.in(*unclear)
	}
	return all.in(*refused)
}

// ovh asks at one server, and once more if it says that our clock is wrong. known
// tells that it knows the application, so that no other does.
func (q *Query) ovh(ctx context.Context, s server) (v leak.Verdict, known bool) {
	now := q.Now
	for try := 0; ; try++ {
		target := s.at(ovhPath)
		r := newGet(target)
		stamp := strconv.FormatInt(now.Unix(), 10)
		r.Header.Set("X-Ovh-Application", q.part("app_key"))
		r.Header.Set("X-Ovh-Consumer", q.part("consumer_key"))
		r.Header.Set("X-Ovh-Timestamp", stamp)
		r.Header.Set("X-Ovh-Signature", ovhSign(q.part(leak.SecretPart), q.part("consumer_key"), target, stamp))
		a, v := q.call(ctx, leak.S0, r)
		if a == nil {
			return v, false
		}
		// A request of another time is refused in the words for a key that is not
		// known.
		if d, ok := a.skew(now); ok && a.Status >= 400 && try == 0 {
			now = now.Add(d)
			continue
		}
		code := a.text("errorCode")
		return q.ovhVerdict(a, v), a.text("credentialId") != "" || slices.Contains(ovhKnown, code)
	}
}

// ovhKnown are the errors about an application that is known.
var ovhKnown = []string{"NOT_GRANTED_CALL", "NOT_CREDENTIAL", "INVALID_CREDENTIAL", "INVALID_SIGNATURE"}

// ovhSign makes "$1$" and SHA-1 of what is asked.
func ovhSign(secret, consumer string, target *url.URL, stamp string) string {
	sum := sha1.Sum([]byte(secret + "+" + consumer + "+GET+" + target.String() + "++" + stamp))
	return "$1$" + hex.EncodeToString(sum[:])
}

// ovhVerdict reads an answer. Its codes are those that OVHcloud's own clients
// know (https://github.com/ovh/python-ovh, ovh/exceptions.py, and
// https://github.com/ovh/go-ovh).
func (q *Query) ovhVerdict(a *answer, v leak.Verdict) leak.Verdict {
	code := a.text("errorCode")
	said := fmt.Sprintf("%d %s", a.Status, code)
	switch {
	case a.Status == 200 && a.text("credentialId") != "":
		v = ovhState(a, v)
		facts := map[string]string{
			leak.FactCredential: a.text("credentialId"), leak.FactID: a.text("applicationId"), leak.FactKind: "oauth_app",
			leak.FactCreated: a.text("creation"), leak.FactExpires: a.text("expiration"), leak.FactLastUsed: a.text("lastUse"),
		}
		v.Facts = tidyFacts(q, facts)
	case a.Status == 403 && code == "NOT_GRANTED_CALL":
		v = is(v, leak.Restricted, said+": it is let in, and may not ask about itself")
	case a.Status == 403 && code == "INVALID_KEY":
		v = is(v, leak.Dead, said+": the application is not known")
	case a.Status == 403 && (code == "NOT_CREDENTIAL" || code == "INVALID_CREDENTIAL"):
		v = is(v, leak.Dead, said+": the consumer key is unknown, expired or revoked")
	case a.Status == 400 && code == "INVALID_SIGNATURE" && q.Control:
		v = is(v, leak.Dead, said)
	case a.Status == 400 && code == "INVALID_SIGNATURE":
		v.Reason = said + ": the secret, and the keys that stand near it, do not belong together"
	case a.Status >= 400 && codeForm.MatchString(code):
		v.Reason = said
	}
	return v
}

// ovhState is what a credential that may be read is worth.
func ovhState(a *answer, v leak.Verdict) leak.Verdict {
	switch state := a.text("status"); state {
	case "validated":
		return is(v, leak.Live, statusText(a.Status))
	case "expired":
		return is(v, leak.Expired, "200 OK: expired")
	case "refused":
		return is(v, leak.Dead, "200 OK: refused by its owner")
	case "pendingValidation":
		return is(v, leak.Restricted, "200 OK: its owner has not confirmed it yet")
	}
	return v
}
