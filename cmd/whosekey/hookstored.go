package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// stored is what a part of a command has git take in: what git prints behind it, or
// around it, may be that. git hash-object -w .env | xargs git cat-file -p
type stored struct {
	at    uint // in the command
	words []string
	// all: of the folders that words name, or of all, what git does not know yet; ignored
	// files too.
	all, ignored bool
}

// takenIn is what a command of git takes in; nil if it is one that takes nothing.
func takenIn(command string, args []string) *stored {
	has := func(flags ...string) bool {
		return slices.ContainsFunc(args, func(a string) bool { return slices.Contains(flags, a) })
	}
	s := &stored{}
	switch command {
	case "hash-object":
		if !has("-w") {
			return nil
		}
	case "add", "stage":
		s.ignored = slices.ContainsFunc(args, func(a string) bool { return a == "--force" || shortFlag(a, 'f') })
		s.all = true
	case "stash":
		if has("show", "list", "drop", "pop", "apply", "clear", "branch") {
			return nil
		}
		s.ignored = slices.ContainsFunc(args, func(a string) bool { return a == "--all" || shortFlag(a, 'a') })
		s.all = s.ignored || slices.ContainsFunc(args, func(a string) bool { return a == "--include-untracked" || shortFlag(a, 'u') })
	case "commit", "update-index", "tag", "notes":
	default:
		return nil
	}
	for _, a := range args {
		if _, value, ok := strings.Cut(a, "="); ok && strings.HasPrefix(a, "--file=") {
			a = value
		}
		if rest, ok := strings.CutPrefix(a, "-F"); ok && rest != "" {
			a = rest
		}
		if a == "--stdin-paths" {
			s.words = append(s.words, "")
		} else if !strings.HasPrefix(a, "-") {
			s.words = append(s.words, a)
		}
	}
	return s
}

// shortFlag reports whether a word has a flag of one letter, alone or among others.
func shortFlag(word string, flag byte) bool {
	return strings.HasPrefix(word, "-") && !strings.HasPrefix(word, "--") && strings.IndexByte(word, flag) > 0
}

// keepsAndPrints notes what a call of git takes in, and takes what another one prints of
// it. Which of the two stands first only their places say: of git cat-file -p $(git
// hash-object -w .env) the outer one is seen first.
func (s *shell) keepsAndPrints(args []string) {
	args = args[min(len(args), beforeCommand(args)):]
	if len(args) == 0 {
		return
	}
	if t := takenIn(args[0], args[1:]); t != nil {
		t.at = s.at
		s.stored = append(s.stored, *t)
		return
	}
	if g := (&gitCall{command: args[0], args: args[1:]}); g.prints() || g.batch() || args[0] == "log" {
		s.printsTo = max(s.printsTo, s.to)
	}
}

// beforeCommand is how many words stand before git's command.
func beforeCommand(args []string) (at int) {
	for at < len(args) && strings.HasPrefix(args[at], "-") {
		if slices.Contains([]string{"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env"}, args[at]) {
			at++
		}
		at++
	}
	return at
}

// printStored takes what git took in before it prints.
func (s *shell) printStored() {
	for _, t := range s.stored {
		if t.at >= s.printsTo {
			continue
		}
		s.files.candidates(t.words)
		if slices.Contains(t.words, "") { // named on standard input
			s.files.candidates(s.files.words)
		}
		if t.all {
			s.files.untracked(t)
		}
	}
}

// untracked takes what git does not know yet of folders, and what has changed there of
// what it knows.
func (f *agentFiles) untracked(t stored) {
	for _, dir := range f.dirs {
		repo, err := gitrepo.Open(dir, gitrepo.Options{AllowAlternates: true})
		if err != nil {
			continue
		}
		for _, e := range repo.Edits(func(string) bool { return true }) {
			f.printed = append(f.printed, hookText{name: "git add", data: fromUTF16(e.Old)}, hookText{name: "git add", data: fromUTF16(e.New)})
		}
		words := t.words
		if len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return w == "." || strings.ContainsAny(w, "*?[:") }) {
			words = []string{"."}
		}
		patterns := map[string][]gitignore.Pattern{}
		for _, w := range words {
			for _, name := range f.within(w, nil) {
				rel, err := filepath.Rel(repo.WorkTree, inDir(dir, name))
				if rel = filepath.ToSlash(rel); err == nil && !strings.HasPrefix(rel, "../") && len(repo.Indexed(rel)) == 0 && (t.ignored || !ignoredBy(repo.WorkTree, rel, patterns)) {
					f.candidate(name)
				}
			}
		}
		repo.Close()
	}
}

// ignoredBy reports whether the files .gitignore of a work tree have a path left out. It
// keeps what it has read of them.
func ignoredBy(root, path string, read map[string][]gitignore.Pattern) bool {
	parts := strings.Split(path, "/")
	var all []gitignore.Pattern
	for i := range parts {
		dir := strings.Join(parts[:i], "/")
		if _, ok := read[dir]; !ok {
			read[dir] = []gitignore.Pattern{}
			data, _ := readIgnores(filepath.Join(root, filepath.FromSlash(dir), ".gitignore"))
			if i == 0 {
				own, _ := readIgnores(filepath.Join(root, ".git", "info", "exclude"))
				data = append(own, append([]byte("\n"), data...)...)
			}
			for line := range strings.Lines(string(data)) {
				if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
					read[dir] = append(read[dir], gitignore.ParsePattern(line, parts[:i]))
				}
			}
		}
		all = append(all, read[dir]...)
	}
	m := gitignore.NewMatcher(all)
	for i := range parts {
		if m.Match(parts[:i+1], i+1 < len(parts)) {
			return true
		}
	}
	return false
}

// addressLines are those of git's settings in which an address may stand that holds a
// password.
const addressLines = `(?i)^\s*((push)?url\s*=|\[url\s)`

// toldSettings takes what git config and git remote print of settings.
func (s *shell) toldSettings(args []string) {
	args = args[min(len(args), beforeCommand(args)):]
	if len(args) == 0 {
		return
	}
	var lines *regexp.Regexp
	switch rest := args[1:]; args[0] {
	case "remote":
		if len(rest) == 0 || !slices.Contains([]string{"-v", "--verbose", "show", "get-url", "update"}, rest[0]) {
			return
		}
		lines = regexp.MustCompile(addressLines)
	case "ls-remote":
		if !slices.Contains(rest, "--get-url") {
			return
		}
		lines = regexp.MustCompile(addressLines)
	case "config":
		prints, only := settingsPrinted(rest)
		if !prints {
			return
		}
		lines = only
		for i, a := range rest {
			if name, ok := strings.CutPrefix(a, "--file="); ok {
				s.files.shownLines(name, lines)
			} else if i > 0 && (rest[i-1] == "-f" || rest[i-1] == "--file") {
				s.files.shownLines(a, lines)
			}
		}
	default:
		return
	}
	for _, dir := range s.files.dirs {
		for _, name := range gitrepo.Settings(dir) {
			s.files.shownLines(name, lines)
		}
	}
}

// settingsPrinted reports whether git config prints settings, and in which lines the one
// stands that is asked for; nil for all.
func settingsPrinted(args []string) (prints bool, lines *regexp.Regexp) {
	var words []string
	for i, a := range args {
		switch {
		case a == "-l" || a == "--list":
			return true, nil
		case strings.HasPrefix(a, "--get"), strings.HasPrefix(a, "-"), i > 0 && slices.Contains([]string{"-f", "--file", "--type", "--default", "--blob"}, args[i-1]):
		default:
			words = append(words, a)
		}
	}
	if len(words) == 0 || words[0] == "list" {
		return len(words) > 0, nil
	}
	get := words[0] == "get" || slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--get") })
	if words[0] == "get" {
		words = words[1:]
	}
	if len(words) == 0 || len(words) > 1 && !get {
		return false, nil // it sets one
	}
	if slices.ContainsFunc(args, func(a string) bool { return a == "--get-regexp" || a == "--regexp" || a == "--get-urlmatch" }) {
		return true, nil
	}
	key := words[0][strings.LastIndexByte(words[0], '.')+1:]
	return true, regexp.MustCompile(`(?i)^\s*` + regexp.QuoteMeta(key) + `\s*=`)
}

// shownLines takes a file of which lines are printed; nil for all.
func (f *agentFiles) shownLines(name string, lines *regexp.Regexp) {
	from := len(f.out)
	f.add(name, false)
	for i := from; i < len(f.out); i++ {
		f.out[i].lines = lines
	}
}

// maxIgnores is the size of the longest .gitignore that is read, in bytes.
const maxIgnores = 1 << 20

func readIgnores(name string) ([]byte, error) { return gitpack.ReadFile(name, maxIgnores) }
