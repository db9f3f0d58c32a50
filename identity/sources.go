package identity

import (
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// ofRules says what the kind of a credential tells, and its pieces.
type ofRules map[string]ruleFacts

type ruleFacts struct {
	provider, title, pattern string
	*rules.Identity
}

// own reports whether a part is in the match itself, not near it.
func (f *ruleFacts) own(part string) bool { return strings.Contains(f.pattern, "(?P<"+part+">") }

// FromRules is a Resolver that knows what rule files say in [rule.identity].
func FromRules(ps []*rules.Provider) Resolver {
	o := ofRules{}
	for _, p := range ps {
		for i := range p.Rules {
			r := &p.Rules[i]
			f := ruleFacts{provider: p.ID, title: r.Title, pattern: r.Pattern, Identity: r.Identity}
			o[r.ID] = f
		}
	}
	return o
}

// The weights of what rules say. The kind decides the type of the identity only
// until something says it of the credential itself.
const (
	weightType = 0.6
	weightRule = 0.9
	weightOwn  = 0.9  // a piece of the credential
	weightNear = 0.65 // found near it, whatever lies between
)

func (o ofRules) Resolve(_ context.Context, q *Query) (a Answer, _ error) {
	f, ok := o[q.Finding.Rule.ID]
	if !ok {
		return a, nil
	}
	reason := "the kind of credential: " + f.title
	say := func(class leak.EvidenceClass, claim, value string, weight float64, reason string) {
		if value != "" && weight > 0 {
			e := leak.Evidence{Class: class, Claim: claim, Value: value, Weight: weight, Reason: reason}
			if class == leak.FromNeighbour && oneFile[q.Finding.Rule.ID] {
				e.Basis = leak.FromStructure
			}
			a.Evidence = append(a.Evidence, e)
		}
	}
	provider := f.provider
	if f.Identity != nil && f.Identity.Provider != "" {
		provider = f.Identity.Provider
	}
	say(leak.FromRule, leak.ClaimProvider, provider, weightRule, reason)
	if f.Identity == nil {
		say(leak.FromRule, leak.ClaimKind, f.title, weightRule, reason)
		return a, nil
	}
	kind := f.Kind
	if kind == "" {
		kind = f.title
	}
	say(leak.FromRule, leak.ClaimKind, kind, weightRule, reason)
	if f.Type != leak.UnknownIdentity {
		say(leak.FromRule, leak.ClaimType, string(f.Type), weightType, reason)
	}
	say(leak.FromRule, leak.ClaimEnvironment, f.Environment, weightRule, reason)
	for _, p := range f.Permissions {
		say(leak.FromRule, leak.ClaimPermission, p, weightRule, reason)
	}
	for _, claim := range slices.Sorted(maps.Keys(f.Parts)) {
		part := f.Parts[claim]
		value := q.Finding.Parts[part].Reveal()
		if !plausible(value) || decode.Shared(value) {
			continue
		}
		if f.own(part) {
			say(leak.FromStructure, claim, value, weightOwn, part+" in the credential")
		} else {
			say(leak.FromNeighbour, claim, value, q.near(value), part+" beside the credential")
		}
	}
	return a, nil
}

// near is how much a piece of a credential counts that its rule's pattern found near
// it, whatever lies between: less where that is another record, and 0 where the piece
// is that one's.
func (q *Query) near(value string) float64 {
	best, known := 0.0, false
	for i := range q.Places[:min(len(q.Places), MaxPlaces)] {
		if weight, ok := q.Places[i].Around().Worth(value); ok {
			best, known = max(best, weight), true
		}
	}
	if !known {
		return weightNear
	}
	return min(best, weightNear)
}

// maxValue is the longest value of a claim, in bytes.
const maxValue = 512

// plausible refuses what is no name: what templates fill in, and control
// characters.
func plausible(value string) bool {
	return value != "" && len(value) <= maxValue && !strings.ContainsAny(value, "${}<>%\"'`") && !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// itself reads what a credential says about itself.
type itself struct {
	rules ofRules
	*files
}

// FromItself is a Resolver that decodes the credential: see package decode. The
// rules tell which of its pieces are of the credential itself and which were
// found near it: without them, all count as its own.
func FromItself(ps []*rules.Provider) Resolver {
	return itself{FromRules(ps).(ofRules), &files{seed: maphash.MakeSeed()}}
}

func (i itself) Resolve(ctx context.Context, q *Query) (a Answer, _ error) {
	f := q.Finding
	in := decode.Input{Rule: f.Rule.ID, Provider: f.Rule.Provider, Value: f.Parts[leak.SecretPart].Reveal(), Parts: map[string]string{}, Now: q.Now}
	facts, known := i.rules[f.Rule.ID]
	near, least := map[string]string{}, weightNear
	for name, s := range f.Parts {
		switch {
		case name == leak.SecretPart:
		case known && !facts.own(name) && !oneFile[f.Rule.ID]:
			if weight := q.near(s.Reveal()); weight > 0 {
				near[name], least = s.Reveal(), min(least, weight)
			}
		default:
			in.Parts[name] = s.Reveal()
		}
	}
	a.Evidence = decode.Decode(in)
	if len(near) > 0 {
		a.Evidence = append(a.Evidence, besides(in, near, least, a.Evidence)...)
	}
	for k := range q.Places[:min(len(q.Places), MaxPlaces)] {
		p := &q.Places[k]
		a.Evidence = append(a.Evidence, i.state(p, in.Value)...)
		a.Evidence = append(a.Evidence, i.joined(ctx, q, p, in.Value)...)
		if f.Rule.Provider == "kubernetes" || f.Rule.Provider == "jwt" || f.Rule.Provider == "generic" || f.Rule.Provider == "privatekey" {
			a.Evidence = append(a.Evidence, i.kubeconfig(p, in.Value)...)
		}
		if f.Rule.Provider == "azure" {
			a.Evidence = append(a.Evidence, connection(p, &in)...)
		}
		switch f.Rule.ID {
		case "aws-access-key":
			a.Evidence = append(a.Evidence, createdKey(p, in.Value)...)
		case "google-api-key":
			a.Evidence = append(a.Evidence, firebase(p)...)
		}
		if oneFile[f.Rule.ID] || f.Rule.ID == "google-oauth-refresh-token" {
			if said := keyFile(p, in.Value); said != nil {
				a.Evidence = append(a.Evidence, said...)
				break
			}
		}
	}
	return a, nil
}

// oneFile are rules whose pieces all are fields of one file, which is the
// credential: what is near the secret is no other witness than what is decoded.
var oneFile = map[string]bool{"google-service-account-key": true}

// besides is what pieces near a credential say that it does not say itself. They
// are fields beside it, like those that package names reads: one piece of
// evidence, not two.
func besides(in decode.Input, near map[string]string, weight float64, said []leak.Evidence) (out []leak.Evidence) {
	for name, value := range near {
		in.Parts[name] = value
	}
	for _, e := range decode.Decode(in) {
		if slices.ContainsFunc(said, func(o leak.Evidence) bool { return o.Claim == e.Claim && o.Value == e.Value }) {
			continue
		}
		if e.Class == leak.FromStructure {
			e.Class, e.Weight = leak.FromNeighbour, min(e.Weight, weight)
		}
		out = append(out, e)
	}
	return out
}

// verdict takes what the provider answered.
type verdict struct{}

// FromVerdict is a Resolver that knows what the provider said when it was asked:
// Finding.Verdict.
func FromVerdict() Resolver { return verdict{} }

// weightWhoami is that of the provider's own word.
const weightWhoami = 0.99

// factClaims says what the facts of a verdict claim.
var factClaims = map[string]string{
	leak.FactID: leak.ClaimID, leak.FactName: leak.ClaimName, leak.FactKind: leak.ClaimType, leak.FactTenant: leak.ClaimTenant,
	leak.FactTenantName: leak.ClaimTenantName, leak.FactCredential: leak.ClaimKeyID, leak.FactLabel: leak.ClaimLabel,
	leak.FactCreated: leak.ClaimIssued, leak.FactExpires: leak.ClaimExpires, leak.FactLastUsed: leak.ClaimLastUsed,
	leak.FactEmail: leak.ClaimEmail, leak.FactServer: leak.ClaimServer,
}

func (verdict) Resolve(_ context.Context, q *Query) (a Answer, _ error) {
	v := q.Finding.Verdict
	if len(v.Facts) == 0 {
		return a, nil
	}
	reason, class := "what "+v.Host+" answered", leak.FromWhoami
	if v.Host == "" {
		// The verdict was reached without a call: by the credential's own dates.
		reason, class = "read from the credential", leak.FromStructure
	}
	say := func(claim, value string) {
		a.Evidence = append(a.Evidence, leak.Evidence{Class: class, Claim: claim, Value: value, Weight: weightWhoami, Reason: reason})
	}
	facts := plain(q.Finding.Rule.Provider, v.Facts)
	human := facts[leak.FactKind] == string(leak.HumanAccount)
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		value := facts[name]
		switch {
		case value == "" || len(value) > maxValue && name != leak.FactScopes:
		case name == leak.FactScopes:
			for _, p := range strings.Fields(value) {
				say(leak.ClaimPermission, p)
			}
		case name == leak.FactCreated && human && facts[leak.FactCredential] == "":
			say(leak.ClaimCreated, value) // of the person's account
		case name == leak.FactActive && value == "false":
			say(leak.ClaimNote, "the provider says that it is not active")
		case factClaims[name] != "":
			say(factClaims[name], value)
		}
	}
	if class == leak.FromWhoami {
		a.Owners = whoamiOwners(facts, human, reason)
	}
	return a, nil
}

// plain takes apart the names that clouds give in answers: "user/team/alice" is
// the IAM user alice, "assumed-role/deploy/i-0123" the role deploy. Whether people
// or programs use a user, IAM does not say.
func plain(provider string, facts map[string]string) map[string]string {
	kind, rest, ok := strings.Cut(facts[leak.FactName], "/")
	if provider != "aws" && provider != "alibaba" || !ok {
		return facts
	}
	facts = maps.Clone(facts)
	switch kind {
	case "user":
		facts[leak.FactName] = rest[strings.LastIndexByte(rest, '/')+1:]
		if facts[leak.FactKind] == string(leak.APIKey) {
			delete(facts, leak.FactKind)
		}
	case "assumed-role":
		facts[leak.FactName], _, _ = strings.Cut(rest, "/")
	}
	return facts
}

// whoamiOwners are those that the provider names: who made it, and the person
// whose account it is.
func whoamiOwners(facts map[string]string, human bool, reason string) (out []leak.Owner) {
	if name := facts[leak.FactOwner]; name != "" && len(name) <= maxValue {
		out = append(out, leak.Owner{Name: person(name), Email: address(name), Kind: "person", Source: OwnerWhoami, Reason: reason, Confidence: 0.9})
	}
	if name := facts[leak.FactName]; human && name != "" {
		email := facts[leak.FactEmail]
		if email == "" {
			email = address(name)
		}
		out = append(out, leak.Owner{Name: person(name), Email: email, Kind: "person", Source: OwnerWhoami, Reason: fmt.Sprintf("%s: it is this person's account", reason), Confidence: 0.9})
	}
	return out
}

var mailbox = lazy.New(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)

// address is s if that is a mailbox.
func address(s string) string {
	if mailbox.MatchString(s) && !leak.MachineAddress(s) {
		return s
	}
	return ""
}

// person is the name of somebody without the address.
func person(s string) string {
	if address(s) != "" {
		s, _, _ = strings.Cut(s, "@")
	}
	return s
}
