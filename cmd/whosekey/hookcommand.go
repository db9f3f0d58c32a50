package main

import (
	"path"
	"slices"
	"strings"
)

// toolKind says what a tool of an agent does with the file it is given: "read",
// "write", "search" or "".
func toolKind(tool string) string {
	switch strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(tool)) {
	case "read", "notebookread", "readfile", "readmanyfiles", "view", "viewfile", "openfile", "viewimage":
		return "read"
	case "write", "edit", "multiedit", "notebookedit", "create", "createfile", "writefile", "replace", "strreplace", "strreplaceeditor", "editfile", "tabwrite":
		return "write"
	case "grep", "grepsearch", "searchfilecontent":
		return "search"
	}
	return ""
}

// pathFields are the names of fields with the path of a file.
var pathFields = []string{
	"file_path", "filePath", "absolute_path", "absolutePath", "path", "paths", "target_file", "notebook_path", "filename", "files", "include",
}

// paths are the paths of files in a value, by the names of their fields.
func paths(value any) (out []string) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range pathFields {
			switch p := v[key].(type) {
			case string:
				out = append(out, p)
			case []any:
				for _, x := range p {
					if s, ok := x.(string); ok {
						out = append(out, s)
					}
					out = append(out, paths(x)...)
				}
			}
		}
	case []any:
		for _, x := range v {
			out = append(out, paths(x)...)
		}
	}
	return out
}

// mentioned are the files that a prompt asks for, as @path.
func mentioned(prompt string) (out []string) {
	for word := range strings.FieldsSeq(prompt) {
		if name, ok := strings.CutPrefix(word, "@"); ok {
			name = strings.Trim(name, `"'`)
			out = append(out, name, strings.TrimRight(name, ".,;:!?)"))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// commandText is a command for a shell, which may be given in words.
func commandText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		var words []string
		for _, x := range v {
			if s, ok := x.(string); ok {
				words = append(words, s)
			}
		}
		return strings.Join(words, " ")
	}
	return ""
}

// printers are programs that print or send the files they are given.
var printers = []string{
	"cat", "tac", "nl", "bat", "batcat", "head", "tail", "less", "more", "most", "strings", "xxd", "od", "hexdump", "base64", "base32", "cut", "sort", "uniq", "tr", "rev",
	"fold", "column", "paste", "grep", "egrep", "fgrep", "rg", "ag", "awk", "gawk", "sed", "jq", "yq", "diff", "tee", "curl", "wget", "http", "nc", "scp", "rsync",
	"pbcopy", "xclip", "type", "get-content", "gc", "select-string", "invoke-webrequest", "invoke-restmethod",
}

// maxWords bounds the words of a command that are looked at.
const maxWords = 10_000

// printed are the words of a command that may be files of which it prints or
// sends the content: all words, if a program that does so is one of them, and
// those that a shell feeds to a program with <. It knows no variables, patterns or
// other programs, so it is a help and no wall; what a tool answers is searched too.
func printed(command string) (out []string) {
	if isPatch(command) { // no shell gets it
		return nil
	}
	words := append(shellWords(command, true), shellWords(command, false)...) // sh -c 'cat file'
	prints := slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains(printers, strings.ToLower(strings.TrimSuffix(path.Base(w), ".exe")))
	})
	for i, w := range words {
		if w == "<" || !prints && (i == 0 || words[i-1] != "<") {
			continue
		}
		out = append(out, w)
		if _, value, ok := strings.Cut(w, "="); ok { // --data=@file, file=@file
			w = value
		}
		out = append(out, strings.TrimPrefix(w, "@"))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// shellWords splits a command roughly as a shell does: at white space and at what
// ends a command, but not in quotes, if they count.
func shellWords(command string, quotes bool) (words []string) {
	var word []byte
	var quote byte
	end := func() {
		if len(word) > 0 && len(words) < maxWords {
			words = append(words, string(word))
		}
		word = word[:0]
	}
	for _, r := range []byte(command) {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word = append(word, r)
		case quotes && (r == '\'' || r == '"'):
			quote = r
		case r == '<':
			end()
			words = append(words, "<")
		case strings.IndexByte(" \t\r\n;|&()`>$'\"", r) >= 0:
			end()
		default:
			word = append(word, r)
		}
	}
	end()
	return words
}
