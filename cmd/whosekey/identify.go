package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/pipeline"
	"github.com/whosekey/whosekey/scanners/dir"
)

// identifyFlags are the flags of whosekey identify.
type identifyFlags struct {
	scanFlags
	as string
}

func (a *app) identifyCommand() *cobra.Command {
	f := &identifyFlags{}
	c := &cobra.Command{
		Use:   "identify [-]",
		Short: "Say what a credential is and whose, offline",
		Long: `Read a credential, the public id of one, or a file with some from standard
input, and print what its bytes say: kind, tenant, identity, permissions, dates,
environment, and how that is known. Nobody is asked: this uses no network. The
credential itself is never printed.`,
		Example: `  whosekey identify - < service-account.json
  pass show acme/token | whosekey identify -
  whosekey identify --rule slack-bot-token -f json < token.txt`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && args[0] != "-" {
				return usage(errors.New("a credential on the command line can be read by others on this machine"), "give it on standard input: whosekey identify - < FILE")
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return a.identify(c.Context(), f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.config, "config", "", "settings `file` (see docs/configuration.md)")
	fl.StringArrayVar(&f.ruleFiles, "rules", nil, "further provider `file`, TOML; repeatable")
	fl.StringVar(&f.as, "rule", "", "what it is, by the `id` of a rule; else the rules tell")
	fl.StringArrayVarP(&f.out.formats, "format", "f", []string{"text"}, "`FORMAT`: text or json")
	fl.StringVar(&f.out.owners, "owners", "handles", "how people are shown: handles, emails, or hash")
	oneOf(c, "format", "text", "json")
	return c
}

func (a *app) identify(ctx context.Context, f *identifyFlags) error {
	format := f.out.formats[len(f.out.formats)-1]
	if format != "text" && format != "json" {
		return usage(fmt.Errorf("unknown format %q: there are text, json", format), "")
	}
	people, err := record.ParsePeople(f.out.owners)
	if err != nil {
		return usage(err, "")
	}
	f.failOn, f.verify.mode = "none", "off"
	s, err := f.prepare()
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(&patient{ctx, a.stdin}, maxTyped+1))
	switch {
	case err != nil:
		return &failure{fmt.Errorf("read standard input: %w", err), "", exitIncomplete}
	case len(text) > maxTyped:
		return usage(fmt.Errorf("more than %d bytes", maxTyped), "that is no credential; whosekey stdin searches it")
	case len(bytes.TrimSpace(text)) == 0:
		return usage(errors.New("there is nothing on standard input"), "")
	}
	fs, err := s.identified(ctx, f, text)
	if err != nil {
		return err
	}
	if len(fs) == 0 {
		return usage(errors.New("nothing in it says what it is"), `say which kind it is with --rule; "whosekey rules list" has the rules`)
	}
	if format == "json" {
		return a.identifiedJSON(fs, people)
	}
	for i, f := range fs {
		if i > 0 {
			fmt.Fprintln(a.stdout)
		}
		a.identifiedText(f, people)
	}
	return nil
}

// bare is a text without the white space around it; what is no text has none.
func bare(text []byte) string {
	if !utf8.Valid(text) {
		return string(text)
	}
	return strings.TrimSpace(string(text))
}

// identified finds the credentials in a text, and what they say. What no rule
// knows may still say something.
func (s *scan) identified(ctx context.Context, f *identifyFlags, text []byte) ([]*leak.Finding, error) {
	l := &linker{flags: &s.flags.identity}
	l.assembleOffline(s.providers)
	found := &kept{}
	if f.as == "" {
		src := dir.NewStdin(bytes.NewReader(text), "standard input", 1)
		defer src.Close()
		cfg := pipeline.Config{Source: src, Detectors: s.set, Report: found, Salt: s.salt, Identify: l.link}
		if _, err := pipeline.Run(ctx, cfg); err != nil {
			return nil, &failure{err, "", exitIncomplete}
		}
	}
	fs := sure(found.findings)
	all := &leak.Finding{Parts: leak.Parts{leak.SecretPart: leak.NewSecret(bare(text))}, Confidence: leak.Low}
	if f.as != "" {
		if all.Rule = s.set.Rule(f.as); all.Rule.ID != f.as {
			return nil, usage(fmt.Errorf("no rule has the id %q", f.as), `list the rules with "whosekey rules list"`)
		}
	}
	all.ID = all.Parts[leak.SecretPart].Fingerprint(s.salt, f.as)
	if f.as == "" {
		if logins, others, r := identity.Logins(string(text), fs, s.salt, s.providers); r != nil {
			return append(logins, others...), l.linkLogins(ctx, logins, r)
		}
	}
	if len(fs) > 1 {
		return fs, nil
	}
	if err := l.link(ctx, []*identity.Query{{Finding: all}}); err != nil {
		return nil, err
	}
	switch says := len(all.Identity.Evidence) > 0; {
	case len(fs) == 0 && says, f.as != "":
		return []*leak.Finding{all}, nil
	case len(fs) == 1 && says && (decode.IsFile(string(text)) || ofItself(all) > ofItself(fs[0])):
		all.Rule, all.Confidence = fs[0].Rule, fs[0].Confidence // the file around it says more
		return []*leak.Finding{all}, nil
	}
	return fs, nil
}

// ofItself is how much a credential says of itself; its rule says the rest.
func ofItself(f *leak.Finding) (n int) {
	for _, e := range f.Identity.Evidence {
		if e.Class == leak.FromStructure {
			n++
		}
	}
	return n
}

// linkLogins finds out whose the logins of a file are, by what the file says.
func (l *linker) linkLogins(ctx context.Context, logins []*leak.Finding, r identity.Resolver) error {
	l.assemble = func() { l.resolvers = []identity.Resolver{r} }
	qs := make([]*identity.Query, len(logins))
	for i, f := range logins {
		qs[i] = &identity.Query{Finding: f}
	}
	return l.link(ctx, qs)
}

// sure leaves out what only sounds like a credential where there are others.
func sure(fs []*leak.Finding) (out []*leak.Finding) {
	for _, f := range fs {
		if f.Confidence != leak.Low {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		return fs
	}
	return out
}

func (a *app) identifiedJSON(fs []*leak.Finding, people record.People) error {
	type one struct {
		Rule     string         `json:"rule,omitempty"`
		Kind     string         `json:"kind,omitempty"`
		Identity *record.Record `json:"identity"`
	}
	out := []one{}
	for _, f := range fs {
		r := record.From(f.Identity, record.Options{People: people, Only: f.ID})
		r.SchemaVersion = record.Version
		out = append(out, one{f.Rule.ID, claim(f.Identity, leak.ClaimKind), r})
	}
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// claim is the best value of a claim.
func claim(id *leak.Identity, name string) string {
	best := leak.Evidence{}
	for _, e := range id.Evidence {
		if e.Claim == name && e.Weight > best.Weight {
			best = e
		}
	}
	return best.Value
}

// otherClaims are shown where the record has no field for them.
var otherClaims = []string{leak.ClaimServer, leak.ClaimRegion, leak.ClaimService, leak.ClaimFingerprint, leak.ClaimScope, leak.ClaimHuman, leak.ClaimCanary, leak.ClaimNote}

func (a *app) identifiedText(f *leak.Finding, people record.People) {
	r := record.From(f.Identity, record.Options{People: people, Only: f.ID})
	shown := map[[2]string]bool{}
	row := func(field, value string) {
		if at := [2]string{field, value}; value != "" && !shown[at] { // two reasons for one note are one note
			shown[at] = true
			fmt.Fprintf(a.stdout, "%s: %s\n", field, printable(value))
		}
	}
	row("rule", f.Rule.ID)
	row("provider", r.Provider)
	row("kind", claim(f.Identity, leak.ClaimKind))
	row("identity_type", string(r.IdentityType))
	row("name", r.Name)
	row("id", r.ID)
	row("provider_id", r.ProviderID)
	if t := r.Tenant; t != nil {
		row("tenant", t.ID)
		row("tenant_name", t.Name)
		row("tenant_kind", t.Kind)
	}
	row("permissions", strings.Join(r.Permissions, ", "))
	row("environment", r.Environment)
	row("creation_date", r.CreationDate)
	for _, c := range r.Credentials {
		row("key_id", c.KeyID)
		row("label", c.Label)
		row("issued", c.IssuedAt)
		row("last_used", c.LastUsedAt)
		if c.State != leak.Unchecked {
			row("state", string(c.State))
		}
	}
	row("expiration", r.Expiration)
	for _, name := range otherClaims {
		for _, e := range r.Evidence {
			if e.Claim == name {
				row(name, e.Value)
			}
		}
	}
	row("confidence", fmt.Sprintf("%.2f %s", r.Confidence, identity.Band(r.Confidence)))
	row("conflict", r.Conflict)
	for _, e := range r.Evidence {
		row("evidence", fmt.Sprintf("%s = %s (%s %.2f: %s)", e.Claim, e.Value, e.Kind, e.Weight, e.Reason))
	}
}
