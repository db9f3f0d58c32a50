package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// What a script runs before whosekey.
type scriptKind int

const (
	ownHook    scriptKind = iota // the hook whose place it took
	passOn                       // the hook of the repository, which core.hooksPath hides
	onlyPassOn                   // and nothing else
)

// scriptMark is in every script of ours, and in nothing else.
const scriptMark = "whosekey-hook-script"

// keptName is where a hook goes that was there before.
func keptName(hook string) string { return hook + ".before-whosekey" }

// scripts writes scripts into a folder, or takes them out.
func (in *installer) scripts(dir string, types []string, kind scriptKind) error {
	if !in.uninstall {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return usage(fmt.Errorf("make the folder for hooks: %w", err), "")
		}
	}
	for _, t := range types {
		put := in.put
		if in.uninstall {
			put = in.takeOut
		}
		if err := put(dir, t, kind); err != nil {
			return usage(fmt.Errorf("hook %s: %w", t, err), "")
		}
	}
	return nil
}

// put writes one script. A hook that is not ours is kept.
func (in *installer) put(dir, hook string, kind scriptKind) error {
	name, kept := filepath.Join(dir, hook), filepath.Join(dir, keptName(hook))
	what := "installed"
	switch ours, err := isOurs(name); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case ours:
		what = "renewed"
	default:
		if _, err := os.Lstat(kept); err == nil {
			return fmt.Errorf("there is a hook, and %s too: remove one of them", kept)
		}
		if err := os.Rename(name, kept); err != nil {
			return err
		}
		what = "installed; the hook that was there runs first"
	}
	if err := replaceFile(name, []byte(in.script(hook, kind)), 0o755); err != nil {
		return err
	}
	fmt.Fprintf(in.app.stdout, "%s: %s (%s)\n", hook, what, printable(name))
	return nil
}

// takeOut removes one script, and puts back the hook that was there before.
func (in *installer) takeOut(dir, hook string, _ scriptKind) error {
	name, kept := filepath.Join(dir, hook), filepath.Join(dir, keptName(hook))
	ours, err := isOurs(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !ours {
		return nil
	}
	if err != nil {
		return err
	}
	what := "removed"
	if err := os.Rename(kept, name); err == nil {
		what = "removed; the hook that was there before is back"
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	} else if err := os.Remove(name); err != nil {
		return err
	}
	fmt.Fprintf(in.app.stdout, "%s: %s (%s)\n", hook, what, printable(name))
	return nil
}

// isOurs reports whether a hook is a script of ours. A link is not, wherever it
// leads.
func isOurs(name string) (bool, error) {
	st, err := os.Lstat(name)
	if err != nil {
		return false, err
	}
	if st.IsDir() {
		return false, errors.New("there is a folder in its place")
	}
	if !st.Mode().IsRegular() || st.Size() > 1<<16 {
		return false, nil
	}
	b, err := os.ReadFile(name)
	return bytes.Contains(b, []byte(scriptMark)), err
}

// replaceFile writes a file as a whole.
func replaceFile(name string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, reason(err))
	}
	_, err = f.Write(data)
	for _, step := range []func() error{func() error { return f.Chmod(mode) }, f.Close, func() error { return os.Rename(f.Name(), name) }} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		f.Close()
		os.Remove(f.Name())
		err = fmt.Errorf("write %s: %w", name, reason(err))
	}
	return err
}

// script is what git runs. What git says on standard input, to pre-push and
// pre-receive, is for both hooks, so it is read once.
func (in *installer) script(hook string, kind scriptKind) string {
	var s strings.Builder
	fmt.Fprintf(&s, "#!/bin/sh\n# %s: made by \"whosekey hook install\", removed by \"whosekey hook install --uninstall\".\n", scriptMark)
	if kind == ownHook {
		fmt.Fprintf(&s, "# The hook that was here before, if any, is kept beside it and runs first.\nkept=\"${0%%/*}/%s\"\n", keptName(hook))
	} else {
		fmt.Fprintf(&s, "# core.hooksPath hides the hooks of the repository, so they are run from here.\n"+
			"kept=\"$(git rev-parse --git-common-dir 2>/dev/null || echo .git)/hooks/%s\"\n", hook)
	}
	if kind == onlyPassOn {
		s.WriteString("if [ -x \"$kept\" ]; then exec \"$kept\" \"$@\"; fi\n")
		return s.String()
	}
	stdin := hook == "pre-push" || hook == "pre-receive"
	if stdin {
		s.WriteString("refs=$(cat)\nrefs() { if [ -n \"$refs\" ]; then printf '%s\\n' \"$refs\"; fi; }\n" +
			"if [ -x \"$kept\" ]; then refs | \"$kept\" \"$@\" || exit $?; fi\n")
	} else {
		s.WriteString("if [ -x \"$kept\" ]; then \"$kept\" \"$@\" || exit $?; fi\n")
	}
	fmt.Fprintf(&s, "program=%s\n", shellQuote(filepath.ToSlash(in.program)))
	s.WriteString("if [ ! -x \"$program\" ]; then program=$(command -v whosekey) || {\n" +
		"\techo \"whosekey: error: whosekey is not installed, so nothing was checked\" >&2\n" +
		"\techo \"whosekey: hint: install it, or remove this hook: $0\" >&2\n\texit 2\n}; fi\n")
	run := "\"$program\" " + in.command(hook) + " \"$@\"\n"
	if stdin {
		s.WriteString("refs | " + run)
	} else {
		s.WriteString("exec " + run)
	}
	return s.String()
}

// command is how a hook is started, without the program.
func (in *installer) command(hook string) string {
	words := []string{"hook", hook}
	for _, arg := range in.args {
		words = append(words, shellQuote(arg))
	}
	return strings.Join(words, " ")
}

// shellQuote quotes a word for sh.
func shellQuote(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,@+") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
