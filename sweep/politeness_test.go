package sweep

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

// TestLimitOfServer: how fast to ask is not for the server to say to GitLab's client, which
// would wait for years then; whoever listens on the way knows what to wait for.
func TestLimitOfServer(t *testing.T) {
	forge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("RateLimit-Limit", "0.000001")
		w.Header().Set("X-Next-Page", "")
		_, _ = w.Write([]byte("[]"))
	}))
	defer forge.Close()
	base, err := url.Parse(forge.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := newPolite(base, func(context.Context, *http.Request) error { return nil }, nil)
	g := &gitLab{rest: &rest{client: &http.Client{Transport: p}}, base: base}
	c, err := g.api(true)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	for range 3 {
		req, err := c.NewRequest(http.MethodGet, "projects", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		var all []struct{}
		if _, err := c.Do(req.WithContext(ctx), &all); err != nil {
			t.Fatal(err)
		}
	}
}
