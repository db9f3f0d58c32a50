package detectors

import (
	"bytes"
	"slices"
	"strings"
)

// What stands around a field may say whose its value is where the field itself does not: the
// host of the request that it is sent with, and a comment or a line of a log above it.

// How many lines in front of a field's own, and behind it, count.
const (
	linesBefore = 3
	linesBehind = 2
)

// context is what stands around a field that may say whose its value is.
type context struct {
	within []string // the sections around it, the innermost first
	hosts  []string // of the addresses around it
	prose  string   // the line above it, if it is one
}

func (c *context) empty() bool { return len(c.within) == 0 && len(c.hosts) == 0 && c.prose == "" }

// context is that of the field of a, whose value has n bytes. said are words in front of that.
func (r *reader) context(a *assigned, n int, said []string) context {
	within := slices.Concat(said, r.phrase(a.start), r.siblings(a), r.headings(a.start), r.sections(a.start))
	return context{within, r.hosts(a.start, a.at+n), r.prose(a.start)}
}

// field is what a report calls that of a.
func (r *reader) field(a *assigned) string { return shownName(string(r.data[a.start:a.end])) }

// named reports whether a field or what stands around it names a service: what settle and
// onlyNamed ask first, and whatever the value is.
func (s *Set) named(field string, c *context) bool {
	v := s.known()
	if v.ofField("", field) != "" {
		return true
	}
	for _, section := range c.within {
		if v.ofField(section, field) != "" {
			return true
		}
	}
	id, _ := v.around(c.hosts, c.prose)
	return id != ""
}

// hosts are the hosts of the addresses in the field's line and in those next to it, up to an
// empty one. The value ends at end.
func (r *reader) hosts(start, end int) (names []string) {
	if own := r.ownHost(start); own != "" {
		return []string{own}
	}
	from := r.lineAt(start, -linesBefore)
	to := r.lineAt(end, linesBehind)
	text := r.data[from:to]
	for {
		i := bytes.Index(text, []byte("://"))
		if i < 0 {
			return names
		}
		text = text[i+len("://"):]
		if h := hostAt(text); h != "" {
			names = append(names, h)
		}
	}
}

// hostAt is the host that an address has behind its ://, "" if it is none.
func hostAt(text []byte) string {
	n := 0
	for n < len(text) && n < genericValue && (isLetter(text[n]) || isDigit(text[n]) || text[n] == '-' || text[n] == '.') {
		n++
	}
	if n == len(text) || text[n] == '@' { // a user; and one that the text ends in may be cut off
		return ""
	}
	return strings.ToLower(string(text[:n]))
}

// ownHost is the host of the address whose parameter the field at start is, "" if it is none.
func (r *reader) ownHost(start int) string {
	if c := r.byte(start - 1); c != '?' && c != '&' {
		return ""
	}
	for i := start - 1; i > max(0, start-sectionFar) && r.byte(i) > ' ' && !r.quote(i); i-- {
		if r.has(i, "://") {
			return hostAt(r.data[i+len("://") : start])
		}
	}
	return ""
}

// lineAt is where the line begins that is n lines in front of that of i, or ends that is n
// lines behind it: as far as there are lines, none is empty, and nothing is further than
// sectionFar in front, genericFar behind.
func (r *reader) lineAt(i, n int) int {
	step, at, last := 1, i, min(len(r.data), i+genericFar)
	if n < 0 {
		step, n, at, last = -1, -n, i-1, max(-1, i-sectionFar)
	}
	for blank, edge := false, i; ; at += step {
		line, nl := r.restOf(at, last, step)
		blank = blank && isBlank(line)
		at = nl
		r.byte(at)
		switch {
		case at == last && at > 0 && at < len(r.data): // the line may be cut off
			return edge
		case at == last:
			return max(0, min(at, len(r.data)))
		case blank:
			return edge
		case n == 0:
			return max(at, at-step)
		}
		n, blank, edge = n-1, true, at
	}
}

// restOf is what stands between at and the next line break on the way to last, and where that
// is; last if there is none in front of it.
func (r *reader) restOf(at, last, step int) (line []byte, nl int) {
	if step < 0 {
		line = r.data[last+1 : at+1]
		if i := bytes.LastIndexByte(line, '\n'); i >= 0 {
			return line[i+1:], last + 1 + i
		}
		return line, last
	}
	line = r.data[at:last]
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		return line[:i], at + i
	}
	return line, last
}

func isBlank(line []byte) bool {
	for _, c := range line {
		if c > ' ' {
			return false
		}
	}
	return true
}

// prose is the text of the line above the field at start, if it is a comment or reads like
// a sentence or a message of a log: not what assigns something to something else.
func (r *reader) prose(start int) string {
	from := max(0, start-sectionFar)
	text := r.data[from:start]
	i := bytes.LastIndexByte(text, '\n')
	if i < 0 {
		return ""
	}
	text = bytes.TrimRight(text[:i], " \t\r")
	i = bytes.LastIndexByte(text, '\n')
	if i < 0 && from > 0 {
		return "" // it may be cut off
	}
	line := bytes.TrimSpace(text[i+1:])
	if len(line) > sectionFar/2 || bytes.ContainsAny(line, "={}\"'`;$") || bytes.Contains(line, []byte("://")) || bytes.Count(line, []byte(" ")) < 2 {
		return ""
	}
	return string(line)
}

// around is the service that hosts name, or else that whose API, token or the like a line of
// prose speaks of, and the word for it: "" if they name none, or several.
func (v *services) around(hosts []string, prose string) (id, word string) {
	for _, h := range hosts {
		of, label := v.ofHost(h)
		if of != "" && id != "" && of != id {
			return "", ""
		} else if of != "" {
			id, word = of, label
		}
	}
	if id != "" {
		return id, word
	}
	return v.inProse(prose)
}

// inProse is around of prose alone.
func (v *services) inProse(prose string) (id, word string) {
	var room [2][maxWord]byte // the word before and the one at hand, in lower case
	last := room[0][:0]
	for n := 1; prose != ""; n++ {
		w := room[n&1][:0]
		w, prose = nextWord(w, prose)
		of := v.words[string(last)]
		if of != "" && !linked[of] && credentialWords[string(w)] {
			if id != "" && of != id {
				return "", ""
			}
			id, word = of, string(last)
		}
		last = w
	}
	return id, word
}

// maxWord is more than the longest word that counts, in bytes.
const maxWord = 64

// nextWord appends the first word of a text to room, in lower case and without what it has no
// room for, and returns what is behind it.
func nextWord(room []byte, text string) (word []byte, rest string) {
	inWord := func(c byte) bool { return c >= 0x80 || isLetter(c) || isDigit(c) }
	i := 0
	for i < len(text) && !inWord(text[i]) {
		i++
	}
	for ; i < len(text) && inWord(text[i]); i++ {
		c := text[i]
		if isUpper(c) {
			c |= 0x20
		}
		if len(room) < cap(room) {
			room = append(room, c)
		}
	}
	return room, text[i:]
}

// ofHost is the service whose host one is, by the label that is registered: pipedrive of
// acme.pipedrive.com, and calcom of api.cal.com.
func (v *services) ofHost(host string) (id, label string) {
	labels := strings.Split(host, ".")
	n := len(labels)
	if n > 2 && (labels[n-2] == "co" || labels[n-2] == "com") {
		labels = append(labels[:n-2], labels[n-2]+labels[n-1])
		n--
	}
	if n < 2 {
		return "", ""
	}
	api := n > 2 && strings.Contains(labels[n-3], "api")
	for _, label := range []string{labels[n-2] + labels[n-1], strings.ReplaceAll(labels[n-2], "-", "")} {
		if id := v.words[label]; id != "" && (api || !v.vague[label] && !linked[id]) {
			return id, label
		}
	}
	return "", ""
}

// linked are services to whose sites everybody links, or below whose names everybody's own
// sites are. They count by the hosts of their APIs.
var linked = wordsOf("aws azure bitbucket cloudflare discord docker dockerhub facebook firebase fly gitea github gitlab google heroku instagram kubernetes linkedin mastodon netlify npm nuget pypi railway render rubygems slack supabase telegram twitter vercel wordpress yahoo youtube")
