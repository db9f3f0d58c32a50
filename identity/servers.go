package identity

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// Servers is pipeline.Config.Servers: it gives a password whose rule knows nobody to
// ask what stands around it in each of its places, if that names a server, its kind
// and a user: the pieces "protocol", "host" and "user", as a URL would have them. What
// has them itself keeps them. The resolvers are those that read a credential and the
// text around it.
func Servers(ps []*rules.Provider, rs ...Resolver) func(context.Context, []*Query) error {
	asked, logins := map[string]bool{}, map[string]string{}
	for _, p := range ps {
		for i := range p.Rules {
			id := p.Rules[i].ID
			if v := p.For(id); v != nil && v.None == "" {
				asked[id] = true
				logins[id], _ = decode.Server([]string{v.Go})
			}
		}
	}
	return func(ctx context.Context, qs []*Query) (err error) {
		for _, q := range qs {
			f, kind := q.Finding, logins[q.Finding.Rule.ID]
			own := f.Parts["host"].Len() > 0
			if !asked[f.Rule.ID] {
				if err = serve(ctx, q, rs); err == nil && own {
					kind, _, _ = strings.Cut(f.Parts["protocol"].Reveal(), ":")
				}
			}
			if err == nil && kind != "" {
				err = serveElsewhere(ctx, q, rs, kind)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// serveElsewhere adds the other servers for which the password of a URL, or of a line
// of .pgpass, stands in the settings of other places.
func serveElsewhere(ctx context.Context, q *Query, rs []Resolver, kind string) error {
	if len(q.Places) < 2 {
		return nil
	}
	f := *q.Finding
	f.Rule, f.Confidence = leak.RuleInfo{ID: rules.Generic, Provider: "generic"}, leak.Low
	f.Parts, f.Loose, f.Others = leak.Parts{leak.SecretPart: f.Parts[leak.SecretPart]}, nil, nil
	other := *q
	other.Finding = &f
	if err := serve(ctx, &other, rs); err != nil || f.Parts["protocol"].Len() == 0 {
		return err
	}
	for _, s := range append([]leak.Surroundings{{Parts: f.Parts, Loose: f.Loose}}, f.Others...) {
		if !sameServer(kind, q.Finding.Parts, s.Parts) {
			q.Finding.Others = append(q.Finding.Others, s)
		}
	}
	return nil
}

// sameServer reports whether the pieces of a URL of a kind of server and those of
// settings lead to the same user there.
func sameServer(kind string, own, said leak.Parts) bool {
	other, _, _ := strings.Cut(said["protocol"].Reveal(), ":")
	host, port, _ := strings.Cut(said["host"].Reveal(), ":")
	name, at, _ := strings.Cut(own["host"].Reveal(), ":")
	user, err := url.PathUnescape(own["user"].Reveal())
	return strings.EqualFold(host, name) && decode.Listens(other, port) == decode.Listens(kind, cmp.Or(own["port"].Reveal(), at)) &&
		(err != nil || said["user"].Len() == 0 || user == said["user"].Reveal())
}

// serve sets the pieces of one finding.
func serve(ctx context.Context, q *Query, rs []Resolver) error {
	f := q.Finding
	var found []leak.Surroundings
	for i := range max(1, len(q.Places)) {
		if f.Confidence == leak.Low && (i == len(q.Places) || !q.Places[i].password()) {
			continue
		}
		at := *q
		at.Known, at.Places = nil, q.Places[min(i, len(q.Places)):min(i+1, len(q.Places))]
		if at.Lose == nil {
			at.Lose = func(string) {}
		}
		for _, r := range rs {
			a, err := r.Resolve(ctx, &at)
			if err != nil {
				return fmt.Errorf("find the server of a %s: %w", f.Rule.ID, err)
			}
			at.Known = append(at.Known, a.Evidence...)
		}
		if parts, loose := server(at.Known); parts != nil {
			for name, own := range f.Parts {
				// The same with its port or instance says more.
				if at, same := strings.CutPrefix(parts[name].Reveal(), own.Reveal()); !same || at == "" || !strings.ContainsAny(at[:1], `:\`) {
					parts[name] = own
				}
			}
			found = append(found, leak.Surroundings{Parts: parts, Loose: slices.Compact(slices.Sorted(slices.Values(append(loose, f.Loose...))))})
		}
	}
	if len(found) > 0 {
		f.Parts, f.Loose, f.Others = found[0].Parts, found[0].Loose, append(found[1:], f.Others...)
	}
	return nil
}

// password reports whether the credential is called what only passwords are, by its
// field or in a connection string: what else is secret beside a server, such as a key
// that signs, is not for it.
func (p *Place) password() bool {
	at := max(0, min(p.Start, len(p.Text)))
	before := strings.TrimRight(string(p.Text[max(0, at-around.MaxName):at]), "=:,>('\"` \t")
	for _, name := range []string{p.Around().Own.Name, before} {
		name = around.Plain(name)
		if slices.ContainsFunc([]string{"password", "passwd", "pass", "pwd", "pw", "passphrase"}, func(end string) bool { return strings.HasSuffix(name, end) }) {
			return true
		}
	}
	return false
}

// server makes pieces of what is said of a server, nil if that is not enough for a
// log-in. Those are loose of which it is not sure that they are the password's.
func server(said []leak.Evidence) (parts leak.Parts, loose []string) {
	kind, weight := best(said, leak.ClaimProvider)
	if known, _ := decode.Server([]string{kind}); known == "" || weight < around.Near {
		return nil, nil
	}
	if how, _ := best(said, leak.ClaimKind); strings.HasSuffix(how, decode.OverTLS) {
		kind += ":tls"
	}
	parts = leak.Parts{"protocol": leak.NewSecret(kind)}
	take := func(name string, claims ...string) {
		for _, claim := range claims {
			if value, weight := best(said, claim); weight >= around.Near && parts[name].Len() == 0 {
				parts[name] = leak.NewSecret(value)
				if weight < around.InBlock {
					loose = append(loose, name)
				}
			}
		}
	}
	take("host", leak.ClaimServer)
	take("user", leak.ClaimEmail, leak.ClaimName) // a name may be what stands before the @
	if parts["host"].Len() == 0 {
		return nil, nil
	}
	for _, e := range said {
		if name, ok := strings.CutPrefix(e.Value, "database "); ok && e.Claim == leak.ClaimScope && e.Weight >= around.InBlock {
			parts["database"] = leak.NewSecret(name)
		}
	}
	return parts, loose
}

// best is what counts most of what is said for a claim. What the kind of credential
// is of is said by the rule alone where nothing else says it; of servers that count as
// much the one with a port.
func best(said []leak.Evidence, claim string) (value string, weight float64) {
	var ruled bool
	for _, e := range said {
		rule := e.Class == leak.FromRule
		switch {
		case e.Claim != claim, value != "" && rule && !ruled:
		case value == "", ruled && !rule, e.Weight > weight, e.Weight == weight && claim == leak.ClaimServer && strings.HasPrefix(e.Value, value+":"):
			value, weight, ruled = e.Value, e.Weight, rule
		}
	}
	return value, weight
}
