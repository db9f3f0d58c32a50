package image

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// TestStatementsSayOfWhatKindTheyAre has attestations whose annotations say nothing: a
// statement, one in an envelope, and a bundle with an annotation of its manifest.
func TestStatementsSayOfWhatKindTheyAre(t *testing.T) {
	statement := func(kind, secret string) string {
		return `{"_type": "https://in-toto.io/Statement/v1", "predicateType" : "` + kind + `", "predicate": {"x": "` + secret + `"}}`
	}
	envelope := `{"payloadType":"application/vnd.in-toto+json","payload":"` + base64.URLEncoding.EncodeToString([]byte(statement("https://spdx.dev/Document", "???>>>"))) + `","note":"secret-envelope"}`
	img := sample(t)
	host := serve(t)
	push(t, host+"/acme/app:1", img)
	for text, annotations := range map[string]map[string]string{
		statement("https://slsa.dev/provenance/v1", "secret-plain"): nil,
		statement("https://example.com/vet/v1", "secret-other"):     nil,
		envelope:                    nil,
		"{\"y\":\"secret-bundle\"}": {"dev.sigstore.bundle.predicateType": "https://cyclonedx.org/bom"},
	} {
		a, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{Layer: static.NewLayer([]byte(text), "application/octet-stream"), MediaType: "application/octet-stream"})
		if err != nil {
			t.Fatal(err)
		}
		r := mutate.Subject(annotated(a, annotations), describe(t, img)).(v1.Image)
		push(t, host+"/acme/app@"+digest(t, r).String(), r)
	}
	got, _ := look(t, Options{Refs: []string{host + "/acme/app:1"}})
	for _, tt := range []struct{ secret, want string }{
		{"secret-plain", "image provenance"}, {"secret-other", "image referrer"}, {"secret-envelope", "image sbom"}, {"secret-bundle", "image sbom"},
	} {
		if diff := cmp.Diff([]string{tt.want}, got[tt.secret]); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.secret, diff)
		}
	}
}

// TestWhatHelpsWithTLSAndLogins is in the hint.
func TestWhatHelpsWithTLSAndLogins(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "https://")
	hint := func() string {
		s, err := New(Options{Refs: []string{"docker://" + host + "/acme/app:1"}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Scan(t.Context(), 100, nil)
		if err == nil {
			t.Fatal("no error")
		}
		return fixOf(err)
	}
	if got := hint(); !strings.Contains(got, "SSL_CERT_FILE") {
		t.Errorf("an unknown authority: %q", got)
	}
}
