package main

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// agentFiles collects the files that an event is about.
type agentFiles struct {
	dirs []string // that a relative path may be in
	out  []agentFile
	made []copied // by the command, before it opens files

	printed []hookText // by git, of commits and changes
	gits    int        // calls of git that were followed
	opens   int        // and those for which a repository was opened
	over    bool       // there are more
	large   bool       // they print more than is searched
	many    bool       // there are more files than are opened
	cut     bool       // so there are in the folder that was looked at last
	deep    bool       // the command is more than is parsed
	scripts int        // that were read
	words   []string   // of the command
	brought []brought
	looks   int // at files of those
}

// lost is what of a command cannot be searched.
func (f *agentFiles) lost() (out []scanners.Gap) {
	add := func(is bool, why string) {
		if is {
			out = append(out, scanners.Gap{Reason: why, First: []string{"the command"}})
		}
	}
	add(f.deep, "more brackets in brackets, or a longer command, than whosekey follows")
	add(f.over, "more calls of git than whosekey follows")
	add(f.large, "git prints more than whosekey searches of a call: name fewer commits or files")
	add(f.many, "more files than whosekey searches for a command")
	return out
}

// input is what a tool is given.
func (e *agentEvent) input() any {
	input := e.fields["tool_input"]
	if input == nil {
		input = e.fields["toolArgs"]
	}
	if s, ok := input.(string); ok {
		var inner any
		if json.Unmarshal([]byte(s), &inner) == nil {
			switch inner.(type) {
			case map[string]any, []any, string:
				return inner
			}
		}
	}
	return input
}

// given are the paths in what a tool is given, which may be one alone.
func given(input any) []string {
	if path, ok := input.(string); ok {
		return []string{path}
	}
	return paths(input)
}

// commands are those for a shell.
func (e *agentEvent) commands() (out []string) {
	input := e.input()
	fields, _ := input.(map[string]any)
	list := []any{e.fields["command"], fields["command"], fields["cmd"], fields["script"]}
	if fields == nil && toolKind(e.tool) == "" { // the command alone
		list = append(list, input)
	}
	for _, v := range list {
		if text := commandText(v); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// files are those that are about to be read, printed or sent, and those that
// are about to be written, for what they hold already.
func (e *agentEvent) files() *agentFiles {
	f := &agentFiles{dirs: []string{e.cwd}}
	input := e.input()
	switch kind := toolKind(e.tool); kind {
	case "read", "write":
		for _, path := range given(input) {
			f.add(path, kind == "write")
		}
		if kind == "read" { // in fields of other names too
			for _, name := range leaves(input) {
				f.add(name, false)
			}
		}
	case "":
		if server := strings.HasPrefix(e.tool, "mcp_") || strings.HasPrefix(e.tool, "MCP:"); !server && !isShell(e.tool) && !onlyNames(e.tool) {
			for _, name := range leaves(input) {
				f.add(name, false)
			}
		}
		if !e.documented() { // whatever field it stands in
			rest := maps.Clone(e.fields)
			maps.DeleteFunc(rest, func(key string, _ any) bool { return slices.Contains(about, key) })
			for _, name := range leaves(rest) {
				f.add(name, false)
			}
		}
	case "search":
		// Claude's Grep and Copilot's name files only, unless they are told otherwise.
		fields, _ := input.(map[string]any)
		if mode := fields["output_mode"]; mode == "content" || mode == nil && !strings.EqualFold(e.tool, "grep") {
			text := func(keys ...string) (out []string) {
				for _, k := range keys {
					if s, _ := fields[k].(string); s != "" {
						out = append(out, s)
					}
				}
				return out
			}
			l := lookup{below: true, hidden: true, paths: paths(input), globs: text("glob", "include_pattern", "includePattern", "file_pattern")}
			if p := text("pattern", "query", "regex"); len(p) > 0 {
				l.pattern = searched(p[0])
			}
			l.around = fields["-A"] != nil || fields["-B"] != nil || fields["-C"] != nil || fields["context"] != nil || strings.EqualFold(e.tool, "search_files") // Cline's shows lines around
			f.search(l)
		}
	}
	if _, ok := e.fields["content"].(string); !ok && e.opens() {
		f.add(e.text("file_path"), false)
	}
	for _, word := range mentioned(e.text("prompt")) {
		f.add(word, false)
	}
	for _, path := range append(paths(e.fields["attachments"]), leaves(e.fields["attachments"])...) {
		f.add(path, false)
	}
	for _, command := range e.commands() {
		f.dirs = entered(e.cwd, command)
		if !isPatch(command) { // no shell gets it
			f.command(command)
		}
		for _, word := range patched(command) {
			f.add(word, true)
		}
	}
	return f
}

// add adds a file, if it is one.
func (f *agentFiles) add(word string, old bool) {
	word = plainPath(word)
	if !old {
		f.asBrought(word)
	}
	for _, dir := range f.dirs {
		for _, path := range append(f.origins(inDir(dir, word)), inDir(dir, word)) {
			if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() {
				continue
			}
			if f.many = f.many || len(f.out) >= maxAgentFiles; !f.many {
				f.out = append(f.out, agentFile{name: word, path: path, old: old})
			}
		}
		if filepath.IsAbs(word) {
			return
		}
	}
}

// inDir is where a path of a command leads.
func inDir(dir, word string) string {
	word = strings.TrimPrefix(strings.TrimPrefix(word, "~+/"), "~-/")
	if rest, ok := strings.CutPrefix(word, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	if filepath.IsAbs(word) {
		return word
	}
	return filepath.Join(dir, word)
}

// maxEntered bounds the folders that a command is taken to go into.
const maxEntered = 32

// entered are the folders that a command may be in when it opens a file: that in
// which it starts, and those that it changes to, each from each.
func entered(cwd, command string) []string {
	dirs := []string{cwd}
	words := shellWords(command, true)
	for i, w := range words[:max(0, len(words)-1)] {
		if slices.Contains([]string{"cd", "pushd", "chdir", "set-location", "-C", "--git-dir"}, w) {
			dirs = enter(dirs, words[i+1])
		} else if (w == "clone" || w == "fetch" || w == "pull") && i > 0 { // of a folder: what it has
			for _, from := range words[i+1 : min(len(words), i+8)] {
				dirs = enter(dirs, plainPath(from))
			}
		}
	}
	for _, w := range words {
		if name, value, ok := strings.Cut(w, "="); ok && (name == "--git-dir" || name == "GIT_DIR") {
			dirs = enter(dirs, value)
		}
	}
	return dirs
}

// enter adds the folders that a word is in others.
func enter(dirs []string, word string) []string {
	for _, dir := range dirs {
		to := inDir(dir, word)
		if st, err := os.Stat(to); err == nil && st.IsDir() && len(dirs) < maxEntered && !slices.Contains(dirs, to) {
			dirs = append(dirs, to)
		}
	}
	return dirs
}

// maxEntries bounds the names that are compared with a pattern.
const maxEntries = 20_000

// maxPrinted bounds the objects of a repository that are read for one event.
const maxPrinted = 100

// shown are the files of commits that a command has git print: git show HEAD:.env.
func (e *agentEvent) shown() (out []hookText) {
	for _, command := range e.commands() {
		words := shellWords(command, true)
		if !slices.ContainsFunc(words, func(w string) bool { return path.Base(w) == "git" }) {
			continue
		}
		for _, dir := range entered(e.cwd, command) {
			for _, w := range words {
				rev, name, ok := strings.Cut(w, ":")
				if !ok || name == "" || len(out) >= maxPrinted {
					continue
				}
				for _, data := range blobsAt(dir, rev, name) {
					out = append(out, hookText{name: w, data: fromUTF16(data)})
				}
			}
		}
	}
	return out
}

// blobsAt is a file as a commit has it, of the repository that a folder is in, or of no
// commit as the index does, where the name may begin with a stage: 0:.env.
func blobsAt(dir, rev, name string) [][]byte {
	repo, err := gitrepo.Open(dir, gitrepo.Options{AllowAlternates: true})
	if err != nil {
		return nil
	}
	defer repo.Close()
	if stage, rest, ok := strings.Cut(name, ":"); rev == "" && ok && len(stage) == 1 {
		name = rest
	}
	if strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") {
		rel, err := filepath.Rel(repo.WorkTree, filepath.Join(dir, name))
		if err != nil {
			return nil
		}
		name = filepath.ToSlash(rel)
	}
	if rev == "" {
		return repo.Indexed(name)
	}
	id, err := repo.Resolve(rev)
	if err != nil {
		return nil
	}
	data, _, err := repo.Tree().ReadFile(context.Background(), id.String(), name, maxEvent)
	if err != nil {
		return nil
	}
	return [][]byte{data}
}

const patchHead = "*** Begin Patch"

// isPatch reports whether a text is a patch as Codex writes it: for the tool
// apply_patch. A command that only holds one is none.
func isPatch(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), patchHead) }

// splitPatch takes a patch apart: what it brings, and what is there already, as it
// says itself. A line that it takes out and that is not there makes it fail.
func splitPatch(text string) (fresh, old []byte) {
	for line := range strings.Lines(text) {
		switch line[0] {
		case '-', ' ':
			old = append(old, line[1:]...)
		case '+':
			fresh = append(fresh, line[1:]...)
		default:
			fresh = append(fresh, line...)
		}
	}
	return fresh, old
}

// patched are the files that a patch changes.
func patched(text string) (out []string) {
	if !isPatch(text) {
		return nil
	}
	for line := range strings.Lines(text) {
		for _, head := range []string{"*** Update File: ", "*** Delete File: "} {
			if name, ok := strings.CutPrefix(line, head); ok {
				out = append(out, strings.TrimSpace(name))
			}
		}
	}
	return out
}
