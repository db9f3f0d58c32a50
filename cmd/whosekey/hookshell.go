package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// shell finds out which files a command for a shell may print or send, before it
// runs. Programs that are known to only use, make or name files are passed over; of
// all others every word that is a file counts.
type shell struct {
	files *agentFiles
	vars  map[string]string

	prints bool             // a program of it is not known to keep to itself what it reads
	fed    bool             // what one program prints are names of files for another: xargs, $(...)
	named  []string         // by programs that print no file
	greps  []*regexp.Regexp // what a search prints of them
	loaded []string         // by source: they print if something shows variables
	shows  bool             // variables are printed
	traces bool             // so is what is run: set -x
	piped  bool             // a pipe was looked at
	depth  int
	stored []stored
	// at and to are where the part of the command stands that is looked at; printsTo is
	// where the last one ends in which git prints what it has.
	at, to, printsTo uint
	// inScript is set in a file that the command runs: it may give programs what it loads.
	inScript bool
}

// maxShells bounds commands in commands.
const maxShells = 4

// files are looked at for a command. Without what can be parsed all words count.
func (f *agentFiles) command(text string) {
	s := &shell{files: f, vars: map[string]string{}}
	f.words = shellWords(text, true)
	if !s.parse(text) {
		words := shellWords(text, true)
		for _, word := range append(words, shellWords(text, false)...) {
			f.candidate(word)
		}
		if at := slices.Index(words, "git"); at >= 0 {
			f.git(words[at+1:], true)
		}
		return
	}
	s.conclude()
}

// conclude takes the files that count only because of something else.
func (s *shell) conclude() {
	if s.prints && s.fed {
		s.files.candidates(s.named)
	} else if s.fed {
		for _, re := range s.greps {
			from := len(s.files.out)
			s.files.candidates(s.named)
			for i := from; i < len(s.files.out); i++ {
				s.files.out[i].lines = re
			}
		}
	}
	if s.shows {
		s.files.candidates(s.loaded)
	}
	s.printStored()
}

// parse goes through a command; false if it is none of a POSIX shell or bash, or too much of one.
func (s *shell) parse(text string) bool {
	if len(text) > maxCommand || nested(text) {
		s.files.deep = true
		return false
	}
	if s.depth++; s.depth > maxShells {
		return false
	}
	defer func() { s.depth-- }()
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return false
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DeclClause:
			return !s.exported(n.Args)
		case *syntax.CallExpr:
			return !s.exportedTo(n)
		case *syntax.CmdSubst:
			s.fed, s.named = true, append(s.named, s.listed(n)...)
		case *syntax.ProcSubst:
			s.fed = true
		case *syntax.BinaryCmd:
			if n.Op == syntax.Pipe && !s.piped { // the outermost has all of it
				s.piped, s.named = true, append(s.named, s.listed(n)...)
			}
		case *syntax.Assign:
			if n.Name != nil && n.Value != nil {
				s.vars[n.Name.Value] = strings.Join(s.words(n.Value), " ")
			}
		case *syntax.WordIter:
			items := s.words(n.Items...)
			s.vars[n.Name.Value], s.fed = strings.Join(items, " "), true
			s.named = append(s.named, items...)
		case *syntax.Stmt:
			s.statement(n)
		}
		return true
	})
	return true
}

// statement takes what a command is fed with, and the command if it is a simple one.
func (s *shell) statement(n *syntax.Stmt) {
	if s.depth == 1 { // in others the places are their own
		s.at, s.to = n.Pos().Offset(), n.End().Offset()
	}
	var bodies []string
	for _, r := range n.Redirs {
		switch r.Op {
		case syntax.RdrIn, syntax.RdrInOut:
			fed := s.words(r.Word)
			s.files.candidates(fed)
			if c, ok := n.Cmd.(*syntax.CallExpr); ok && len(fed) == 1 && len(c.Args) > 0 && slices.Contains(shells, program(strings.Join(s.words(c.Args[0]), ""))) {
				s.run(fed[0], nil, false)
			}
		case syntax.WordHdoc:
			text := s.words(r.Word)
			s.named, bodies = append(s.named, text...), append(bodies, text...)
		case syntax.Hdoc, syntax.DashHdoc:
			var body strings.Builder
			if r.Hdoc != nil && syntax.NewPrinter().Print(&body, r.Hdoc) == nil {
				bodies = append(bodies, body.String())
			}
		}
	}
	switch c := n.Cmd.(type) {
	case *syntax.CallExpr:
		s.exportedTo(c)
		for _, a := range c.Assigns { // before the words, which may use them
			if a.Name != nil && a.Value != nil && len(c.Args) == 0 {
				s.vars[a.Name.Value] = strings.Join(s.words(a.Value), " ")
			}
		}
		words := s.words(c.Args...)
		if len(c.Args) > 0 && len(s.words(c.Args[0])) == 0 { // nobody knows which program it is: $(...) .env
			s.prints = true
			s.files.candidates(words)
		} else {
			s.call(words, bodies)
		}
		if len(s.loaded) > 0 && len(words) > 0 && s.tells(program(words[0])) && s.loads(c.Args) {
			s.shows = true
		}
	case *syntax.DeclClause:
		s.shows = s.shows || len(c.Args) == 0 || len(c.Args) == 1 && c.Args[0].Naked && !substitutes(c.Args[0]) // export -p
	}
}

// words are what the shell makes of words: variables that the command sets, patterns,
// braces. What it cannot know stands for nothing.
func (s *shell) words(list ...*syntax.Word) (out []string) {
	for _, w := range list {
		if w == nil {
			continue
		}
		var text strings.Builder
		if syntax.NewPrinter().Print(&text, w) != nil {
			continue
		}
		plain := strings.Trim(text.String(), `"'`)
		if strings.Count(plain, "{") > 4 || strings.Contains(plain, "..") && strings.Contains(plain, "{") { // millions of words
			out = append(out, shellWords(strings.NewReplacer("{", " ", "}", " ", ",", " ").Replace(plain), false)...)
			continue
		}
		for i, dir := range s.files.dirs {
			left := maxEntries
			fields, err := expand.Fields(&expand.Config{
				Env:       expand.FuncEnviron(func(name string) string { return s.variable(name, dir) }),
				CmdSubst:  func(io.Writer, *syntax.CmdSubst) error { return nil },
				ProcSubst: func(*syntax.ProcSubst) (string, error) { return "", nil },
				ReadDir2: func(name string) ([]fs.DirEntry, error) {
					entries, err := os.ReadDir(name)
					if left -= len(entries); left < 0 {
						return nil, errTooMany
					}
					return entries, err
				},
			}, w)
			if err != nil {
				fields = []string{plain}
			}
			if i == 0 || strings.ContainsAny(plain, "*?[$") {
				out = append(out, fields...)
			}
		}
		if len(out) > maxWords {
			return out[:maxWords]
		}
	}
	return out
}

var errTooMany = errors.New("too many names")

// call takes a simple command.
func (s *shell) call(args, bodies []string) {
	args = unwrapped(args)
	if len(args) == 0 || strings.Contains(args[0], " ") && s.parse(strings.Join(args, " ")) { // watch 'cat .env'
		return
	}
	name, rest := program(args[0]), args[1:]
	defer func() { s.vars["_"] = args[len(args)-1] }()
	if name == "git" {
		s.git(rest)
	} else if strings.Contains(args[0], "/") {
		s.run(args[0], rest, true)
	}
	switch {
	case name == "xargs" || name == "parallel":
		s.fed = true
		rest = s.fedBy(rest)
		s.fedTo(rest[min(len(rest), skipFlags(rest)):])
		return
	case slices.Contains(shells, name):
		s.script(rest, bodies, name != "ssh" && name != "su" && name != "eval" && tracing(rest))
		return
	case (name == "cd" || name == "pushd") && len(rest) > 0:
		s.files.dirs = enter(s.files.dirs, rest[len(rest)-1])
		return
	case (name == "source" || name == ".") && len(rest) > 0:
		s.loaded, s.shows = append(s.loaded, rest...), s.shows || s.traces
		s.run(rest[0], rest[1:], false)
		return
	case name == "env" || name == "printenv" || name == "set" && len(rest) == 0:
		s.shows = true
		return
	case name == "set":
		s.traces = s.traces || tracing(rest)
		return
	case name == "find" || name == "fd" || name == "fdfind":
		s.find(name, rest)
		return
	case s.starts(name, rest):
		return
	case namesOnly(name, rest):
		s.prints = true
		s.files.namesIn(rest)
		return
	case slices.Contains(searchers, name) || name == "git" && slices.Contains(rest, "grep"):
		l := searchOf(name, rest)
		s.prints = s.prints || !l.names
		s.files.search(l)
		return
	case (name == "docker" || name == "docker-compose" || name == "podman") && slices.Contains(rest, "config"):
		s.files.candidates(append([]string{".env", "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}, rest...))
		return
	}
	switch {
	case slices.Contains(copiers, name):
		s.files.copies(rest)
	case name == "docker" || name == "podman":
		s.inContainer(rest)
	case name == "kubectl":
		s.rendered(rest)
	case name == "sed" && inPlace(rest):
		return
	case slices.Contains(told, name):
		s.toldFiles(rest)
	}
	if keeps(name, rest) {
		s.named = append(s.named, rest...)
		return
	}
	s.prints = true
	if slices.Contains(interpreters, name) {
		rest = s.code(rest, bodies)
	}
	for i, word := range rest {
		if i > 0 && uses(name, rest[i-1]) || usesItself(word) {
			continue
		}
		s.files.candidate(word)
		if slices.Contains(walkers, name) {
			s.files.below(word, nil)
		}
	}
}

// script takes what a shell is told to run. If it traces, it prints what it runs.
func (s *shell) script(args, bodies []string, traces bool) {
	at := skipFlags(args)
	for at > 0 && at < len(args) && args[at-1] == "-o" {
		at += 1 + skipFlags(args[at+1:])
	}
	s.traces = s.traces || traces
	if at < len(args) {
		if traces {
			s.files.candidate(args[at])
		}
		s.run(args[at], args[at+1:], false)
	}
	for _, a := range append(slices.Clone(args), bodies...) {
		if strings.ContainsAny(a, " \t\n;<|&") && !s.parse(a) {
			s.prints = true
			s.files.candidates(shellWords(a, false))
		}
	}
}

// code takes a program that an interpreter is given as an argument, in which names of
// files stand in quotes, or otherwise leaves out the file that it runs.
func (s *shell) code(args, bodies []string) (rest []string) {
	inline := slices.ContainsFunc(args, func(a string) bool {
		return strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.ContainsAny(a, "cepr") || a == "--eval" || a == "--print"
	})
	for i, text := range append(slices.Clone(args), bodies...) {
		if file, ok := strings.CutPrefix(text, "--env-file="); ok {
			s.loaded = append(s.loaded, file)
		}
		// What it prints of variables nobody knows: process.env, os.environ, %ENV.
		s.shows = s.shows || (inline || i >= len(args)) && len(s.loaded) > 0 && strings.Contains(strings.ToLower(text), "env") && !usesItself(text)
		if usesItself(text) || i > 0 && i < len(args) && slices.Contains(usingFlags, args[i-1]) {
			continue
		}
		s.files.candidates(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\"'`()[]{},; \t\n", r) && r != ' ' }))
		s.files.candidates(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\"'`()[]{},; \t\n", r) }))
	}
	if at := skipFlags(args); !inline && at < len(args) {
		s.files.drop(args[at])
		return args[at+1:]
	}
	return args
}
