package fields

import (
	"bytes"
	"encoding/json"
	"strings"
)

// jsonReader goes through JSON, also with comments and commas too many, and notes
// the way to a place. It never goes back.
type jsonReader struct {
	text  []byte
	at    int
	stack []*level
	deep  int // levels that are beyond maxDepth
	way   []step
	found bool
	open  int // levels of the way that are still open
}

// level is an object or a list that is open.
type level struct {
	from  int // where it begins
	list  bool
	index int
	key   string
	want  bool // the next text is a key
	said  map[string]string
}

func jsonField(f *file) string {
	r := &jsonReader{text: f.text, at: f.at}
	return describe(f, r.read())
}

func (r *jsonReader) read() []step {
	for i := 0; i < len(r.text); {
		if !r.found && i > r.at {
			r.mark()
		}
		if r.found && r.open <= 1 {
			break // no more is said of the objects on the way
		}
		switch c := r.text[i]; c {
		case '"':
			end := r.textEnd(i)
			if !r.found && r.at < end {
				r.mark()
			}
			r.take(i, end)
			i = end
			continue
		case '{', '[':
			r.push(i, c == '[')
		case '}', ']':
			r.pop()
		case ',':
			if n := len(r.stack); n > 0 && r.deep == 0 {
				r.stack[n-1].index++
				r.stack[n-1].want = !r.stack[n-1].list
			}
		case '/':
			i = r.comment(i)
			continue
		}
		i++
	}
	if !r.found {
		r.mark()
	}
	return r.way
}

// textEnd is behind the text whose quote is at i.
func (r *jsonReader) textEnd(i int) int {
	for i++; i < len(r.text); i++ {
		switch r.text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(r.text)
}

// comment is behind the comment at i, if there is one.
func (r *jsonReader) comment(i int) int {
	end := ""
	switch rest := r.text[i:]; {
	case bytes.HasPrefix(rest, []byte("//")):
		end = "\n"
	case bytes.HasPrefix(rest, []byte("/*")):
		end = "*/"
	default:
		return i + 1
	}
	if n := bytes.Index(r.text[i+2:], []byte(end)); n >= 0 {
		return i + 2 + n + len(end)
	}
	return len(r.text)
}

func (r *jsonReader) push(from int, list bool) {
	if len(r.stack) == maxDepth || r.deep > 0 {
		r.deep++
		return
	}
	r.stack = append(r.stack, &level{from: from, list: list, want: !list})
}

func (r *jsonReader) pop() {
	if r.deep > 0 {
		r.deep--
	} else if n := len(r.stack); n > 0 {
		r.stack = r.stack[:n-1]
		r.open = min(r.open, n-1)
	}
}

// take notes a text that is a key, or a value that says what an object is.
func (r *jsonReader) take(from, to int) {
	n := len(r.stack)
	if n == 0 || r.deep > 0 || r.stack[n-1].list {
		return
	}
	l := r.stack[n-1]
	if !l.want && (!identifies(l.key) || r.found && n > r.open) || to-from > 2*maxName {
		l.want = false
		return
	}
	s := unquoted(r.text[from:to])
	if l.want {
		l.key, l.want = s, false
		return
	}
	if l.said == nil {
		l.said = map[string]string{}
	}
	l.said[strings.ToLower(l.key)] = s
}

// unquoted is a text without its quotes and escapes.
func unquoted(text []byte) (s string) {
	if bytes.IndexByte(text, '\\') < 0 {
		return string(bytes.Trim(text, `"`))
	}
	if json.Unmarshal(text, &s) != nil {
		return ""
	}
	return s
}

// mark notes the way to where the reader is.
func (r *jsonReader) mark() {
	r.found = true
	if r.deep > 0 {
		return
	}
	for _, l := range r.stack {
		if l.said == nil {
			l.said = map[string]string{} // what is read of it later
		}
		s := step{from: l.from, key: l.key, index: -1, said: l.said}
		if l.list {
			s.index = l.index
		}
		r.way = append(r.way, s)
	}
	r.open = len(r.stack)
}
