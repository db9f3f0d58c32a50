package main

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"strconv"
	"strings"
)

const (
	maxScripts = 16
	maxScript  = 64 << 10
)

// shebang is the first line of a script for a shell that can be parsed.
var shebang = regexp.MustCompile(`^#!.*\b(ba|z|da|k|a)?sh\b`)

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
			in := &shell{files: s.files, vars: maps.Clone(s.vars), depth: s.depth, inScript: true}
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
