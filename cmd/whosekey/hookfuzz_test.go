package main

import (
	"strings"
	"testing"
)

// FuzzHookInput reads what git and agents write, from anybody: it says what is
// wrong with it, and what it takes is what was there.
func FuzzHookInput(f *testing.F) {
	zero, one := strings.Repeat("0", 40), strings.Repeat("1", 40)
	for _, s := range []string{
		"refs/heads/main " + one + " refs/heads/main " + zero + "\n",
		"a b c " + one + " refs/x " + zero + "\r\n\n",
		zero + " " + one + " refs/heads/main\n",
		`{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"cat 'x y' <z"}}`,
		`{"sessionId":"s","toolName":"view","toolArgs":"{\"path\":[{\"file_path\":\"x\"}]}"}`,
		`{"prompt":"@a, @\"b\"","attachments":[{"filePath":"x"},7]}`,
		"fine\n# comment\n# " + scissors + "\ndiff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, read := range map[string]func(string) ([]refUpdate, error){"push": pushLines, "receive": receiveLines} {
			ups, err := read(s)
			if err != nil && len(ups) > strings.Count(s, "\n") {
				t.Errorf("%s: %d refs", name, len(ups))
			}
			for _, u := range ups {
				if !isID(u.old) || !isID(u.new) || !strings.Contains(s, u.new) || strings.ContainsAny(u.ref, " \n") {
					t.Errorf("%s: %q", name, u)
				}
			}
		}
		if e, err := readEvent([]byte(s)); err == nil {
			e.passive()
			e.answer("because", func(_, text string) string { return text })
			src := &hookTexts{}
			src.walk("event", "event", map[string]any(e.fields))
			paths(e.fields)
			mentioned(e.text("prompt"))
		}
		a := &agentFiles{dirs: []string{t.TempDir()}}
		if a.command(s); len(a.out) > maxAgentFiles {
			t.Errorf("%d files of %q", len(a.out), s)
		}
		c := cleanup{comment: "#", comments: true, scissors: true}
		if got := c.clean([]byte(s)); len(got) > len(s) || strings.Count(string(got), "\n") > strings.Count(s, "\n") {
			t.Errorf("%q of %q", got, s)
		}
		alternateDirs(s)
	})
}

// TestAlternateDirs: paths of GIT_ALTERNATE_OBJECT_DIRECTORIES; see git(1).
func TestAlternateDirs(t *testing.T) {
	for list, want := range map[string]string{
		"":                     "",
		"/a":                   "/a",
		"/a:/b":                "/a|/b",
		`"/a:b":/c`:            "/a:b|/c",
		`"/with \"quote\"\n"`:  "/with \"quote\"\n",
		`"/not closed:/b`:      `"/not closed|/b`,
		`/in "the" middle:/b:`: `/in "the" middle|/b`,
	} {
		if got := strings.Join(alternateDirs(list), "|"); got != want {
			t.Errorf("alternateDirs(%q) = %q, want %q", list, got, want)
		}
	}
}
