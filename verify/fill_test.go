package verify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// catcher is a Door that sends nothing and keeps the request, as it would go
// over the wire.
type catcher struct{ wire []byte }

func (c *catcher) Do(_ context.Context, _ leak.Class, r *http.Request) (*Answer, error) {
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		return nil, err
	}
	c.wire = b.Bytes()
	return nil, errors.New("caught")
}

func (c *catcher) Dial(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("no")
}

func tableOf(v rules.Verify) *table {
	made, err := compile(&rules.Provider{ID: "acme"}, &v, nil)
	if err != nil {
		panic(err)
	}
	return made.(*table)
}

// send fills a request with values and returns what would go over the wire.
func send(v rules.Verify, values map[string]string) (*http.Request, string, leak.Verdict) {
	parts := leak.Parts{}
	for name, value := range values {
		parts[name] = leak.NewSecret(value)
	}
	c := &catcher{}
	verdict := tableOf(v).Verify(context.Background(), Query{Parts: parts, Door: c})
	if c.wire == nil {
		return nil, "", verdict
	}
	in := bufio.NewReader(bytes.NewReader(c.wire))
	r, err := http.ReadRequest(in)
	if err != nil {
		return nil, "it is no request: " + err.Error(), verdict
	}
	body, _ := io.ReadAll(r.Body)
	if rest, _ := io.ReadAll(in); len(rest) > 0 {
		return nil, "there is more after the request: " + string(rest), verdict
	}
	return r, string(body), verdict
}

// FuzzFill puts hostile values into every place of a request. What arrives
// has exactly the structure of the template, with the values in their places,
// or nothing is sent.
func FuzzFill(f *testing.F) {
	for _, s := range []string{"plain", "a b", "a/b", "../x", "..", "?x=1&y=2#z", "a\r\nHost: evil", "\x00", `"},{"`, "${user}", "é", "\xff", "%2F", "a:b", " x", "\u2028", "+", "=&="} {
		f.Add(s, "user")
		f.Add("user", s)
	}
	v := rules.Verify{
		Class: leak.S1,
		Step: rules.Step{
			Request: "POST https://api.acme.example/v1/${user}/keys/${secret}?q=${secret}&fixed=1&u=${user}",
			Type:    "json", Body: `{"a":"${secret}","b":[1,"x${user}y"]}`,
			Take: map[string]string{},
		},
	}
	form := rules.Verify{Class: leak.S1, Step: rules.Step{
		Request: "POST https://api.acme.example/t", Type: "form", Body: "grant=x&secret=${secret}&user=${user}&end=1", Basic: "${user}:${secret}",
	}}
	header := rules.Verify{Class: leak.S1, Step: rules.Step{
		Request: "GET https://${user}.acme.example/t", Header: map[string]string{"X-Key": "Bearer ${secret}", "X-Fixed": "1"},
	}}
	f.Fuzz(func(t *testing.T, secret, user string) {
		values := map[string]string{"secret": secret, "user": user}
		if r, body, verdict := send(v, values); r != nil {
			checkJSON(t, r, body, secret, user)
		} else if body != "" || verdict.Status != leak.Unknown {
			t.Fatalf("%q: %+v %s", values, verdict, body)
		} else if utf8.ValidString(secret) && utf8.ValidString(user) && secret != "" && user != "" && !dots(secret) && !dots(user) {
			t.Errorf("%q is not sent: %s", values, verdict.Reason)
		}
		if r, body, _ := send(form, values); r != nil {
			got, err := url.ParseQuery(body)
			want := url.Values{"grant": {"x"}, "secret": {secret}, "user": {user}, "end": {"1"}}
			u, p, ok := r.BasicAuth()
			if err != nil || !reflect.DeepEqual(got, want) || !ok || u != user || p != secret || r.URL.RequestURI() != "/t" || len(r.Header) > 5 {
				t.Errorf("form %q, basic %q %q, %v", got, u, p, r.Header)
			}
		} else if body != "" {
			t.Fatal(body)
		}
		if r, body, _ := send(header, values); r != nil {
			if r.Header.Get("X-Key") != "Bearer "+secret || r.Header.Get("X-Fixed") != "1" || len(r.Header) > 4 || body != "" ||
				r.Host != strings.ToLower(user)+".acme.example" || !oneLabel.MatchString(strings.ToLower(user)) {
				t.Errorf("headers %q, host %q for %q", r.Header, r.Host, values)
			}
		} else if body != "" {
			t.Fatal(body)
		}
	})
}

func dots(s string) bool { return s == "." || s == ".." }

func checkJSON(t *testing.T, r *http.Request, body, secret, user string) {
	segments := strings.Split(r.URL.EscapedPath(), "/")
	if len(segments) != 5 {
		t.Fatalf("path %q", r.URL.EscapedPath())
	}
	for i, want := range []string{"", "v1", user, "keys", secret} {
		if got, err := url.PathUnescape(segments[i]); err != nil || got != want {
			t.Errorf("segment %d of the path is %q, want %q", i, got, want)
		}
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if want := (url.Values{"q": {secret}, "fixed": {"1"}, "u": {user}}); err != nil || !reflect.DeepEqual(q, want) {
		t.Errorf("query %q, want %q", q, want)
	}
	if r.Host != "api.acme.example" || len(r.Header) > 4 || r.Method != "POST" {
		t.Errorf("%s to %q with %q", r.Method, r.Host, r.Header)
	}
	var got any
	err = json.Unmarshal([]byte(body), &got)
	if want := any(map[string]any{"a": secret, "b": []any{1.0, "x" + user + "y"}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("body %q: %v, want %v", body, got, want)
	}
}

// TestFill has the verdicts of what is not sent.
func TestFill(t *testing.T) {
	get := func(target string) rules.Verify {
		return rules.Verify{Class: leak.S1, Step: rules.Step{Request: "GET " + target}}
	}
	for _, tt := range []struct {
		v      rules.Verify
		values map[string]string
		url    string // or the reason
	}{
		{get("https://a.example/x/${secret}"), map[string]string{"secret": "s"}, "https://a.example/x/s"},
		{get("https://a.example"), map[string]string{"secret": "s"}, "https://a.example/"},
		{get("https://a.example?x=${secret}"), map[string]string{"secret": "s/?"}, "https://a.example/?x=s%2F%3F"},
		{get("https://a.example/x/${user}"), map[string]string{"secret": "s"}, "needs the user, which does not stand near it"},
		{get("https://a.example/x/${key_id}"), map[string]string{"key_id": ""}, "needs the key id, which does not stand near it"},
		{get("https://a.example/${secret}/x"), map[string]string{"secret": ".."}, errSegment.Error()},
		{get("https://a.example/.${secret}/x"), map[string]string{"secret": "."}, errSegment.Error()},
		{get("https://${dc}.a.example/"), map[string]string{"dc": "US1"}, "https://us1.a.example/"},
		{get("https://${dc}.a.example/"), map[string]string{"dc": "evil.example/"}, "the dc is no label of a host's name"},
		{get("https://${dc}.a.example/"), map[string]string{"dc": "x.y"}, "the dc is no label of a host's name"},
		{get("https://${host}/"), map[string]string{"host": "Vault.Corp.example:8200"}, "https://vault.corp.example:8200/"},
		{get("https://${host}/"), map[string]string{"host": "vault.corp.example.", "port": "8200"}, "https://vault.corp.example:8200/"},
		{get("https://${host}/"), map[string]string{"host": "vault.corp.example", "port": "82000"}, "https://vault.corp.example/"},
		{get("https://${host}:8443/"), map[string]string{"host": "vault"}, "https://vault:8443/"},
		{get("https://${host}/"), map[string]string{"host": "10.1.2.3"}, "https://10.1.2.3/"},
		{get("https://${host}/"), map[string]string{"host": "[::1]:8200"}, "https://[::1]:8200/"},
		{get("https://${host}/"), map[string]string{"host": "u@evil.example"}, "the host beside it is no name of a host"},
		{get("https://${host}/"), map[string]string{"host": "a.example/x?"}, "the host beside it is no name of a host"},
		{get("https://${host}/"), map[string]string{"secret": "s"}, "needs the host, which does not stand near it; name yours as an endpoint of acme in your settings"},
	} {
		c := &catcher{}
		parts := leak.Parts{}
		for name, value := range tt.values {
			parts[name] = leak.NewSecret(value)
		}
		v := tableOf(tt.v).Verify(t.Context(), Query{Parts: parts, Door: c})
		got := v.Reason
		if c.wire != nil {
			r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(c.wire)))
			if err != nil {
				t.Errorf("%s with %q: %v", tt.v.Request, tt.values, err)
				continue
			}
			got = "https://" + r.Host + r.RequestURI
		}
		if got != tt.url || v.Status != leak.Unknown {
			t.Errorf("%s with %q: %s, want %s", tt.v.Request, tt.values, got, tt.url)
		}
	}
}
