package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/verify"
)

// maxTyped is how much is read from standard input: a credential, or a file
// with some.
const maxTyped = 4 << 20

// verifyStdin asks about what is on standard input.
func (a *app) verifyStdin(ctx context.Context, s *scan, f *checkFlags) error {
	parts, err := f.furtherParts()
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(&patient{ctx, a.stdin}, maxTyped+1))
	if err != nil {
		return &failure{fmt.Errorf("read standard input: %w", err), "", exitIncomplete}
	}
	if len(text) > maxTyped {
		return usage(fmt.Errorf("more than %d bytes", maxTyped), "that is no credential; whosekey stdin --verify safe searches it")
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return usage(errors.New("there is nothing on standard input"), "")
	}
	s.scanned = hereRepository()
	if f.rule != "" {
		if err := s.only(f.rule); err != nil {
			return err
		}
	}
	k := &check{app: a, scan: s, parts: parts, given: f.rule != "", mode: "verify", target: "standard input"}
	found, err := s.recognises(ctx, text, parts)
	if err != nil {
		return err
	}
	rule := f.rule
	if rule == "" && len(found) == 0 && parts["protocol"].Len() > 0 {
		if rule = rules.Generic; parts["host"].Len() == 0 { // a password alone
			return usage(errors.New("--part protocol needs the server too"), "such as --part host=db.acme.example --part user=app")
		}
	}
	if err := s.knownParts(parts, append(found, rule)); err != nil {
		return err
	}
	if len(found) > 0 {
		return k.search(ctx, text)
	}
	if rule == "" {
		return usage(errors.New("no rule recognises a credential in it"), `say which it is with --rule; "whosekey rules list" has the rules`)
	}
	// Without what usually stands around it many a credential has no shape.
	secret := strings.TrimSpace(string(text))
	if err := s.shaped(rule, secret); err != nil {
		return err
	}
	all := leak.Parts{leak.SecretPart: leak.NewSecret(secret)}
	maps.Copy(all, parts)
	info := s.set.Rule(rule)
	why := "--rule says so"
	if f.rule == "" {
		why = "--part protocol says so"
	}
	finding := &leak.Finding{
		ID: all[leak.SecretPart].Fingerprint(s.salt, rule), Rule: info, Parts: all, Confidence: info.Sure,
		Verdict: leak.Verdict{Status: leak.Unchecked}, Why: []string{why},
		Locations: []leak.Location{{Kind: leak.KindStdin}},
	}
	return k.list(ctx, k.run(), []*leak.Finding{finding}, report.Summary{Counts: map[string]int64{"bytes": int64(len(text))}})
}

func (f *checkFlags) furtherParts() (leak.Parts, error) {
	parts := leak.Parts{}
	for _, p := range f.parts {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" || value == "" {
			return nil, usage(errors.New("--part must be NAME=VALUE"), "such as --part user=deploy")
		}
		if name == leak.SecretPart {
			return nil, usage(errors.New("--part secret: others on this machine can read arguments"), "give the credential on standard input")
		}
		if name == "protocol" && !slices.Contains(verify.Protocols(), strings.ToLower(value)) {
			return nil, usage(fmt.Errorf("--part protocol=%s: no log-in by that is known", value), "it may be one of "+strings.Join(verify.Protocols(), ", "))
		}
		parts[name] = leak.NewSecret(value)
	}
	return parts, nil
}

// only leaves one rule.
func (s *scan) only(id string) error {
	if rules.InGo(id) {
		return usage(fmt.Errorf("%s does not say who could be asked", id), "leave --rule out, and give the text around it, or say which server it is for: --part protocol=postgresql --part host=db.acme.example")
	}
	for _, r := range s.set.Rules() {
		if r.ID == id {
			var off []string
			for _, other := range s.set.Rules() {
				if other.ID != id && !rules.InGo(other.ID) {
					off = append(off, other.ID)
				}
			}
			ps, err := rules.Shipped()
			if err != nil {
				return err
			}
			if !s.config.UseDefaults() {
				ps = nil
			}
			if ps, err = rules.Without(append(ps, s.further...), append(off, s.off...)); err != nil {
				return err
			}
			ds, err := detectors.Compile(ps)
			s.set = detectors.NewSet(ds...)
			return err
		}
	}
	return usage(fmt.Errorf("no rule has the id %q", id), `list the rules with "whosekey rules list"`)
}

// shaped refuses what cannot be a credential of a rule: it would be sent to a
// provider that has nothing to do with it.
func (s *scan) shaped(id, secret string) error {
	ps, err := rules.Builtin()
	if err != nil {
		return err // a bug: a test loads them all
	}
	for _, p := range append(ps, s.further...) {
		for i := range p.Rules {
			if r := &p.Rules[i]; r.ID == id && !verify.Shaped(r, secret) {
				return usage(fmt.Errorf("what is on standard input cannot be a credential of %s", id), `nobody is asked; "whosekey rules show `+id+`" has its form`)
			}
		}
	}
	return nil
}

// recognises returns the rules of what can be asked about in a text: of what a rule is
// sure of, and of passwords for which the text names a server, or the further pieces do.
func (s *scan) recognises(ctx context.Context, text []byte, parts leak.Parts) (found []string, err error) {
	var unsure []*identity.Query
	s.set.Scan(&leak.Chunk{Data: text}, func(m leak.Match) {
		if info := s.set.Rule(m.Rule); info.Sure != leak.Low {
			found = append(found, m.Rule)
		} else if len(unsure) < maxUnsure && m.Encoding == "" {
			place := identity.Place{Text: text, Start: int(m.Span.Start), End: int(m.Span.End), FirstLine: 1}
			unsure = append(unsure, &identity.Query{Finding: &leak.Finding{Rule: info, Parts: m.Parts, Confidence: leak.Low}, Places: []identity.Place{place}})
		}
	})
	if len(found) == 0 {
		err = s.servers(ctx, unsure)
	}
	for _, q := range unsure {
		if q.Finding.Parts["protocol"].Len()+parts["protocol"].Len() > 0 {
			found = append(found, q.Finding.Rule.ID)
		}
	}
	return distinct(found), err
}

// maxUnsure is how many values without a rule of their own are looked at.
const maxUnsure = 1000

// knownParts refuses pieces that none of the credentials can have: they are
// typing mistakes.
func (s *scan) knownParts(parts leak.Parts, ids []string) error {
	if len(parts) == 0 {
		return nil
	}
	ps, err := rules.Builtin()
	if err != nil {
		return err // a bug: a test loads them all
	}
	ps = append(ps, s.further...)
	verifiers, err := verify.Compile(ps, nil)
	if err != nil {
		return usage(err, "")
	}
	var known []string
	for _, p := range ps {
		for i := range p.Rules {
			if r := &p.Rules[i]; slices.Contains(ids, r.ID) {
				known = append(known, r.PartNames()...)
				if v := verifiers[r.ID]; v != nil {
					known = append(known, verify.PartNames(v)...)
				}
				if strings.HasSuffix(r.Structure, "password") || r.Identity != nil && r.Identity.Type == leak.DatabaseUser {
					known = append(known, verify.LoginParts...)
				}
			}
		}
	}
	if slices.Contains(ids, rules.Generic) {
		known = append(known, verify.LoginParts...)
	}
	known = slices.DeleteFunc(distinct(known), func(name string) bool { return name == leak.SecretPart })
	hint := "it may be one of " + strings.Join(known, ", ")
	if len(known) == 0 {
		hint = "what is recognised here has no further pieces: leave --part out, or say with --rule what it is"
	}
	for name := range parts {
		if !slices.Contains(known, name) {
			return usage(fmt.Errorf("--part %s: no credential here has a piece of that name", name), hint)
		}
	}
	return nil
}
