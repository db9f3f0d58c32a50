// Package mcp finds the servers of the Model Context Protocol that a credential is
// given to: the settings of AI agents name them, and what each gets in variables,
// headers, arguments and its address. An agent acts with whatever its servers may.
package mcp

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// Kind is that of the consumers which this package finds.
const Kind = "mcp server"

// How sure it is that a server uses what it is given, that the host of its address
// is the one that a header is for, and what the credential is of which nothing
// else is known.
const (
	given  = 0.95
	called = 0.9
	agent  = 0.5 // less than what a rule says of the kind
)

// maxServers bounds the servers of one credential that are told.
const maxServers = 20

// New returns the Resolver. It knows providers by the ids that rules give them.
func New(providers []string) identity.Resolver {
	r := &resolver{seed: maphash.MakeSeed(), providers: map[string]bool{}}
	for _, id := range providers {
		r.providers[id] = true
	}
	return r
}

type resolver struct {
	providers map[string]bool
	seed      maphash.Seed
	hash      uint64 // of the file that was read last: one often has several
	servers   []server
	repo      identity.Repository
	files     map[string][]fileUse // of repo, by the path of the file
}

// Resolve implements identity.Resolver.
func (r *resolver) Resolve(ctx context.Context, q *identity.Query) (a identity.Answer, err error) {
	files, err := r.envFiles(ctx, q)
	if err != nil {
		return a, err
	}
	for i := range q.Places {
		if err := ctx.Err(); err != nil {
			return a, err
		}
		p := &q.Places[i]
		r.inFile(&a, q.In(&p.Location), files)
		if p.FirstLine > 1 || p.Start < 0 || p.Start >= p.End || p.End > len(p.Text) || !wanted(p.Path, p.Text) {
			continue
		}
		secret := string(p.Text[p.Start:p.End])
		for _, s := range r.read(p, q) {
			if how, ok := s.has(secret); ok && len(a.Consumers) < maxServers {
				r.say(&a, q, p, &s, how)
			}
		}
	}
	return a, nil
}

// read is the servers of a place's file.
func (r *resolver) read(p *identity.Place, q *identity.Query) []server {
	if hash := maphash.Bytes(r.seed, p.Text); hash != r.hash || r.hash == 0 {
		servers, err := parse(p.Path, p.Text)
		if err != nil && q.Lose != nil {
			q.Lose(p.Path + ": " + err.Error())
		}
		r.hash, r.servers = hash, servers
	}
	return r.servers
}

// say adds what it means that a server gets the credential.
func (r *resolver) say(a *identity.Answer, q *identity.Query, p *identity.Place, s *server, how use) {
	line := max(p.FirstLine, 1) + bytes.Count(p.Text[:p.Start], []byte("\n"))
	where := fmt.Sprintf("%s:%d", p.Path, line)
	if p.Path == "" {
		where = fmt.Sprintf("line %d", line)
	}
	client := clientOf(p.Path)
	via := how.how
	if s.runs != "" {
		via += ", " + s.runs
	}
	a.Consumers = append(a.Consumers, leak.Consumer{Kind: Kind, Ref: where, Name: s.name, Via: via + ", for " + client, Confidence: given})
	add := func(claim, value string, weight float64, reason string) {
		if value != "" {
			a.Evidence = append(a.Evidence, leak.Evidence{Class: leak.FromNeighbour, Claim: claim, Value: value, Weight: weight, Reason: reason, Ref: where})
		}
	}
	reason := fmt.Sprintf("the MCP server %s of %s gets it", s.name, client)
	add(leak.ClaimNote, fmt.Sprintf("for the MCP server %s of %s", s.name, client), given, reason)
	add(leak.ClaimType, string(leak.AIAgent), agent, reason)
	if s.foreign {
		add(leak.ClaimNote, identity.NoteAgentTool, given, reason)
	}
	if how.header && s.host != "" && anyKind[q.Finding.Rule.Provider] {
		reason := "the address of the MCP server that it is sent to"
		add(leak.ClaimServer, s.host, called, reason)
		add(leak.ClaimProvider, r.provider(s.host), called, reason)
	}
}

// anyKind are providers of rules that say nothing of whose a credential is.
var anyKind = map[string]bool{"": true, "generic": true, "httpauth": true, "jwt": true, "urlcredentials": true}

// hosted are domains whose names belong to customers of who has the domain.
var hosted = map[string]bool{"github.io": true, "gitlab.io": true, "vercel.app": true, "netlify.app": true, "bitbucket.io": true, "pages.dev": true, "fly.dev": true, "railway.app": true}

// provider is whose a host is, by the name of its domain: mcp.linear.app is
// Linear's. It is empty for those that nobody knows.
func (r *resolver) provider(host string) string {
	host, _, _ = strings.Cut(host, ":")
	labels := strings.Split(strings.ToLower(host), ".")
	if len(labels) < 2 {
		return ""
	}
	domain := labels[len(labels)-2]
	switch whole := domain + "." + labels[len(labels)-1]; {
	case hosted[whole]:
		return ""
	case whole == "githubcopilot.com":
		domain = "github"
	case whole == "googleapis.com":
		domain = "google"
	}
	if r.providers[domain] {
		return domain
	}
	return ""
}
