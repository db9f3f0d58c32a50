package verify_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
)

// TestOffline: what ends a credential by itself, and what does not.
func TestOffline(t *testing.T) {
	key := newRSA(t)
	jwt := func(exp time.Time) string {
		return issue(t, "RS256", "k", key, map[string]any{"exp": exp.Unix(), "iat": exp.Add(-time.Hour).Unix()})
	}
	signed := func(from string, seconds string) string {
		q := "bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Date=" + from + "&X-Amz-Expires=" + seconds + "&X-Amz-Signature=x"
		return "bedrock-api-" + "key-" + base64.StdEncoding.EncodeToString([]byte(q))
	}
	past, future := clock.Add(-25*time.Hour), clock.Add(-23*time.Hour) // a clock may be wrong by a day
	sas := func(se string) string {
		return "sv=2024-11-04&ss=b&srt=sco&sp=r&se=" + se + "&sig=" + strings.Repeat("ab", 22)
	}
	messaging := func(se int64) string {
		return fmt.Sprintf("SharedAccessSignature sr=acme.servicebus.windows.net&sig=%s&se=%d&skn=send", strings.Repeat("ab", 22), se)
	}
	for name, tt := range map[string]struct {
		parts map[string]string
		over  bool
	}{
		"a JWT":                    {map[string]string{"secret": jwt(past)}, true},
		"a JWT that goes on":       {map[string]string{"secret": jwt(future)}, false},
		"a JWT without an end":     {map[string]string{"secret": issue(t, "RS256", "k", key, map[string]any{"sub": "x"})}, false},
		"the JWT beside a seed":    {map[string]string{"secret": "SUAxyz", "jwt": jwt(past)}, true},
		"a SAS":                    {map[string]string{"secret": sas("2026-01-01T03:04:04Z")}, true},
		"a SAS of a day":           {map[string]string{"secret": sas("2026-01-01")}, true},
		"a SAS of today":           {map[string]string{"secret": sas("2026-01-02")}, false},
		"a SAS that goes on":       {map[string]string{"secret": sas("2027-01-01T00%3A00%3A00Z")}, false},
		"a SAS without an end":     {map[string]string{"secret": sas("")}, false},
		"of a queue":               {map[string]string{"secret": messaging(past.Unix())}, true},
		"of a queue that goes on":  {map[string]string{"secret": messaging(future.Unix())}, false},
		"of a queue, in ms":        {map[string]string{"secret": messaging(past.UnixMilli())}, false},
		"Bedrock":                  {map[string]string{"secret": signed("20251231T000000Z", "43200")}, true},
		"Bedrock that goes on":     {map[string]string{"secret": signed("20260102T000000Z", "43200")}, false},
		"Bedrock, nonsense":        {map[string]string{"secret": signed("today", "-1")}, false},
		"Bedrock, for ever":        {map[string]string{"secret": signed("20260101T000000Z", "99999999999999")}, false},
		"nothing that has an end":  {map[string]string{"secret": "pw"}, false},
		"something like a JWT":     {map[string]string{"secret": "a.b.c"}, false},
		"an end that is no number": {map[string]string{"secret": issue(t, "RS256", "k", key, map[string]any{"exp": "soon"})}, false},
	} {
		parts := partsOf(tt.parts)
		v, ok := verify.Offline(func() time.Time { return clock })(&leak.Finding{Parts: parts})
		if ok != tt.over || ok && (v.Status != leak.Expired || v.Facts["expires"] == "" || v.Host != "") {
			t.Errorf("%s: %+v, %v", name, v, ok)
		}
		if ok {
			wants(t, name, v, leak.Expired, "by the clock of this machine more than a day ago", parts)
		}
	}
}
