package risk

import (
	"net/url"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/lazy"
)

var (
	place = lazy.New(`\$\{([a-z_]+)(?::([a-z-]+))?\}`)
	// tame are values that mean the same to every shell, wherever they stand.
	tame = lazy.New(`^[A-Za-z0-9_@%+=:,./][A-Za-z0-9_@%+=:,./-]*$`)
)

// fill puts values into a command (package rules, Remedy, says what its templates
// are). What is not known stays visible as <name>, and so does what a shell could
// take for something else where quotes do not help: all values were written by an
// enemy, and somebody will paste the line.
func fill(template string, values map[string]string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(template, "((")
		option, after, closed := strings.Cut(rest, "))")
		if !ok || !closed {
			fillIn(&b, template, values)
			return b.String()
		}
		fillIn(&b, before, values)
		mark := b.Len()
		if !fillIn(&b, option, values) {
			short := b.String()[:mark]
			b.Reset()
			b.WriteString(short)
		}
		template = after
	}
}

// fillIn appends a template to a command. It reports whether all of its places are known.
func fillIn(b *strings.Builder, template string, values map[string]string) bool {
	last, all := 0, true
	for _, m := range place.FindAllStringSubmatchIndex(template, -1) {
		b.WriteString(template[last:m[0]])
		name := template[m[2]:m[3]]
		missing := "<" + name + ">"
		if m[4] >= 0 {
			missing = "<" + template[m[4]:m[5]] + ">"
		}
		value, ok := argument(b.String(), values[name])
		if !ok {
			value, all = missing, false
		}
		b.WriteString(value)
		last = m[1]
	}
	b.WriteString(template[last:])
	return all
}

// argument is a value as it may stand behind the text of a command; false if it may
// not, or is not known.
func argument(before, value string) (string, bool) {
	word := before[strings.LastIndexByte(before, ' ')+1:]
	switch {
	case value == "" || value == "." || value == ".." || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "", false
	case strings.Contains(word, "://"):
		return url.PathEscape(value), true // one segment of a path, never more
	case tame.MatchString(value):
		return value, true
	case strings.Count(before, "'")%2 == 1 || strings.Count(before, `"`)%2 == 1 || strings.HasPrefix(value, "-"):
		return "", false
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'", true
}

// only is what likely evidence claims, behind a prefix, if all of it claims the same.
// Of a server it may be the part "host" or "port"; evidence without it says nothing.
func (s *subject) only(claim, part, prefix string) (value string) {
	for _, e := range s.id.Evidence {
		if e.Claim != claim || e.Weight < identity.Likely || !strings.HasPrefix(e.Value, prefix) {
			continue
		}
		got := e.Value[len(prefix):]
		if part != "" {
			host, port := hostPort(got)
			got = map[string]string{"host": host, "port": port}[part]
		}
		switch {
		case got == "" || got == value:
		case value != "":
			return ""
		default:
			value = got
		}
	}
	return value
}

// address is a server's, or that of the first of several: in a URL, host:port, or a host alone.
var address = lazy.New(`^(?:[a-z+]+://)?(?:\[([0-9A-Fa-f:.]+)\]|([^:/?,\[\]]+))(?::([0-9]{1,5}))?(?:[/?,].*)?$`)

// hostPort splits the address of a server; both are empty if it is none.
func hostPort(server string) (host, port string) {
	m := address.FindStringSubmatch(server)
	if m == nil {
		return "", ""
	}
	return m[1] + m[2], m[3]
}
