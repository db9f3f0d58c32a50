package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// NewText returns a Handler that writes for people: each finding with the code
// around it, then in short those of low confidence, then what was searched and
// what was not, and last one line that says how it went.
func NewText(w io.Writer, opts TextOptions) Handler {
	return &textReport{w: w, opts: opts, palette: palette(opts.Color)}
}

type textReport struct {
	palette
	w    io.Writer
	opts Options
	run  Run
	out  bytes.Buffer
	low  []*leak.Finding

	findings map[leak.Confidence]int
	verdicts map[leak.Status]int
	places   int
}

const firstPlaces = 3 // how many further places of a finding are named

func (t *textReport) Start(r Run) error {
	t.run = r
	t.findings = map[leak.Confidence]int{}
	t.verdicts = map[leak.Status]int{}
	return nil
}

func (t *textReport) Finding(f *leak.Finding) error {
	t.findings[f.Confidence]++
	t.verdicts[f.Verdict.Status]++
	t.places += len(f.Locations)
	if f.Confidence == leak.Low && f.Verdict.Status != leak.Live && f.Verdict.Status != leak.Canary && !t.opts.Verbose {
		t.low = append(t.low, f)
		return nil
	}
	t.finding(f)
	return t.flush()
}

func (t *textReport) Finish(s Summary) error {
	t.lowFindings()
	t.coverage(s)
	t.conclusion(s)
	return t.flush()
}

func (t *textReport) flush() error {
	_, err := t.w.Write(t.out.Bytes())
	t.out.Reset()
	return err
}

func (t *textReport) printf(format string, args ...any) { fmt.Fprintf(&t.out, format, args...) }

// finding writes one finding in full.
func (t *textReport) finding(f *leak.Finding) {
	word, code := severity(f.Rule.Severity)
	if f.Verdict.Status == leak.Canary {
		word, code = "canary", alarm
	}
	about := []string{visible(f.Rule.Provider), visible(string(f.Confidence)) + " confidence"}
	if asked(f) {
		about = append(about, visible(string(f.Verdict.Status)))
	}
	about = append(about, "id "+visible(t.id(f)))
	t.printf("%s %s %s\n", t.paint(code, word+":"), t.paint(bold, visible(f.Rule.Title)),
		t.paint(faint, "["+strings.Join(about, ", ")+"]"))
	if len(f.Locations) > 0 {
		l := &f.Locations[0]
		t.printf("  %s\n", t.paint(cyan, place(l)))
		t.frame(l)
		t.logRows(l.Log)
		t.row("since", since(l))
		t.row("first", origin(f))
		t.row("problem", visible(text(l.Problem)))
	}
	t.further(f)
	t.verdict(f)
	t.identity(f)
	t.row("why", visible(text(strings.Join(f.Why, "; "))))
	if f.Encoding != "" {
		t.row("decoded", "from "+visible(f.Encoding))
	}
	t.row("rules", matchedToo(f.Also))
	t.row("do", visible(advice(f)))
	t.row("see", visible(f.Rule.About))
	t.secrets(f)
	t.printf("\n")
}

// advice is what to do about a finding.
func advice(f *leak.Finding) string { return cmp.Or(instead(f), f.Rule.Rotate) }

// asked reports whether somebody asked if it works.
func asked(f *leak.Finding) bool { return f.Verdict.Status != leak.Unchecked && f.Verdict.Status != "" }

func (t *textReport) id(f *leak.Finding) string {
	if t.opts.Verbose {
		return f.ID
	}
	return short(f.ID)
}

func matchedToo(rules []string) string {
	if len(rules) == 0 {
		return ""
	}
	return visible(strings.Join(rules, ", ")) + " matched too"
}

// row writes a line with a label, wrapped; nothing if there is no text.
func (t *textReport) row(label, line string) { t.paintedRow(faint, label, line) }

// rows writes lines under one label.
func (t *textReport) rows(label string, lines []string) {
	for _, line := range lines {
		t.row(label, line)
		label = ""
	}
}

func (t *textReport) paintedRow(code, label, line string) {
	if line == "" {
		return
	}
	const indent = 11
	width := 0
	if t.opts.Width > 0 {
		width = max(t.opts.Width-indent, 20)
	}
	for i, line := range wrap(line, width) {
		if i > 0 {
			label = ""
		}
		t.printf("  %s%s\n", t.paint(code, fmt.Sprintf("%-*s", indent-2, label)), line)
	}
}

// frame writes the code around a finding.
func (t *textReport) frame(l *leak.Location) {
	pos := checkoutPosition(l)
	if pos.Frame == nil {
		// Where the code is not known as it is at HEAD, it still is as it was.
		pos = &l.Position
	}
	if pos.Frame == nil {
		return
	}
	f := pos.Frame
	digits := len(fmt.Sprint(f.First + len(f.Lines)))
	width := 0
	if t.opts.Width > 0 {
		width = max(t.opts.Width-digits-7, 20)
	}
	for i, line := range f.Lines {
		shown, from, to := codeLine(line, f.MarkStart, f.MarkEnd)
		number := t.paint(faint, fmt.Sprintf("%*d |", digits, f.First+i))
		t.printf("%s\n", strings.TrimRight("    "+number+" "+clip(shown, width), " "))
		if f.First+i != pos.Line || f.MarkStart < 1 {
			continue
		}
		if width > 0 {
			from, to = min(from, width-1), min(to, width)
		}
		marker := strings.Repeat(" ", from) + t.paint(red, strings.Repeat("^", max(to-from, 1)))
		t.printf("    %s %s\n", t.paint(faint, fmt.Sprintf("%*s |", digits, "")), marker)
	}
}

// place says where a finding is, in the form that terminals and editors make a
// link of where it is a file.
func place(l *leak.Location) string {
	pos := checkoutPosition(l)
	var name string
	switch l.Kind {
	case leak.KindCommit:
		name = "commit " + visible(short(l.Commit)) + " " + field(l)
	case leak.KindTag:
		name = "tag object " + visible(short(cmp.Or(l.Blob, l.Commit))) + " " + field(l)
	case leak.KindNote:
		name = "note on " + visible(short(l.NoteFor))
	case leak.KindRefName:
		return "the name of " + visible(l.Path)
	case leak.KindLayer, leak.KindImage:
		name = imagePlace(l)
	case leak.KindStdin:
		name = "stdin"
		if l.InArchive != "" {
			name += "!" + visible(l.InArchive)
		}
	case leak.KindLog:
		name = cmp.Or(visible(l.Path), "stdin")
	default:
		name = cmp.Or(visible(l.Path), "(no known place)")
	}
	if pos.Line > 0 {
		name += lineAndColumn(pos)
	}
	if l.IsName() {
		name = "the name of " + name
	}
	if l.Repository != "" {
		name = visible(l.Repository) + ": " + name
	}
	if pos.NoText {
		name += " (binary)"
	}
	return name
}

// lineAndColumn is what stands behind a name, ":12:5"; the column is not known of what
// another scanner found, unless it says so.
func lineAndColumn(pos *leak.Position) string {
	if pos.Column == 0 {
		return fmt.Sprintf(":%d", pos.Line)
	}
	return fmt.Sprintf(":%d:%d", pos.Line, pos.Column)
}

func field(l *leak.Location) string { return visible(cmp.Or(l.Field, "message")) }

// since says which commit introduced it, and whether it is still there.
func since(l *leak.Location) string {
	if l.Image != nil {
		return history(l)
	}
	if l.Staged {
		return "staged, in no commit yet"
	}
	if l.Commit == "" {
		if l.Unreachable {
			return "in no commit that a branch or tag leads to"
		}
		return ""
	}
	words := []string{"commit " + visible(short(l.Commit)) + orBefore(l)}
	if l.Kind == leak.KindTag {
		words[0] = "tag of " + words[0]
	}
	if !l.Date.IsZero() {
		words = append(words, day(l.Date))
	}
	if author := cleanAuthor(l.Author); author != "" {
		words = append(words, visible(text(author)))
	}
	return strings.Join(words, ", ") + "; " + headState(l)
}

// origin names the place where the credential came in first, if that is not
// the one that is shown: a file that was moved is not the mover's leak.
func origin(f *leak.Finding) string {
	first := &f.Locations[0]
	for i := range f.Locations {
		l := &f.Locations[i]
		if l.Commit != "" && !l.Date.IsZero() && !l.Unreachable && (first.Date.IsZero() || l.Date.Before(first.Date)) {
			first = l
		}
	}
	if first.Commit == f.Locations[0].Commit || first.Commit == "" {
		return ""
	}
	words := []string{"commit " + visible(short(first.Commit)), day(first.Date)}
	if author := cleanAuthor(first.Author); author != "" {
		words = append(words, visible(text(author)))
	}
	return strings.Join(words, ", ") + ": " + place(first)
}

// state is what is to be said of a place in a few words; "" for one that is in
// HEAD.
func state(l *leak.Location) string {
	switch {
	case l.Problem != "":
		return l.Problem
	case l.Staged || l.Commit == "" && l.Unreachable:
		return since(l)
	case l.Commit != "" && !l.AtHead:
		return headState(l)
	case l.Image != nil && l.Image.RemovedIn > 0:
		return imageState(l.Image)
	}
	return ""
}

// further names the places after the first.
func (t *textReport) further(f *leak.Finding) {
	if len(f.Locations) < 2 {
		return
	}
	rest := f.Locations[1:]
	shown := min(len(rest), firstPlaces)
	if t.opts.Verbose {
		shown = len(rest)
	}
	label := "also in"
	for i := range rest[:shown] {
		l := &rest[i]
		line := place(l)
		if state := visible(text(state(l))); state != "" {
			line += " (" + state + ")"
		}
		t.printf("  %s%s\n", t.paint(faint, fmt.Sprintf("%-9s", label)), line)
		label = ""
	}
	if more := len(rest) - shown; more > 0 {
		t.printf("  %-9sand %s\n", "", plural(int64(more), "more places"))
	}
}

// secrets writes the credential itself.
func (t *textReport) secrets(f *leak.Finding) {
	if !t.opts.ShowSecrets {
		return
	}
	if s, ok := f.Parts[leak.SecretPart]; ok {
		t.printf("  %-8s %s\n", "secret", visible(s.Reveal()))
	}
	var names []string
	for name := range f.Parts {
		if name != leak.SecretPart {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		t.printf("  %-8s %s = %s\n", "part", visible(name), visible(f.Parts[name].Reveal()))
	}
}
