package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestDeployFiles: the files of docs/deploy.md are read, and every command in them has
// flags that there are.
func TestDeployFiles(t *testing.T) {
	text, err := os.ReadFile("../../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	var commands [][]string
	for _, block := range regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		switch block[1] {
		case "ini":
			_, start, ok := strings.Cut(block[2], "\nExecStart=/usr/local/bin/whosekey ")
			start, _, _ = strings.Cut(start, "\n")
			if !ok || strings.Contains(start, "%") {
				t.Errorf("the unit starts %q", start)
			}
			var args []string
			for _, m := range regexp.MustCompile(`"([^"]*)"|(\S+)`).FindAllStringSubmatch(start, -1) {
				args = append(args, m[1]+m[2])
			}
			commands = append(commands, args)
			verifyUnit(t, strings.Replace(block[2], "/usr/local/bin/whosekey", "/bin/sh", 1))
		case "yaml":
			d := yaml.NewDecoder(strings.NewReader(block[2]))
			for {
				var n yaml.Node
				if err := d.Decode(&n); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%v in %s", err, block[2])
				}
				commands = append(commands, commandsOf(&n)...)
			}
		}
	}
	if len(commands) != 5 {
		t.Errorf("%d commands: %q", len(commands), commands)
	}
	for _, args := range commands {
		var out, errs bytes.Buffer
		if code := run(t.Context(), append(args, "--help"), strings.NewReader(""), &out, &errs); code != exitClean {
			t.Errorf("%q: %d %s", args, code, errs.String())
		}
	}
}

// commandsOf are the lists below a node that begin with sweep.
func commandsOf(n *yaml.Node) (out [][]string) {
	if n.Kind == yaml.SequenceNode && len(n.Content) > 0 && n.Content[0].Value == "sweep" {
		var args []string
		for _, c := range n.Content {
			args = append(args, c.Value)
		}
		return [][]string{args}
	}
	for _, c := range n.Content {
		out = append(out, commandsOf(c)...)
	}
	return out
}

// verifyUnit has systemd read a unit, where there is systemd.
func verifyUnit(t *testing.T, text string) {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		return
	}
	name := filepath.Join(t.TempDir(), "whosekey.service")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("systemd-analyze", "verify", name).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// TestFreshMachine: nothing is installed, and nothing is set.
func TestFreshMachine(t *testing.T) {
	dir := t.TempDir()
	want := plantedRepos(t, dir, 6)
	path, err := exec.LookPath("whosekey")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "sweep", "run", "--once", "--dir", dir, "--state", filepath.Join(t.TempDir(), "new", "state"), "-f", "jsonl")
	cmd.Env = []string{}
	out, err := cmd.Output()
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != exitFindings {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := bytes.Count(out, []byte(`{"finding":`)); n != len(want) {
		t.Errorf("%d findings, want %d", n, len(want))
	}
}
