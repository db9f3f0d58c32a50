package pipeline

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
)

// mask knows which bytes of a blob must not be shown.
type mask struct{ spans []leak.Span } // sorted, disjoint

func newMask(spans []leak.Span) *mask {
	slices.SortFunc(spans, func(a, b leak.Span) int { return int(a.Start - b.Start) })
	m := &mask{}
	for _, s := range spans {
		if n := len(m.spans); n > 0 && s.Start <= m.spans[n-1].End {
			m.spans[n-1].End = max(m.spans[n-1].End, s.End)
		} else {
			m.spans = append(m.spans, s)
		}
	}
	return m
}

const (
	frameLines = 2   // before and after the line of the finding
	frameWidth = 160 // code points of a line that are shown
	lead       = 60  // bytes of a long line before the finding that are shown
)

// frame cuts the lines around a target out of the window and masks them. Of a
// credential that spans lines, the first line is shown.
func (m *mask) frame(k *ruler, t target) *leak.Frame {
	at := int(t.span.Start - k.base)
	end := min(int(t.span.End-k.base), len(k.window))
	lo, hi := max(0, at-around), min(len(k.window), end+around)
	line := at
	for line > lo && k.window[line-1] != '\n' {
		line--
	}
	f := &leak.Frame{First: k.line}
	for start, n := line, 0; n < frameLines && start > lo; n++ {
		prev := start - 1
		from := prev
		for from > lo && k.window[from-1] != '\n' {
			from--
		}
		if from == lo && lo > 0 {
			break // cut off: it could be anything
		}
		f.Lines = slices.Insert(f.Lines, 0, m.show(k, from, prev, false))
		f.First--
		start = from
	}
	stop := lineEnd(k.window, at, hi)
	text, mark := m.target(k, line, stop, at, min(end, stop))
	f.Lines = append(f.Lines, text)
	f.MarkStart, f.MarkEnd = mark+1, mark+1+utf8.RuneCountInString(leak.Mask)
	for start, n := stop+1, 0; n < frameLines && start < hi; n++ {
		stop := lineEnd(k.window, start, hi)
		f.Lines = append(f.Lines, m.show(k, start, stop, false))
		start = stop + 1
	}
	return f
}

func lineEnd(text []byte, from, hi int) int {
	if i := bytes.IndexByte(text[from:hi], '\n'); i >= 0 {
		return from + i
	}
	return hi
}

// target masks the line of the finding, shortened around it, and returns in
// which column, counting from 0, the mask of the finding stands.
func (m *mask) target(k *ruler, line, stop, at, end int) (string, int) {
	from := line
	if at-line > lead*2 {
		from = at - lead
		for from < at && !utf8.RuneStart(k.window[from]) {
			from++
		}
	}
	before := m.show(k, from, at, true)
	if from > line {
		before = "…" + before
	}
	after := m.show(k, max(at, end), stop, true)
	// What is masked on both sides of the edge is one mask.
	before, after = strings.TrimSuffix(before, leak.Mask), strings.TrimPrefix(after, leak.Mask)
	return shorten(before + leak.Mask + after), utf8.RuneCountInString(before)
}

// show returns window[from:stop] with everything masked that is known to be a
// credential and, in lines of context, all that looks like one: a detector
// can miss what stands next to a finding.
func (m *mask) show(k *ruler, from, stop int, known bool) string {
	var out []byte
	at := from
	add := func(to int) {
		if to > at {
			out = append(out, k.window[at:to]...)
		}
	}
	first, _ := slices.BinarySearchFunc(m.spans, k.base+int64(from), func(s leak.Span, at int64) int { return cmp.Compare(s.End, at+1) })
	for _, s := range m.spans[first:] {
		a, b := int(s.Start-k.base), int(s.End-k.base)
		if a >= stop {
			break
		}
		add(min(max(a, from), stop))
		out = append(out, leak.Mask...)
		at = min(b, stop)
	}
	add(stop)
	text := maskTokens(strings.TrimRight(strings.ToValidUTF8(string(out), "\uFFFD"), "\r\n"))
	if known {
		return text
	}
	return shorten(text)
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
	var out strings.Builder
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && tokenByte(s[j]) {
			j++
		}
		if run := s[i:j]; j-i >= 20 && random(run) {
			out.WriteString(leak.Mask)
		} else {
			out.WriteString(run)
		}
		if j < len(s) {
			out.WriteByte(s[j])
			j++
		}
		i = j
	}
	return out.String()
}

func tokenByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '_' || c == '-' || c == '='
}

func random(run string) bool {
	return strings.ContainsAny(run, "0123456789") && detectors.Entropy(run) >= 3.2 && strings.Count(run, "/") < 3
}
