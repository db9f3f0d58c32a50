package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// toolKind says what a tool of an agent does with the file it is given: "read",
// "write", "search" or "".
func toolKind(tool string) string {
	name := tool
	server := strings.HasPrefix(tool, "mcp__") || strings.HasPrefix(tool, "MCP:") || strings.HasPrefix(tool, "mcp_")
	if i := strings.LastIndex(tool, "__"); i >= 0 {
		name = tool[i+2:]
	}
	name = strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(strings.TrimPrefix(name, "MCP:")))
	switch name {
	case "read", "notebookread", "readfile", "readmanyfiles", "view", "viewfile", "openfile", "viewimage", "fsread":
		return "read"
	case "write", "edit", "multiedit", "notebookedit", "create", "createfile", "writefile", "replace", "strreplace", "strreplaceeditor", "editfile", "tabwrite", "writetofile", "replaceinfile", "fswrite":
		return "write"
	case "grep", "grepsearch", "searchfilecontent", "searchfiles":
		return "search"
	}
	if !server {
		return ""
	}
	for _, word := range []string{"write", "edit", "create", "replace", "update", "append", "insert", "patch"} {
		if strings.Contains(name, word) {
			return "write"
		}
	}
	for _, word := range []string{"list", "info", "stat", "exists", "move", "delete", "remove"} {
		if strings.Contains(name, word) {
			return ""
		}
	}
	return "read" // whatever it does with a file that it is given
}

// pathFields are the names of fields with the path of a file.
var pathFields = []string{
	"file_path", "filePath", "absolute_path", "absolutePath", "path", "paths", "target_file", "notebook_path", "filename", "files", "include", "uri", "uris", "url", "file", "filepath", "source",
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

// maxLeaves bounds the texts in an event that may be names of files.
const maxLeaves = 1000

// leaves are the texts in a value that may name a file, in whatever field they stand.
func leaves(value any) (out []string) {
	const longest = 4096
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out = append(out, leaves(v[key])...)
		}
	case []any:
		for _, x := range v {
			out = append(out, leaves(x)...)
		}
	case string:
		var inner any
		if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &inner) == nil {
			return leaves(inner)
		}
		if v != "" && len(v) < longest && !strings.ContainsAny(v, "\x00\r\n") {
			out = append(out, v)
		}
	}
	return out[:min(len(out), maxLeaves)]
}

// onlyNames reports whether a tool that whosekey does not know says by its name that it
// does not show what is in a file.
func onlyNames(tool string) bool {
	name := strings.ToLower(tool)
	return slices.ContainsFunc([]string{"list", "glob", "delete", "remove", "move", "rename", "exists", "stat", "todo", "ls"}, func(w string) bool {
		return w == name || len(w) > 2 && strings.Contains(name, w)
	})
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

// maxWords bounds the words of a command that are looked at.
const maxWords = 10_000

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
