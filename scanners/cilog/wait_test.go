package cilog

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A server that is broken may ask for some time, not for weeks in which nobody sees why a
// run does not end.
func TestBrokenServiceIsNotWaitedForForever(t *testing.T) {
	for after, tries := range map[string]int{"": maxTries, "60": maxTries, "2000000": 1, "99999999999999": 1} {
		c, err := newClient("https://ci.acme.example", "")
		if err != nil {
			t.Fatal(err)
		}
		asked, longest := 0, time.Duration(0)
		c.sleep = func(_ context.Context, d time.Duration) error {
			longest = max(longest, d)
			return nil
		}
		c.http = roundTrip(func(r *http.Request) (*http.Response, error) {
			asked++
			h := http.Header{}
			h.Set("Retry-After", after)
			return &http.Response{StatusCode: http.StatusServiceUnavailable, Header: h, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
		})
		if resp, err := c.get(t.Context(), "https://ci.acme.example/x"); err == nil {
			resp.Body.Close()
			t.Errorf("after %q: no error", after)
		}
		if asked != tries || longest > maxWait || after == "60" && longest < time.Minute {
			t.Errorf("after %q: %d questions, want %d, the longest pause is %v", after, asked, tries, longest)
		}
	}
}
