package cilog

import "bytes"

// fronts finds lines in a row that have the same kind of text in front of them, which a tool
// puts there, and that may be pieces of one text: such lines are read again without it. The
// forms, of which the part in quotes must be the same in both lines:
//
//	"#12 "0.345 text                          BuildKit, plain progress
//	"web-1  | "text                           docker compose, also with --timestamps
//	"[linux] "text, "[job]   | "text          branches of Jenkins, jobs of act
//	"remote: "text                            what a server tells git
//	2024-05-01 12:00:00,123" INFO  app - "text  loggers, with or without a zone
//	"DEBUG [main] "text                       the same, where the time was taken for that of the service
//	2009/01/23 01:23:23" main.go:23: "text    Go's log
//
// Sources:
//   - https://github.com/moby/buildkit/blob/0070379ba808007d6ac1052e0fa1cfde35a52bd0/util/progress/progressui/display.go
//   - https://github.com/docker/compose/blob/13d70b1c11342dafb534f3793078666437e6d00a/cmd/formatter/logs.go
//   - https://github.com/nektos/act/blob/00c3f2f48c700c7b967646c8d08065d93a285914/pkg/runner/logger.go
//   - https://github.com/jenkinsci/pipeline-plugin/pull/80
//   - https://github.com/git/git/blob/4e120823a345cf348a052683d726c90bc4b256ca/sideband.c (DISPLAY_PREFIX)
//   - https://docs.python.org/3/library/logging.html#logrecord-attributes (asctime)
//   - https://pkg.go.dev/log#pkg-constants
type fronts struct {
	group []lineAt // without what is in front
}

// maxFront is how long what stands in front of a line may be.
const maxFront = 128

// noPiece has what is in no token and does not pad base64 either.
var noPiece = func() (v [256]bool) {
	for c := range v {
		v[c] = mixes[c] >= notToken && c != '='
	}
	return v
}()

// keyEnd is how the line begins behind the base64 of a private key, whose last one may be padded.
var keyEnd = []byte("-----END ")

// next takes two lines that follow each other, without the spaces around them.
func (x *expander) next(v, child *view, a, b lineAt, skip int) {
	if v.up != nil {
		return
	}
	text, f := v.text, &x.fronts
	if a.len() < 8 || b.len() < 8 || !startAlike(text[a.from:], text[b.from:]) || noPiece[text[a.to-1]] || noPiece[text[a.to-2]] || noPiece[text[a.to-3]] || noPiece[text[a.to-4]] {
		x.apiece(v, child, skip)
		return
	}
	n, m := front(text, a, b)
	if n > 0 {
		a.from, b.from = a.from+n, b.from+m
	}
	if n == 0 || !belong(text, a, b) {
		x.apiece(v, child, skip)
		return
	}
	if k := len(f.group); k == 0 || f.group[k-1] != a {
		x.apiece(v, child, skip)
		f.group = append(f.group, a)
	}
	f.group = append(f.group, b)
}

// startAlike is the quick look at how two lines begin: most logs have few that follow each other
// and do so alike.
func startAlike(a, b []byte) bool { return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] }

// belong reports whether two lines may be pieces of one text: words that stand alone, or the
// end of one and the beginning of the other are as in a token.
func belong(text []byte, a, b lineAt) bool {
	if a.len() == 0 || b.len() == 0 || mixes[text[b.from]] >= notToken {
		return false
	}
	if bytes.IndexByte(text[a.from:a.to], ' ') < 0 && bytes.IndexByte(text[b.from:b.to], ' ') < 0 {
		return true
	}
	if bytes.HasPrefix(text[b.from:b.to], keyEnd) {
		return true
	}
	return perhaps(text, a, b) && halves(text, a, b)
}

// apiece adds the lines at hand to what is made of a text.
func (x *expander) apiece(v, child *view, skip int) {
	g := x.fronts.group
	if len(g) == 0 {
		return
	}
	x.fronts.group = g[:0]
	total := 0
	for _, l := range g {
		total += l.len() + 1
	}
	if g[len(g)-1].to < skip || !x.room(child, total+2) {
		return
	}
	child.gap()
	for _, l := range g {
		child.segs = append(child.segs, seg{at: len(child.text), num: 1, den: 1, from: int64(l.from), to: int64(l.to)})
		child.text = append(append(child.text, v.text[l.from:l.to]...), '\n')
	}
}

// front is how much stands in front of each of two lines, of one kind; 0 for nothing.
func front(text []byte, a, b lineAt) (n, m int) {
	one, other := text[a.from:min(a.to, a.from+maxFront)], text[b.from:min(b.to, b.from+maxFront)]
	n = called(one)
	if m = n; len(other) <= m || !bytes.Equal(one[:n], other[:m]) {
		return 0, 0
	}
	if n > 0 && one[0] == '#' {
		s, t := seconds(one[n:]), seconds(other[m:])
		if s == 0 || t == 0 {
			return 0, 0
		}
		n, m = n+s, m+t
	}
	s, t := dateTime(one[n:]), dateTime(other[m:])
	if (s == 0 || t == 0) && (n > 0 || !level(one)) {
		return n, m
	}
	n, m = n+s, m+t
	same, k := 0, 0
	for n+k < len(one) && m+k < len(other) && (one[n+k] == other[m+k] || isDigit(one[n+k]) && isDigit(other[m+k])) {
		if k++; one[n+k-1] == ' ' {
			same = k
		}
	}
	return n + same, m + same
}

var ofServer = []byte("remote: ")

// called is the length of a name in front of a line, up to where its text or a time begins.
func called(line []byte) int {
	i := 0
	switch c := line[0]; {
	case c == '#':
		for i = 1; i < len(line) && isDigit(line[i]); {
			i++
		}
		if i == 1 || i == len(line) || line[i] != ' ' {
			return 0
		}
		return i + 1
	case c == '[':
		i = bytes.IndexByte(line, ']') + 1
		if i < 3 || i >= len(line) || line[i] != ' ' {
			return 0
		}
		if n := bar(line[i:]); n > 0 {
			return i + n
		}
		return i + 1
	case !word(c):
		return 0
	case c == 'r' && bytes.HasPrefix(line, ofServer):
		return len(ofServer)
	}
	for i < len(line) && (word(line[i]) || line[i] == '-' || line[i] == '.') {
		i++
	}
	if n := bar(line[i:]); n > 0 {
		return i + n
	}
	return 0
}

// level reports whether a line begins with the level of a message.
func level(line []byte) bool {
	n := bytes.IndexByte(line, ' ')
	if n < 0 || line[0] < 'C' || line[0] > 'W' {
		return false
	}
	switch string(line[:n]) {
	case "TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL", "FATAL":
		return true
	}
	return false
}

// bar is the length of spaces and a bar with one behind it, or 0.
func bar(text []byte) int {
	i := 0
	for i < len(text) && text[i] == ' ' {
		i++
	}
	if i == 0 || i+1 >= len(text) || text[i] != '|' || text[i+1] != ' ' {
		return 0
	}
	return i + 2
}

// seconds is the length of a number of seconds as BuildKit prints them, and the space behind.
func seconds(text []byte) int {
	i, dots := 0, 0
	for i < len(text) && (isDigit(text[i]) || text[i] == '.') {
		if text[i] == '.' {
			dots++
		}
		i++
	}
	if i < 3 || dots != 1 || i == len(text) || text[i] != ' ' {
		return 0
	}
	return i + 1
}

// dateTime is the length of a day and a time of it, and the space behind them.
func dateTime(text []byte) int {
	if len(text) < 20 || text[10] != ' ' && text[10] != 'T' || !like8(eight(text, 11), clock) {
		return 0
	}
	n := isoTime(text)
	if n == 0 {
		if !like(text, "0000-00-00") && !like(text, "0000/00/00") {
			return 0
		}
		if n = 19; n < len(text) && (text[n] == '.' || text[n] == ',') {
			for n++; n < len(text) && n < 30 && isDigit(text[n]); {
				n++
			}
		}
	}
	if n >= len(text) || text[n] != ' ' {
		return 0
	}
	return n + 1
}
