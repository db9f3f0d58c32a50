package main

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// lookup is a search in files, of which the lines that fit are printed.
type lookup struct {
	pattern *regexp.Regexp // nil: nobody knows
	around  bool           // other lines too
	names   bool           // only names or numbers
	paths   []string       // files and folders; none for the folder that it is run in
	globs   []string
	hidden  bool // also files whose names begin with a dot
	below   bool // folders too
}

// searchOf reads the words of grep and its like.
func searchOf(name string, args []string) lookup {
	l := lookup{below: name == "rg" || name == "ag" || name == "ack" || name == "git", hidden: strings.HasSuffix(name, "grep")}
	if name == "git" {
		args = args[slices.Index(args, "grep")+1:]
		l.hidden = true
	}
	pattern, given, literal := "", false, name == "fgrep"
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
		case (a == "-e" || a == "--regexp") && i+1 < len(args):
			i++
			pattern, given = args[i], true
		case (a == "-g" || a == "--glob" || a == "--iglob") && i+1 < len(args):
			i++
			l.globs = append(l.globs, strings.TrimPrefix(args[i], "!"))
		case strings.HasPrefix(a, "--include="):
			l.globs = append(l.globs, strings.TrimPrefix(a, "--include="))
		case a == "--recursive" || a == "--dereference-recursive":
			l.below = true
		case a == "--hidden" || a == "--no-ignore" || a == "--unrestricted":
			l.hidden = true
		case a == "--files-with-matches" || a == "--files-without-match" || a == "--count" || a == "--quiet" || a == "--files" || a == "--silent":
			l.names = true
		case strings.HasPrefix(a, "--context") || strings.HasPrefix(a, "--after") || strings.HasPrefix(a, "--before") || a == "--passthru" || a == "--invert-match" || strings.HasPrefix(a, "--file="):
			l.around = true
		case strings.HasPrefix(a, "--"):
		case strings.HasPrefix(a, "-") && len(a) > 1:
			l.below = l.below || strings.ContainsAny(a, "rR") && name != "rg" && name != "ag"
			l.hidden = l.hidden || strings.ContainsAny(a, "u.")
			l.names = l.names || strings.ContainsAny(a, "lLcq")
			l.around = l.around || strings.ContainsAny(a, "ABCvf")
			literal = literal || strings.Contains(a, "F")
			if strings.ContainsAny(a[len(a)-1:], "ABCmtTf") && i+1 < len(args) {
				i++
			}
		case !given:
			pattern, given = a, true
		default:
			l.paths = append(l.paths, a)
		}
	}
	if literal {
		pattern = regexp.QuoteMeta(pattern)
	}
	l.pattern = searched(pattern)
	return l
}

// searched is a pattern, in any case; nil if it is not one of Go's.
func searched(pattern string) *regexp.Regexp {
	for _, p := range []string{pattern, strings.NewReplacer(`\|`, "|", `\(`, "(", `\)`, ")", `\+`, "+").Replace(pattern)} {
		if re, err := regexp.Compile("(?i)" + p); err == nil && len(pattern) < 1000 && !strings.ContainsAny(pattern, `\`) {
			return re
		}
	}
	return nil
}

// search adds what a search prints.
func (f *agentFiles) search(l lookup) {
	if l.names {
		return
	}
	from, many := len(f.out), f.many
	defer func() { f.many = many }() // of a large folder the first ones are searched: docs/hooks.md
	for _, p := range l.paths {
		f.candidate(p)
	}
	if l.below {
		for _, p := range append(l.paths, map[bool][]string{true: {"."}}[len(l.paths) == 0]...) {
			for _, name := range f.within(p, l.globs) {
				if l.hidden || !hidden(p, name) || len(l.globs) > 0 {
					f.candidate(name)
				}
			}
		}
	}
	for i := from; i < len(f.out) && !l.around; i++ {
		f.out[i].lines = l.pattern
	}
}

// hidden reports whether a name begins with a dot below a folder.
func hidden(folder, name string) bool {
	rel := strings.TrimPrefix(strings.TrimPrefix(name, folder), "/")
	return strings.HasPrefix(rel, ".") || strings.Contains(rel, "/.")
}

// candidate adds a word that may be a file, as programs write them: file, --data=@file,
// -d@file, -Tfile, file://folder/file.
func (f *agentFiles) candidate(word string) {
	forms := []string{word}
	if _, value, ok := strings.Cut(word, "="); ok {
		forms = append(forms, value)
	}
	if strings.HasPrefix(word, "-") && len(word) > 2 {
		forms = append(forms, word[2:])
	}
	for _, w := range forms {
		f.add(w, false)
		if _, name, ok := strings.Cut(w, "@"); ok {
			f.add(name, false)
		}
	}
}

func (f *agentFiles) candidates(words []string) {
	for _, w := range words {
		f.candidate(w)
	}
}

// drop takes a file out that is run, and not read.
func (f *agentFiles) drop(word string) {
	f.out = slices.DeleteFunc(f.out, func(a agentFile) bool { return a.name == word })
}

// below adds what is in a folder, if it is one.
func (f *agentFiles) below(word string, patterns []string) {
	if st, err := os.Stat(inDir(f.dirs[0], word)); err == nil && st.IsDir() {
		f.cut = false
		for _, name := range f.within(word, patterns) {
			f.candidate(name)
		}
		f.many = f.many || f.cut
	}
}

// within are the files in a folder whose names fit one of the patterns, if there are
// any, as they are named by who names the folder.
func (f *agentFiles) within(word string, patterns []string) (out []string) {
	for _, dir := range f.dirs {
		root, left := inDir(dir, word), maxEntries
		filepath.WalkDir(root, func(at string, e fs.DirEntry, err error) error {
			if left--; left < 0 || len(out) >= maxAgentFiles {
				f.cut = true
				return filepath.SkipAll
			}
			if err != nil || e.IsDir() && e.Name() == ".git" {
				return filepath.SkipDir
			}
			rel, bad := filepath.Rel(root, at)
			if !e.Type().IsRegular() || bad != nil || rel == "." {
				return nil
			}
			fits := len(patterns) == 0
			for _, p := range patterns {
				byName, _ := filepath.Match(strings.TrimPrefix(p, "**/"), e.Name())
				byPath, _ := filepath.Match(strings.TrimPrefix(p, "./"), filepath.ToSlash(rel))
				fits = fits || byName || byPath || strings.Contains(p, "{")
			}
			if fits {
				out = append(out, filepath.ToSlash(filepath.Join(word, rel)))
			}
			return nil
		})
	}
	return out
}

// plainPath is the path that an address of a file has.
func plainPath(word string) string {
	if !strings.HasPrefix(word, "file:") {
		return word
	}
	u, err := url.Parse(word)
	if err != nil {
		return strings.TrimPrefix(word, "file://")
	}
	return u.Path
}
