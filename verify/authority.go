package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// A kubeconfig names a server, and the authority whose certificate that server
// has, as a cluster has one of its own
// (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#Cluster). For a
// token in the same text, that authority is trusted at that server, which the user
// must allow as before, and nowhere else.

// authority is what one text says of one server.
type authority struct {
	certs  []*x509.Certificate
	tokens [][32]byte // that stand in the same text, as hashes
}

const (
	manyAuthorities = 1000 // that are kept
	perServer       = 8    // texts about one server
	perText         = 64   // tokens of a text, and certificates of an authority
	clusterReach    = 512  // bytes between the authority and its server
)

var (
	authorityKey = []byte("certificate-authority-data")
	clusterData  = lazy.New(`^["']?\s{0,4}:\s{0,8}["']?([A-Za-z0-9+/]{64,}={0,2})`)
	clusterHost  = lazy.New(`\bserver["']?\s{0,4}:\s{0,8}["']?https://([0-9A-Za-z\[][0-9A-Za-z.:\]-]{2,130})`)
	clusterEnd   = lazy.New(`\n\s{0,40}- |[{}]|\n[a-z]`)
	textToken    = lazy.New(`\btoken["']?\s{0,4}:\s{0,8}["']?([0-9A-Za-z._~+/=:-]{16,})`)
)

// lookClusters reads the authorities of servers in a text.
func (c *Certificates) lookClusters(text []byte) {
	var tokens [][32]byte
	for rest := text; ; {
		i := bytes.Index(rest, authorityKey)
		if i < 0 {
			return
		}
		at := len(text) - len(rest) + i
		rest = rest[i+len(authorityKey):]
		m := clusterData.FindSubmatchIndex(rest[:min(len(rest), maxCertificate)])
		if m == nil {
			continue
		}
		certs := authorityCerts(rest[m[2]:m[3]])
		server := clusterServer(text[max(0, at-clusterReach):at], rest[m[1]:min(len(rest), m[1]+clusterReach)])
		rest = rest[m[1]:]
		if len(certs) == 0 || server == "" {
			continue
		}
		if tokens == nil {
			tokens = [][32]byte{}
			for _, m := range textToken.FindAllSubmatch(text, perText) {
				tokens = append(tokens, sha256.Sum256(m[1]))
			}
		}
		c.mu.Lock()
		if c.servers == nil {
			c.servers = map[string][]authority{}
		}
		if known := c.servers[server]; len(tokens) > 0 && len(known) < perServer && (known != nil || len(c.servers) < manyAuthorities) {
			c.servers[server] = append(known, authority{certs, tokens})
		}
		c.mu.Unlock()
	}
}

// clusterServer is the server of the entry of a cluster, of which before and
// behind are around its authority: "k8s.acme.example:6443".
func clusterServer(before, behind []byte) string {
	if all := clusterEnd.FindAllIndex(before, -1); all != nil {
		before = before[all[len(all)-1][1]:]
	}
	if end := clusterEnd.FindIndex(behind); end != nil {
		behind = behind[:end[0]]
	}
	for _, part := range [][]byte{behind, before} {
		if m := clusterHost.FindSubmatch(part); m != nil {
			if t, ok := parseTarget(string(m[1]), "443"); ok {
				return t.String()
			}
		}
	}
	return ""
}

func authorityCerts(text []byte) (out []*x509.Certificate) {
	b := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, err := base64.RawStdEncoding.Decode(b, bytes.TrimRight(text, "="))
	if err != nil {
		return nil
	}
	for block, more := pem.Decode(b[:n]); block != nil && len(out) < perText; block, more = pem.Decode(more) {
		if cert, err := x509.ParseCertificate(block.Bytes); block.Type == "CERTIFICATE" && err == nil {
			out = append(out, cert)
		}
	}
	return out
}

// Authorities are those of a server ("k8s.acme.example:6443") in the texts that a
// token stands in.
func (c *Certificates) Authorities(server string, token leak.Secret) (out []*x509.Certificate) {
	t, ok := parseTarget(server, "443")
	if !ok {
		return nil
	}
	sum := sha256.Sum256([]byte(token.Reveal()))
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.servers[t.String()] {
		if slices.Contains(a.tokens, sum) {
			out = append(out, a.certs...)
		}
	}
	return out[:min(len(out), perText)]
}

// Cluster is the server of the only cluster with an authority in the texts that a
// token stands in; empty for none, or several.
func (c *Certificates) Cluster(token leak.Secret) (server string) {
	if server, known := c.Context(token, ""); known {
		return server
	}
	sum := sha256.Sum256([]byte(token.Reveal()))
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, all := range c.servers {
		if slices.ContainsFunc(all, func(a authority) bool { return slices.Contains(a.tokens, sum) }) {
			if server != "" {
				return ""
			}
			server = name
		}
	}
	return server
}

// trusted is, in the context of a call, who else is trusted at one host.
type trusted struct {
	host  string
	certs []*x509.Certificate
}

type trustedKey struct{}

// trusting lets a call to a host trust further authorities.
func trusting(ctx context.Context, host string, certs []*x509.Certificate) context.Context {
	if len(certs) == 0 {
		return ctx
	}
	return context.WithValue(ctx, trustedKey{}, trusted{host, certs})
}

// manyTransports bounds those that are kept for servers with authorities of their
// own.
const manyTransports = 256

// transportFor is what sends a request: the common one, or one of a host that has
// an authority of its own.
func (g *Guard) transportFor(r *http.Request) (t *http.Transport, done func()) {
	more, ok := r.Context().Value(trustedKey{}).(trusted)
	if !ok || more.host != r.URL.Host {
		return g.transport, func() {}
	}
	var key strings.Builder
	key.WriteString(more.host)
	for _, c := range more.certs {
		sum := sha256.Sum256(c.Raw)
		key.Write(sum[:])
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if t = g.others[key.String()]; t != nil {
		return t, func() {}
	}
	t = g.newTransport()
	pool := g.opts.RootCAs
	if pool == nil {
		pool, _ = x509.SystemCertPool()
	}
	if pool == nil {
		pool = x509.NewCertPool()
	}
	pool = pool.Clone()
	for _, c := range more.certs {
		pool.AddCert(c)
	}
	t.TLSClientConfig.RootCAs = pool
	if len(g.others) >= manyTransports {
		return t, t.CloseIdleConnections
	}
	g.others[key.String()] = t
	return t, func() {}
}
