package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// lefthookFiles are where lefthook looks for its settings:
// https://lefthook.dev/configuration/
var lefthookFiles = func() (list []string) {
	for _, ext := range []string{"yml", "yaml", "toml", "json", "jsonc"} {
		list = append(list, "lefthook."+ext, ".lefthook."+ext, ".config/lefthook."+ext)
	}
	return list
}()

// managedBy is what manages the hooks of the repository.
func (in *installer) managedBy() string {
	switch {
	case in.manager != "auto":
		return in.manager
	case in.bare:
		return "git"
	case in.lefthookFile() != "":
		return "lefthook"
	}
	if st, err := os.Stat(filepath.Join(in.top, ".husky")); err == nil && st.IsDir() {
		return "husky"
	}
	return "git"
}

func (in *installer) lefthookFile() string {
	for _, name := range lefthookFiles {
		if st, err := os.Stat(filepath.Join(in.top, name)); err == nil && st.Mode().IsRegular() {
			return name
		}
	}
	return ""
}

// Marks of what is put into files of others.
const (
	blockBegin = "# whosekey: begin (made by \"whosekey hook install\")"
	blockEnd   = "# whosekey: end"
)

// withoutBlock takes our lines out of a file.
func withoutBlock(text string) string {
	from := strings.Index(text, blockBegin+"\n")
	if from < 0 {
		return text
	}
	to := strings.Index(text[from:], blockEnd+"\n")
	if to < 0 {
		return text
	}
	return text[:from] + text[from+to+len(blockEnd)+1:]
}

// husky puts a few lines to the top of the hooks in .husky, which are scripts
// that sh runs: https://typicode.github.io/husky/how-to.html
func (in *installer) husky() error {
	for _, t := range in.types {
		name := filepath.Join(in.top, ".husky", t)
		if err := in.edit(name, t, 0o755, func(text string) (string, error) {
			text = withoutBlock(text)
			if in.uninstall {
				return text, nil
			}
			at := headOf(text)
			return text[:at] + in.huskyBlock(t) + text[at:], nil
		}); err != nil {
			return usage(err, "")
		}
	}
	if !in.uninstall {
		fmt.Fprintln(in.app.stdout, "commit these files; who has no whosekey cannot commit until it is installed")
	}
	return nil
}

// headOf is where the commands of a hook begin: after the line that names the
// shell, and the one that starts husky up to its version 8.
func headOf(text string) int {
	at := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#!") && !strings.Contains(line, "/husky.sh") {
			break
		}
		at += len(line)
	}
	return at
}

// huskyBlock are the lines. The refs that a push is about are handed on to the
// commands behind them.
func (in *installer) huskyBlock(hook string) string {
	check := "command -v whosekey >/dev/null || { echo 'whosekey: error: whosekey is not installed, so nothing was checked' >&2; exit 2; }\n"
	run := "whosekey " + in.command(hook) + ` "$@"`
	if hook == "pre-push" {
		return blockBegin + "\n" + check + "whosekey_refs=$(cat)\n" + run + " <<whosekey_end || exit $?\n$whosekey_refs\nwhosekey_end\n" +
			"exec <<whosekey_end\n$whosekey_refs\nwhosekey_end\n" + blockEnd + "\n"
	}
	return blockBegin + "\n" + check + run + " || exit $?\n" + blockEnd + "\n"
}

// edit rewrites a file, or makes one of that mode. One that would be empty is
// removed.
func (in *installer) edit(name, what string, mode os.FileMode, change func(string) (string, error)) error {
	if err := in.inside(name); err != nil {
		return err
	}
	old, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		old, err = nil, nil
	}
	if err != nil {
		return err
	}
	text, err := change(string(old))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	switch {
	case text == string(old):
		return nil
	case text == "":
		err = os.Remove(name)
	default:
		if st, statErr := os.Stat(name); statErr == nil {
			mode = st.Mode().Perm()
		}
		if target, linkErr := filepath.EvalSymlinks(name); linkErr == nil {
			name = target
		}
		err = replaceFile(name, []byte(text), mode)
	}
	if err == nil {
		done := "added to"
		if in.uninstall {
			done = "taken out of"
		}
		fmt.Fprintf(in.app.stdout, "%s: %s %s\n", what, done, printable(name))
	}
	return err
}

// inside is an error for a file that a link leads out of the repository: whoever wrote
// the repository would have a file of the user's edited.
func (in *installer) inside(name string) error {
	top, err := filepath.EvalSymlinks(in.top)
	if err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(name)
	if errors.Is(err, fs.ErrNotExist) {
		if _, linkErr := os.Lstat(name); linkErr == nil {
			return fmt.Errorf("%s is a link to nothing", printable(name))
		}
		real, err = filepath.EvalSymlinks(filepath.Dir(name))
	}
	if err == nil && !within(top, real) {
		err = fmt.Errorf("%s is a link out of the repository", printable(name))
	}
	return err
}

// lefthookOwn is a file of ours that that of lefthook extends.
const lefthookOwn = ".whosekey-lefthook.yml"

// lefthook writes a file with our commands, and has lefthook's settings extend
// it: https://lefthook.dev/configuration/extends.html
func (in *installer) lefthook() error {
	name := in.lefthookFile()
	if name == "" {
		return usage(errors.New("lefthook has no settings here"), "make a lefthook.yml: lefthook install")
	}
	own := in.lefthookCommands()
	if in.uninstall {
		own = ""
	}
	if err := in.edit(filepath.Join(in.top, name), "lefthook", 0o644, func(text string) (string, error) {
		return extending(name, text, in.uninstall)
	}); err != nil {
		return usage(err, "")
	}
	if err := in.edit(filepath.Join(in.top, lefthookOwn), "lefthook", 0o644, func(string) (string, error) { return own, nil }); err != nil {
		return usage(err, "")
	}
	if !in.uninstall {
		fmt.Fprintln(in.app.stdout, "commit these files, and run: lefthook install")
	}
	return nil
}

func (in *installer) lefthookCommands() string {
	var s bytes.Buffer
	s.WriteString(blockBegin + "\n")
	for _, t := range in.types {
		args, more := "", ""
		switch t {
		case "commit-msg":
			args = " {1}"
		case "pre-push":
			args, more = " {1} {2}", "      use_stdin: true\n"
		}
		run, _ := json.Marshal("whosekey " + in.command(t) + args) // a string of JSON is one of YAML
		fmt.Fprintf(&s, "%s:\n  commands:\n    whosekey:\n      run: %s\n%s", t, run, more)
	}
	return s.String()
}

const extendsMark = " # whosekey hook install"

// withExtends adds our file to those that the settings extend: to a list in
// lines, to one in brackets, or as a list of its own at the end.
func withExtends(text string) (string, error) {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		rest, isList := strings.CutPrefix(line, "extends:")
		if !isList {
			continue
		}
		rest, _, _ = strings.Cut(rest, "#")
		switch rest = strings.TrimSpace(rest); {
		case strings.HasPrefix(rest, "["):
			lines[i] = strings.Replace(line, "[", "["+lefthookOwn+", ", 1)
		case rest == "" && i+1 < len(lines):
			indent, _, isItem := strings.Cut(lines[i+1], "- ")
			if !isItem || strings.TrimSpace(indent) != "" {
				indent = "  "
			}
			lines[i] = strings.TrimRight(line, "\r\n") + "\n" + indent + "- " + lefthookOwn + extendsMark + "\n"
		default:
			return "", errors.New("whosekey cannot read the list \"extends\" there: add " + lefthookOwn + " to it yourself")
		}
		return strings.Join(lines, ""), nil
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text + "extends:" + extendsMark + "\n  - " + lefthookOwn + extendsMark + "\n", nil
}

// withoutExtends takes it out again.
func withoutExtends(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(strings.TrimRight(line, "\r\n"), extendsMark) {
			out.WriteString(strings.Replace(line, "["+lefthookOwn+", ", "[", 1))
		}
	}
	return out.String()
}
