package main

import (
	"bytes"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
)

const (
	maxScripts = 16
	maxScript  = 64 << 10
)

// shebang is the first line of a script for a shell that can be parsed.
var shebang = lazy.New(`^#!.*\b(ba|z|da|k|a)?sh\b`)

// run follows a script that a command runs; if it is started by its name, the first line
// says for whom it is.
func (s *shell) run(name string, args []string, started bool) {
	for _, dir := range s.files.dirs {
		for _, path := range append(s.files.origins(inDir(dir, name)), inDir(dir, name)) {
			st, err := os.Stat(path)
			if err != nil || !st.Mode().IsRegular() || st.Size() > maxScript || s.files.scripts >= maxScripts {
				continue
			}
			s.files.scripts++
			text, err := os.ReadFile(path)
			if err != nil || bytes.IndexByte(text, 0) >= 0 || started && !shebang.Match(text) {
				continue
			}
			in := &shell{files: s.files, vars: maps.Clone(s.vars), depth: s.depth, inScript: true, traces: s.traces}
			in.vars["0"] = name
			in.vars["@"], in.vars["*"] = strings.Join(args, " "), strings.Join(args, " ")
			for i, a := range args {
				in.vars[strconv.Itoa(i+1)] = a
			}
			if in.parse(string(text)) {
				in.conclude()
			}
		}
	}
}

// tracing reports whether flags of a shell, or of set, have it print what it runs:
// set(1), in POSIX.
func tracing(flags []string) bool {
	for i, f := range flags {
		switch {
		case f == "--" || !strings.HasPrefix(f, "-") && (i == 0 || flags[i-1] != "-o"):
			return false
		case f == "xtrace" || f == "verbose" || !strings.HasPrefix(f, "--") && strings.HasPrefix(f, "-") && strings.ContainsAny(f, "xv"):
			return true
		}
	}
	return false
}

// fedBy takes the file out of the words of xargs that has what it hands on.
func (s *shell) fedBy(args []string) []string {
	for i := 0; i < len(args) && strings.HasPrefix(args[i], "-"); i++ {
		name, joined := strings.CutPrefix(args[i], "--arg-file=")
		short, glued := strings.CutPrefix(args[i], "-a")
		switch {
		case joined:
			s.files.candidate(name)
		case (args[i] == "-a" || args[i] == "--arg-file") && i+1 < len(args):
			s.files.candidate(args[i+1])
			return slices.Concat(args[:i], args[i+2:])
		case glued && short != "":
			s.files.candidate(short)
		}
	}
	return args
}

// variable is what a variable holds in one of the folders.
func (s *shell) variable(name, dir string) string {
	if v, ok := s.vars[name]; ok {
		return v
	}
	switch i := slices.Index(s.files.dirs, dir); {
	case name == "PWD":
		return dir
	case name == "OLDPWD" && i >= 0: // where it was before; at first perhaps in none of them
		return s.files.dirs[max(0, i-1)]
	}
	return os.Getenv(name)
}
