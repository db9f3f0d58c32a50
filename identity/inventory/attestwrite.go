package inventory

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// Write writes the attestation as markdown, json or html.
func (a *Attestation) Write(w io.Writer, format string) error {
	switch format {
	case "json":
		if err := new(indenter).write(w, a, ""); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\n")
		return err
	case "html":
		return a.html(w)
	}
	var p page
	a.page(&p)
	return p.markdown(w)
}

// page is a document of headings, paragraphs and tables, written as Markdown or
// HTML.
type page struct{ blocks []block }

type block struct {
	heading int // level, 0 for none
	text    string
	list    []string
	table   [][]string // the heading first
}

func (p *page) head(level int, format string, args ...any) {
	p.blocks = append(p.blocks, block{heading: level, text: fmt.Sprintf(format, args...)})
}

func (p *page) say(format string, args ...any) {
	p.blocks = append(p.blocks, block{text: fmt.Sprintf(format, args...)})
}

func (p *page) table(rows ...[]string) {
	if len(rows) > 1 {
		p.blocks = append(p.blocks, block{table: rows})
	}
}

func (p *page) list(items []string) {
	if len(items) > 0 {
		p.blocks = append(p.blocks, block{list: items})
	}
}

func (a *Attestation) page(p *page) {
	p.head(1, "%s", a.Title)
	p.say("%s", a.Disclaimer)
	p.say("Written %s.", a.Generated)
	a.scope(p)
	n := a.Totals
	p.head(2, "Totals")
	p.table([]string{"what", "number"},
		[]string{"identities", fmt.Sprint(n.Identities)}, []string{"of these with an owner", fmt.Sprint(n.Owned)}, []string{"credentials", fmt.Sprint(n.Credentials)},
		[]string{"identities by status", numbers(n.ByStatus)}, []string{"credentials by state", numbers(n.ByState)}, []string{"identities by risk", numbers(n.ByBand)})
	at := map[string]int{} // numbers of identities, in the order of their table
	for i, x := range a.Identities {
		at[x.ID] = i + 1
	}
	for _, f := range a.Frameworks {
		p.head(2, "%s", f.Name)
		rows := [][]string{{"control", "about", "identities", "which", "why"}}
		for _, c := range f.Controls {
			rows = append(rows, []string{c.ID, c.Title, fmt.Sprint(len(c.Identities)), which(c.Identities, at), c.reasons()})
		}
		p.table(rows...)
		if len(f.Controls) == 0 {
			p.say("No finding is evidence for a control of it.")
		}
	}
	a.identities(p)
	a.changes(p)
}

// shownReasons is how many of them a table has; the JSON has maxReasons.
const shownReasons = 4

// reasons are why there is evidence, without what is the same in all of them.
func (c Control) reasons() string {
	var out []string
	for _, why := range c.Why[:min(len(c.Why), shownReasons)] {
		out = append(out, strings.TrimPrefix(why, leak.LinkedBy))
	}
	if n := len(c.Why) - len(out) + c.Others; n > 0 {
		out = append(out, "and "+describe(n, "other reason"))
	}
	return strings.Join(out, "; ")
}

// which are the numbers of identities in their table: 1, 4-6.
func which(ids []string, at map[string]int) string {
	var list []int
	for _, id := range ids {
		list = append(list, at[id])
	}
	slices.Sort(list)
	var out []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		if j > i+1 {
			out = append(out, fmt.Sprintf("%d-%d", list[i], list[j]))
		} else {
			for ; i < j; i++ {
				out = append(out, fmt.Sprint(list[i]))
			}
			out = append(out, fmt.Sprint(list[j]))
		}
		i = j + 1
	}
	return strings.Join(out, ", ")
}

func (a *Attestation) scope(p *page) {
	p.head(2, "Scope and coverage")
	for _, s := range a.Scope {
		rows := [][]string{{"what", "value"}, {"file", s.File}}
		for _, kv := range [][2]string{{"tool", s.Tool}, {"mode", s.Mode}, {"target", s.Target}, {"repository", s.Repository}, {"revision", s.Revision}, {"rules", s.Rules}} {
			if kv[1] != "" {
				rows = append(rows, []string{kv[0], kv[1]})
			}
		}
		whole := "yes"
		if s.Incomplete {
			whole = "NO: see what was skipped"
		}
		counts := map[string]int{}
		for k, v := range s.Searched {
			counts[k] = int(v)
		}
		rows = append(rows, []string{"complete", whole}, []string{"searched", numbers(counts)}, []string{"findings", fmt.Sprint(s.Findings)}, []string{"identities", fmt.Sprint(s.Identities)})
		if s.RowsLost > 0 {
			rows = append(rows, []string{"rows that could not be read", fmt.Sprint(s.RowsLost)})
		}
		p.table(rows...)
		p.list(prefixed("skipped: ", s.Skipped))
		p.list(prefixed("left out on purpose: ", s.LeftOut))
	}
}

func prefixed(with string, list []string) (out []string) {
	for _, s := range list {
		out = append(out, with+s)
	}
	return out
}

// numbers writes counts in order.
func numbers(m map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, fmt.Sprintf("%s %d", first(k, "unknown"), m[k]))
	}
	return strings.Join(out, ", ")
}

func (a *Attestation) identities(p *page) {
	p.head(2, "Identities")
	rows := [][]string{{"no.", "identity", "type", "owner", "status", "risk", "controls", "credential", "state", "checked", "first exposed", "expires", "review"}}
	for i, at := range a.Identities {
		list := at.Credentials
		if len(list) == 0 {
			list = []record.Credential{{}}
		}
		for _, c := range list {
			review := ""
			if v := at.Review; v != nil {
				review = fmt.Sprintf("%s, %s, %s", v.Decision, v.Reviewer, v.Date)
			}
			rows = append(rows, []string{
				fmt.Sprint(i + 1), called(at.Name, at.ID, at.Provider, at.Tenant), string(at.Type), first(at.Owner, "nobody"), string(at.Status), fmt.Sprintf("%d %s", at.Risk, at.Band), strings.Join(at.risks(), ", "),
				first(c.Label, c.KeyID, c.ID), string(c.State), first(c.StateAt, "not asked"), c.FirstExposedAt, c.ExpiresAt, review,
			})
		}
	}
	p.table(rows...)
	if len(a.Identities) == 0 {
		p.say("None.")
	}
}

// risks are the controls of OWASP that an identity is evidence for; clauses of others
// follow from them.
func (at Attested) risks() (out []string) {
	for _, id := range at.Controls {
		if strings.HasPrefix(id, "NHI") {
			out = append(out, id)
		}
	}
	return out
}

func (a *Attestation) changes(p *page) {
	p.head(2, "Rotated or dead since the leak")
	rows := [][]string{{"identity", "credential", "owner", "before", "now", "when", "why"}}
	for _, r := range a.Rotated {
		rows = append(rows, []string{r.Identity, r.ID, first(r.Owner, "nobody"), r.Before, r.Now, r.When, r.Why})
	}
	p.table(rows...)
	if len(a.Rotated) == 0 {
		p.say("Nothing that is known.")
	}
	if len(a.Reviews) == 0 {
		return
	}
	p.head(2, "Reviews")
	rows = [][]string{{"identity", "decision", "reviewer", "date", "comment", "sheet"}}
	for _, r := range a.Reviews {
		rows = append(rows, []string{r.Identity, r.Decision, r.Reviewer, r.Date, r.Comment, r.Source})
	}
	p.table(rows...)
}

func (p *page) markdown(w io.Writer) error {
	var b bytes.Buffer
	for _, bl := range p.blocks {
		switch {
		case bl.table != nil:
			markdownRow(&b, bl.table[0]...)
			b.WriteString(strings.Repeat("| --- ", len(bl.table[0])) + "|\n")
			for _, r := range bl.table[1:] {
				markdownRow(&b, r...)
			}
		case bl.list != nil:
			for _, s := range bl.list {
				b.WriteString("- " + markdownCell(s) + "\n")
			}
		case bl.heading > 0:
			b.WriteString(strings.Repeat("#", bl.heading) + " " + markdownCell(bl.text) + "\n")
		default:
			b.WriteString(markdownCell(bl.text) + "\n")
		}
		b.WriteString("\n")
	}
	_, err := b.WriteTo(w)
	return err
}

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem;color:#111;background:#fff}
table{border-collapse:collapse;margin:1rem 0;font-size:13px}td,th{border:1px solid #999;padding:.25rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#eee}`

func (a *Attestation) html(w io.Writer) error {
	var p page
	a.page(&p)
	var b bytes.Buffer
	esc := func(s string) string { return html.EscapeString(printable(s)) }
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"+
		"<meta name=\"viewport\" content=\"width=device-width\"><title>%s</title><style>%s</style></head><body>\n", esc(a.Title), style)
	for _, bl := range p.blocks {
		switch {
		case bl.table != nil:
			b.WriteString("<table>")
			for i, r := range bl.table {
				tag := "td"
				if i == 0 {
					tag = "th"
				}
				b.WriteString("<tr>")
				for _, c := range r {
					fmt.Fprintf(&b, "<%s>%s</%s>", tag, esc(c), tag)
				}
				b.WriteString("</tr>\n")
			}
			b.WriteString("</table>\n")
		case bl.list != nil:
			b.WriteString("<ul>")
			for _, s := range bl.list {
				b.WriteString("<li>" + esc(s) + "</li>")
			}
			b.WriteString("</ul>\n")
		case bl.heading > 0:
			fmt.Fprintf(&b, "<h%d>%s</h%d>\n", bl.heading, esc(bl.text), bl.heading)
		default:
			fmt.Fprintf(&b, "<p>%s</p>\n", esc(bl.text))
		}
	}
	b.WriteString("</body></html>\n")
	_, err := b.WriteTo(w)
	return err
}
