package verify_test

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// atlasServer checks digests by hand (RFC 7616, section 3.4.1).
type atlasServer struct {
	keys      map[string]string // public half -> private half
	challenge string
	away      bool // from the addresses that may use the key
	stale     bool
	asked     int
}

var digestPart = regexp.MustCompile(`(\w+)=(?:"([^"]*)"|(\w+))`)

func (s *atlasServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked++
	w.Header().Set("Content-Type", "application/json")
	said := map[string]string{}
	for _, m := range digestPart.FindAllStringSubmatch(r.Header.Get("Authorization"), -1) {
		said[m[1]] = m[2] + m[3]
	}
	sum := func(parts ...string) string {
		h := md5.Sum([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(h[:])
	}
	key, known := s.keys[said["username"]]
	a1, a2 := sum(said["username"], "MMS Public API", key), sum("GET", r.URL.Path)
	want := sum(a1, "n0nce", a2)
	if strings.Contains(s.challenge, "qop") {
		want = sum(a1, "n0nce", said["nc"], said["cnonce"], "auth", a2)
	}
	if !known || said["response"] != want || said["nonce"] != "n0nce" || s.stale || r.Method != "GET" || r.URL.Path != "/api/atlas/v2" {
		challenge := s.challenge
		if s.stale {
			challenge = strings.Replace(challenge, "stale=false", "stale=true", 1)
		}
		w.Header().Set("WWW-Authenticate", challenge)
		w.WriteHeader(401)
		io.WriteString(w, `{"reason":"Unauthorized","error":401,"detail":"You are not authorized for this resource."}`)
		return
	}
	if s.away {
		w.WriteHeader(403)
		io.WriteString(w, `{"error":403,"errorCode":"IP_ADDRESS_NOT_ON_ACCESS_LIST","reason":"Forbidden","detail":"IP address 192.0.2.1 is not allowed to access this resource."}`)
		return
	}
	fmt.Fprintf(w, `{"appName":"MongoDB Atlas","build":"7ef2","throttling":false,"apiKey":{"id":"5d1d12c087d9d63e6d691746","publicKey":%q,
		"roles":[{"orgId":"5980cfe20b6d97029d82fa63","roleName":"ORG_READ_ONLY"},{"orgId":"5980cfe20b6d97029d82fa63","roleName":"ORG_MEMBER"}]}}`, said["username"])
}

func TestAtlas(t *testing.T) {
	v := native(t, "atlas")
	private := "01234567-abcd-4bcd-8bcd-" + "abcdef012345"
	parts := func(public, private string) leak.Parts {
		return partsOf(map[string]string{"public_key": public, "secret": private})
	}
	const challenge = `Digest realm="MMS Public API", domain="", nonce="n0nce", algorithm=MD5, qop="auth", stale=false`
	for _, tt := range []struct {
		name   string
		server atlasServer
		gov    bool
		parts  leak.Parts
		want   leak.Status
		reason string
		asked  int // of both
	}{
		{"right", atlasServer{}, false, parts("abqrstxz", private), leak.Live, "200 OK", 2},
		{"without qop", atlasServer{challenge: `Digest realm="MMS Public API", nonce="n0nce"`}, false, parts("abqrstxz", private), leak.Live, "200 OK", 2},
		{"of the government", atlasServer{}, true, parts("abqrstxz", private), leak.Live, "200 OK", 4},
		{"wrong", atlasServer{}, false, parts("abqrstxz", private[1:]+"0"), leak.Dead, "401", 4},
		{"deleted", atlasServer{keys: map[string]string{}}, false, parts("abqrstxz", private), leak.Dead, "401", 4},
		{"not from here", atlasServer{away: true}, false, parts("abqrstxz", private), leak.Restricted, "not be used from here", 2},
		{"stale", atlasServer{stale: true}, false, parts("abqrstxz", private), leak.Unknown, "challenge", 2},
		{"another form", atlasServer{challenge: `Basic realm="x"`}, false, parts("abqrstxz", private), leak.Unknown, "another form", 1},
		{"another hash", atlasServer{challenge: `Digest realm="x", nonce="n", algorithm=SHA-256`}, false, parts("abqrstxz", private), leak.Unknown, "another form", 1},
		{"half", atlasServer{}, false, parts("", private), leak.Unknown, "needs the public half", 0},
		{"no name", atlasServer{}, false, parts("a\"b\r\n", private), leak.Unknown, "is none", 0},
	} {
		s, other := tt.server, atlasServer{challenge: challenge}
		if s.challenge == "" {
			s.challenge = challenge
		}
		if s.keys == nil {
			s.keys = map[string]string{"abqrstxz": private}
		}
		n := verifytest.New(t)
		hosts := []string{"cloud.mongodb.com", "cloud.mongodbgov.com"}
		if tt.gov {
			hosts[0], hosts[1] = hosts[1], hosts[0]
		}
		n.Serve(hosts[0], &s)
		n.Serve(hosts[1], &other)
		q := verify.Query{Parts: tt.parts, Door: doorFor(t, n, v), Now: clock}
		got := v.Verify(t.Context(), q)
		wants(t, tt.name, got, tt.want, tt.reason, tt.parts)
		if s.asked+other.asked != tt.asked {
			t.Errorf("%s: %d and %d questions, want %d", tt.name, s.asked, other.asked, tt.asked)
		}
		if want := map[string]string{"kind": "api_key", "credential": "5d1d12c0" + "87d9d63e6d691746", "tenant": "5980cfe20b6d97029d82fa63", "scopes": "ORG_MEMBER ORG_READ_ONLY"}; got.Status == leak.Live && !cmp.Equal(want, got.Facts) {
			t.Errorf("%s: facts %v", tt.name, got.Facts)
		}
	}
	n := verifytest.New(t)
	n.Serve("cloud.mongodb.com", &atlasServer{challenge: challenge})
	q := verify.Query{Parts: parts("abqrstxz", private), Door: doorFor(t, n, v), Now: clock}
	wants(t, "the other is down", v.Verify(t.Context(), q), leak.Unknown, "cloud.mongodbgov.com", q.Parts)
	q.Control = true
	wants(t, "control", v.Verify(t.Context(), q), leak.Dead, "", q.Parts)
	q.Control = false
	misbehaves(t, v, q, "cloud.mongodb.com", "cloud.mongodbgov.com")
	calls, err := v.Plan(q)
	if err != nil || len(calls) != 2 || calls[0].Class != leak.S0 {
		t.Errorf("plans %v, %v", calls, err)
	}
}

// TestRegistryOfAzure: a password that is not the administrator's may be of a
// token with another name.
func TestRegistryOfAzure(t *testing.T) {
	v := native(t, "oci")
	password := strings.Repeat("Ab1", 14)
	s := &ociServer{t: t, realm: "https://acme.azurecr.io/oauth2/token", user: "acme", secret: password}
	n := verifytest.New(t)
	n.Serve("acme.azurecr.io", s)
	ask := func(more ...string) leak.Verdict {
		m := map[string]string{"secret": password, "host": "acme.azurecr.io"}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		q := verify.Query{Rule: "azure-container-registry-key", Parts: partsOf(m), Door: doorFor(t, n, v), Now: clock}
		return v.Verify(t.Context(), q)
	}
	if got := ask(); got.Status != leak.Live {
		t.Errorf("the administrator's: %+v", got)
	}
	if got := ask("secret", password[1:]); got.Status != leak.Unknown || !strings.Contains(got.Reason, "token") {
		t.Errorf("another: %+v", got)
	}
	if got := ask("secret", password[1:], "user", "puller"); got.Status != leak.Dead {
		t.Errorf("another, with its name: %+v", got)
	}
	if got := ask("host", ""); got.Status != leak.Unknown || !strings.Contains(got.Reason, "needs the registry") {
		t.Errorf("without the registry: %+v", got)
	}
}
