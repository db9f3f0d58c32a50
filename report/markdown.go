package report

import (
	"fmt"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// GitHub takes 1 MiB of a step's job summary and shows nothing of a longer one.
// Other commands of the step may have written theirs.
const summaryBytes = 900_000

// markdown writes the summary of a run: what was searched, how it went, a row
// for every credential, worst first, and what was not searched. It is cut, with
// a word about it, where the reader would not take more.
func markdown(h *whole, s Summary) ([]byte, error) {
	limit := h.opts.MaxBytes
	if limit <= 0 {
		limit = summaryBytes
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n### whosekey: %s\n\n", h.searchedLine(s), headline(h.all, s))
	if line := h.tallies(s); line != "" {
		b.WriteString(line + "\n\n")
	}
	tail := gapLists(s)
	if most := limit / 4; len(tail) > most {
		tail = "**Not searched:** more than fits in here.\n\n"
	}
	h.table(&b, limit-len(tail)-limit/8-200)
	h.factLines(&b, limit-len(tail)-200)
	b.WriteString(tail)
	return []byte(strings.TrimRight(b.String(), "\n") + "\n"), nil
}

// searchedLine says what was looked at, so that nothing found and nothing looked
// at are not the same.
func (h *whole) searchedLine(s Summary) string {
	rest := "; nothing was skipped."
	if n := len(s.Skipped); n > 0 || s.Incomplete {
		rest = "; **not everything was searched.**"
	}
	return fmt.Sprintf("Searched %s with %s%s", mainCounts(s.Counts), plural(int64(h.run.Rules), "rules"), rest)
}

// tallies counts by confidence and by state.
func (h *whole) tallies(s Summary) string {
	if len(h.all) == 0 {
		return ""
	}
	sure, states := map[leak.Confidence]int{}, map[leak.Status]int{}
	for _, f := range h.all {
		sure[f.Confidence]++
		states[f.Verdict.Status]++
	}
	var list []string
	for _, c := range []leak.Confidence{leak.High, leak.Medium, leak.Low} {
		if n := sure[c]; n > 0 {
			list = append(list, fmt.Sprintf("%s of %s confidence", thousands(int64(n)), c))
		}
	}
	for _, v := range verdictOrder {
		if n := states[v]; n > 0 {
			list = append(list, fmt.Sprintf("%s %s", thousands(int64(n)), v))
		}
	}
	line := strings.Join(list, ", ") + ". "
	if s.Unsettled > 0 {
		line += fmt.Sprintf("**It is not known of %s whether %s.** ", thousands(int64(s.Unsettled)), theyWork(s.Unsettled))
	}
	switch {
	case s.Failing > 0 && s.Forgiven:
		return line + fmt.Sprintf("**--exit-zero: findings did not fail this run, and %s would have.**", thousands(int64(s.Failing)))
	case s.Failing == 0:
		return line + "None makes the run fail."
	case s.Failing == 1:
		return line + "**1 makes the run fail.**"
	}
	return line + fmt.Sprintf("**%s make the run fail.**", thousands(int64(s.Failing)))
}

// table writes rows until there is no room.
func (h *whole) table(b *strings.Builder, limit int) {
	if len(h.all) == 0 {
		return
	}
	b.WriteString("| risk | state | credential | identity | owner | place | commit | since | what to do |\n")
	b.WriteString("| ---: | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for i, f := range worstFirst(h.all) {
		row := h.tableRow(f)
		if b.Len()+len(row) > limit {
			fmt.Fprintf(b, "\n**%s more of %s are not in this table**, as it would be too long: those that are the least bad. A report in another format has them all.\n",
				thousands(int64(len(h.all)-i)), thousands(int64(len(h.all))))
			break
		}
		b.WriteString(row)
	}
	b.WriteString("\n")
}

// factLines writes a line for each credential of which a provider said something,
// until there is no room.
func (h *whole) factLines(b *strings.Builder, limit int) {
	began := false
	for _, f := range worstFirst(h.all) {
		line := factsLine(&f.Verdict, h.opts, ", ")
		if line == "" {
			continue
		}
		line = fmt.Sprintf("- %s, %s: %s\n", inlineText(limited(f.Rule.Title, cellText)), inlineCode(limited(place(foremost(f)), cellText)), inlineText(limited(line, 4*cellText)))
		if !began {
			line = "**What providers said:**\n\n" + line
		}
		if b.Len()+len(line) > limit {
			break
		}
		b.WriteString(line)
		began = true
	}
	if began {
		b.WriteString("\n")
	}
}

// cellText is the most that a cell of the table holds of one thing: one long name
// must not take the room of the rest.
const cellText = 300

// withSure is a cell with how sure what it says is.
func withSure(cell, sure string) string {
	if cell == "" || sure == "" || sure == "0.00" {
		return cell
	}
	return cell + " (" + sure + ")"
}

func (h *whole) tableRow(f *leak.Finding) string {
	g, l := h.opts.gist(f), foremost(f)
	code := func(s string) string { return inlineCode(limited(s, cellText)) }
	where := linked(code(place(l)), h.run, l)
	if n := len(f.Locations) - 1; n > 0 {
		where += fmt.Sprintf(" and %s", plural(int64(n), "more places"))
	}
	commit, when := "", ""
	if l.Commit != "" {
		commit = linked(code(short(l.Commit)), h.run, &leak.Location{Kind: leak.KindCommit, Commit: l.Commit})
	}
	if !l.Date.IsZero() {
		when = day(l.Date)
	}
	if state := state(l); state != "" {
		when = join(", ", when, inlineText(limited(state, cellText)))
	}
	state := string(f.Verdict.Status)
	if f.Verdict.Status == leak.Live {
		state = "**live**"
	}
	if how := evidence(&f.Verdict, true); len(how) > 0 && asked(f) {
		state += inlineText(limited(" ("+strings.Join(how, ", ")+")", 2*cellText))
	}
	credential := inlineText(limited(f.Rule.Title, cellText)) + ", " + inlineText(string(f.Confidence)) + " confidence"
	cells := []string{
		g.risk, state, credential, withSure(code(g.brief()), g.sure), withSure(code(g.owner), g.ownerSure), where, commit, when,
		inlineText(limited(todo(f), 2*cellText)),
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// gapLists writes what was not searched, and remarks.
func gapLists(s Summary) string {
	var b strings.Builder
	gaps := func(title string, list []Gap) {
		if len(list) == 0 {
			return
		}
		fmt.Fprintf(&b, "**%s:**\n\n", title)
		for _, g := range list {
			fmt.Fprintf(&b, "- %s × %s", thousands(g.Count), inlineText(g.Reason))
			for i, name := range g.First[:min(len(g.First), firstPlaces)] {
				b.WriteString([]string{": ", ", "}[min(i, 1)] + inlineCode(limited(name, cellText)))
			}
			if n := min(len(g.First), firstPlaces); n > 0 && g.Count > int64(n) {
				b.WriteString(", …")
			}
			if g.Fix != "" {
				b.WriteString(" (" + inlineText(g.Fix) + ")")
			}
			b.WriteString("\n")
		}
		b.WriteString("\n")
	}
	gaps("Not searched", s.Skipped)
	gaps("Left out", s.LeftOut)
	if s.Suppressed > 0 {
		fmt.Fprintf(&b, "Found and left out: %s.\n\n", dropped(s))
	}
	for _, n := range s.Notes {
		fmt.Fprintf(&b, "Note: %s\n\n", inlineText(n))
	}
	return b.String()
}
