package main

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// runners start the program that follows one of these words, or at once: npm help exec,
// https://pnpm.io/cli/dlx, https://docs.astral.sh/uv/reference/cli.
var runners = map[string][]string{
	"npx": nil, "pnpx": nil, "bunx": nil, "uvx": nil, "npm": {"exec", "x"}, "pnpm": {"exec", "dlx"}, "yarn": {"exec", "dlx"}, "bun": {"x"},
	"uv": {"run"}, "poetry": {"run"}, "pipenv": {"run"}, "pipx": {"run"}, "bundle": {"exec"},
}

// loaders make variables of a file for the program that follows: README of dotenv-cli,
// env-cmd and dotenvx, dotenv(1) of python-dotenv. Other words print or change the file.
var loaders = []string{"dotenv", "dotenvx", "env-cmd", "python-dotenv"}

// takers are commands of a shell, or texts for one, as arguments.
var takers = []string{"trap", "alias", "script", "tmux", "screen"}

// starts takes a program that starts another one, and what that is; false if it does not.
func (s *shell) starts(name string, args []string) bool {
	words, runs := runners[name]
	switch {
	case slices.Contains(takers, name):
		for _, a := range args {
			if _, value, ok := strings.Cut(a, "="); ok && name == "alias" {
				a = value
			}
			if strings.ContainsAny(a, " \t\n;|") && !s.parse(a) {
				s.prints = true
				s.files.candidates(shellWords(a, false))
			}
		}
		return true
	case slices.Contains(loaders, name):
		return s.loader(args)
	case name == "read" || name == "mapfile" || name == "readarray":
		s.fed = true
		return false
	case !runs:
		return false
	}
	if words != nil {
		at := skipFlags(args)
		if at >= len(args) || !slices.Contains(words, args[at]) {
			return false
		}
		args = args[at+1:]
	}
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		flag := args[0]
		if (flag == "-c" || flag == "--call") && len(args) > 1 { // npx -c 'a command'
			return s.parse(args[1])
		}
		if args = args[1:]; (flag == "-p" || flag == "--package" || flag == "--with" || flag == "--from") && len(args) > 0 {
			args = args[1:]
		}
		if file, ok := strings.CutPrefix(flag, "--env-file="); ok {
			s.loaded = append(s.loaded, file)
		} else if flag == "--env-file" && len(args) > 0 {
			s.loaded, args = append(s.loaded, args[0]), args[1:]
		}
	}
	s.call(args, nil)
	return true
}

// loader takes what a program such as dotenv starts, with the variables of a file.
func (s *shell) loader(args []string) bool {
	var files []string
	prints := false
	for len(args) > 0 && (strings.HasPrefix(args[0], "-") || args[0] == "run") {
		flag, value, joined := strings.Cut(args[0], "=")
		args = args[1:]
		if flag == "--" {
			break
		}
		if !joined && slices.Contains([]string{"-e", "-f", "--file", "--env-file", "-v", "-p"}, flag) && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		switch flag {
		case "-e", "-f", "--file", "--env-file":
			files = append(files, value)
		case "-p": // the value of a variable
			prints = true
		}
	}
	if len(files) == 0 {
		files = []string{".env"}
	}
	if prints || len(args) > 0 && slices.Contains([]string{"list", "get", "decrypt"}, args[0]) {
		s.files.candidates(append(files, args...))
		return true
	}
	if len(args) == 0 || slices.Contains([]string{"set", "unset", "encrypt"}, args[0]) {
		return false
	}
	s.loaded = append(s.loaded, files...)
	s.call(args, nil)
	return true
}

// fedTo takes a program that xargs starts for names of files.
func (s *shell) fedTo(args []string) {
	if len(args) == 0 {
		s.prints = true
		return
	}
	name := program(args[0])
	if l := searchOf(name, args[1:]); slices.Contains(searchers, name) && !l.around && l.pattern != nil {
		if s.files.search(l); !l.names {
			s.greps = append(s.greps, l.pattern)
		}
		return
	}
	s.call(args, nil)
}

// git takes a call of git, what its settings have it run, and an alias of the repository.
func (s *shell) git(args []string) {
	s.gitCall(args)
	s.settings(args)
	for i, a := range args { // git config alias.x '!cat .env'
		if i > 0 && strings.HasPrefix(strings.ToLower(args[i-1]), "alias.") && args[0] == "config" {
			s.alias(a, nil)
		}
	}
	if at := beforeCommand(args); at < len(args) {
		if value := s.files.aliasOf(args[at]); value != "" {
			s.alias(value, args[at+1:])
		}
	}
}

// alias takes what git makes of an alias: git-config(1).
func (s *shell) alias(value string, args []string) {
	if run, ok := strings.CutPrefix(value, "!"); ok {
		s.parse(strings.Join(append([]string{run}, args...), " "))
	} else {
		s.gitCall(append(strings.Fields(value), args...))
	}
}

// gitCall takes what a call of git itself does.
func (s *shell) gitCall(args []string) {
	s.files.git(args, false)
	s.keepsAndPrints(args)
	s.toldSettings(args)
}

// inPlace reports whether sed changes files, and prints nothing of them.
func inPlace(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "-i") || strings.HasPrefix(a, "--in-place") }) &&
		!slices.ContainsFunc(args, func(a string) bool { return strings.Contains(a, "/dev/") || strings.Contains(a, "p;") || a == "-s" })
}

// rendered takes the files of which kubectl prints a secret that it makes: --dry-run -o yaml.
func (s *shell) rendered(args []string) {
	if !slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "-o") || strings.HasPrefix(a, "--output") }) {
		return
	}
	for i, a := range args {
		if strings.HasPrefix(a, "--from-") || i > 0 && strings.HasPrefix(args[i-1], "--from-") {
			s.files.candidates(strings.Split(a, "="))
		}
	}
}

// mounts are what docker run shows of folders in a container, in which it starts a
// program (docker run --help: flags without a value are switches).
func (s *shell) mounts(args []string) {
	at := slices.Index(args, "run")
	if at < 0 {
		return
	}
	switches := []string{"-d", "--detach", "-i", "--interactive", "-t", "--tty", "-it", "-ti", "--rm", "--init", "--privileged", "--read-only", "-P", "--publish-all", "-q", "--quiet", "--no-healthcheck"}
	args = args[at+1:]
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		flag, value, joined := strings.Cut(args[0], "=")
		if args = args[1:]; !joined && !slices.Contains(switches, flag) && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		switch flag {
		case "-v", "--volume":
			if from, to, ok := strings.Cut(value, ":"); ok {
				to, _, _ = strings.Cut(to, ":")
				s.files.mount(from, to)
			}
		case "--mount":
			fields := map[string]string{}
			for _, f := range strings.Split(value, ",") {
				k, v, _ := strings.Cut(f, "=")
				fields[k] = v
			}
			if from, to := fields["source"]+fields["src"], fields["target"]+fields["dst"]+fields["destination"]; from != "" && to != "" {
				s.files.mount(from, to)
			}
		case "-w", "--workdir":
			s.files.dirs = append(s.files.dirs, value)
		}
	}
	if len(args) > 1 {
		s.call(args[1:], nil)
	}
}

// mount notes that a file is there by another name, as a copy would be.
func (f *agentFiles) mount(from, to string) {
	for _, dir := range f.dirs {
		if len(f.made) < maxCopies {
			f.made = append(f.made, copied{inDir(dir, from), to})
		}
	}
}

// exportedTo takes the files of which env makes variables for a program: env $(cat .env)
// npm start. It reports whether that is all that they are used for.
func (s *shell) exportedTo(n *syntax.CallExpr) bool {
	if len(n.Args) < 2 || strings.Join(s.words(n.Args[0]), "") != "env" {
		return false
	}
	var made []*syntax.Assign
	for i, w := range n.Args[1:] {
		words := s.words(w)
		switch {
		case len(words) == 0:
			made = append(made, &syntax.Assign{Value: w})
		case !strings.HasPrefix(words[0], "-") && !strings.Contains(words[0], "="):
			substituted := false
			for _, rest := range n.Args[1+i:] {
				syntax.Walk(rest, func(n syntax.Node) bool {
					_, is := n.(*syntax.CmdSubst)
					substituted = substituted || is
					return !substituted
				})
			}
			return !substituted && s.exported(made)
		}
	}
	return false
}

// find takes what find, or fd, may hand on. Of fd the pattern does not count.
func (s *shell) find(name string, args []string) {
	var roots, patterns []string
	runs := s.fed
	for i, a := range args {
		switch {
		case strings.HasPrefix(a, "-exec") || strings.HasPrefix(a, "-ok") || name != "find" && (a == "-x" || a == "-X" || strings.HasPrefix(a, "--exec")):
			program := unwrapped(args[i+1:])
			runs = len(program) > 0 && !keeps(programOf(program), program[1:])
			s.prints = s.prints || runs
		case (a == "-name" || a == "-iname" || a == "-path" || a == "-wholename") && i+1 < len(args):
			patterns = append(patterns, args[i+1])
		case !strings.HasPrefix(a, "-") && a != "(" && a != "!" && len(roots) == i && name == "find":
			roots = append(roots, a)
		}
	}
	if len(roots) == 0 {
		roots = []string{"."}
	}
	for _, root := range roots {
		s.files.cut = false
		for _, name := range s.files.within(root, patterns) {
			if s.named = append(s.named, name); runs {
				s.files.candidate(name)
			}
		}
		s.files.many = s.files.many || runs && s.files.cut
	}
}
