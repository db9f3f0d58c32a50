package verify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/rules"
)

// hostile are what a credential may hold that means something to somebody.
var hostile = []string{
	"plain1", "a b", "a\r\nX-Evil: 1", "a\nb", "a\x00b", `a"b`, "a'b", "a`b", `a\b`, `"},"evil":{"x":"`, `"}` + "\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\n", "${secret}", "${host}",
	"{{.Secret}}", "{% raw %}", "$(id)", "`id`", "%0d%0a", "%2e%2e%2f", "../../evil", "/evil", "?evil=1", "&evil=1", "#evil", "a=b&c=d", "a:b", "@evil.example", "evil.example", "é", "\u2028", "\xff\xfe",
	"\t", " ", "+", "%", "\\u0022", "<x/>", "]]>", ";evil", ",evil",
}

// FuzzInjection puts a hostile credential into every request of every provider:
// what arrives differs from the request of a harmless one in those values alone,
// or nothing is sent.
func FuzzInjection(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	ps, err := rules.Builtin()
	if err != nil {
		f.Fatal(err)
	}
	var all []filled
	for _, p := range ps {
		for i := range p.Verify {
			spec := &p.Verify[i]
			if spec.Request == "" {
				continue
			}
			made, err := compile(p, spec, nil)
			if err != nil {
				f.Fatal(err)
			}
			t := made.(*table)
			for n := range t.steps {
				one := filled{name: fmt.Sprintf("%s, table %d, request %d", p.ID, i+1, n+1), step: &t.steps[n], host: "own.example"}
				if own := spec.Servers(); len(own) > 0 {
					one.host = strings.TrimPrefix(own[0], ".")
				}
				want, ok := one.shape("plain1")
				if !ok {
					f.Fatalf("%s: a harmless credential is not sent", one.name)
				}
				one.want = want
				all = append(all, one)
			}
		}
	}
	f.Logf("%d requests", len(all))
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" {
			return
		}
		for _, one := range all {
			if got, sent := one.shape(s); sent && got != one.want {
				t.Errorf("%s: %q makes it\n%s\ninstead of\n%s", one.name, s, got, one.want)
			}
		}
	})
}

// filled is a request of a provider.
type filled struct {
	name, host, want string
	step             *step
}

// shape is what the request of a credential looks like to the server, with V in
// the place of the value, or false if it is not sent.
func (one *filled) shape(s string) (string, bool) {
	s = "Zq9" + s + "9qZ" // to be told from what is constant
	values := map[string]string{}
	for _, t := range append([]template{one.step.path, one.step.query, one.step.body, one.step.user, one.step.password}, slices.Collect(maps.Values(one.step.header))...) {
		for _, name := range t.names {
			values[name] = s
		}
	}
	if !one.step.whole() { // the label before a constant suffix is checked by itself
		for _, name := range one.step.host.names {
			values[name] = "label"
		}
	}
	r, err := one.step.request(context.Background(), server{scheme: "https", host: one.host}, values)
	if err != nil {
		return "", false
	}
	if _, err := (&Guard{}).visit(patterns{{host: one.host, below: false}}).check("S1", r); err != nil && !strings.Contains(err.Error(), "not allowed") {
		return "", false
	}
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		return "", false
	}
	in := bufio.NewReader(&wire)
	got, err := http.ReadRequest(in)
	if err != nil {
		return "no request: " + err.Error(), true
	}
	body, _ := io.ReadAll(got.Body)
	rest, _ := io.ReadAll(in)
	mark := func(text string) string {
		return strings.ReplaceAll(text, s, "V")
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s rest %q\n", got.Method, got.Host, rest)
	for segment := range strings.SplitSeq(got.URL.EscapedPath(), "/") {
		text, err := url.PathUnescape(segment)
		fmt.Fprintf(&out, "/ %s %v\n", mark(text), err)
	}
	query, err := url.ParseQuery(got.URL.RawQuery)
	fmt.Fprintf(&out, "? %s %v\n", markedValues(query, mark), err)
	got.Header.Del("Content-Length")
	if user, password, ok := got.BasicAuth(); ok {
		got.Header.Set("Authorization", mark(user)+":"+mark(password))
	}
	fmt.Fprintf(&out, "headers %s\nbody %s\n", markedValues(url.Values(got.Header), mark), markedBody(string(body), one.step.kind, mark))
	return out.String(), true
}

func markedValues(v url.Values, mark func(string) string) string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(v)) {
		for _, text := range v[name] {
			fmt.Fprintf(&out, "%s=%s;", name, mark(text))
		}
	}
	return out.String()
}

func markedBody(body, kind string, mark func(string) string) string {
	switch kind {
	case "form":
		v, err := url.ParseQuery(body)
		return fmt.Sprint(markedValues(v, mark), err)
	case "json":
		var v any
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			return err.Error()
		}
		return fmt.Sprint(marked(v, mark))
	}
	return body
}

// marked marks the texts in what JSON says; names are not texts.
func marked(v any, mark func(string) string) any {
	switch v := v.(type) {
	case string:
		return mark(v)
	case []any:
		for i := range v {
			v[i] = marked(v[i], mark)
		}
	case map[string]any:
		for name := range v {
			v[name] = marked(v[name], mark)
		}
	}
	return v
}
