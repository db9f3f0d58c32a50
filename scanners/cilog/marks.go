package cilog

import (
	"bytes"
	"slices"
	"strings"
)

// spot says what was going on when a line was printed. It is not changed once
// it is in use.
type spot struct {
	step    string   // of the job
	group   string   // within the step
	command string   // the last one that was echoed
	within  []string // sections that are open, the innermost last
	env     bool     // in the list of a step's environment
	job     string   // that the line names
	named   bool     // the line names the step, too
	who     *who     // of the job at hand; nil if that is not known
}

// marks follows the sections of a log, and gathers what it says of the job.
type marks struct {
	now   *spot
	seen  []turn // within the text at hand
	facts facts
}

// turn says that from an offset of the text on, another spot counts.
type turn struct {
	at   int
	spot *spot
}

// Bounds of what is kept of hostile logs.
const (
	maxWithin = 16
	maxTitle  = 200
)

var nowhere = &spot{}

func (m *marks) reset() { *m = marks{now: nowhere, seen: append(m.seen[:0], turn{0, nowhere})} }

// drop forgets the first n bytes of the text at hand.
func (m *marks) drop(n int) {
	i := 0
	for i+1 < len(m.seen) && m.seen[i+1].at <= n {
		i++
	}
	m.seen = m.seen[:copy(m.seen, m.seen[i:])]
	for i := range m.seen {
		m.seen[i].at = max(0, m.seen[i].at-n)
	}
}

// at returns what was going on at an offset of the text at hand.
func (m *marks) at(i int) *spot {
	n, ok := slices.BinarySearchFunc(m.seen, i, func(t turn, i int) int { return t.at - i })
	if !ok {
		n--
	}
	if n < 0 {
		return nowhere
	}
	return m.seen[n].spot
}

func (m *marks) turn(at int, s spot) {
	s.who = m.facts.who
	m.now = &s
	if n := len(m.seen); n > 0 && m.seen[n-1].at == at {
		m.seen[n-1].spot = m.now
		return
	}
	m.seen = append(m.seen, turn{at, m.now})
}

// line looks at a clean line, which is at an offset of the text at hand. It may
// consist of several, where some were overwritten.
func (m *marks) line(line []byte, at int) {
	if len(line) < 3 {
		return
	}
	if line[0] == ' ' { // only GitHub and GitLab indent what says something of the job
		m.facts.indented(line)
		m.another(at)
		return
	}
	m.one(line, at)
	if line[0] != 's' {
		return
	}
	for range maxWithin { // GitLab ends a section and begins the next on one line
		i := bytes.IndexByte(line, '\n') + 1
		if i == 0 || i == len(line) {
			return
		}
		line, at = line[i:], at+i
		m.one(line, at)
	}
}

// one looks at a line for what a service prints at its start.
func (m *marks) one(line []byte, at int) {
	if len(line) == 0 {
		return
	}
	switch line[0] {
	case '#':
		m.hash(line, at)
	case 's':
		m.gitlab(line, at)
	case '[':
		m.bracket(line, at)
	case '-', '~', '+':
		m.dashes(line, at)
	case '$':
		if after, ok := bytes.CutPrefix(line, []byte("$ ")); ok {
			m.echoed(after, at)
		}
	case 't':
		if after, ok := bytes.CutPrefix(line, []byte("travis_fold:start:")); ok {
			m.turn(at, spot{step: title(after)})
		}
	case 'e':
		if m.now.group != "" && bytes.HasPrefix(line, []byte("env:")) {
			s := *m.now
			s.env = true
			m.turn(at, s)
		}
	case 'P':
		if bytes.HasPrefix(line, []byte("Post job cleanup.")) {
			m.turn(at, spot{step: "Post job cleanup"})
		}
	}
	m.facts.line(line)
	m.another(at)
}

// another has a job begin, if the line was its first.
func (m *marks) another(at int) {
	if m.facts.who != m.now.who {
		m.turn(at, *m.now)
	}
}

// columns says which job and step a line names. One that gh does not know is
// called UNKNOWN STEP.
func (m *marks) columns(job, step []byte, at int) {
	named := string(step) != "UNKNOWN STEP"
	if m.now.job == string(job) && m.now.named == named && (!named || m.now.step == string(step)) {
		return
	}
	s := spot{job: title(job), named: named}
	if named {
		s.step = title(step)
	} else if m.now.job == s.job {
		s = *m.now
	}
	m.facts.is("github", false)
	if m.now.job != s.job {
		m.facts.begin()
		m.facts.several = m.facts.several || m.now.job != ""
	}
	m.turn(at, s)
}

// hash reads the commands of GitHub's and Azure's runners.
func (m *marks) hash(line []byte, at int) {
	rest, ok := bytes.CutPrefix(line, []byte("##["))
	if !ok {
		return
	}
	i := bytes.IndexByte(rest[:min(len(rest), 40)], ']')
	if i < 0 {
		return
	}
	name, rest := string(rest[:i]), rest[i+1:]
	s := *m.now
	switch name {
	case "group":
		s.group, s.env = title(rest), false
		if strings.HasPrefix(s.group, "Run ") { // a step of GitHub begins
			m.facts.is("github", false)
			if s.command = strings.TrimPrefix(s.group, "Run "); !s.named {
				s.step = s.group
			}
		}
		m.facts.group(s.group)
	case "endgroup":
		s.group, s.env = "", false
		m.facts.group("")
	case "section":
		if after, ok := bytes.CutPrefix(rest, []byte("Starting: ")); ok {
			s = spot{step: title(after)}
			m.section(s.step)
		} else if bytes.HasPrefix(rest, []byte("Finishing: ")) {
			s = spot{}
		}
	case "command":
		s.command = title(rest)
	default:
		return
	}
	m.turn(at, s)
}

// section notes who has begun one: Azure does for each step; GitHub did in what its
// servers printed before a runner had the job.
func (m *marks) section(title string) {
	switch {
	case title == "Request a runner to run this job":
		m.facts.is("github", false)
	case !strings.HasPrefix(title, "Prepare job "):
		m.facts.is("azure", false)
	}
}

// gitlab reads section_start:TIME:NAME[options] and section_end:TIME:NAME.
func (m *marks) gitlab(line []byte, at int) {
	start, rest := true, []byte(nil)
	if after, ok := bytes.CutPrefix(line, []byte("section_start:")); ok {
		rest = after
	} else if after, ok := bytes.CutPrefix(line, []byte("section_end:")); ok {
		start, rest = false, after
	} else {
		return
	}
	_, after, ok := bytes.Cut(rest[:min(len(rest), maxTitle)], []byte{':'})
	if !ok {
		return
	}
	name := title(after)
	if i := strings.IndexAny(name, "[\r"); i >= 0 {
		name = name[:i]
	}
	within := m.now.within
	if start && len(within) < maxWithin {
		within = append(slices.Clip(within), name)
	} else if i := slices.Index(within, name); !start && i >= 0 {
		within = within[:i]
	}
	s := spot{within: within, command: m.now.command}
	if len(within) > 0 {
		s.step = within[0]
		if len(within) > 1 {
			s.group = within[len(within)-1]
		}
	}
	m.turn(at, s)
}

// bracket reads what Jenkins says of a pipeline: [Pipeline] { (Build)
func (m *marks) bracket(line []byte, at int) {
	rest, ok := bytes.CutPrefix(line, []byte("[Pipeline] "))
	if !ok {
		return
	}
	m.facts.is("jenkins", bytes.HasPrefix(rest, []byte("Start of Pipeline")))
	switch within := m.now.within; {
	case bytes.HasPrefix(rest, []byte("{ (")):
		name, _, _ := strings.Cut(title(rest[3:]), ")")
		name = strings.TrimPrefix(name, "Branch: ")
		m.turn(at, spot{step: name, within: append(slices.Clip(within), name)})
	case bytes.HasPrefix(rest, []byte("{")) && len(within) < maxWithin:
		m.turn(at, spot{step: m.now.step, within: append(slices.Clip(within), m.now.step)})
	case bytes.HasPrefix(rest, []byte("}")) && len(within) > 0:
		s := spot{within: within[:len(within)-1]}
		if n := len(s.within); n > 0 {
			s.step = s.within[n-1]
		}
		m.turn(at, s)
	}
}

// dashes reads the groups of Buildkite (--- title, +++ title, ~~~ title), and
// what a shell traces, which Bitbucket does with every command: + command.
func (m *marks) dashes(line []byte, at int) {
	c := line[0]
	n := 0
	for n < len(line) && n < 8 && line[n] == c {
		n++
	}
	if n == len(line) || line[n] != ' ' {
		return
	}
	switch {
	case n == 3 && len(line) < maxTitle && !diffHeader(line):
		m.turn(at, spot{step: title(line[4:])})
	case c == '+' && n < 8:
		m.echoed(line[n+1:], at)
	}
}

// diffHeader tells the names of files in a diff from groups.
func diffHeader(line []byte) bool {
	rest := line[4:]
	return bytes.HasPrefix(rest, []byte("a/")) || bytes.HasPrefix(rest, []byte("b/")) || bytes.HasPrefix(rest, []byte("/dev/null"))
}

func (m *marks) echoed(command []byte, at int) {
	s := *m.now
	s.command, s.env = title(command), false
	m.turn(at, s)
}

// title is the rest of a line, if it is short, without what does not show.
func title(b []byte) string {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b = b[:i]
	}
	b = bytes.TrimSpace(b)
	if len(b) > maxTitle {
		b = b[:maxTitle]
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}
