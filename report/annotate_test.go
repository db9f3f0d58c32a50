package report

import (
	"fmt"
	"strings"
	"testing"
)

// command is a workflow command, or a logging command, as who reads it has it.
type command struct {
	name  string
	props map[string]string
	data  string
}

// readGitHub reads a line as the runner does (actions/runner, ActionCommand's
// TryParseV2); ok is false for a line of the log.
func readGitHub(line string) (c command, ok bool) {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "::") {
		return c, false
	}
	head, data, found := strings.Cut(line[2:], "::")
	if !found {
		return c, false
	}
	undo := strings.NewReplacer("%25", "%", "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",")
	c.name, c.props = head, map[string]string{}
	name, props, found := strings.Cut(head, " ")
	if found {
		c.name = name
		for _, p := range strings.Split(props, ",") {
			if key, value, ok := strings.Cut(p, "="); ok {
				c.props[key] = undo.Replace(value)
			}
		}
	}
	c.data = strings.NewReplacer("%25", "%", "%0D", "\r", "%0A", "\n").Replace(data)
	return c, true
}

// readAzure reads a line as the agent does (azure-pipelines-agent, Command's
// TryParse and CommandStringConvertor).
func readAzure(line string) (c command, ok bool) {
	const begin = "##vso["
	at := strings.Index(line, begin)
	if at < 0 {
		return c, false
	}
	head, data, found := strings.Cut(line[at+len(begin):], "]")
	if !found {
		return c, false
	}
	undo := func(s string) string {
		for _, r := range [][2]string{{"%3B", ";"}, {"%0D", "\r"}, {"%0A", "\n"}, {"%5D", "]"}, {"%AZP25", "%"}} {
			s = strings.ReplaceAll(s, r[0], r[1])
		}
		return s
	}
	c.props, c.data = map[string]string{}, undo(data)
	name, props, _ := strings.Cut(head, " ")
	c.name = name
	for _, p := range strings.Split(props, ";") {
		if key, value, ok := strings.Cut(p, "="); ok {
			c.props[key] = undo(value)
		}
	}
	return c, true
}

func FuzzGitHub(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		finding := hostile(s)
		out := render(t, "github", Options{}, Summary{Skipped: []Gap{{Reason: s, Count: 1}}}, finding)
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if len(lines) != 4 {
			t.Fatalf("%d lines, want 4: %q", len(lines), out)
		}
		for i, line := range lines[:3] {
			c, ok := readGitHub(line)
			if !ok || c.name != "error" {
				t.Fatalf("line %d is %+v", i, c)
			}
			for key := range c.props {
				if !strings.Contains(" file line endLine col endColumn title ", " "+key+" ") {
					t.Errorf("line %d has the property %q", i, key)
				}
			}
			if i > 0 && c.props["title"] != shown(s) {
				t.Errorf("line %d has the title %q, want %q", i, c.props["title"], shown(s))
			}
		}
		c, _ := readGitHub(lines[1])
		if want := shown(file(&finding.Locations[0])); c.props["file"] != want || want != "" && c.props["line"] != "3" {
			t.Errorf("in %q line %q, want %q", c.props["file"], c.props["line"], want)
		}
		if !strings.HasPrefix(c.data, shown(s+": high confidence")) {
			t.Errorf("the message is %q", c.data)
		}
		if _, ok := readGitHub(lines[3]); ok || strings.Contains(lines[3], "##[") {
			t.Errorf("the last line is a command: %q", lines[3])
		}
	})
}

func FuzzAzure(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		finding := hostile(s)
		out := render(t, "azure", Options{}, Summary{Failing: 1, Skipped: []Gap{{Reason: s, Count: 1}}}, finding)
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if len(lines) != 4 {
			t.Fatalf("%d lines, want 4: %q", len(lines), out)
		}
		for i, line := range lines {
			c, ok := readAzure(line)
			if want := []string{"task.logissue", "task.logissue", "task.logissue", "task.complete"}[i]; !ok || c.name != want {
				t.Fatalf("line %d is %+v, want %s", i, c, want)
			}
			for key := range c.props {
				if !strings.Contains(" type sourcepath linenumber columnnumber code result ", " "+key+" ") {
					t.Errorf("line %d has the property %q", i, key)
				}
			}
			if i < 3 && c.props["type"] != "error" || i == 3 && c.props["result"] != "Failed" {
				t.Errorf("line %d has the properties %v", i, c.props)
			}
		}
		c, _ := readAzure(lines[1])
		if want := shown(file(&finding.Locations[0])); c.props["sourcepath"] != want {
			t.Errorf("in %q, want %q", c.props["sourcepath"], want)
		}
		if c.props["code"] != shown("r-"+s) || !strings.HasPrefix(c.data, shown(s+": high confidence")) {
			t.Errorf("code %q, message %q", c.props["code"], c.data)
		}
	})
}

// TestRemarksAreWithinLimits: ten of a kind are taken from a step, and the last of
// ours says how many are missing.
func TestRemarksAreWithinLimits(t *testing.T) {
	all := many(100) // 50 errors, 25 warnings, 25 notes
	for format, want := range map[string]map[string]string{
		"github": {"error": "and 41 more", "warning": "and 16 more", "notice": "and 16 more"},
		"azure":  {"error": "and 41 more", "warning": "and 41 more"},
	} {
		count, last := map[string]int{}, map[string]string{}
		for line := range strings.Lines(render(t, format, Options{}, Summary{}, all...)) {
			kind := ""
			if c, ok := readGitHub(line); ok {
				kind, last[c.name] = c.name, c.data
			} else if c, ok := readAzure(line); ok {
				kind = c.props["type"]
				last[kind] = c.data
			}
			count[kind]++
		}
		for kind, more := range want {
			if count[kind] != 10 || !strings.Contains(last[kind], more) {
				t.Errorf("%s: %d of kind %s, the last is %q, want 10 and %q", format, count[kind], kind, last[kind], more)
			}
		}
	}
	// Ten are shown, all of them.
	if out := render(t, "github", Options{}, Summary{}, many(40)[:20]...); strings.Count(out, "::error ") != 10 || strings.Contains(out, "::error title=whosekey::") {
		t.Errorf("of 10 errors are shown: %s", out)
	}
}

// The place at HEAD comes first, and every credential before a second place.
func TestRemarksShowCredentialsBeforePlaces(t *testing.T) {
	all := many(8)[2:4]
	for _, f := range all {
		p := f.Locations[0]
		p.Kind, p.Path = "blob", "old-"+p.Path
		more := f.Locations
		f.Locations = append(more[:0:0], p)
		f.Locations = append(f.Locations, more...)
	}
	var files []string
	for line := range strings.Lines(render(t, "github", Options{}, Summary{}, all...)) {
		if c, ok := readGitHub(line); ok {
			files = append(files, c.props["file"])
		}
	}
	if got := fmt.Sprint(files); got != "[f3 f2 old-f3 old-f2]" {
		t.Errorf("in this order: %s", got)
	}
}

func TestNothingFoundIsNotNothingSearched(t *testing.T) {
	for _, format := range Formats() {
		clean := render(t, format, Options{}, Summary{Counts: map[string]int64{"files": 3, "bytes": 100}})
		gaps := render(t, format, Options{}, Summary{Counts: map[string]int64{"files": 3, "bytes": 100}, Incomplete: true, Skipped: []Gap{{Reason: "unreadable file", Count: 1}}})
		if clean == gaps || !strings.Contains(gaps, "unreadable file") {
			t.Errorf("%s: an incomplete run is written as %q", format, gaps)
		}
	}
}
