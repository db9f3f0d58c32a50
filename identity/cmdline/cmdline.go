// Package cmdline says whose a credential is that a command line logs in with: the
// user and the server that stand beside it as the command's other arguments. It
// knows which option of which program is which, and nothing of credentials.
package cmdline

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// The weights of what a command says: of the credential in its own arguments, and of
// one in a variable that a later line takes.
const (
	sure     = 0.9
	sureKind = 0.95 // more than what a rule for commands of all kinds says
	later    = 0.75
)

// maxAround is how much text around a credential is read, in bytes.
const maxAround = 2 << 10

// New returns the Resolver.
func New() identity.Resolver { return resolver{} }

type resolver struct{}

// Resolve implements identity.Resolver.
func (resolver) Resolve(_ context.Context, q *identity.Query) (a identity.Answer, _ error) {
	for i := range q.Places[:min(len(q.Places), identity.MaxPlaces)] {
		p := &q.Places[i]
		if p.Start < 0 || p.Start > p.End || p.End > len(p.Text) {
			continue
		}
		first, last := max(0, p.Start-maxAround), min(len(p.Text), p.End+maxAround)
		l, weight, ok := find(string(p.Text[first:last]), p.Start-first, p.End-first)
		if !ok {
			if l, ok = variable(p.Text, p.Around().Own.Name); !ok {
				continue
			}
			l.from, weight = p.Around().Own.Name, later
		}
		ref := fmt.Sprintf("%s:%d", p.Path, p.FirstLine+bytes.Count(p.Text[:p.Start], []byte("\n")))
		a.Evidence = append(a.Evidence, l.said(q, weight, ref)...)
	}
	return a, nil
}

// said is what a login says of a credential. Where a service is known by the credential,
// its address is nobody's tenant, but for a name of the customer's below its domain.
func (l *login) said(q *identity.Query, weight float64, ref string) []leak.Evidence {
	if q.Finding == nil || l.tool.scheme != "https" || !ofService(q.Finding.Rule.Provider) {
		return l.evidence(weight, ref)
	}
	provider := q.Finding.Rule.Provider
	if provider == "zendesk" { // developer.zendesk.com/api-reference/introduction/security-and-auth
		l.user = strings.TrimSuffix(l.user, "/token")
	}
	own := identity.Elsewhere(provider, l.server)
	out := slices.DeleteFunc(l.evidence(weight, ref), func(e leak.Evidence) bool {
		return e.Claim == leak.ClaimServer && !own || e.Claim == leak.ClaimTenant || e.Claim == leak.ClaimTenantKind
	})
	return append(out, l.customer(provider, weight, ref)...)
}

// ofService reports whether a provider is one by name, and not a way to log in.
func ofService(provider string) bool {
	return !slices.Contains([]string{"", "generic", "logins", "urlcredentials", "httpauth", "jwt"}, provider)
}

// login is what a command says.
type login struct {
	tool               *tool
	user, server, port string
	tenant             string
	first              string // the first argument, where that may be the user
	from               string // the variable that the command takes it from; empty for none
}

// why is the reason for what a login says.
func (l *login) why() string {
	if l.from != "" {
		return l.tool.names[0] + " takes it from " + l.from
	}
	return "an argument of " + l.tool.names[0] + ", which it is the password of"
}

// customer is the tenant of a service by the customer's own name below its domain.
func (l *login) customer(provider string, weight float64, ref string) (out []leak.Evidence) {
	if tenant, kind := decode.Customer(provider, l.server); tenant != "" {
		for _, e := range [][2]string{{leak.ClaimTenant, tenant}, {leak.ClaimTenantKind, kind}} {
			out = append(out, leak.Evidence{Class: leak.FromNeighbour, Claim: e[0], Value: e[1], Weight: weight, Reason: l.why(), Ref: ref})
		}
	}
	return out
}

// evidence is what follows from a login.
func (l *login) evidence(weight float64, ref string) (out []leak.Evidence) {
	server := l.server
	if l.port != "" && server != "" && !strings.Contains(server, ":") {
		server += ":" + l.port
	}
	reason := l.why()
	say := func(claim, value string, weight float64) {
		if value != "" {
			out = append(out, leak.Evidence{Class: leak.FromNeighbour, Claim: claim, Value: value, Weight: weight, Reason: reason, Ref: ref})
		}
	}
	if l.tool.id {
		say(leak.ClaimProvider, l.tool.provider, sureKind)
		say(leak.ClaimType, string(leak.ServicePrincipal), sureKind)
		say(leak.ClaimID, l.user, weight)
		say(leak.ClaimTenant, l.tenant, weight)
		return out
	}
	for _, e := range decode.Login(l.tool.scheme, l.user, server) {
		if e.Value == "" || e.Claim == leak.ClaimEnvironment {
			continue
		}
		if e.Class == leak.FromStructure {
			e.Class, e.Weight = leak.FromNeighbour, min(e.Weight, weight)
		}
		if e.Claim == leak.ClaimProvider && l.tool.provider != "" {
			continue
		}
		if e.Claim == leak.ClaimProvider && (e.Weight >= identity.Likely || l.tool.scheme == decode.Registry) {
			e.Weight = sureKind
		}
		e.Reason, e.Ref = reason, ref
		out = append(out, e)
	}
	say(leak.ClaimProvider, l.tool.provider, sureKind)
	say(leak.ClaimTenant, l.tenant, weight)
	return out
}

// between is what may stand between a credential and the program that takes it from a
// variable or from its standard input.
var between = lazy.New(`^["']?[ \t]*(?:\\\r?\n[ \t]*)?(?:[A-Za-z_][A-Za-z0-9_]*=\S*[ \t]+)*(?:\|[ \t]*(?:\\\r?\n[ \t]*)?)?(?:sudo[ \t]+(?:-\S+[ \t]+)*)?[A-Za-z0-9_./-]*$`)

// find returns the login whose credential is text[start:end].
func find(text string, start, end int) (best login, weight float64, ok bool) {
	n := 0
	programs(text, func(from int, can []*tool) {
		if n++; n > maxPrograms {
			return
		}
		args, stop := words(text, from)
		for _, t := range can {
			if !t.is(args) {
				continue
			}
			switch {
			case from < start && end <= stop: // the innermost of several
				best, weight, ok = t.login(args, start, end), sure, true
			case from < end || ok:
			case between.MatchString(text[end:from]):
				best, weight, ok = t.login(args, start, end), sure, true
			case t.variable != "" && exported(text[:start], t.variable):
				best, weight, ok = t.login(args, start, end), later, true
			}
		}
	})
	return best, weight, ok && (best.user != "" || best.server != "")
}

// maxPrograms is how many commands around a credential are looked at.
const maxPrograms = 64

// exported reports whether what comes next is the value of a variable.
func exported(before, variable string) bool {
	before = strings.TrimRight(before, `"'`)
	return strings.HasSuffix(before, variable+"=") || strings.HasSuffix(before, variable+": ") || strings.HasSuffix(before, variable+" ")
}

// word is an argument and where it stands.
type word struct {
	text       string
	start, end int
}

// words cuts a command into its arguments, from where its program is named to its
// end: the end of the line, an operator of the shell, or the quote that the whole
// command is in. In Docker's form for exec they are strings with commas between them.
func words(text string, at int) (out []word, stop int) {
	line := strings.LastIndexByte(text[:at], '\n') + 1
	outer := byte(0)
	for i := line; i < at; i++ {
		switch c := text[i]; {
		case outer == 0 && (c == '"' || c == '\'' || c == '`'):
			outer = c
		case c == outer:
			outer = 0
		}
	}
	exec := outer == '"' && at+1 < len(text) && execForm.MatchString(text[at:])
	if exec {
		text, outer = text[:at]+strings.ReplaceAll(text[at:], `",`, `" `), 0 // of the same length
		at--
	}
	var w strings.Builder
	from, quote := -1, byte(0)
	flush := func(end int) {
		if from >= 0 {
			out = append(out, word{w.String(), from, end})
		}
		w.Reset()
		from = -1
	}
	for i := at; i < len(text) && len(out) < 200; i++ {
		c := text[i]
		switch {
		case quote == 0 && outer != 0 && c == outer, quote == 0 && strings.IndexByte(";|&)`", c) >= 0, c == '\n' && quote == 0, exec && quote == 0 && c == ']':
			flush(i)
			return out, i
		case c == '\\' && i+1 < len(text) && quote != '\'':
			i++
			if text[i] == '\r' && i+1 < len(text) {
				i++
			}
			if text[i] == '\n' {
				flush(i)
				continue
			}
			if from < 0 {
				from = i - 1
			}
			if outer != '"' || text[i] != '"' {
				w.WriteByte(text[i])
			}
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
			if from < 0 {
				from = i
			}
		case quote == 0 && (c == ' ' || c == '\t' || c == '\r'):
			flush(i)
		default:
			if from < 0 {
				from = i
			}
			w.WriteByte(c)
		}
	}
	flush(len(text))
	return out, len(text)
}

// execForm is the beginning of a list of strings behind the first one's quote.
var execForm = lazy.New(`^[^"\s]*"\s*,\s*"`)
