package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/convert"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/pipeline"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/dir"
)

// importTools are the scanners whose reports are read, and the formats of them.
var importTools = map[string]string{
	"gitleaks": "gitleaks", "betterleaks": "gitleaks", "trufflehog": "trufflehog", "kingfisher": "kingfisher", "detect-secrets": "detect-secrets", "github": "github",
}

// importForms say how a report gets a form that is read.
var importForms = map[string]string{
	"gitleaks": "written with --report-format json", "betterleaks": "written as JSON", "trufflehog": "written with --json",
	"kingfisher": "written with --format json or jsonl", "detect-secrets": "what detect-secrets scan prints", "github": "what the API answers",
}

func (a *app) importCommand() *cobra.Command {
	f := &scanFlags{}
	var source string
	c := &cobra.Command{
		Use:   "import gitleaks|trufflehog|kingfisher|detect-secrets REPORT",
		Short: "Turn another scanner's report into ours: whose the credentials are, risk, every format",
		Long: `Read the JSON report of gitleaks, Betterleaks, TruffleHog, Kingfisher or
detect-secrets, or the list of GitHub's secret scanning alerts ("github"), and write
it as a run of whosekey: JSON lines unless -f says otherwise. Nothing is searched;
each credential gets the rule of ours that it fits, or keeps the other scanner's.

--source names what was searched. Then files are read for the lines around the
credentials, and the repository says whose they are: Terraform, CI files, CODEOWNERS,
authors. Reports without the credentials themselves (detect-secrets, --redact) need it.

Findings do not make it fail, unless --fail-on is given or fail_on stands in settings;
"live" is then what the report says works, or what --verify finds so.`,
		Example: `  whosekey import gitleaks gitleaks.json --source . -f text
  trufflehog git file://. --json | whosekey import trufflehog - --source . -f sarif=leaks.sarif
  whosekey import detect-secrets .secrets.baseline --source .
  gh api --paginate /repos/OWNER/REPO/secret-scanning/alerts | whosekey import github -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage(errors.New("import takes a scanner and its report"), "such as: whosekey import gitleaks report.json")
			}
			if importTools[args[0]] == "" {
				return usage(fmt.Errorf("unknown scanner %q", args[0]), "there are gitleaks, betterleaks, trufflehog, kingfisher, detect-secrets, github")
			}
			return nil
		},
		ValidArgs: []string{"gitleaks", "betterleaks", "trufflehog", "kingfisher", "detect-secrets", "github"},
		RunE: func(c *cobra.Command, args []string) error {
			if len(f.out.formats) == 0 {
				f.out.formats = []string{"jsonl"}
			}
			return a.importReport(c.Context(), f, args[0], args[1], source)
		},
	}
	f.add(c)
	f.failsOn(c, "none")
	f.failOn, f.failElse = "", "none" // here settings count
	c.Flags().StringVar(&source, "source", "", "`path` of the repository or folder that was searched")
	return c
}

// readForeign reads a file of another scanner; "-" is standard input.
func (a *app) readForeign(ctx context.Context, name string) ([]byte, error) {
	in := io.Reader(&patient{ctx, a.stdin})
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usage(fmt.Errorf("read the report: %w", err), "")
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, convert.MaxFile+1))
	switch {
	case err != nil:
		return nil, &failure{fmt.Errorf("read the report: %w", err), "", exitIncomplete}
	case len(b) > convert.MaxFile:
		return nil, usage(fmt.Errorf("the report has more than %d bytes", convert.MaxFile), "split it")
	}
	b, _ = scanners.DecodeBytes(b) // PowerShell's > writes UTF-16
	return b, nil
}

func (a *app) importReport(ctx context.Context, f *scanFlags, tool, name, source string) error {
	s, err := f.prepare()
	if err != nil {
		return err
	}
	text, err := a.readForeign(ctx, name)
	if err != nil {
		return err
	}
	file, err := convert.Parse(importTools[tool], name, text)
	if err != nil {
		return usage(fmt.Errorf("%s: %w", name, err), "whosekey import --help shows how each scanner writes it")
	}
	o, err := openOrigin(s.set, source)
	if err != nil {
		return err
	}
	defer o.close()
	run := report.Run{Mode: "import", Target: name}
	if err := s.comesFrom(o, source, &run); err != nil {
		return err
	}
	cov := new(scanners.Coverage)
	cov.Count(tool+" entries", int64(len(file.Hits)))
	cov.SkipMany(int64(file.Lost), "entry or line of the report that could not be understood",
		"see whether it is "+tool+"'s, "+importForms[tool]+", was cut off, or was written by another version")
	if file.Lost > 0 && !slices.Contains(f.out.formats, "text") { // which says it
		fmt.Fprintf(a.stderr, "whosekey: warning: %d entries or lines of %s could not be understood: see whether it is %s's, %s\n", file.Lost, safe(name), tool, importForms[tool])
	}
	b := &borrowed{origin: o, ctx: ctx, cov: cov, byKey: map[string]*leak.Finding{}}
	b.all(file.Hits)
	says := func(h convert.Hit) bool { return h.Status != "" }
	mute := importTools[tool] == "gitleaks" && len(file.Hits) > 0 && !slices.ContainsFunc(file.Hits, says) // only Betterleaks asks
	s.given = &givenFindings{b.out, cov, mute}
	s.imported = b.catalog
	return a.scan(ctx, s, o, run, false)
}

// comesFrom says what is behind the findings.
func (s *scan) comesFrom(o *origin, source string, run *report.Run) error {
	switch {
	case o.repo != nil:
		s.scanned = repositoryFolders(o.repo, source)
		s.behind = func() behind { return behind{repo: o.tree} }
		run.RepositoryURI, run.Root = o.repo.Remote(), o.repo.WorkTree
		run.Revision, run.Branch = o.repo.Head()
	case o.root != nil:
		s.scanned = []string{source}
		src, err := dir.New(dir.Options{Paths: []string{source}, Workers: 1})
		if err != nil {
			return usage(err, "")
		}
		s.behind = func() behind { return treeOf(src, []string{source}) }
		run.Root, _ = filepath.Abs(source)
	}
	return nil
}

// givenFindings are findings that somebody else made.
type givenFindings struct {
	findings []*leak.Finding
	cov      *scanners.Coverage
	mute     bool // it cannot say which of them work
}

// borrowed makes findings of another scanner's.
type borrowed struct {
	*origin
	ctx     context.Context
	cov     *scanners.Coverage
	byKey   map[string]*leak.Finding
	out     []*leak.Finding
	catalog []leak.RuleInfo // of rules that we do not have
}

func (b *borrowed) all(hits []convert.Hit) {
	slices.SortStableFunc(hits, func(x, y convert.Hit) int { // each file is read once
		return cmp.Or(strings.Compare(x.Commit, y.Commit), strings.Compare(x.Path, y.Path))
	})
	known := new(leak.Redactor)
	for i := range hits {
		known.Add(leak.Parts{leak.SecretPart: hits[i].Secret})
		for _, p := range hits[i].Pieces {
			known.Add(leak.Parts{leak.SecretPart: p.Value})
		}
	}
	known.Ready()
	clean := map[string]string{}
	for i := range hits { // what a report calls its rules is whatever stands there
		for _, s := range []*string{&hits[i].Rule, &hits[i].Title} {
			if _, ok := clean[*s]; !ok {
				clean[*s] = pipeline.MaskText(b.set, known.Clean(*s))
			}
			*s = clean[*s]
		}
		b.add(&hits[i])
	}
	for _, f := range b.out {
		slices.SortStableFunc(f.Locations, func(x, y leak.Location) int {
			return cmp.Or(x.Date.Compare(y.Date), strings.Compare(x.Path, y.Path), cmp.Compare(x.Line, y.Line))
		})
		if b.tree != nil {
			b.atHead(f)
		}
	}
}

// add makes a finding of a hit, or a further place of one.
func (b *borrowed) add(h *convert.Hit) {
	named, provider := convert.RuleOf(h, b.listed)
	loc := leak.Location{Kind: leak.KindFile, Path: h.Path, Author: onlyName(h.Author)}
	loc.Line, loc.Column, loc.EndLine, loc.EndColumn = h.Line, h.Column, max(h.Line, h.EndLine), h.EndColumn
	loc.Date, _ = time.Parse(time.RFC3339, h.Date)
	full := b.commit(h.Commit)
	loc.Commit = cmp.Or(full, h.Commit)
	if b.tree != nil { // without it nobody knows whether HEAD has it
		loc.Kind = leak.KindBlob
	}
	m, ok := leak.Match{}, false
	if file := b.look(b.ctx, originFile{full, h.Path}); file != nil && h.Path != "" && (h.Commit == "" || full != "") {
		if m, ok = file.find(h, named); ok {
			loc.Ref, loc.Span = file.ref, m.Span
		}
	}
	hit := leak.Hit{} // what is found out of it is its own
	if m.Hit != nil {
		hit = *m.Hit
	}
	m.Hit = &hit
	if source := b.tree != nil || b.root != nil; source && !ok && h.Path != "" {
		loc.Problem = "it is not there in --source"
	}
	if full != "" && (loc.Author == "" || loc.Date.IsZero()) {
		if c, err := b.tree.Commit(b.ctx, full); err == nil {
			loc.Author, loc.Date = c.Author.Name, c.Date
		}
	}
	if m.Rule == "" && h.HasSecret() {
		if e, found := b.examine(h); found {
			m.Rule, m.Parts, m.Loose, m.Why = e.Rule, e.Parts, e.Loose, e.Why
		}
	}
	info := b.rule(h, m.Rule, named, provider)
	if m.Parts == nil && h.HasSecret() {
		m.Parts = leak.Parts{leak.SecretPart: h.Secret}
	}
	b.place(h, info, &m, loc)
}

// onlyName is the name of an author without an address.
func onlyName(author string) string {
	name, _, _ := strings.Cut(author, "<")
	if strings.Contains(name, "@") {
		return ""
	}
	return strings.TrimSpace(name)
}

// rule is what a finding's rule is: the one that found it, unless that is one which
// takes anything and the name says more; else the one with that name; else the
// other scanner's.
func (b *borrowed) rule(h *convert.Hit, found, named, provider string) leak.RuleInfo {
	if r, ok := b.rules[found]; ok && (r.Sure != leak.Low || named == "") {
		return r
	}
	if r, ok := b.rules[named]; ok {
		return r
	}
	id := h.Tool + "/" + h.Rule
	if r, ok := b.rules[id]; ok {
		return r
	}
	r := leak.RuleInfo{
		ID: id, Title: cmp.Or(h.Title, h.Rule) + " (" + h.Tool + ")", Provider: cmp.Or(provider, "unknown"), Severity: 6, Sure: leak.Medium,
		Rotate: "Revoke it where it was made, and make a new one for what uses it.",
	}
	b.rules[id], b.catalog = r, append(b.catalog, r)
	return r
}

// place adds a place to the finding of a credential.
func (b *borrowed) place(h *convert.Hit, info leak.RuleInfo, m *leak.Match, loc leak.Location) {
	secret, known := m.Parts[leak.SecretPart]
	if !known { // nobody can tell whether two of them are the same
		secret = leak.NewSecret(fmt.Sprintf("%s:%s:%s:%s:%d", h.SHA1, h.SHA256, loc.Commit, loc.Path, loc.Line))
		hint := "name what was searched with --source"
		if b.tree != nil || b.root != nil {
			hint = "it is not where they say in --source, as that is another version or another folder"
		}
		b.cov.Note("some entries do not have the credential in them, so that nobody can say whose it is: " + hint)
	}
	key := secret.Fingerprint(nil, info.ID)
	f := b.byKey[key]
	if f == nil {
		f = &leak.Finding{
			ID: key, Rule: info, Parts: m.Parts, Loose: m.Loose, Confidence: info.Sure, Verdict: leak.Verdict{Status: leak.Unchecked},
			Why: append([]string{"found by " + h.Tool + " as " + h.Rule}, m.Why...), Encoding: m.Encoding,
		}
		b.byKey[key], b.out = f, append(b.out, f)
	}
	if status(h.Status) > status(f.Verdict.Status) {
		f.Verdict.Status, f.Verdict.Reason = h.Status, h.StatusReason
	}
	if !slices.ContainsFunc(f.Locations, func(l leak.Location) bool {
		return l.Path == loc.Path && l.Commit == loc.Commit && l.Line == loc.Line && l.Column == loc.Column
	}) {
		f.Locations = append(f.Locations, loc)
	}
}

// status orders verdicts by what they say.
func status(s leak.Status) int {
	return slices.Index([]leak.Status{leak.Unchecked, leak.Unknown, leak.Dead, leak.Live}, s)
}

// atHead says of a credential's places which are in the commit that HEAD names.
func (b *borrowed) atHead(f *leak.Finding) {
	secret, ok := f.Parts[leak.SecretPart]
	if !ok {
		return
	}
	for i := range f.Locations {
		l := &f.Locations[i]
		now := b.look(b.ctx, originFile{"", l.Path})
		if l.Path == "" || now == nil {
			continue
		}
		spans := secret.Spans(now.text)
		for _, m := range now.matches {
			if len(spans) == 0 && m.Parts[leak.SecretPart].Equal(secret) {
				spans = append(spans, m.Span)
			}
		}
		if len(spans) == 0 {
			continue
		}
		l.AtHead = true
		if l.Span.End > 0 && b.files[l.Ref-1].commit != "" {
			l.Head, l.HeadRef = &leak.Position{}, &leak.Spot{Ref: now.ref, Span: spans[0]}
		}
	}
}
