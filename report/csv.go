package report

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// newCSV returns a Handler that writes comma-separated values (RFC 4180, lines
// end in LF): a row for every place of every credential. What should have been
// searched and was not has rows of its own, so that an empty table of a scan that
// saw nothing is not taken for a clean one.
func newCSV(w io.Writer, opts Options) Handler {
	return &csvTable{w: csv.NewWriter(w), opts: opts}
}

type csvTable struct {
	w    *csv.Writer
	opts Options
}

// csvColumns are never reordered: new ones come at the end, before the secret.
var csvColumns = []string{
	"record", "id", "rule", "title", "provider", "severity", "confidence", "verdict", "verdict_reason",
	"identity", "identity_type", "identity_id", "tenant", "environment", "owner", "owner_source", "risk", "risk_band",
	"kind", "path", "line", "column", "end_line", "end_column", "commit", "date", "author",
	"at_head", "staged", "unreachable", "problem", "encoding", "rotate", "about", "image", "platform", "layer", "instruction", "removed_in_layer",
	"verdict_class", "verdict_host", "verdict_status", "verdict_time", "identity_confidence", "owner_confidence",
	"verdict_facts",
}

func (t *csvTable) Start(Run) error {
	columns := slices.Clone(csvColumns)
	if t.opts.ShowSecrets {
		columns = append(columns, leak.SecretPart)
	}
	return t.row(columns...)
}

// row writes through, so that an error is one of this row.
func (t *csvTable) row(cells ...string) error {
	for i := range cells {
		cells[i] = harmless(cells[i])
	}
	if err := t.w.Write(cells); err != nil {
		return err
	}
	t.w.Flush()
	return t.w.Error()
}

func (t *csvTable) Finding(f *leak.Finding) error {
	g := t.opts.gist(f)
	for _, l := range placesOf(f) {
		pos := checkoutPosition(l)
		cells := []string{
			"finding", f.ID, f.Rule.ID, f.Rule.Title, f.Rule.Provider, strconv.FormatFloat(f.Rule.Severity, 'f', -1, 64),
			string(f.Confidence), string(f.Verdict.Status), f.Verdict.Reason,
			g.name, g.kind, g.id, g.tenant, g.env, g.owner, g.why, g.risk, g.band,
			string(l.Kind), shown(l.Path), number(pos.Line), number(pos.Column), number(pos.EndLine), number(pos.EndColumn),
			l.Commit, rfc3339(l.Date), cleanAuthor(l.Author),
			strconv.FormatBool(l.AtHead), strconv.FormatBool(l.Staged), strconv.FormatBool(l.Unreachable), l.Problem, f.Encoding,
			advice(f), f.Rule.About,
		}
		at := leak.ImagePlace{}
		if l.Image != nil {
			at = *l.Image
		}
		cells = append(cells, at.Name, at.Platform, number(at.Layer), at.Instruction, number(at.RemovedIn))
		cells = append(cells, string(f.Verdict.Class), f.Verdict.Host, number(f.Verdict.Code), rfc3339(f.Verdict.When), g.sure, g.ownerSure, factsLine(&f.Verdict, t.opts, "; "))
		if t.opts.ShowSecrets {
			cells = append(cells, f.Parts[leak.SecretPart].Reveal())
		}
		if err := t.row(cells...); err != nil {
			return err
		}
	}
	return nil
}

func (t *csvTable) Finish(s Summary) error {
	gaps := s.Skipped
	if s.Incomplete && len(gaps) == 0 {
		gaps = []Gap{{Reason: "the scan is incomplete", Count: 1}}
	}
	at := slices.Index(csvColumns, "problem")
	for _, g := range gaps {
		cells := make([]string, len(csvColumns))
		if t.opts.ShowSecrets {
			cells = append(cells, "")
		}
		cells[0], cells[at] = "skipped", gapText(g)
		if err := t.row(cells...); err != nil {
			return err
		}
	}
	return nil
}

// number is empty for what is not known.
func number(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// harmless is a text as a cell may hold it. Spreadsheets run what begins with one
// of =+-@ as a formula, which the name of a file must not become; an apostrophe
// before it says that it is text. Where semicolons separate columns, what comes
// after one begins a cell as well.
func harmless(s string) string {
	parts := strings.Split(shown(s), ";")
	for i, p := range parts {
		if first := strings.TrimLeft(p, " \u00a0\u3000\"'"); first != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(first)[0]) {
			parts[i] = "'" + p
		}
	}
	return strings.Join(parts, ";")
}
