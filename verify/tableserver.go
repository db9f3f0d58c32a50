package verify

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// origin says how a server came to be asked.
type origin int

const (
	ours     origin = iota // of the provider: constant, or a label before a constant
	endpoint               // from the user's settings
	named                  // beside the credential, in what was scanned
)

// server is where requests go whose whole host is ${part}.
type server struct {
	scheme, host, base string // base: what comes before the path: "" or "/gitlab"
	from               origin
}

// ParseEndpoint checks the address of a server of the user's:
// "https://gitlab.acme.example", with a path where there is one. The error quotes
// no user, password or query that stands in it.
func ParseEndpoint(s string) error {
	_, err := parseEndpoint(s)
	return err
}

func parseEndpoint(s string) (server, error) {
	const want = "it must be an address such as https://gitlab.acme.example"
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Opaque != "":
		return server{}, errors.New(want)
	case u.User != nil:
		return server{}, errors.New("it has a user in it; " + want)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return server{}, errors.New("it has more than a path; " + want)
	}
	t, ok := parseTarget(u.Host, map[string]string{"https": "443", "http": "80"}[u.Scheme])
	host, err := asHost(u.Host)
	if err != nil || !ok {
		return server{}, errors.New("its host is no name of a host; " + want)
	}
	if u.Scheme == "http" {
		if !t.addr.IsLoopback() {
			return server{}, errors.New("http is for servers of this machine, which are named by their address; " + want)
		}
		host = net.JoinHostPort(t.host, t.port) // what has no port means that of https
	}
	return server{u.Scheme, host, strings.TrimSuffix(u.EscapedPath(), "/"), endpoint}, nil
}

// at is the address of a path, which is written as in a URL.
func (s server) at(path string) *url.URL {
	u, err := url.Parse(s.scheme + "://" + s.host + s.base + path)
	if err != nil {
		panic("verify: " + err.Error()) // parseEndpoint and asHost have looked at all of it
	}
	return u
}

// own is what a verifier in Go embeds that asks servers of the user's, if it is
// told of some.
type own struct{ servers []server }

func (o *own) name(servers []server) { o.servers = servers }

// known is where a host that stands beside a credential is: as the user says, or
// by https.
func (o *own) known(host string) server {
	for _, s := range o.servers {
		if s.host == host {
			return server{s.scheme, s.host, s.base, named}
		}
	}
	return server{"https", host, "", named}
}

// first are the server that stands beside a credential, if one does, and then the
// user's.
func (o *own) first(beside *server) (out []server) {
	if beside != nil {
		out = append(out, *beside)
	}
	for _, s := range o.servers {
		if beside == nil || s.host != beside.host {
			out = append(out, s)
		}
	}
	return out
}

// inTurn asks servers until one does not refuse, and notes what each says.
func inTurn(ctx context.Context, servers []server, ask func(s server) leak.Verdict) leak.Verdict {
	var unclear, refused *leak.Verdict
	var all heard
	for _, s := range servers {
		v := ask(s)
		all.add(v)
		switch v.Status {
		case leak.Dead:
			refused = &v
		case leak.Unknown, leak.SkippedCheck:
			if unclear == nil {
				unclear = &v
			}
		default:
			return all.in(v)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if unclear != nil {
		return all.in(*unclear)
	}
	return all.in(*refused)
}

// hostPart is the host of requests that a piece of the credential names; without
// names where servers are constant.
func (t *table) hostPart() (host template) {
	for i := range t.steps {
		if t.steps[i].whole() {
			return t.steps[i].host
		}
	}
	return host
}

// saysOurs reports whether what stands beside a credential is the provider's own
// server.
func (t *table) saysOurs(q *Query) bool {
	host := t.hostPart()
	return len(host.names) > 0 && t.ours(t.known(q, host.names[0]))
}

// heard is what servers say that are asked in turn.
type heard []leak.Call

func (h *heard) add(v leak.Verdict) {
	*h = append(*h, leak.Call{Host: v.Host, Status: v.Status, Reason: v.Reason})
}

// in puts it into the verdict that comes of it.
func (h heard) in(v leak.Verdict) leak.Verdict {
	v.Asked = h
	return v
}

// only leaves the server that a made-up credential goes to. suffix is what
// requests put after its host: "", ":8089".
func (q *Query) only(servers []server, suffix string) []server {
	for _, s := range servers {
		if q.isOnly(s.host + suffix) {
			return []server{s}
		}
	}
	return servers
}

// isOnly reports whether a host is the one that a made-up credential goes to.
func (q *Query) isOnly(host string) bool {
	t, ok := parseTarget(host, "443")
	return ok && q.Only != "" && t.String() == q.Only
}

// servers are those to ask, in their order: the one that stands beside the
// credential, then those that the user names; without either, the provider's
// own. Requests with a constant host go to that, whichever it is.
func (t *table) servers(q *Query) ([]server, error) {
	host := t.hostPart()
	if host.names == nil {
		return []server{{scheme: "https"}}, nil
	}
	name := host.names[0]
	var out []server
	add := func(s server) {
		s = s.api(t.verify.APIBelow)
		if !slices.ContainsFunc(out, func(o server) bool { return o.host == s.host && o.base == s.base }) {
			out = append(out, s)
		}
	}
	known := t.known(q, name)
	switch {
	case t.ours(known):
		own := t.verify.Servers()
		for _, h := range own { // none is a suffix: see rules
			from := ours
			if len(own) == 1 {
				from = named
			}
			add(server{"https", h, "", from})
		}
	case known != "":
		host, err := asHost(known)
		if err != nil {
			return nil, fmt.Errorf("the %s beside it %w", name, err)
		}
		if port := q.Parts["port"].Reveal(); name == "host" && port != "" && port != "443" && isPort(port) && !strings.Contains(host, ":") {
			host += ":" + port
		}
		for _, e := range t.endpoints { // where the user says that it is
			if e.host == host || e.api(t.verify.APIBelow).host == host {
				add(server{e.scheme, e.host, e.base, named})
			}
		}
		if len(out) == 0 {
			add(t.named(host))
		}
	}
	for _, e := range t.endpoints {
		add(e)
	}
	if field := q.part(rules.ServerPart); len(out) == 0 && field != "" {
		return nil, fmt.Errorf("%s says that it is of a server of somebody's own, which does not stand near it; name that as an endpoint of %s in your settings", field, t.provider)
	}
	if len(out) == 0 {
		for _, h := range t.verify.Servers() {
			if !strings.HasPrefix(h, ".") {
				add(server{"https", h, "", ours})
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("needs the %s, which does not stand near it; name yours as an endpoint of %s in your settings", name, t.provider)
	}
	return q.only(out, host.text[1]), nil
}

// api is where the API of a server is: at a name of its own, for one below some
// suffixes. An address with a path is as the user says.
func (s server) api(below []string) server {
	host, port, found := strings.Cut(s.host, ":")
	for _, suffix := range below {
		label, ok := strings.CutSuffix(host, suffix)
		if ok && label != "" && !strings.Contains(label, ".") && (s.from == named || s.base == "") {
			s.host, s.base = "api."+host, ""
			if found {
				s.host += ":" + port
			}
		}
	}
	return s
}

// named is the server that is meant where a host stands beside a credential.
func (t *table) named(host string) server {
	base := t.verify.NamedPath
	if strings.HasPrefix(host, "api.") || slices.Contains(t.verify.Servers(), host) {
		base = ""
	}
	return server{"https", host, base, named}
}

// known is what a text or the credential itself says of the server.
func (t *table) known(q *Query, name string) string {
	secret := q.part(leak.SecretPart)
	for _, field := range t.verify.ServerIn {
		at := strings.Index(secret, "eyJ")
		if at < 0 {
			break
		}
		text := secret[at:]
		if end := strings.IndexFunc(text, notBase64); end >= 0 {
			text = text[:end]
		}
		b, err := base64.RawStdEncoding.DecodeString(text)
		var said map[string]any
		if err != nil || json.Unmarshal(b, &said) != nil {
			break
		}
		address, _ := said[field].(string)
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			return u.Host
		}
	}
	return q.part(name)
}

func notBase64(r rune) bool {
	return r != '+' && r != '/' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// ours reports whether a host is one of the provider's that stands for all of
// them.
func (t *table) ours(host string) bool {
	name, _, _ := strings.Cut(strings.ToLower(host), ":")
	if slices.Contains(t.verify.Servers(), name) {
		return false // that one, and no other
	}
	return slices.ContainsFunc(t.verify.Aliases, func(a string) bool {
		return name == a || strings.HasPrefix(a, ".") && strings.HasSuffix(name, a)
	})
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}
