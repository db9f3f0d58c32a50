package verify

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/whosekey/whosekey/rules"
)

// step is a rules.Step that is ready to be filled.
type step struct {
	method         string
	host           template
	path, query    template
	hasQuery       bool
	header         map[string]template
	user, password template
	basic          bool
	body           template
	kind           string // of the body: "json", "form"
	take           map[string]source
	extended       bool
}

func compileStep(s rules.Step) step {
	method, target, _ := strings.Cut(s.Request, " ")
	target = strings.TrimPrefix(target, "https://")
	host, rest := target, ""
	if i := strings.IndexAny(target, "/?"); i >= 0 {
		host, rest = target[:i], target[i:]
	}
	path, query, hasQuery := strings.Cut(rest, "?")
	if path == "" {
		path = "/"
	}
	out := step{
		method: method, host: parseTemplate(host), path: parseTemplate(path), query: parseTemplate(query), hasQuery: hasQuery,
		header: map[string]template{}, body: parseTemplate(s.Body), kind: s.Type, take: compileSources(s.Take), extended: s.Extended,
	}
	for name, value := range s.Header {
		out.header[name] = parseTemplate(value)
	}
	if s.Basic != "" {
		user, password, _ := strings.Cut(s.Basic, ":")
		out.user, out.password, out.basic = parseTemplate(user), parseTemplate(password), true
	}
	return out
}

// whole reports whether the host is a part of the credential.
func (s *step) whole() bool {
	return len(s.host.names) == 1 && s.host.text[0] == "" && !strings.HasPrefix(s.host.text[1], ".")
}

// target is the template of path and query.
func (s *step) target() string {
	if s.hasQuery {
		return s.path.String() + "?" + s.query.String()
	}
	return s.path.String()
}

// request fills the request in for a server. The error is for people.
func (s *step) request(ctx context.Context, to server, values map[string]string) (*http.Request, error) {
	address, err := s.address(to, values)
	if err != nil {
		return nil, err
	}
	esc := map[string]escape{"json": inJSON, "form": inURL, "": asIs}[s.kind]
	body, err := s.body.fill(values, esc)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, s.method, "https://x/", strings.NewReader(body))
	if err != nil {
		return nil, errors.New("the request cannot be made")
	}
	if body == "" {
		req.Body, req.GetBody, req.ContentLength = nil, nil, 0
		if s.method == http.MethodPost {
			req.Body = http.NoBody
		}
	}
	req.URL, req.Host = address, address.Host
	return req, s.headers(req.Header, values)
}

func (s *step) headers(h http.Header, values map[string]string) error {
	h.Set("Accept", "application/json")
	switch s.kind {
	case "json":
		h.Set("Content-Type", "application/json")
	case "form":
		h.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, t := range s.header {
		value, err := t.fill(values, inHeader)
		if err != nil {
			return err
		}
		h.Set(name, value)
	}
	if !s.basic {
		return nil
	}
	user, err := s.user.fill(values, withoutColon)
	if err != nil {
		return err
	}
	password, err := s.password.fill(values, asIs)
	if err != nil {
		return err
	}
	h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	return nil
}

// address fills the address in, and looks whether it means what it should.
func (s *step) address(to server, values map[string]string) (*url.URL, error) {
	host, scheme, base := to.host+strings.Join(s.host.text[1:], ""), to.scheme, to.base
	if !s.whole() {
		var err error
		if host, err = s.host.fill(values, asLabel); err != nil {
			return nil, err
		}
		scheme, base = "https", ""
	}
	path, err := s.path.fill(values, inURL)
	if err != nil {
		return nil, err
	}
	query, err := s.query.fill(values, inURL)
	if err != nil {
		return nil, err
	}
	path = base + path
	if err := checkPath(path); err != nil {
		return nil, err
	}
	text := scheme + "://" + host + path
	if s.hasQuery {
		text += "?" + query
	}
	u, err := url.Parse(text)
	if err != nil || u.Host != host || u.EscapedPath() != path || u.RawQuery != query || u.User != nil || u.Fragment != "" {
		return nil, errors.New("it does not fit into the address")
	}
	return u, nil
}
