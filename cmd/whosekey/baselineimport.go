package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/convert"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/policy"
)

func (a *app) baselineImport() *cobra.Command {
	f := &baselineFlags{}
	c := &cobra.Command{
		Use:   "import FILE [PATH]",
		Short: "Take over another scanner's ignore file, baseline or resolved alerts",
		Long: `Read a .gitleaksignore or .betterleaksignore, a JSON report or baseline of gitleaks,
Betterleaks, TruffleHog or Kingfisher, Kingfisher's YAML baseline, a .secrets.baseline,
or GitHub's secret scanning alerts, of which the resolved ones count, and add what
is in it to the baseline. PATH is the repository that it is about.

Entries that only name a place or a hash are looked up there. What is not found is
kept as it is, for --days, so that it still counts if it turns up; then it expires.`,
		Example: `  whosekey baseline import .gitleaksignore
  whosekey baseline import .secrets.baseline ~/src/app
  gh api --paginate /repos/OWNER/REPO/secret-scanning/alerts | whosekey baseline import - --from github`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			return a.importBaseline(c.Context(), f, args[0], args[1:])
		},
	}
	f.add(c)
	f.addEntry(c)
	c.Flags().StringVar(&f.from, "from", "", "what FILE is: "+strings.Join(convert.Formats(), ", ")+" (default: seen from its name and content)")
	c.Flags().IntVar(&f.days, "days", 90, "how many `days` an entry counts that was not found")
	return c
}

// takeover makes entries of another scanner's.
type takeover struct {
	*origin
	ctx     context.Context
	b       *policy.Baseline
	found   []*leak.Finding // by our own search
	entry   policy.Entry    // what is said of all
	expires string          // of what was not found
	added   int
	had     int  // already in the baseline
	kept    int  // as they are
	foreign int  // credentials for which we have no rule
	silent  int  // credentials that stand where our search reports none, as the id beside a key
	whole   bool // our own search had all of it
	nowhere int  // places where nothing is found now
	vague   int  // hashes that tell nothing
	open    int  // alerts that nobody has resolved
}

func (a *app) importBaseline(ctx context.Context, f *baselineFlags, name string, rest []string) error {
	text, err := a.readForeign(ctx, name)
	if err != nil {
		return err
	}
	file, err := convert.Parse(f.from, name, text)
	if err != nil {
		return usage(fmt.Errorf("%s: %w", name, err), "")
	}
	if f.days < 0 {
		return usage(fmt.Errorf("--days %d: counts from 0", f.days), "")
	}
	b, err := readBaseline(f.file)
	if err != nil {
		return err
	}
	v, err := a.survey(ctx, f, b, pathOf(rest))
	if err != nil {
		return err
	}
	defer v.close()
	if b == nil {
		b = policy.NewBaseline(f.file, v.seed)
	}
	t := &takeover{ctx: ctx, b: b, found: v.findings, whole: !v.sum.Incomplete, entry: f.entry, expires: time.Now().UTC().AddDate(0, 0, f.days).Format(time.DateOnly)}
	if t.origin, err = openOrigin(v.set, pathOf(rest)); err != nil {
		return err
	}
	defer t.close()
	for i := range file.Hits {
		if err := t.take(&file.Hits[i]); err != nil {
			return usage(fmt.Errorf("entry %d: %w", i+1, err), "")
		}
	}
	if err := writeBaseline(b); err != nil {
		return err
	}
	t.tell(a, f.file, file)
	if file.Lost > 0 {
		a.code = exitIncomplete
	}
	if err := a.surveyed(v); err != nil {
		return err
	}
	return nil
}

func (t *takeover) tell(a *app, name string, file *convert.File) {
	format := file.Format
	if len(file.Hits) > 0 && file.Hits[0].Tool == "betterleaks" && format == "gitleaksignore" {
		format = "betterleaksignore" // the same form, with hashes
	}
	fmt.Fprintf(a.stdout, "%s: %s; of %d in the %s file\n", printable(name), entries(len(t.b.Entries)), len(file.Hits), format)
	for _, row := range []struct {
		n    int
		what string
	}{
		{t.added, "found again and added"},
		{t.had, "there already"},
		{t.kept, "not found again: kept as in the file until " + t.expires},
		{t.nowhere, "with a line where whosekey finds nothing now: left out, as it would hide what comes there"},
		{t.vague, "of which detect-secrets hashed only how its kind begins, such as \"ghp\": left out, as any would fit; baseline create takes what is there now"},
		{t.silent, "that whosekey does not report where they stand: left out"},
		{t.foreign, "of no rule of whosekey, which does not report it"},
		{t.open, "left out, as the alert is open"},
		{file.Lost, "not understood"},
	} {
		if row.n > 0 {
			fmt.Fprintf(a.stdout, "%8d %s\n", row.n, row.what)
		}
	}
}

// take makes an entry of a hit.
func (t *takeover) take(h *convert.Hit) error {
	if !h.Ignored {
		t.open++
		return nil
	}
	e := t.entry
	e.Reason = cmp.Or(h.Reason, e.Reason, "from "+h.Tool)
	if h.Word != "" {
		t.vague++ // any token would fit, also one that came later
		return nil
	}
	if rule, secret, ok := t.credential(h); ok {
		e.ID, e.Rule = t.b.IDOf(secret, rule), rule
		return t.reported(h, secret, e)
	}
	if h.HasSecret() {
		t.foreign++
		return nil
	}
	return t.keep(h, e)
}

// reported adds an entry of a credential that our rules find. One that our own search
// does not report, though it was where it stands, would be stale at once; of one that
// is not there any more nobody knows.
func (t *takeover) reported(h *convert.Hit, secret leak.Secret, e policy.Entry) error {
	if !t.whole || slices.ContainsFunc(t.found, func(f *leak.Finding) bool { return f.Parts[leak.SecretPart].Equal(secret) }) {
		return t.add(e, &t.added)
	}
	if full := t.commit(h.Commit); h.Path != "" && (h.Commit == "" || full != "") {
		if file := t.look(t.ctx, originFile{full, h.Path}); file != nil && len(secret.Spans(file.text)) > 0 {
			t.silent++
			return nil
		}
	}
	e.Expires = cmp.Or(e.Expires, t.expires)
	return t.add(e, &t.kept)
}

// add counts an entry that was not there yet.
func (t *takeover) add(e policy.Entry, counter *int) error {
	added, err := t.b.Add(e)
	if added {
		*counter++
	} else if err == nil {
		t.had++
	}
	return err
}

// keep adds an entry that says no more than the other scanner's.
func (t *takeover) keep(h *convert.Hit, e policy.Entry) error {
	e.Rule, e.Expires = h.Rule, cmp.Or(e.Expires, t.expires)
	switch {
	case h.SHA1 != "":
		e.ID = "sha1:" + h.SHA1
	case h.SHA256 != "":
		e.ID = "sha256:" + h.SHA256
	case h.Path != "" && h.Line > 0 && h.Commit != "":
		e.ID, e.Path = fmt.Sprintf("at:%s:%d", h.Commit, h.Line), h.Path
	case h.Path != "" && h.Line > 0:
		t.nowhere++ // it would ignore whatever comes to that line
		return nil
	default:
		t.foreign++
		return nil
	}
	return t.add(e, &t.kept)
}

// credential finds the credential of a hit, and the rule of ours that finds it.
func (t *takeover) credential(h *convert.Hit) (rule string, secret leak.Secret, ok bool) {
	for _, f := range t.found { // the same value or hash, wherever it is
		if s := f.Parts[leak.SecretPart]; h.Is(s) || h.SHA1 != "" && s.SHA1() == h.SHA1 || h.SHA256 != "" && s.SHA256() == h.SHA256 {
			return f.Rule.ID, s, true
		}
	}
	named, _ := convert.RuleOf(h, t.listed)
	full := t.commit(h.Commit)
	if h.Path != "" && (h.Commit == "" || full != "") {
		if file := t.look(t.ctx, originFile{full, h.Path}); file != nil {
			if m, found := file.find(h, named); found && m.Rule != "" {
				return m.Rule, m.Parts[leak.SecretPart], true
			}
		}
	}
	if h.HasSecret() {
		m, found := t.examine(h)
		return m.Rule, m.Parts[leak.SecretPart], found
	}
	if h.Commit == "" && h.ByPlace() {
		return t.place(h, named)
	}
	return "", secret, false
}

// place looks for what our own search found at a place: in the file as it is now, or
// as it was when the credential came in.
func (t *takeover) place(h *convert.Hit, named string) (rule string, secret leak.Secret, ok bool) {
	for _, f := range t.found {
		for i := range f.Locations {
			l := &f.Locations[i]
			here := l.Line == h.Line || l.Head != nil && l.Head.Line == h.Line
			// Kingfisher may put the name of the repository in front.
			if !here || l.Path != h.Path && !strings.HasSuffix(h.Path, "/"+l.Path) {
				continue
			}
			if ok && f.Rule.ID != named {
				return "", leak.Secret{}, false // which of them?
			}
			rule, secret, ok = f.Rule.ID, f.Parts[leak.SecretPart], true
		}
	}
	return rule, secret, ok
}
