package cilog

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
)

// TestNobodyListens asks where nothing listens: it says so at once, and gives up soon.
func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	var said bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&said, nil)))
	defer slog.SetDefault(before)
	for service, project := range map[string]string{
		"github": "acme/api", "gitlab": "acme/api", "jenkins": "http://" + at + "/job/x", "circleci": "gh/acme/api",
		"buildkite": "acme/api", "azure": "acme/api", "bitbucket": "acme/api",
	} {
		said.Reset()
		s, err := NewLive(Options{}, Live{Service: service, Project: project, Base: "http://" + at})
		if err != nil {
			t.Fatal(err)
		}
		var waited time.Duration
		s.live.client.sleep = func(_ context.Context, d time.Duration) error {
			if waited == 0 && !strings.Contains(said.String(), "trying again") {
				t.Errorf("%s: says %q before it waits", service, said.String())
			}
			waited += d
			return nil
		}
		scanFor(t, s)
		if len(s.cov.Skipped()) == 0 || waited > 10*time.Second || waited == 0 || strings.Count(said.String(), "trying again") != 1 {
			t.Errorf("%s: waited %v, skipped %v, said %q", service, waited, s.cov.Skipped(), said.String())
		}
		s.Close()
	}
}
