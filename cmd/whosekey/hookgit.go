package main

import (
	"path/filepath"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// porcelain gives commands of git that print the same as another one its name.
func (g *gitCall) porcelain() {
	patch := g.has(patchFlags...)
	switch g.command {
	case "difftool", "diff-index", "diff-files":
		if patch || g.command == "difftool" {
			g.command = "diff"
		}
	case "diff-tree":
		if patch {
			if g.command = "show"; len(g.revs()) > 1 {
				g.command = "diff"
			}
		}
	case "reflog":
		g.command = "log"
	case "range-diff":
		g.command, g.args = "log", append(g.args, "-p")
	}
	if g.command == "log" && slices.ContainsFunc(g.args, func(a string) bool { return strings.HasPrefix(a, "-L") }) {
		g.args = append(g.args, "-p")
	}
}

// patchFlags have changes printed.
var patchFlags = []string{"-p", "-u", "--patch", "-c", "--cc", "-m", "--patch-with-stat", "--patch-with-raw"}

// batch reports whether git cat-file prints what its standard input names.
func (g *gitCall) batch() bool {
	return g.command == "cat-file" && slices.ContainsFunc(g.args, func(a string) bool {
		name, _, _ := strings.Cut(a, "=")
		return name == "--batch" || name == "--batch-command"
	})
}

// named takes the objects that the words of a command name, for git cat-file --batch. If
// they name none, or all are wanted, it takes the files of HEAD and of the newest commits.
func (g *gitCall) named(words []string) {
	var tips []gitrepo.Tip
	var revs []string
	for _, w := range words {
		if blob := g.repo.Blob(w); blob != "" {
			tips = append(tips, gitrepo.Tip{Name: w, ID: blob})
		} else if _, err := g.repo.Resolve(w); err == nil && !strings.HasPrefix(w, "-") && len(revs) < maxGits {
			revs = append(revs, w)
		}
	}
	if len(tips) > 0 {
		if added, err := gitrepo.NewAdded(g.repo, tips, nil); err == nil {
			g.search(added, nil)
		}
	}
	paths := slices.ContainsFunc(words, func(w string) bool { return isFileOfCommit(w) || strings.HasPrefix(w, ":") })
	if len(revs) == 0 && (len(tips) > 0 || paths) && !g.has("--batch-all-objects") {
		return
	}
	if len(revs) == 0 {
		revs = []string{"HEAD"}
	}
	for _, rev := range revs {
		if c, err := gitrepo.NewContent(g.repo, rev); err == nil {
			g.search(c, nil)
		}
		if tips, known := patchRange(g.repo, "log", []string{rev}); len(tips) > 0 {
			if added, err := gitrepo.NewAdded(g.repo, tips, known); err == nil {
				g.search(added, nil)
			}
		}
	}
}

// blamed takes the files of which git blame prints the lines, as commits have them.
func (g *gitCall) blamed() {
	revs := g.revs()
	if len(revs) == 0 {
		revs = []string{"HEAD"}
	}
	for _, a := range g.args {
		for _, rev := range revs {
			for _, data := range blobsAt(g.dir, rev, fromHere(g.dir, a)) {
				g.add(data)
			}
		}
	}
}

// grepped takes the lines that git grep prints of commits.
func (g *gitCall) grepped() {
	l := searchOf("git", append([]string{"grep"}, g.args...))
	if l.names {
		return
	}
	from := len(g.out)
	for _, rev := range g.revs() {
		if c, err := gitrepo.NewContent(g.repo, rev); err == nil {
			g.search(c, nil)
		}
	}
	for i := from; i < len(g.out) && !l.around && l.pattern != nil; i++ {
		g.out[i].data = linesWith(g.out[i].data, l.pattern)
	}
}

// brought is a commit of which a command gets files before it opens them: git checkout.
// Of git worktree add, into is the folder that gets all of them.
type brought struct{ dir, rev, into string }

// maxBrought bounds the commits, and the files of them, that are looked at.
const maxBrought = 20

// bring notes the commits that a call of git may take files from.
func (f *agentFiles) bring(command string, args []string) {
	if command == "worktree" && len(args) > 1 && args[0] == "add" {
		into := slices.DeleteFunc(slices.Clone(args[1:]), func(a string) bool { return strings.HasPrefix(a, "-") })
		for _, dir := range f.dirs {
			if n := len(into); n > 0 && len(f.brought) < maxBrought {
				f.brought = append(f.brought, brought{dir, append(into, "HEAD")[1], inDir(dir, into[0])})
			}
		}
	}
	if !slices.Contains([]string{"checkout", "restore", "switch", "reset"}, command) {
		return
	}
	for _, a := range args {
		if _, value, ok := strings.Cut(a, "--source="); ok {
			a = value
		}
		for _, dir := range f.dirs {
			if !strings.HasPrefix(a, "-") && len(f.brought) < maxBrought {
				f.brought = append(f.brought, brought{dir: dir, rev: a})
			}
		}
	}
}

// asBrought takes a file as such a commit has it.
func (f *agentFiles) asBrought(word string) {
	for _, b := range f.brought {
		if f.looks++; f.looks > maxBrought*maxBrought {
			return
		}
		name := fromHere(b.dir, word)
		if b.into != "" { // from its top
			name = strings.TrimPrefix(fromHere(b.into, inDir(b.dir, word)), "./")
		}
		for _, data := range blobsAt(b.dir, b.rev, name) {
			f.printed = append(f.printed, hookText{name: b.rev + ":" + word, data: fromUTF16(data)})
		}
	}
}

// fromHere is a path as git takes it in REV:PATH for one that begins in a folder.
func fromHere(dir, word string) string {
	rel, err := filepath.Rel(dir, inDir(dir, word))
	if err != nil {
		return word
	}
	return "./" + filepath.ToSlash(rel)
}

// settings takes what -c has git run: an alias, a pager.
func (s *shell) settings(args []string) {
	for i, a := range args {
		if i == 0 || args[i-1] != "-c" {
			continue
		}
		key, value, _ := strings.Cut(a, "=")
		if run, ok := strings.CutPrefix(value, "!"); ok || !strings.HasPrefix(strings.ToLower(key), "alias.") {
			if strings.ContainsAny(run, " \t\n;|") {
				s.parse(run)
			}
		} else {
			s.files.git(strings.Fields(value), true)
		}
	}
}

// toldFiles are files that the words of commands in a program's own language name: those
// of awk, sed, sqlite3.
func (s *shell) toldFiles(args []string) {
	for _, a := range args {
		s.files.candidates(strings.FieldsFunc(a, func(r rune) bool { return strings.ContainsRune("\"'`()[]{},;| \t\n", r) }))
	}
}

// inContainer takes the variables of a container that it prints: docker run --env-file
// .env alpine env.
func (s *shell) inContainer(args []string) {
	s.mounts(args)
	if !slices.ContainsFunc(args, func(a string) bool { return program(a) == "env" || program(a) == "printenv" }) {
		return
	}
	for i, a := range args {
		if name, ok := strings.CutPrefix(a, "--env-file="); ok {
			s.files.candidate(name)
		} else if i > 0 && args[i-1] == "--env-file" {
			s.files.candidate(a)
		}
	}
}

// substitutes reports whether a word of an export comes out of a command.
func substitutes(a *syntax.Assign) (does bool) {
	syntax.Walk(a, func(n syntax.Node) bool {
		_, is := n.(*syntax.CmdSubst)
		does = does || is
		return !does
	})
	return does
}

// quietly are programs that do nothing with a file but hand its lines on.
var quietly = []string{"cat", "grep", "egrep", "fgrep", "cut", "head", "tail", "tr", "sort", "uniq", "xargs"}

// onlyMakes reports whether the commands of a substitution only hand on what they read to
// who substitutes them: no other program, nor another place, gets it.
func (s *shell) onlyMakes(c *syntax.CmdSubst) bool {
	only := true
	for _, stmt := range c.Stmts {
		syntax.Walk(stmt, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.CmdSubst, *syntax.ProcSubst, *syntax.FuncDecl, *syntax.DeclClause:
				only = false
			case *syntax.Redirect:
				only = only && (n.Op == syntax.RdrIn || n.Op == syntax.RdrOut && strings.Join(s.words(n.Word), "") == "/dev/null")
			case *syntax.CallExpr:
				words := s.words(n.Args...)
				only = only && len(n.Assigns) == 0 && len(words) > 0 && slices.Contains(quietly, words[0])
				runs := len(words) > 0 && words[0] == "xargs" && starting(words[1:])
				writes := slices.ContainsFunc(words, func(a string) bool { return strings.HasPrefix(a, "/dev/") })
				only = only && !runs && !writes
			}
			return only
		})
	}
	return only
}

// exported takes the files of which an export makes variables, as source does: export
// $(grep -v '^#' .env | xargs). It reports whether that is all that they are used for.
func (s *shell) exported(args []*syntax.Assign) bool {
	var files []string
	is, only := false, true
	for _, a := range args {
		syntax.Walk(a, func(n syntax.Node) bool {
			c, ok := n.(*syntax.CmdSubst)
			if !ok {
				return only
			}
			if is, only = true, only && s.onlyMakes(c); !only {
				return false
			}
			for _, stmt := range c.Stmts {
				syntax.Walk(stmt, func(n syntax.Node) bool {
					if w, ok := n.(*syntax.Word); ok {
						files = append(files, s.words(w)...)
					}
					return true
				})
			}
			return false
		})
	}
	if is && only {
		s.loaded, s.shows = append(s.loaded, files...), s.shows || s.traces
	}
	return is && only
}

// notAliases are commands of git that are called most: an alias has no such name.
var notAliases = strings.Fields("add branch checkout cherry-pick clone commit config diff fetch grep init log ls-files merge mv pull push rebase reset restore rev-parse rm show stash status switch tag worktree")

// aliasOf is what an alias stands for in the repository that a command is run in; empty
// if there is none.
func (f *agentFiles) aliasOf(name string) string {
	if slices.Contains(notAliases, name) {
		return ""
	}
	for _, dir := range f.dirs {
		if value := gitrepo.Alias(dir, name); value != "" {
			return value
		}
	}
	return ""
}
