package iac

import (
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// known matches what other resolvers know of the credential with what the code
// declares.
func (l *link) known() {
	for _, e := range l.q.Known {
		if e.Weight < .4 || e.Class == leak.FromName || e.Class == leak.FromGit || len(e.Value) > maxText {
			continue
		}
		var sure float64
		sure, l.basis = identity.Basis(l.q.Known, e.Value, e.Claim)
		switch e.Claim {
		case leak.ClaimName, leak.ClaimID, leak.ClaimEmail:
			l.named(e.Value, min(.8, sure), "its "+e.Claim+" is the same")
		case leak.ClaimLabel:
			l.named(e.Value, min(.65, sure), "its name is the same")
		case leak.ClaimKeyID:
			l.keyID(e.Value, min(.9, sure))
		}
	}
	l.basis = ""
	if len(l.matches) == 0 && l.isProvider("aws") {
		l.guess()
	}
	if len(l.matches) == 0 {
		l.server()
	}
}

// named matches identities by a name, an e-mail address, an ARN.
func (l *link) named(name string, weight float64, by string) {
	name = principal(strings.TrimSpace(name))
	for _, o := range l.ix.offers[named(name)] {
		if o.identity == "" || !l.fitsProvider(o) || !l.fitsTenant(o, "") || !l.fitsName(o, name) {
			continue
		}
		if w := l.database(o, weight); w > 0 {
			l.match(o, w, by, name)
		}
	}
	if m := gcpMail.FindStringSubmatch(strings.ToLower(name)); m != nil {
		// The code may say only the first half of the address.
		local, _, _ := strings.Cut(strings.ToLower(name), "@")
		for _, o := range l.ix.offers[named(local)] {
			if o.kind == "google_service_account" && (o.tenant.ID == "" || o.tenant.ID == m[1]) {
				w := weight
				if o.tenant.ID == "" {
					w = min(w, .65)
				}
				l.match(o, w, by, name)
			}
		}
	}
	if m := awsARN.FindStringSubmatch(name); m != nil {
		for _, o := range l.ix.offers[named(m[3])] {
			if strings.HasPrefix(o.kind, "aws_iam_"+strings.TrimPrefix(m[2], "assumed-")) && l.fitsTenant(o, m[1]) {
				l.match(o, weight, by, m[3])
			}
		}
	}
}

// keyID matches the identity whose credential has a public id: states know them.
func (l *link) keyID(id string, sure float64) {
	if len(id) < 8 {
		return
	}
	for _, o := range l.ix.offers[named(id)] {
		if o.identity != "" && l.fitsProvider(o) {
			l.match(o, sure, "it has this key", "")
		}
		for _, t := range o.of {
			l.owner(o, t, sure, "the key is "+o.address)
		}
	}
}

// server takes in the declaration of a database whose users are not declared:
// whose it is, and what environment it is of.
func (l *link) server() {
	host := l.host()
	first, _, _ := strings.Cut(host, ".")
	if len(first) < 4 {
		return
	}
	for _, o := range l.ix.objects {
		server, _, _ := strings.Cut(strings.ToLower(o.server), ":")
		if server != "" && (server == host || server == first && strings.Contains(host, ".")) && len(l.servers) < maxFacts {
			l.servers = append(l.servers, o)
		}
	}
}

// host is the name of the server that a credential opens.
func (l *link) host() string {
	host := strings.ToLower(l.claim(leak.ClaimServer))
	if i := strings.Index(host, "://"); i >= 0 {
		host = host[i+3:]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	host, _, _ = strings.Cut(host, "/")
	host, _, _ = strings.Cut(host, ":")
	return host
}

// claim is the strongest value that is known for a claim.
func (l *link) claim(claim string) string {
	best, value := 0.0, ""
	for _, e := range l.q.Known {
		if e.Claim == claim && e.Weight > best {
			best, value = e.Weight, e.Value
		}
	}
	return value
}

func (l *link) isProvider(p string) bool {
	return l.provider() == p || l.claim(leak.ClaimProvider) == p
}

func (l *link) provider() string {
	if l.q.Finding == nil {
		return ""
	}
	return l.q.Finding.Rule.Provider
}

// fitsTenant reports whether an identity can be of the tenant that is known.
func (l *link) fitsTenant(o *object, tenant string) bool {
	if tenant == "" {
		tenant = l.claim(leak.ClaimTenant)
	}
	have := o.tenant.ID
	if have == "" && o.provider == "aws" {
		have = l.ix.accountOf(o)
	}
	return tenant == "" || have == "" || strings.EqualFold(tenant, have)
}
