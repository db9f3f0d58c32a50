package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/store"
)

func TestLayersAreKept(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		f := &leak.Finding{
			ID: "f1", Rule: leak.RuleInfo{ID: "slack", Title: "Slack \x00 token", Severity: 8}, Confidence: leak.High, Verdict: leak.Verdict{Status: leak.Unchecked},
			Why: []string{"it looks so"}, Also: []string{"generic"}, Encoding: "base64", Identity: &leak.Identity{ID: "nhi:slack:bot:1"},
			Locations: []leak.Location{{Kind: leak.KindLayer, Path: "a.zip!b\xff", InArchive: "b\xff", Position: leak.Position{Line: 3, Column: 7, Frame: &leak.Frame{First: 3, Lines: []string{"********"}}}}},
		}
		want := &store.Layer{
			Digest: "sha256:1", How: "h1", Policy: "p", Index: []byte{1, 0, 2}, Left: []store.Gap{{Reason: "encrypted", Fix: "unpack it", Count: 2, First: []string{"x"}}},
			Findings: []store.LayerFinding{{Finding: f, Entries: []int64{41}}},
		}
		day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		s.Now = func() time.Time { return day }
		for range 2 {
			if err := s.KeepLayers(t.Context(), []store.Layer{*want, {Digest: "sha256:2", How: "h1"}}, "h1", nil); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Layer(t.Context(), "sha256:1", "h1")
		f.Rule.Title = "Slack \uFFFD token"
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("a layer that was kept (-want +got), %v:\n%s", err, diff)
		}
		for _, how := range []string{"h2", ""} {
			if l, err := s.Layer(t.Context(), "sha256:1", how); l != nil || err != nil {
				t.Errorf("a layer searched otherwise: %v, %v", l, err)
			}
		}
		day = day.AddDate(0, 0, 179)
		if err := s.KeepLayers(t.Context(), nil, "h1", []string{"sha256:1"}); err != nil {
			t.Fatal(err)
		}
		day = day.AddDate(0, 0, 2)
		if err := s.KeepLayers(t.Context(), nil, "h1", nil); err != nil {
			t.Fatal(err)
		}
		for digest, kept := range map[string]bool{"sha256:1": true, "sha256:2": false} {
			if l, err := s.Layer(t.Context(), digest, "h1"); (l != nil) != kept || err != nil {
				t.Errorf("half a year later %s: %v, %v", digest, l, err)
			}
		}
	})
}
