package pipeline

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/internal/language"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// mask knows which bytes of a blob must not be shown.
type mask struct {
	spans []leak.Span    // sorted, disjoint
	known *leak.Redactor // secrets that may stand where no rule has found them
}

func newMask(spans []leak.Span, known *leak.Redactor) *mask {
	slices.SortFunc(spans, func(a, b leak.Span) int { return cmp.Compare(a.Start, b.Start) })
	m := &mask{known: known}
	for _, s := range spans {
		if n := len(m.spans); n > 0 && s.Start <= m.spans[n-1].End {
			m.spans[n-1].End = max(m.spans[n-1].End, s.End)
		} else {
			m.spans = append(m.spans, s)
		}
	}
	return m
}

// byteOrderMark at the start of a text is no part of it: no editor shows it.
var byteOrderMark = []byte("\uFEFF")

const (
	frameLines = 2   // before and after the line of the finding
	frameWidth = 160 // code points of a line that are shown
	lead       = 60  // bytes of a long line before the finding that are shown
)

// frame cuts the lines around a target out of the window and masks them. Of a
// credential that spans lines, the first line is shown. k stands at the start
// of the target. A line of context that the edge cuts off is left out: what is
// left of it could be half a secret.
func (m *mask) frame(k *ruler, t target) *leak.Frame {
	at := k.counted
	end := int(t.span.End - k.base)
	lo, hi := max(0, at-around), min(len(k.window), end+around)
	line := lineStart(k.window, lo, at)
	f := &leak.Frame{First: k.mark.Line}
	for start := line; start > lo && k.mark.Line-f.First < frameLines; f.First-- {
		from := lineStart(k.window, lo, start-1)
		if from == lo && k.base+int64(lo) > 0 {
			break
		}
		f.Lines = append(f.Lines, m.show(k, from, start-1))
		start = from
	}
	slices.Reverse(f.Lines)
	stop, _ := lineEnd(k.window, at, hi)
	text, mark := m.target(k, line, stop, at, min(end, stop))
	f.Lines = append(f.Lines, text)
	f.MarkStart, f.MarkEnd = mark+1, mark+1+utf8.RuneCountInString(leak.Mask)
	for start, n := stop+1, 0; n < frameLines && start < hi; n++ {
		stop, whole := lineEnd(k.window, start, hi)
		if !whole && hi < len(k.window) {
			break
		}
		f.Lines = append(f.Lines, m.show(k, start, stop))
		start = stop + 1
	}
	return f
}

// lineStart returns where the line that holds text[at] starts, but lo at least.
func lineStart(text []byte, lo, at int) int {
	return lo + bytes.LastIndexByte(text[lo:at], '\n') + 1
}

// lineEnd returns where the line that holds text[from] ends, or hi.
func lineEnd(text []byte, from, hi int) (end int, whole bool) {
	if i := bytes.IndexByte(text[from:hi], '\n'); i >= 0 {
		return from + i, true
	}
	return hi, false
}

// target masks the line of the finding, shortened around it, and returns in
// which column, counting from 0, the mask of the finding stands.
func (m *mask) target(k *ruler, line, stop, at, end int) (string, int) {
	from := line
	if at-line > 2*lead {
		from = at - lead
		for from < at && !utf8.RuneStart(k.window[from]) {
			from++
		}
		from = m.outside(k, line, from, at)
	}
	before := m.masked(k, from, at)
	if n := utf8.RuneCountInString(before); n > 2*lead { // masks can be longer than what they hide
		before, from = string([]rune(before)[n-lead:]), line+1
	}
	if from > line {
		before = "…" + before
	}
	end = max(at, end)
	after := m.masked(k, end, m.inside(k, end, stop))
	// What is masked on both sides of the edge is one mask.
	before, after = strings.TrimSuffix(before, leak.Mask), strings.TrimPrefix(after, leak.Mask)
	return shorten(before + leak.Mask + strings.TrimRight(after, "\r")), utf8.RuneCountInString(before)
}

// outside moves the start of an excerpt behind the token that it would cut in
// two: half a secret may not look like one.
func (m *mask) outside(k *ruler, line, from, at int) int {
	for from > line && from < at && tokenByte(k.window[from-1]) && tokenByte(k.window[from]) {
		from++
	}
	return from
}

// inside limits an excerpt to what can be shown of it, and a little more, and
// takes a token back that it would cut in two.
func (m *mask) inside(k *ruler, from, stop int) int {
	limit := from + 2*utf8.UTFMax*frameWidth
	if stop <= limit {
		return stop
	}
	for limit > from && (tokenByte(k.window[limit-1]) || !utf8.RuneStart(k.window[limit])) {
		limit--
	}
	return limit
}

// show returns a line of context.
func (m *mask) show(k *ruler, from, stop int) string {
	end := m.inside(k, from, stop)
	text := strings.TrimRight(m.masked(k, from, end), "\r")
	if end < stop {
		text += "…"
	}
	return shorten(text)
}

// masked returns window[from:stop] with everything masked that is known to be a
// credential, and all that looks like one: a detector can miss what stands
// next to a finding.
func (m *mask) masked(k *ruler, from, stop int) string {
	var out []byte
	if k.base+int64(from) == 0 && bytes.HasPrefix(k.window[:stop], byteOrderMark) {
		from = len(byteOrderMark)
	}
	at := from
	first, _ := slices.BinarySearchFunc(m.spans, k.base+int64(from), func(s leak.Span, at int64) int { return cmp.Compare(s.End, at+1) })
	for _, s := range m.spans[first:] {
		a, b := int(s.Start-k.base), int(s.End-k.base)
		if a >= stop {
			break
		}
		out = append(out, k.window[at:max(a, from)]...)
		out = append(out, leak.Mask...)
		at = min(b, stop)
	}
	out = append(out, k.window[at:stop]...)
	return maskTokens(maskMailboxes(m.known.Clean(strings.ToValidUTF8(string(out), "\uFFFD"))))
}

// mailbox finds e-mail addresses, those within URLs too (user%40example.com):
// what stands next to a leak names people.
var mailbox = lazy.New(`[\w.%+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+`)

func maskMailboxes(s string) string {
	if strings.IndexByte(s, '@') < 0 && !strings.Contains(s, "%40") {
		return s
	}
	return mailbox.ReplaceAllStringFunc(s, func(m string) string {
		if strings.HasPrefix(m, "git@") { // how repositories are named
			return m
		}
		return "…@…"
	})
}

func shorten(s string) string {
	if utf8.RuneCountInString(s) <= frameWidth {
		return s
	}
	r := []rune(s)
	return string(r[:frameWidth-1]) + "…"
}

// maskTokens masks runs of twenty or more characters of base64 that look
// random.
func maskTokens(s string) string {
	return maskRuns(s, tokenByte, func(run, behind string) bool { return random(run) && !declared(run, behind) })
}

// declared reports whether a run is the name of what gets a value: words with numbers
// (clientPrivateKeyPEM4096) that = or : or ( stands behind. The same words elsewhere may
// be a password.
func declared(run, behind string) bool {
	behind = strings.TrimLeft(strings.TrimLeft(behind, "\"'`])"), " \t")
	return behind != "" && strings.IndexByte("=:(", behind[0]) >= 0 && language.Numbered(run)
}

func tokenByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '_' || c == '-' || c == '='
}

// random tells a token from a path: with several slashes it has to look even
// less like words.
func random(run string) bool {
	e := detectors.Entropy(run)
	return strings.ContainsAny(run, "0123456789") && (e >= 3.2 && strings.Count(run, "/") < 3 || e >= 4.6)
}
