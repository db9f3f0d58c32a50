package main

import (
	"path/filepath"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// copiers make of a file one with another name.
var copiers = []string{"cp", "mv", "ln", "install"}

// maxCopies bounds the copies of a command that are followed.
const maxCopies = 100

// copied is a file, or a folder, that a command gives another name.
type copied struct{ from, to string }

// copies notes what cp, mv, ln or install make: what is read of it afterwards is what
// it was made of.
func (f *agentFiles) copies(args []string) {
	var names []string
	into := ""
	for i, a := range args {
		switch {
		case (a == "-t" || a == "--target-directory") && i+1 < len(args):
			into = args[i+1]
		case strings.HasPrefix(a, "--target-directory="):
			_, into, _ = strings.Cut(a, "=")
		case !strings.HasPrefix(a, "-"):
			names = append(names, a)
		}
	}
	if into == "" && len(names) == 1 { // ln -s ../x/.env
		into = "."
	}
	if into == "" && len(names) > 1 {
		into, names = names[len(names)-1], names[:len(names)-1]
	}
	for _, dir := range f.dirs {
		for _, from := range names {
			if c := (copied{inDir(dir, from), inDir(dir, into)}); len(f.made) < maxCopies {
				f.made = append(f.made, c)
			}
		}
	}
}

// origins are what a path is a copy of, if the command makes it before.
func (f *agentFiles) origins(path string) (out []string) {
	at := filepath.Clean(path)
	seen := []string{at}
	for i := 0; i < len(seen) && len(seen) < maxCopies; i++ {
		for _, c := range f.made {
			for _, to := range []string{c.to, filepath.Join(c.to, filepath.Base(c.from))} {
				rest, below := strings.CutPrefix(seen[i], filepath.Clean(to))
				if !below || rest != "" && rest[0] != filepath.Separator {
					continue
				}
				if from := filepath.Join(c.from, rest); !slices.Contains(seen, from) {
					seen = append(seen, from)
				}
			}
		}
	}
	return seen[1:]
}

// listed are the names that ls prints in a part of a command, for another program to
// open: those that a grep behind it lets through.
func (s *shell) listed(part syntax.Node) (out []string) {
	var folders []string
	var patterns []lookup
	lists, deep := false, false
	syntax.Walk(part, func(n syntax.Node) bool {
		c, ok := n.(*syntax.CallExpr)
		if !ok || len(c.Args) == 0 {
			return true
		}
		args := s.words(c.Args...)
		if len(args) == 0 { // $(...) alone
			return true
		}
		switch name := program(args[0]); {
		case name == "git" && slices.Contains(args, "ls-files"), name == "rg" && slices.Contains(args, "--files"):
			lists, deep = true, true
		case name == "ls" || name == "dir":
			lists = true
			folders = append(folders, slices.DeleteFunc(args[1:], func(a string) bool { return strings.HasPrefix(a, "-") })...)
		case slices.Contains(searchers, name):
			patterns = append(patterns, searchOf(name, args[1:]))
		}
		return true
	})
	if !lists {
		return nil
	}
	if len(folders) == 0 {
		folders = []string{"."}
	}
	for _, folder := range folders {
		for _, name := range s.files.within(folder, nil) {
			rel := strings.TrimPrefix(strings.TrimPrefix(name, folder), "/")
			if (deep || !strings.Contains(rel, "/")) && !slices.ContainsFunc(patterns, func(l lookup) bool { return l.pattern != nil && !l.pattern.MatchString(name) }) {
				out = append(out, name)
			}
		}
	}
	return out
}

// tells reports whether a program may print or send a variable that it is given. A
// script that was there before gives programs what they need.
func (s *shell) tells(name string) bool {
	return name == "echo" || name == "printf" || !s.inScript && !slices.Contains(keepers, name)
}

// loads reports whether words use a variable that nobody is known to have set but a
// file that was loaded.
func (s *shell) loads(words []*syntax.Word) (uses bool) {
	for _, w := range words {
		syntax.Walk(w, func(n syntax.Node) bool {
			if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil {
				name := p.Param.Value
				_, set := s.vars[name]
				letter := name != "" && (name[0] == '_' || name[0] >= 'A' && name[0] <= 'Z' || name[0] >= 'a' && name[0] <= 'z')
				uses = uses || letter && !set && s.variable(name, "") == ""
			}
			return true
		})
	}
	return uses
}

// starting reports whether xargs is given a program to start: other words are values of
// flags (xargs(1)).
func starting(args []string) bool {
	for i, a := range args {
		if !strings.HasPrefix(a, "-") && (i == 0 || !slices.Contains([]string{"-d", "-n", "-L", "-I", "-E", "-s", "-P"}, args[i-1])) {
			return true
		}
	}
	return false
}
