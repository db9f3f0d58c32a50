package names

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/leak"
)

// payer is the weight of a project that is named as the one which pays.
const payer = 0.4

// longestEnvironment is how long the names of environments are at most: preproduction.
const longestEnvironment = 13

// setting is the environment that a field names: NODE_ENV=production.
func setting(f *around.Field) string {
	if len(f.Value) > longestEnvironment {
		return ""
	}
	e := environments[strings.ToLower(f.Value)]
	if e == "" {
		return ""
	}
	words := Words(f.Name)
	if len(words) == 0 || len(words) > 3 {
		return ""
	}
	switch words[len(words)-1] {
	case "env", "environment", "stage", "tier", "mode":
		return e
	}
	return ""
}

// beside looks at the fields around a credential.
type beside struct {
	s      *search
	path   string // of the file
	seen   *around.Text
	ref    func(line int) string
	table  []*neighbour // of the provider
	own    string       // what the credential's name begins with; see owned
	prefix string       // of the credential's name, without "password" and the like
	secret bool         // it can be a password of a user
	person bool         // it is a token of one
	login  login        // of that user
}

func (b *beside) field(f *around.Field) {
	if e := setting(f); e != "" && b.seen.Weight(f) > around.InFile {
		b.s.add(leak.Evidence{Class: leak.FromName, Claim: leak.ClaimEnvironment, Value: e, Weight: 0.5, Reason: f.Name + " beside it", Ref: b.ref(f.Line)})
	}
	if f.Value == "" || len(f.Value) > around.MaxText || len(b.table) == 0 && !b.secret && !b.person {
		return
	}
	b.resource(f)
	name := Plain(f.Name)
	b.neighbour(f, name)
	b.userOfKey(f, name)
	if b.secret {
		b.user(f, plain(f.Name))
	}
	if b.person {
		b.account(f, name)
	}
}

// differ reports whether two names say different environments.
func differ(a, b string) bool {
	x, y := Environment(a), Environment(b)
	return x != "" && y != "" && x != y
}

// neighbour looks a field up in the table.
func (b *beside) neighbour(f *around.Field, name string) {
	for _, n := range b.table {
		prefix, ok := n.prefix(name)
		if !ok {
			continue
		}
		m := n.form.FindStringSubmatch(strings.TrimRight(f.Value, "/"))
		if m == nil || !settled(m[len(m)-1]) || differ(f.Name, b.seen.Own.Name) || !n.has(b.s.q.Finding.Rule.ID) {
			continue
		}
		b.s.lines = b.seen.Lines(f)
		weight := min(b.seen.Weight(f), b.group(n, name, prefix))
		if strings.Contains(name, "quotaproject") { // that pays, and need not be the account's
			weight = min(weight, payer)
		}
		b.s.say(n, m[len(m)-1], weight, f.Name+" beside it", b.ref(f.Line))
	}
}

func (s *search) say(n *neighbour, value string, weight float64, reason, ref string) {
	if n.names[0] == "cloudid" {
		if value = cloudServer(value); value == "" {
			return
		}
	}
	if n.claim == leak.ClaimServer || n.form == hosted {
		value = strings.ToLower(value)
	}
	basis := s.basis(value)
	s.add(leak.Evidence{Class: leak.FromNeighbour, Claim: n.claim, Value: value, Weight: weight, Reason: reason, Ref: ref, Basis: basis})
	if n.kind != "" {
		s.add(leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimTenantKind, Value: n.kind, Weight: weight, Reason: reason, Ref: ref, Basis: basis})
	}
	if !n.decode {
		return
	}
	for _, e := range decode.Decode(decode.Input{Provider: s.q.Finding.Rule.Provider, Value: value, Now: s.q.Now}) {
		switch e.Claim {
		case leak.ClaimTenant, leak.ClaimTenantKind, leak.ClaimCanary, leak.ClaimRegion, leak.ClaimEnvironment:
			e.Class, e.Weight, e.Ref, e.Basis = leak.FromNeighbour, min(weight, e.Weight), ref, basis
			e.Reason = reason + ": " + e.Reason
			s.add(e)
		}
	}
}

// basis is structure for the value of a field that is a piece of the credential itself:
// that it stands beside the secret too makes it no second witness. It is empty for others.
func (s *search) basis(value string) leak.EvidenceClass {
	for name, part := range s.q.Finding.Parts {
		if name != leak.SecretPart && part.Equal(leak.NewSecret(value)) && slices.ContainsFunc(s.q.Known, func(e leak.Evidence) bool {
			return e.Group() == leak.FromStructure && e.Value == value
		}) {
			return leak.FromStructure
		}
	}
	return ""
}

// settled reports whether a value is one, and not a variable or a placeholder.
func settled(v string) bool {
	low := strings.ToLower(v)
	if decode.HarborRobot(v) != "" {
		return true
	}
	return v != "" && !strings.ContainsAny(v, "${}<>*%\x00") && !strings.Contains(low, "xxxx") && !strings.HasPrefix(low, "your") &&
		!strings.Contains(low, "changeme") && low != "null" && low != "none" && low != "true" && low != "false"
}

// user says whose password it is, and of which server, by fields with the same
// prefix.
func (b *beside) user(f *around.Field, name string) {
	say := func(claim, value string) {
		if weight := b.seen.Weight(f); weight >= around.Near && settled(f.Value) {
			b.says(f, claim, value, weight)
		}
	}
	p, ok := without(name, userEnds)
	mine := ok && p == b.prefix
	if n := &neighbours[0]; mine && n.form.MatchString(f.Value) { // a connection of Airflow to AWS
		if weight := b.seen.Weight(f); weight >= around.Near {
			say(leak.ClaimProvider, n.providers[0])
			b.s.say(n, f.Value, weight, besideIt(f), b.ref(f.Line))
		}
		return
	}
	if directoryUser.MatchString(f.Value) && (mine || b.mine(name, directoryEnds)) {
		say(leak.ClaimName, f.Value)
		b.login.user = b.login.user || b.seen.Weight(f) >= around.Near
	} else if robot := decode.HarborRobot(f.Value); mine && robot != "" {
		for _, e := range decode.Login(decode.Registry, robot, "") {
			say(e.Claim, e.Value)
		}
		b.login.user = b.login.user || b.seen.Weight(f) >= around.Near
	} else if mine && user.MatchString(f.Value) {
		if mail.MatchString(f.Value) && !strings.HasSuffix(f.Value, ".gserviceaccount.com") {
			local, _, _ := strings.Cut(f.Value, "@")
			say(leak.ClaimEmail, f.Value)
			say(leak.ClaimName, local)
			say(leak.ClaimHuman, local)
		} else if !strings.Contains(f.Value, "@") {
			say(leak.ClaimName, f.Value)
		}
		b.login.user = b.login.user || b.seen.Weight(f) >= around.Near
	}
	b.part(f, name)
}

// without takes the longest of some ends off a name.
func without(name string, ends []string) (prefix string, ok bool) {
	prefix = name
	for _, end := range ends {
		if p, found := strings.CutSuffix(name, end); found && len(p) < len(prefix) || found && !ok {
			prefix, ok = p, true
		}
	}
	return prefix, ok
}

// Beside returns what a field beside a reference to a credential of a provider
// says by its name, with no weight and no place.
func Beside(provider, name, value string) []leak.Evidence {
	if value == "" || len(value) > around.MaxText {
		return nil
	}
	s := &search{q: &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: provider}}}, best: map[string]leak.Evidence{}, away: map[string]int{}}
	b := beside{s: s, seen: &around.Text{}, ref: func(int) string { return "" }}
	for i := range neighbours {
		if n := &neighbours[i]; slices.Contains(n.providers, provider) {
			b.table = append(b.table, n)
		}
	}
	b.neighbour(&around.Field{Name: name, Value: value}, Plain(name))
	return s.evidence()
}

// Plain is a name in lower case and without punctuation: STRIPE_KEY and
// stripe.key are one.
func Plain(name string) string { return around.Plain(name) }
