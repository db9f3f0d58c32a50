package verify

import (
	"crypto/sha256"
	"net/url"
	"slices"

	"github.com/whosekey/whosekey/internal/kubeconfig"
	"github.com/whosekey/whosekey/internal/yamltree"
	"github.com/whosekey/whosekey/leak"
)

// A kubeconfig of several clusters says in its contexts which user is of which
// (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#Context). The server
// that stands nearest to a token may be another's.

const (
	manyKubeconfigs = 1000 // with several clusters, that are kept
	perKubeconfig   = 200  // clusters of one that are looked for in texts that cannot be read
)

// clusters is what a kubeconfig with several of them says.
type clusters struct {
	hosts []string            // of its clusters, without their ports
	users map[[32]byte]string // a token's hash -> where its server is, as host:port; "" if it is not sure
}

// lookContexts reads what a text says of several clusters.
func (c *Certificates) lookContexts(text []byte) {
	if !kubeconfig.Maybe(text) {
		return
	}
	k := clusters{users: map[[32]byte]string{}}
	for _, m := range clusterHost.FindAllSubmatch(text, perKubeconfig) {
		if t, ok := parseTarget(string(m[1]), "443"); ok && !slices.Contains(k.hosts, t.host) {
			k.hosts = append(k.hosts, t.host)
		}
	}
	tokens := textToken.FindAllSubmatch(text, perText)
	if len(k.hosts) < 2 || len(tokens) == 0 {
		return
	}
	for _, m := range tokens {
		k.users[sha256.Sum256(m[1])] = "" // until a context says more
	}
	if files, err := kubeconfig.Read(text); err == nil {
		for i := range files {
			k.join(&files[i])
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kube) < manyKubeconfigs {
		c.kube = append(c.kube, k)
	}
}

// join notes the servers of users whose contexts agree on one.
func (k *clusters) join(f *kubeconfig.File) {
	doubt := map[[32]byte]bool{}
	for _, user := range f.Users {
		token, urls := yamltree.Text(yamltree.Get(user.Login, "token")), f.Servers(user.Name)
		if token == "" || len(urls) != 1 {
			continue
		}
		server := ""
		if u, err := url.Parse(urls[0]); err == nil && u.Scheme == "https" {
			server = u.Host
		}
		sum := sha256.Sum256([]byte(token))
		if said := k.users[sum]; said != "" && said != server || doubt[sum] {
			server, doubt[sum] = "", true // users of two servers have it
		}
		k.users[sum] = server
	}
}

// Context is the server of a token that stands in a kubeconfig of several clusters,
// beside one of which it was found, or none; "" if it is not sure. Of others it knows
// nothing.
func (c *Certificates) Context(token leak.Secret, host string) (server string, known bool) {
	sum := sha256.Sum256([]byte(token.Reveal()))
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.kube {
		k := &c.kube[i]
		said, here := k.users[sum]
		if !here || host != "" && !slices.Contains(k.hosts, host) {
			continue
		}
		if known && said != server {
			return "", true
		}
		server, known = said, true
	}
	return server, known
}

// place gives a token of a kubeconfig with several clusters the server that its
// contexts say, in each of its places. Where they do not, the one beside it is in doubt.
func (e *Engine) place(f *leak.Finding) {
	k := e.kindOf(f)
	if k == nil || e.cfg.Context == nil {
		return
	}
	if _, ok := k.verifier.(*kubernetes); !ok {
		return
	}
	f.Parts, f.Loose = e.placed(f.Parts, f.Loose)
	others := slices.Clone(f.Others)
	for i := range others {
		others[i].Parts, others[i].Loose = e.placed(others[i].Parts, others[i].Loose)
	}
	f.Others = others
}

func (e *Engine) placed(parts leak.Parts, loose []string) (leak.Parts, []string) {
	near := parts["host"].Reveal()
	if t, ok := parseTarget(near, "443"); ok {
		near = t.host
	}
	server, known := e.cfg.Context(parts[leak.SecretPart], near)
	sure := slices.DeleteFunc(slices.Clone(loose), func(name string) bool { return name == "host" })
	t, ok := parseTarget(server, "443")
	switch {
	case !known:
		return parts, loose
	case !ok:
		return parts, append(sure, "host")
	}
	out := leak.Parts{}
	for name, p := range parts {
		out[name] = p
	}
	out["host"], out["port"] = leak.NewSecret(t.host), leak.NewSecret(t.port)
	return out, sure
}
