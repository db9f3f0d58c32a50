package cilog

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestHostsOfArtifacts says which hosts get the token of CircleCI and of Azure: the
// service's own, over https, and only if the service is not somebody's own server.
func TestHostsOfArtifacts(t *testing.T) {
	for _, c := range []struct {
		service, base, address string
		want                   bool
	}{
		{"circleci", "", "https://output.circle-artifacts.com/output/job/1/artifacts/0/a", true},
		{"circleci", "", "https://circleci.com/api/v2/x", true},
		{"circleci", "", "https://circle-artifacts.com.evil.example/a", false},
		{"circleci", "", "https://evilcircle-artifacts.com/a", false},
		{"circleci", "", "https://output.circle-artifacts.com:8443/a", false},
		{"circleci", "https://ci.acme.example", "https://output.circle-artifacts.com/a", false},
		{"azure", "", "https://artprodcus3.artifacts.visualstudio.com/A1/_apis/artifact/x/content?format=zip", true},
		{"azure", "", "https://evil.visualstudio.com/x", false},
		{"github", "", "https://output.circle-artifacts.com/a", false},
	} {
		s, err := NewLive(Options{}, Live{Service: c.service, Project: "acme/api", Base: c.base, Token: secretToken})
		if err != nil {
			t.Fatal(err)
		}
		got := false
		client := s.live.client
		client.sleep = func(context.Context, time.Duration) error { return nil }
		client.http = roundTrip(func(r *http.Request) (*http.Response, error) {
			got = len(r.Header.Get("Authorization")) > 0 || r.Header.Get("Circle-Token") == secretToken
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
		})
		resp, err := client.get(t.Context(), c.address)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got != c.want {
			t.Errorf("%s of %q: the token goes to %s: %v", c.service, c.base, c.address, got)
		}
		s.Close()
	}
}
