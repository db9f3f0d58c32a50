package verify

import (
	"net/url"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// publicForges serve repositories of everybody: that one comes from there says
// nothing of a server of somebody's own. Each with a dot in front stands for
// names below it too.
var publicForges = []string{"gitlab.com", "bitbucket.org", "codeberg.org", ".azure.com", ".visualstudio.com", ".amazonaws.com", ".googlesource.com", "source.developers.google.com", "git.sr.ht", "gitea.com", "huggingface.co"}

// From says where what the next calls of Verify are about comes from: the address
// of a repository, in any form that git takes, or "".
func (e *Engine) From(repository string) { e.from = remoteHost(repository) }

// remoteHost is the host in an address of git, without user and port: "" for a folder.
func remoteHost(address string) string {
	if u, err := url.Parse(address); err == nil && u.Scheme != "" && u.Host != "" {
		return strings.ToLower(u.Hostname())
	}
	host, _, ok := strings.Cut(address, ":") // git@github.acme.example:acme/app.git
	_, host, user := strings.Cut(host, "@")
	if !ok || !user || strings.ContainsAny(host, `/\`) {
		return ""
	}
	return strings.ToLower(host)
}

// elsewhere doubts refusals by a provider's own server of credentials that may be
// of somebody's own, as one is named: beside another credential of the provider, or
// as where the repository comes from. Which findings are asked about in the same
// call decides, not their order.
func (e *Engine) elsewhere(fs []*leak.Finding) {
	servers := map[string]string{} // by provider; the first by name
	own := map[string]string{}     // fields of credentials of servers that nothing names
	for _, f := range fs {
		if k := e.kindOf(f); k != nil && k.shared() {
			for _, parts := range append([]leak.Parts{f.Parts}, others(f)...) {
				if h := remoteHost("https://" + parts["host"].Reveal()); h != "" && !k.owns(h) && (servers[k.provider] == "" || h < servers[k.provider]) {
					servers[k.provider] = h
				}
				if field := parts[rules.ServerPart].Reveal(); field != "" {
					own[k.provider] = field
				}
			}
		}
	}
	for _, f := range fs {
		k := e.kindOf(f)
		if k == nil || !k.shared() || f.Verdict.Status != leak.Dead || !k.askedOwn(f) {
			continue
		}
		switch from := e.from; {
		case servers[k.provider] != "":
			k.doubt(f, servers[k.provider]+", which stands beside another one here")
		case own[k.provider] != "":
			k.doubt(f, "a server of somebody's own, as "+own[k.provider]+" here is")
		case from != "" && !k.owns(from) && !isPublicForge(from):
			k.doubt(f, from+", where this repository comes from")
		}
	}
}

func (k *kind) doubt(f *leak.Finding, other string) {
	f.Verdict.Status, f.Verdict.Facts = leak.Unknown, nil
	f.Verdict.Reason = f.Verdict.Host + " refused it, and it may be of " + other + ": name the server as an endpoint of " + k.provider + " in your settings, https://" + f.Verdict.Host + " if it is that"
}

func others(f *leak.Finding) (out []leak.Parts) {
	for _, o := range f.Others {
		out = append(out, o.Parts)
	}
	return out
}

// shared reports whether credentials of a kind may be of a server of somebody's own,
// and the user has not said which those are.
func (k *kind) shared() bool {
	return k.table != nil && k.table.OwnServers && !k.told()
}

func (k *kind) told() bool {
	switch v := k.verifier.(type) {
	case *table:
		return len(v.endpoints) > 0
	case *githubApp:
		return len(v.servers) > 0
	}
	return false
}

// owns reports whether a host is the provider's, or one of its names.
func (k *kind) owns(host string) bool {
	_, own := k.hosts.find(host, "443")
	return own || slices.ContainsFunc(k.table.Aliases, func(a string) bool {
		return host == strings.TrimPrefix(a, ".") || strings.HasPrefix(a, ".") && strings.HasSuffix(host, a)
	})
}

// askedOwn reports whether only the provider's own servers were asked about a
// credential of which nothing near it says whose it is.
func (k *kind) askedOwn(f *leak.Finding) bool {
	if f.Parts["host"].Len() > 0 {
		return false
	}
	for _, c := range f.Verdict.Asked {
		if !k.owns(remoteHost("https://" + c.Host)) {
			return false
		}
	}
	return k.owns(remoteHost("https://" + f.Verdict.Host))
}

func isPublicForge(host string) bool {
	return slices.ContainsFunc(publicForges, func(f string) bool {
		return host == strings.TrimPrefix(f, ".") || strings.HasPrefix(f, ".") && strings.HasSuffix(host, f)
	})
}
