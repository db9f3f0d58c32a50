package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// lowFindings writes those that are likely to be nothing, a line each.
func (t *textReport) lowFindings() {
	if len(t.low) == 0 {
		return
	}
	t.printf("%s %s\n", t.paint(bold, "low confidence:"), t.paint(faint, "they sound secret; look for yourself (--verbose shows more)"))
	for _, f := range t.low {
		where, more := "(no known place)", ""
		if asked(f) {
			more = ", " + visible(string(f.Verdict.Status))
		}
		if len(f.Locations) > 0 {
			l := &f.Locations[0]
			where = place(l)
			if state := visible(text(state(l))); state != "" {
				more += ", " + state
			}
		}
		if n := len(f.Locations) - 1; n > 0 {
			more += ", and " + plural(int64(n), "more places")
		}
		t.printf("  %s  %s%s %s\n", t.paint(cyan, where), visible(f.Rule.Title), more,
			t.paint(faint, "["+visible(short(f.ID))+"]"))
		if f.Verdict.Status != leak.Unverifiable { // which nearly all of them are
			t.verdict(f)
		}
		t.secrets(f)
	}
	t.printf("\n")
}

// coverage writes what was searched and what was not.
func (t *textReport) coverage(s Summary) {
	searched := "with " + plural(int64(t.run.Rules), "rules")
	if target := visible(text(cleanURL(t.run.Target))); target != "" {
		searched = target + " " + searched
	}
	if kinds := countList(s.Counts); kinds != "" {
		searched += ": " + kinds
	}
	if s.Took > 0 {
		searched += "; in " + took(s.Took)
	}
	t.row("searched", searched)
	t.row("verified", t.verified())
	t.gaps("skipped", yellow, s.Skipped)
	t.gaps("left out", faint, s.LeftOut)
	if s.Suppressed > 0 {
		t.row("dropped", dropped(s))
		if !t.opts.Verbose && len(s.Ignored) > 0 {
			t.row("", "→ -v lists them, with the reasons")
		}
	}
	t.ignored(s.Ignored)
	for _, n := range s.Notes {
		t.row("note", visible(text(n)))
	}
	if t.total() > 0 && !t.run.Salted && t.opts.Verbose {
		t.row("note", "the ids are guessable: who has one and an idea of the secret can check the idea; "+
			"--key-file makes them private")
	}
}

// gaps writes one kind of gaps, and what to do about each.
func (t *textReport) gaps(label, code string, gaps []Gap) {
	for _, g := range gaps {
		line := fmt.Sprintf("%s × %s", thousands(g.Count), visible(text(g.Reason)))
		if names := g.First; len(names) > 0 {
			if !t.opts.Verbose {
				names = names[:min(len(names), firstPlaces)]
			}
			line += ": " + visible(text(strings.Join(names, ", ")))
			if g.Count > int64(len(names)) {
				line += ", …"
			}
		}
		t.paintedRow(code, label, line)
		if g.Fix != "" {
			t.row("", "→ "+visible(text(g.Fix)))
		}
		label = ""
	}
}

// conclusion writes the one line that says how it went.
func (t *textReport) conclusion(s Summary) {
	total := t.total()
	switch {
	case total == 0 && t.run.Mode == "import" && s.Incomplete:
		t.printf("%s", t.paint(alarm, "Nothing of the report could be understood, or not all of it."))
	case total == 0 && t.run.Mode == "import" && s.Suppressed == 0:
		t.printf("%s", t.paint(green, "The report has no findings."))
	case total == 0 && !searchedAnything(s.Counts):
		if s.Incomplete {
			t.printf("%s", t.paint(alarm, "Nothing was searched: there was nothing to look at."))
		} else if len(s.LeftOut) > 0 { // such as logs that were read before
			t.printf("%s", t.paint(yellow, "Nothing was searched: all that there is was left out."))
		} else if t.run.Mode == "logs" {
			t.printf("%s", t.paint(yellow, "Nothing was searched: there is no log with content, or no run that is meant."))
		} else if t.run.Mode == "sweep" {
			t.printf("%s", t.paint(yellow, "Nothing was searched: 0 bytes. There is nothing in the repositories."))
		} else {
			t.printf("%s", t.paint(yellow, "Nothing was searched: 0 files, 0 bytes. Nothing with content is staged, or in the range."))
		}
	case total == 0 && s.Incomplete:
		t.printf("%s", t.paint(yellow, "No leaked credentials in what was searched: "+mainCounts(s.Counts)+"."))
	case total == 0 && s.Suppressed > 0:
		t.printf("%s", t.paint(green, "No leaked credentials but those that were dropped, in "+mainCounts(s.Counts)+"."))
	case total == 0:
		t.printf("%s", t.paint(green, "No leaked credentials in "+mainCounts(s.Counts)+"."))
	default:
		t.printf("%s", t.paint(alarm, t.totals(s)))
	}
	if n := t.verdicts[leak.Canary]; n > 0 {
		t.printf(" %s", t.paint(alarm, thousands(int64(n))+" of them a trap (canary)."))
	}
	if s.Truncated > 0 {
		t.printf(" %s", t.paint(yellow, plural(s.Truncated, "more")+" not shown (--max-findings)."))
	}
	if s.Unsettled > 0 {
		t.printf(" %s", t.paint(alarm, "It is NOT KNOWN of "+thousands(int64(s.Unsettled))+" whether "+theyWork(s.Unsettled)+"."))
	}
	if s.Incomplete {
		t.printf(" %s", t.paint(alarm, "The scan is INCOMPLETE: there may be more."))
	}
	t.printf("\n")
}

func theyWork(n int) string {
	if n == 1 {
		return "it works"
	}
	return "they work"
}

func (t *textReport) total() int {
	n := 0
	for _, c := range t.findings {
		n += c
	}
	return n
}

func (t *textReport) totals(s Summary) string {
	var by []string
	for _, c := range []leak.Confidence{leak.High, leak.Medium, leak.Low} {
		if n := t.findings[c]; n > 0 {
			by = append(by, fmt.Sprintf("%s of %s confidence", thousands(int64(n)), c))
		}
	}
	line := fmt.Sprintf("%s in %s: %s.", plural(int64(t.total()), "leaked credentials"),
		plural(int64(t.places), "places"), strings.Join(by, ", "))
	if s.Failing > 0 && s.Forgiven {
		return line + " " + thousands(int64(s.Failing)) + " would make the run fail, but for --exit-zero."
	}
	if s.Failing == 1 {
		return line + " 1 makes the run fail."
	}
	if s.Failing > 0 {
		return line + " " + thousands(int64(s.Failing)) + " make the run fail."
	}
	return line + " None makes the run fail."
}

// searchedAnything reports whether there was a byte to look at.
func searchedAnything(counts map[string]int64) bool {
	if n, counted := counts["bytes"]; counted {
		return n > 0
	}
	for _, n := range counts {
		if n > 0 {
			return true
		}
	}
	return false
}

// countOrder is that of what was searched; what is not in it comes before the
// bytes.
var countOrder = []string{"refs", "commits", "tags", "notes", "trees", "blobs", "directories", "files"}

func countList(counts map[string]int64) string {
	order := func(kind string) int {
		if kind == "bytes" {
			return len(countOrder) + 1
		}
		if i := slices.Index(countOrder, kind); i >= 0 {
			return i
		}
		return len(countOrder)
	}
	kinds := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a, b))
	})
	var list []string
	for _, kind := range kinds {
		item := plural(counts[kind], visible(kind))
		if kind == "bytes" && counts[kind] >= 1000 {
			item += " (" + size(counts[kind]) + ")"
		}
		list = append(list, item)
	}
	return strings.Join(list, ", ")
}

// mainCounts is the short form of countList.
func mainCounts(counts map[string]int64) string {
	var list []string
	for _, kind := range []string{"commits", "blobs", "files"} {
		if n := counts[kind]; n > 0 {
			list = append(list, plural(n, kind))
		}
	}
	if n := counts["bytes"]; n > 0 || len(list) == 0 {
		list = append(list, size(n))
	}
	return strings.Join(list, ", ")
}

// plural returns "1,234 files" or "1 file".
func plural(n int64, what string) string {
	if n == 1 {
		switch {
		case strings.HasSuffix(what, "ies"):
			what = strings.TrimSuffix(what, "ies") + "y"
		default:
			what = strings.TrimSuffix(what, "s")
		}
	}
	return thousands(n) + " " + what
}

func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func size(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB", "PB"}
	v, i := float64(n), 0
	for v >= 999.95 && i < len(units)-1 {
		v /= 1000
		i++
	}
	if i == 0 {
		return plural(n, "bytes")
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + units[i]
}

func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
