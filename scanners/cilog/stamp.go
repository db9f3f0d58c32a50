package cilog

import (
	"bytes"

	"github.com/whosekey/whosekey/internal/coded"
)

// stamp returns how many bytes at the start of a line are the time that the
// service printed in front of it, and whether the rest goes on where the line
// before ended. The forms:
//
//	2026-01-02T03:04:05.1234567Z text     GitHub Actions, Azure Pipelines
//	2026-01-02T03:04:05.123456Z 00O text  GitLab; 00O+text goes on
//	[2026-01-02T03:04:05.123Z] text       Jenkins (Timestamper)
//	[03:04:05] text                       TeamCity, Jenkins
//	03:04:05  text                        Jenkins (Timestamper)
//	ESC _bk;t=1767322245123 BEL text      Buildkite
//
// A byte order mark may stand in front of it, as files that are one log after
// the other have one at the start of each.
func stamp(line []byte) (n int, goesOn bool) {
	if len(line) < 8 {
		return mark(line), false
	}
	if line[0] == 0xEF {
		n = mark(line)
	}
	switch rest := line[n:]; {
	case len(rest) == 0:
	case rest[0] >= '0' && rest[0] <= '9':
		if like(rest, "00:00:00  ") {
			return n + 10, false
		}
		t := isoTime(rest)
		if t == 0 {
			break
		}
		if g := gitlabStream(rest[t:]); g > 0 {
			return n + t + g, rest[t+g-1] == '+'
		}
		if t == len(rest) || rest[t] == '\n' || rest[t] == '\r' {
			return n + t, false
		}
		if rest[t] == ' ' || rest[t] == '\t' {
			return n + t + 1, false
		}
	case rest[0] == '[':
		return n + bracketed(rest), false
	case rest[0] == 0x1b:
		return n + buildkiteTime(rest), false
	}
	return n, false
}

// maxColumn is how long the names of a job and a step are together, at most.
const maxColumn = 300

// columns takes a line of "gh run view --log" apart: job, step and the line with
// its time, with tabs between them. n is 0 for other lines.
func columns(line []byte) (n int, job, step []byte) {
	head := line[:min(len(line), maxColumn)]
	i := bytes.IndexByte(head, '\t')
	if i <= 0 {
		return 0, nil, nil
	}
	j := bytes.IndexByte(head[i+1:], '\t')
	if j <= 0 {
		return 0, nil, nil
	}
	j += i + 1
	rest := line[j+1:]
	m := mark(rest)
	t := isoTime(rest[m:])
	end := j + 1 + m + t
	if t == 0 || end < len(line) && line[end] != ' ' && line[end] != '\n' && line[end] != '\r' {
		return 0, nil, nil
	}
	if end < len(line) && line[end] == ' ' {
		end++
	}
	return end, line[:i], line[i+1 : j]
}

// mark is the length of a byte order mark.
func mark(line []byte) int {
	if len(line) >= 3 && line[0] == 0xEF && line[1] == 0xBB && line[2] == 0xBF {
		return 3
	}
	return 0
}

// like reports whether text begins as a pattern says, in which 0 is any digit.
func like(text []byte, pattern string) bool {
	if len(text) < len(pattern) {
		return false
	}
	for i := range len(pattern) {
		if c := text[i]; pattern[i] == '0' {
			if c < '0' || c > '9' {
				return false
			}
		} else if c != pattern[i] {
			return false
		}
	}
	return true
}

// The parts of a time as in RFC 3339, and of a second.
var (
	yearMonth = newPattern8("0000-00-")
	monthDay  = newPattern8("00-00-00")
	clock     = newPattern8("00:00:00")
	fraction  = newPattern8(".0000000")
)

// isoTime is the length of a time with a zone as in RFC 3339; 0 for none.
func isoTime(text []byte) int {
	if len(text) < 20 || text[4] != '-' || text[10] != 'T' && text[10] != ' ' ||
		!like8(eight(text, 0), yearMonth) || !like8(eight(text, 2), monthDay) || !like8(eight(text, 11), clock) {
		return 0
	}
	if len(text) >= 28 && text[27] == 'Z' && like8(eight(text, 19), fraction) { // GitHub
		return 28
	}
	i := 19
	if text[i] == '.' || text[i] == ',' {
		// Some GitLab runners put NULs between the dot and the digits.
		for i++; i < len(text) && i < 40 && (text[i] >= '0' && text[i] <= '9' || text[i] == 0); {
			i++
		}
	}
	switch {
	case i >= len(text):
		return 0
	case text[i] == 'Z':
		return i + 1
	case (text[i] == '+' || text[i] == '-') && like(text[i+1:], "00:00"):
		return i + 6
	}
	return 0
}

// gitlabStream is the length of what stands behind GitLab's time: the number of
// the stream in hex, O or E for out or err, and a plus if the line goes on.
func gitlabStream(text []byte) int {
	if len(text) < 5 || text[0] != ' ' || coded.Unhex(text[1]) < 0 || coded.Unhex(text[2]) < 0 ||
		text[3] != 'O' && text[3] != 'E' || text[4] != ' ' && text[4] != '+' {
		return 0
	}
	return 5
}

func bracketed(text []byte) int {
	end := 9
	if like(text, "[0000") {
		end = 1 + isoTime(text[1:])
	} else if !like(text, "[00:00:00") {
		return 0
	}
	if end == 1 || len(text) < end+2 || text[end] != ']' || text[end+1] != ' ' {
		return 0
	}
	return end + 2
}

// buildkiteTime is the length of an APC sequence with a time in milliseconds.
func buildkiteTime(text []byte) int {
	const head = "\x1b_bk;t="
	if len(text) < len(head) || string(text[:len(head)]) != head {
		return 0
	}
	for i := len(head); i < len(text) && i < len(head)+20; i++ {
		if text[i] == 7 {
			return i + 1
		}
		if text[i] < '0' || text[i] > '9' {
			return 0
		}
	}
	return 0
}
