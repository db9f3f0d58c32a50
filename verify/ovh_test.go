package verify_test

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// ovhServer knows one application and one consumer key, as OVHcloud's API does.
type ovhServer struct {
	app, secret, consumer, body string
	clock                       time.Time
	asked                       int
}

func (s *ovhServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked++
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Date", s.clock.UTC().Format(http.TimeFormat))
	say := func(status int, code string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"errorCode":%q,"httpCode":"%d x","message":"no"}`, code, status)
	}
	stamp := r.Header.Get("X-Ovh-Timestamp")
	sum := sha1.Sum([]byte(s.secret + "+" + s.consumer + "+GET+https://" + r.Host + r.URL.Path + "++" + stamp))
	switch {
	case r.Header.Get("X-Ovh-Application") != s.app || stamp != fmt.Sprint(s.clock.Unix()):
		say(403, "INVALID_KEY")
	case r.Header.Get("X-Ovh-Consumer") != s.consumer:
		say(403, "NOT_CREDENTIAL")
	case r.Header.Get("X-Ovh-Signature") != "$1$"+hex.EncodeToString(sum[:]):
		say(400, "INVALID_SIGNATURE")
	case strings.HasPrefix(s.body, "{"):
		fmt.Fprint(w, s.body)
	default:
		say(403, s.body)
	}
}

func TestOVH(t *testing.T) {
	v := native(t, "ovh")
	app, secret, consumer := strings.Repeat("aK3", 5)+"x", strings.Repeat("b7Qz", 8), strings.Repeat("c9Wy", 8)
	credential := `{"credentialId":1234,"applicationId":77,"status":%q,"creation":"2025-01-02T03:04:05+00:00","expiration":null,"lastUse":"2026-01-01T00:00:00+00:00","rules":[]}`
	ok := fmt.Sprintf(credential, "validated")
	for _, test := range []struct {
		name, app, secret, consumer, region, body string
		skew                                      time.Duration
		want                                      leak.Status
		reason                                    string
	}{
		{"right", app, secret, consumer, "", ok, 0, leak.Live, ""},
		{"right, by another clock", app, secret, consumer, "", ok, time.Hour, leak.Live, ""},
		{"expired", app, secret, consumer, "", fmt.Sprintf(credential, "expired"), 0, leak.Expired, "expired"},
		{"refused", app, secret, consumer, "", fmt.Sprintf(credential, "refused"), 0, leak.Dead, "refused"},
		{"not confirmed", app, secret, consumer, "", fmt.Sprintf(credential, "pendingValidation"), 0, leak.Restricted, ""},
		{"something new", app, secret, consumer, "", fmt.Sprintf(credential, "sleeping"), 0, leak.Unknown, ""},
		{"few rights", app, secret, consumer, "", "NOT_GRANTED_CALL", 0, leak.Restricted, "let in"},
		{"ended", app, secret, consumer, "", "INVALID_CREDENTIAL", 0, leak.Dead, "INVALID_CREDENTIAL"},
		{"another error", app, secret, consumer, "", "SOMETHING", 0, leak.Unknown, "SOMETHING"},
		{"another secret", app, strings.Repeat("d", 32), consumer, "", ok, 0, leak.Unknown, "do not belong together"},
		{"another consumer", app, secret, strings.Repeat("e", 32), "", ok, 0, leak.Dead, "NOT_CREDENTIAL"},
		{"another application", strings.Repeat("f", 16), secret, consumer, "", ok, 0, leak.Dead, "INVALID_KEY"},
		{"of Europe", app, secret, consumer, "ovh-eu", ok, 0, leak.Dead, "INVALID_KEY"},
		{"of Canada", app, secret, consumer, "ovh-ca", ok, 0, leak.Live, ""},
		{"no consumer key", app, secret, "", "", ok, 0, leak.Unknown, "needs the consumer key"},
		{"a new line", app, secret, consumer[:30] + "\r\n", "", ok, 0, leak.Unknown, "needs the consumer key"},
	} {
		n := verifytest.New(t)
		now := clock.Add(test.skew)
		ca := &ovhServer{app: app, secret: secret, consumer: consumer, body: test.body, clock: now}
		n.Serve("ca.api.ovh.com", ca)
		for _, host := range []string{"eu.api.ovh.com", "api.us.ovhcloud.com"} {
			n.Serve(host, &ovhServer{app: "another", clock: now})
		}
		parts := partsOf(map[string]string{"secret": test.secret, "app_key": test.app, "consumer_key": test.consumer, "region": test.region})
		if test.region == "" {
			delete(parts, "region")
		}
		got := v.Verify(t.Context(), verify.Query{Rule: "ovh-application-secret", Parts: parts, Now: clock, Door: doorFor(t, n, v)})
		wants(t, test.name, got, test.want, test.reason, parts)
		if test.name == "right" && (got.Facts["credential"] != "1234" || got.Facts["created"] != "2025-01-02T03:04:05Z" || got.Host != "ca.api.ovh.com") {
			t.Errorf("%+v", got)
		}
		if test.region == "ovh-eu" && ca.asked > 0 {
			t.Error("Canada was asked about a key of Europe")
		}
	}
	// A made-up secret is refused, which is what the negative control wants to see.
	n := verifytest.New(t)
	n.Serve("*", &ovhServer{app: app, secret: secret, consumer: consumer, body: ok, clock: clock})
	parts := partsOf(map[string]string{"secret": strings.Repeat("g", 32), "app_key": app, "consumer_key": consumer})
	if got := v.Verify(t.Context(), verify.Query{Parts: parts, Now: clock, Control: true, Door: doorFor(t, n, v)}); got.Status != leak.Dead {
		t.Errorf("control: %+v", got)
	}
}
