package risk

import (
	"net/url"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
)

var (
	place = lazy.New(`\$\{([a-z_]+)\}`)
	// tame are values that mean the same to every shell, wherever they stand.
	tame = lazy.New(`^[A-Za-z0-9_@%+=:,./][A-Za-z0-9_@%+=:,./-]*$`)
)

// fill puts values into a command. What is not known stays visible as <name>, and
// so does what a shell could take for something else where quotes do not help: all
// values were written by an enemy, and somebody will paste the line.
func fill(template string, values map[string]string) string {
	var b strings.Builder
	last := 0
	for _, m := range place.FindAllStringSubmatchIndex(template, -1) {
		b.WriteString(template[last:m[0]])
		name := template[m[2]:m[3]]
		b.WriteString(argument(template[:m[0]], name, values[name]))
		last = m[1]
	}
	b.WriteString(template[last:])
	return b.String()
}

// argument is a value as it may stand behind a text of a command.
func argument(before, name, value string) string {
	missing := "<" + name + ">"
	word := before[strings.LastIndexByte(before, ' ')+1:]
	switch {
	case value == "" || value == "." || value == ".." || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return missing
	case strings.Contains(word, "://"):
		return url.PathEscape(value) // one segment of a path, never more
	case tame.MatchString(value):
		return value
	case strings.Count(before, "'")%2 == 1 || strings.Count(before, `"`)%2 == 1 || strings.HasPrefix(value, "-"):
		return missing
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
