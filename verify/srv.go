package verify

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// names is what a resolver must be able to do for names that stand for several
// servers; net.Resolver is.
type names interface {
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Services returns the servers behind a name that may be contacted, "host:port",
// and what its TXT records say. What it returns is checked again by Dial.
func (v *visit) Services(ctx context.Context, service string, t target) (addresses, text []string, err error) {
	if err := v.guard.permits(t, v.hosts); err != nil {
		return nil, nil, err
	}
	r, ok := v.guard.opts.Resolver.(names)
	if !ok || v.guard.proxy != nil {
		return nil, nil, problem("the name stands for several servers, which cannot be looked up through a proxy: give one as mongodb://host:port")
	}
	ctx, cancel := context.WithTimeout(ctx, v.guard.opts.DialTimeout)
	defer cancel()
	_, found, err := r.LookupSRV(ctx, service, "tcp", t.host)
	if err != nil {
		return nil, nil, problem(Reason(err))
	}
	for _, s := range found {
		addresses = append(addresses, net.JoinHostPort(strings.TrimSuffix(s.Target, "."), strconv.Itoa(int(s.Port))))
	}
	none := new(net.DNSError)
	if text, err = r.LookupTXT(ctx, t.host); err != nil && (!errors.As(err, &none) || !none.IsNotFound) {
		return nil, nil, problem(Reason(err))
	}
	return addresses, text, nil
}

// Services is for tests, which use a Guard as a Door.
func (g *Guard) Services(ctx context.Context, service string, t target) (addresses, text []string, err error) {
	return g.visit(nil).Services(ctx, service, t)
}

// lookUp finds the servers behind a name of mongodb+srv
// (https://github.com/mongodb/specifications/blob/master/source/initial-dns-seedlist-discovery/initial-dns-seedlist-discovery.md):
// they must be of the same domain, and a TXT record may say which database knows
// the users.
func (e *account) lookUp(ctx context.Context, q *Query) ([]string, error) {
	d, ok := q.Door.(interface {
		Services(ctx context.Context, service string, t target) ([]string, []string, error)
	})
	t, good := parseTarget(e.host, e.port)
	if !ok || !good || t.addr.IsValid() {
		return nil, errName
	}
	addresses, text, err := d.Services(ctx, "mongodb", t)
	if err != nil {
		return nil, err
	}
	domain := e.host
	if strings.Count(e.host, ".") > 1 {
		_, domain, _ = strings.Cut(e.host, ".")
	}
	for _, a := range addresses {
		if at, ok := parseTarget(a, ""); !ok || !strings.HasSuffix(at.host, "."+domain) {
			return nil, problem("its name leads to servers of another domain")
		}
	}
	if len(addresses) == 0 || len(text) > 1 {
		return nil, problem("its name does not lead to servers of MongoDB")
	}
	said, _ := url.ParseQuery(strings.Join(text, ""))
	if source := said.Get("authSource"); source != "" && e.option("authSource")+q.part("auth_source") == "" {
		e.options.Set("authSource", source)
	}
	return addresses, nil
}

// dial connects to the first of the servers that answers. Nothing has been sent
// when one does not, so that it is no second attempt.
func (e *account) dial(ctx context.Context, q *Query) (conn net.Conn, err error) {
	addresses := []string{e.address()}
	behind := ""
	if strings.HasSuffix(e.scheme, "+srv") {
		behind = e.host
		if addresses, err = e.lookUp(ctx, q); err != nil {
			return nil, err
		}
	}
	for _, a := range addresses[:min(len(addresses), maxAddresses)] {
		e.host, e.port, _ = net.SplitHostPort(a)
		conn, err = q.Door.Dial(ctx, "tcp", a)
		no := new(Refused)
		if errors.As(err, &no) && behind != "" && strings.HasPrefix(no.Fix, "--allow-host") {
			_, domain, _ := strings.Cut(e.host, ".")
			return nil, &Refused{Host: no.Host, Why: no.Why + ", to which " + behind + " leads", Fix: "--allow-host *." + domain}
		}
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	return conn, err
}
