package verify

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// byHost is a Door to servers that answer "live", "dead", "limited", "down" or
// may not be asked, "forbidden".
type byHost struct {
	says  map[string]string
	asked []string
}

func (b *byHost) Do(_ context.Context, _ leak.Class, r *http.Request) (*Answer, error) {
	b.asked = append(b.asked, r.URL.Scheme+"://"+r.URL.Host+r.URL.EscapedPath())
	switch b.says[r.URL.Host] {
	case "live":
		return &Answer{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"id": 1}`)}, nil
	case "dead":
		return &Answer{Status: 401}, nil
	case "limited":
		return &Answer{Status: 429}, nil
	case "gone":
		return &Answer{Status: 410}, nil
	case "forbidden":
		return nil, &Refused{Host: r.URL.Host, Why: "the host is not allowed"}
	}
	return nil, errors.New("down")
}

func (b *byHost) Dial(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("no")
}

// TestServers: which servers are asked, in which order, and what follows.
func TestServers(t *testing.T) {
	v := rules.Verify{
		Class: leak.S1, Step: rules.Step{Request: "GET https://${host}/me"},
		Verdicts: []rules.VerdictRow{{Is: leak.Live, Status: []int{200}, JSON: map[string]any{"id": "*"}}, {Is: leak.Dead, Status: []int{410}, Known: true, Empty: true}, {Is: leak.Dead, Status: []int{401}, Empty: true}},
	}
	selfHosted := v
	selfHosted.Hosts, selfHosted.SelfHosted = []string{"pub.example"}, true
	regions := v
	regions.Hosts = []string{"eu.example", "us.example", ".own.example"}
	const own = "https://own.corp/base"
	for _, tt := range []struct {
		name      string
		v         *rules.Verify
		endpoints string
		host      string // beside the credential
		says      string
		control   bool
		want      leak.Status
		asked     string
	}{
		{"the public one says live", &selfHosted, "", "", "pub.example=live", false, leak.Live, "https://pub.example/me"},
		{"the public one alone refuses", &selfHosted, "", "", "pub.example=dead", false, leak.Unknown, "https://pub.example/me"},
		{"the public one has revoked it", &selfHosted, "", "", "pub.example=gone", false, leak.Dead, "https://pub.example/me"},
		{"it refuses a made-up one", &selfHosted, "", "", "pub.example=dead", true, leak.Dead, "https://pub.example/me"},
		{"the text names it", &selfHosted, "", "pub.example", "pub.example=dead", false, leak.Dead, "https://pub.example/me"},
		{"own servers come first", &selfHosted, own, "", "own.corp=live pub.example=dead", false, leak.Live, "https://own.corp/base/me"},
		{"all refuse", &selfHosted, own, "", "own.corp=dead pub.example=live", false, leak.Dead, "https://own.corp/base/me"},
		{"the own one is down", &selfHosted, own, "", "own.corp=down pub.example=live", false, leak.Unknown, "https://own.corp/base/me"},
		{"the public one is an endpoint, too", &selfHosted, own + " https://pub.example", "", "own.corp=dead pub.example=live", false, leak.Live, "https://own.corp/base/me https://pub.example/me"},
		{"both refuse", &selfHosted, own + " https://pub.example", "", "own.corp=dead pub.example=dead", false, leak.Dead, "https://own.corp/base/me https://pub.example/me"},
		{"the text names one that refuses", &selfHosted, own, "x.corp", "x.corp=dead own.corp=dead", false, leak.Dead, "https://x.corp/me https://own.corp/base/me"},
		{"a named one that is not allowed", &selfHosted, "", "x.corp", "x.corp=forbidden", false, leak.SkippedCheck, "https://x.corp/me"},
		{"the public one is not asked then", &selfHosted, "", "x.corp", "x.corp=forbidden pub.example=live", false, leak.SkippedCheck, "https://x.corp/me"},
		{"an endpoint is", &selfHosted, own, "x.corp", "x.corp=forbidden own.corp=live", false, leak.Live, "https://x.corp/me https://own.corp/base/me"},
		{"but its refusal proves nothing", &selfHosted, own, "x.corp", "x.corp=forbidden own.corp=dead", false, leak.SkippedCheck, "https://x.corp/me https://own.corp/base/me"},
		{"the text names an endpoint", &selfHosted, own, "own.corp", "own.corp=dead", false, leak.Dead, "https://own.corp/base/me"},
		{"the first region", &regions, "", "", "eu.example=live", false, leak.Live, "https://eu.example/me"},
		{"the second region", &regions, "", "", "eu.example=dead us.example=live", false, leak.Live, "https://eu.example/me https://us.example/me"},
		{"no region", &regions, "", "", "eu.example=dead us.example=dead", false, leak.Dead, "https://eu.example/me https://us.example/me"},
		{"a region that says nothing", &regions, "", "", "eu.example=limited us.example=dead", false, leak.Unknown, "https://eu.example/me https://us.example/me"},
		{"one below a suffix", &regions, "", "acme.own.example", "acme.own.example=dead", false, leak.Dead, "https://acme.own.example/me"},
		{"none is known", &v, "", "", "", false, leak.Unknown, ""},
	} {
		made, err := compile(&rules.Provider{ID: "acme"}, tt.v, strings.Fields(tt.endpoints))
		if err != nil {
			t.Fatal(err)
		}
		door := &byHost{says: map[string]string{}}
		for pair := range strings.FieldsSeq(tt.says) {
			host, says, _ := strings.Cut(pair, "=")
			door.says[host] = says
		}
		parts := leak.Parts{leak.SecretPart: leak.NewSecret("s3cret")}
		if tt.host != "" {
			parts["host"] = leak.NewSecret(tt.host)
		}
		got := made.Verify(t.Context(), Query{Parts: parts, Door: door, Control: tt.control})
		if got.Status != tt.want || strings.Join(door.asked, " ") != tt.asked {
			t.Errorf("%s: %s (%s) after asking %q, want %s after %s", tt.name, got.Status, got.Reason, door.asked, tt.want, tt.asked)
		}
	}
	for _, bad := range []string{"gitlab.acme.example", "ftp://x.example", "https://", "https://u:p@x.example", "https://x.example/?q", "https://x.example/#f", "https://a b/", "%zz", "https://x_y!.example"} {
		if _, err := compile(&rules.Provider{ID: "acme"}, &selfHosted, []string{bad}); err == nil {
			t.Errorf("the endpoint %q is taken", bad)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	p := &rules.Provider{ID: "acme", File: "acme.toml", Rules: []rules.Rule{{ID: "a"}}, Verify: []rules.Verify{{Go: "no-such", Class: leak.S1}}}
	if _, err := Compile([]*rules.Provider{p}, nil); err == nil || !strings.Contains(err.Error(), `verify: acme.toml: there is no verifier "no-such" in this program`) {
		t.Errorf("a verifier that does not exist: %v", err)
	}
	p.Verify = []rules.Verify{{None: "it posts"}}
	made, err := Compile([]*rules.Provider{p}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v := made["a"].Verify(t.Context(), Query{}); v.Status != leak.Unverifiable || v.Reason != "it posts" {
		t.Errorf("nobody can be asked: %+v", v)
	}
}
