package fields

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
)

// element is one that is open.
type element struct {
	name string
	said map[string]string // attributes, and texts of its children that say what it is
}

// xmlReader goes through XML without checking it.
type xmlReader struct {
	text  []byte
	at    int
	stack []*element
	way   []*element
	found bool
	open  int
	deep  int
}

func xmlField(f *file) string {
	r := &xmlReader{text: f.text, at: f.at}
	r.read()
	return xmlWords(f, r.way)
}

func (r *xmlReader) read() {
	for i := 0; i < len(r.text); {
		lt := bytes.IndexByte(r.text[i:], '<')
		if lt < 0 {
			lt = len(r.text) - i
		}
		lt += i
		if !r.found && r.at < lt {
			r.mark()
		}
		r.words(i, lt)
		gt := bytes.IndexByte(r.text[lt:], '>')
		if bytes.HasPrefix(r.text[lt:], []byte("<!--")) {
			if gt = bytes.Index(r.text[lt:], []byte("-->")); gt >= 0 {
				gt += 2
			}
		}
		if gt < 0 || lt == len(r.text) {
			break
		}
		i = lt + gt + 1
		r.tag(lt, i)
		if r.found && r.open <= 1 {
			return
		}
	}
	if !r.found {
		r.mark()
	}
}

var xmlAttribute = lazy.New(`([\w.:-]+)\s*=\s*["']([^"'<>]*)["']`)

// tag takes a tag from its < to behind its >.
func (r *xmlReader) tag(from, to int) {
	inside := !r.found && r.at < to
	tag := r.text[from:to]
	switch {
	case len(tag) < 3 || tag[1] == '?' || tag[1] == '!':
	case tag[1] == '/':
		if r.deep > 0 {
			r.deep--
		} else if n := len(r.stack); n > 0 {
			r.stack = r.stack[:n-1]
			r.open = min(r.open, n-1)
		}
	default:
		closed := tag[len(tag)-2] == '/'
		if len(r.stack) == maxDepth || r.deep > 0 {
			if !closed {
				r.deep++
			}
			return
		}
		e := newElement(tag)
		r.stack = append(r.stack, e)
		if inside {
			r.mark()
		}
		if closed {
			r.stack = r.stack[:len(r.stack)-1]
			r.open = min(r.open, len(r.stack))
		}
		return
	}
	if inside {
		r.mark()
	}
}

func newElement(tag []byte) *element {
	e := &element{said: map[string]string{}}
	text := string(tag[1:min(len(tag)-1, 2000)])
	if i := strings.IndexAny(text, " \t\r\n/>"); i >= 0 {
		e.name, text = text[:i], text[i:]
	} else {
		e.name, text = text, ""
	}
	for _, m := range xmlAttribute.FindAllStringSubmatch(text, 20) {
		if len(m[2]) <= maxName {
			e.said[strings.ToLower(m[1])] = m[2]
		}
	}
	return e
}

// words is text between tags: of a child that names its parent.
func (r *xmlReader) words(from, to int) {
	n := len(r.stack)
	if n < 2 || to-from > maxName || to == from || r.deep > 0 || r.found && n-1 > r.open {
		return
	}
	if name := strings.ToLower(r.stack[n-1].name); identifies(name) {
		r.stack[n-2].said[name] = strings.TrimSpace(string(r.text[from:to]))
	}
}

func (r *xmlReader) mark() {
	r.found = true
	if r.deep == 0 {
		r.way = append(r.way, r.stack...)
		r.open = len(r.stack)
	}
}

var xmlEscape = lazy.New(`_x([0-9A-Fa-f]{4})_`)

// xmlWords knows Maven's settings, Jenkins' credentials, NuGet's and .NET's settings.
func xmlWords(f *file, w []*element) string {
	if len(w) < 2 {
		return ""
	}
	last, parent := w[len(w)-1], w[len(w)-2]
	switch name := short(last.said["key"]); {
	case parent.name == "connectionStrings":
		return called("connection string", last.said["name"])
	case parent.name == "appSettings":
		return called("key", name)
	case len(w) > 2 && w[len(w)-3].name == "packageSourceCredentials":
		source := xmlEscape.ReplaceAllStringFunc(parent.name, func(s string) string {
			n, _ := strconv.ParseUint(s[2:6], 16, 32)
			return string(rune(n))
		})
		return of(name, called("source", source))
	}
	for i := len(w) - 2; i >= 0; i-- {
		id := w[i].said["id"]
		switch {
		case w[i].name == "server" || w[i].name == "proxy" || w[i].name == "profile":
			return of(short(last.name), called(w[i].name, id))
		case strings.Contains(w[i].name, "plugins.") || strings.HasSuffix(w[i].name, "CredentialsImpl"):
			if id != "" {
				return of(short(last.name), called("credential", id))
			}
		}
	}
	return ""
}
