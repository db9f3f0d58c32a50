package detectors

import (
	"bytes"
	"strings"
)

// What stands further from its name than a sign of assignment: in the next line, in a
// block, in another list, in front of it.

// genericFar is how far behind a name its value may begin there, in bytes.
const genericFar = 320

// below is the quote in the next line, if nothing but the end of a line is at i, or a
// parenthesis of Python that opens there; else i.
func (r *reader) below(i int) int {
	j := i
	if c := r.byte(j); c == '(' || c == '\\' && r.byte(j+1) <= '\r' {
		j++
	}
	if c := r.byte(j); c == '\n' || c == '\r' {
		if j = r.space(j); r.quote(j) {
			return j
		}
	}
	return i
}

// equalsBelow is for a name at start whose line ends at i, and the next one begins with a
// sign of equality and a text in quotes.
func (r *reader) equalsBelow(start, i int) (assigned, bool) {
	if i = r.space(i); r.byte(i) == '=' && r.quote(r.blanks(i+1)) {
		return r.opening(assigned{line: r.first(start)}, r.blanks(i+1), true)
	}
	return assigned{}, false
}

// inValue finds the value that begins in the line below the colon of a name, or in a list:
// the first line of a block scalar or of a plain one in YAML, and the key of Postman.
func (r *reader) inValue(start, i int) (assigned, bool) {
	c := r.byte(i)
	switch c {
	case '|', '>':
		if i++; r.byte(i) == '-' || r.byte(i) == '+' {
			i++
		}
	case '[':
		return r.declaredAs(i, `"value":`)
	}
	if r.byte(i) != '\n' && r.byte(i) != '\r' || !r.first(start) {
		return assigned{}, false
	}
	if a, ok := r.parameter(start, i); ok {
		return a, ok
	}
	i = r.space(i)
	if c == '\n' || c == '\r' {
		for j := i; r.byte(j) != '\n' && r.byte(j) != '\r' && r.byte(j) != 0; j++ {
			if c := r.byte(j); c == ' ' || c == ':' || c == ',' || j > i+genericValue {
				return assigned{}, false // no plain scalar, or one that says something
			}
		}
		if r.quote(i) {
			return assigned{}, false
		}
	}
	return assigned{at: i, line: true}, true
}

// declaredAs finds the text behind a word that stands further on in the same line or list.
func (r *reader) declaredAs(i int, word string) (assigned, bool) {
	for end := i + 2*genericKey; i < end && r.byte(i) != ']' && r.byte(i) != 0; i++ {
		if r.byte(i) == word[0] && r.has(i, word) {
			return r.opening(assigned{}, r.blanks(i+len(word)), true)
		}
	}
	return assigned{}, false
}

// afterBrace is for password{"..."} of C++, Password { get; set; } = "..." of C#, and for
// variable "password" { default = "..." } of Terraform.
func (r *reader) afterBrace(start, i int, quotedKey bool) (assigned, bool) {
	switch {
	case quotedKey && r.has(start-len(`variable "`), `variable "`):
		return r.inBlock(i, "default")
	case quotedKey && r.has(start-len(`output "`), `output "`):
		return r.inBlock(i, "value")
	case !quotedKey && r.has(start-4, "set "): // Tcl
		return assigned{at: i + 1, quote: '}'}, true
	case !quotedKey && (r.has(i, "{ get;") || r.has(i, "{get;")):
		for n := 0; n < 2*genericGap && r.byte(i) != '}'; n++ {
			i++
		}
		if i = r.blanks(i + 1); r.byte(i) == '=' {
			return r.opening(assigned{}, r.blanks(i+1), true)
		}
		return assigned{}, false
	}
	return r.opening(assigned{}, r.below(i+1), true)
}

// fallback is the quote of what is taken where what begins at i has no value: in
// process.env.PW || "...", os.getenv("PW", "..."), config("PW", default="..."); 0 if there is none.
func (r *reader) fallback(i int) int {
	from := i
	for i-from < genericKey && keyByte(r.byte(i)) {
		i++
	}
	if c := r.byte(i); (c == '(' || c == '[') && r.quote(i+1) {
		called := r.lower(from, i)
		for i += 2; i-from < 2*genericKey && keyByte(r.byte(i)); i++ {
		}
		if !r.quote(i) {
			return 0
		}
		if i = r.blanks(i + 1); r.byte(i) == ',' && (strings.Contains(called, "env") || called == "config") {
			if i = r.blanks(i + 1); r.has(i, "default=") {
				i += len("default=")
			}
			if r.quote(i) {
				return i
			}
			return 0
		}
		i++
	}
	i = r.blanks(i)
	for _, or := range []string{"||", "??", "?:", "or "} {
		if r.has(i, or) {
			if i = r.blanks(i + len(or)); r.quote(i) {
				return i
			}
		}
	}
	return 0
}

// inBlock finds the attribute of a block that begins at i.
func (r *reader) inBlock(i int, attribute string) (assigned, bool) {
	for end := i + genericFar; i < end; i++ {
		switch c := r.byte(i); {
		case c == 0 || c == '\n' && r.byte(i+1) == '}':
			return assigned{}, false
		case (c == ' ' || c == '\t' || c == '\n') && r.has(i+1, attribute):
			if j := r.blanks(i + 1 + len(attribute)); r.byte(j) == '=' {
				return r.opening(assigned{}, r.blanks(j+1), true)
			}
		}
	}
	return assigned{}, false
}

// entries calls each for the texts in the list or the map that opens at i.
func (r *reader) entries(i int, each func(*assigned)) {
	list := r.byte(i) == '['
	for end := r.space(i+1) + genericFar; ; {
		key := ""
		if i = r.space(i + 1); !list {
			if key, i = r.entryKey(i); i < 0 {
				return
			}
		}
		if i >= end || !r.quote(i) {
			return
		}
		a := assigned{at: i + 1, quote: r.byte(i), loose: true, key: key}
		each(&a)
		for i++; r.byte(i) != a.quote; i++ {
			if c := r.byte(i); c == 0 || c == '\n' || i >= end {
				return
			}
		}
	}
}

// entryKey is the key at i, and what is behind its sign; -1 if there is none, or one that says
// that the value is no secret.
func (r *reader) entryKey(i int) (key string, at int) {
	if r.quote(i) {
		i++
	}
	from := i
	for i < from+genericKey && keyByte(r.byte(i)) {
		i++
	}
	if i == from || aboutSecret("_"+r.lower(from, i)) {
		return "", -1
	}
	key = string(r.data[from:i])
	if r.quote(i) {
		i++
	}
	if i = r.blanks(i); r.byte(i) != '=' && r.byte(i) != ':' {
		return "", -1
	}
	if i++; r.byte(i) == '>' {
		i++
	}
	return key, r.blanks(i)
}

// inserted finds the value of a column in INSERT INTO t (name, password) VALUES (...), in
// the first row. What ends the name of the column is at i.
func (r *reader) inserted(start, i int) (assigned, bool) {
	if name := r.lower(start, i); !passwordIn(name) && !strings.Contains(name, "secret") { // tokens stand before commas everywhere
		return assigned{}, false
	}
	column := func(c byte) bool {
		return keyByte(c) || c == ' ' || c == '"' || c == '`' || c == '[' || c == ']'
	}
	for end := i + genericFar/2; i < end && r.byte(i) != ')'; i++ {
		if c := r.byte(i); c != ',' && c != '\n' && c != '\r' && !column(c) {
			return assigned{}, false
		}
	}
	if i = r.space(i + 1); !r.has(i, "values") {
		return assigned{}, false
	}
	before := 0
	for n := 0; n < genericKey+genericLine; n++ {
		start--
		switch c := r.byte(start); {
		case c == ',':
			before++
		case c == '(':
			return r.nth(r.space(i+len("values")), before)
		case c != '\n' && c != '\r' && !column(c):
			return assigned{}, false
		}
	}
	return assigned{}, false
}

// nth finds the text that has n values before it in the row that opens at i.
func (r *reader) nth(i, n int) (assigned, bool) {
	if r.byte(i) != '(' {
		return assigned{}, false
	}
	quote := byte(0)
	for end := i + genericFar; i < end && n > 0; {
		i++
		switch c := r.byte(i); {
		case c == 0:
			return assigned{}, false
		case c == quote:
			quote = 0
		case quote != 0:
		case c == '\'' || c == '"':
			quote = c
		case c == ',':
			n--
		case c == ')':
			return assigned{}, false
		}
	}
	return r.opening(assigned{}, r.space(i+1), true)
}

// compared finds the text in front of the name: equals("...", password), "...".equals(password).
func (r *reader) compared(start int) (assigned, bool) {
	i := start - 1
	if r.byte(i) == '(' {
		if !r.compares(i) {
			return assigned{}, false
		}
		for i--; keyByte(r.byte(i)) && r.byte(i) != '.'; i-- {
		}
	} else if r.byte(i) == ' ' && r.byte(i-1) == ',' {
		i--
	}
	if c := r.byte(i); c != '.' && c != ',' || !r.quote(i-1) {
		return assigned{}, false
	}
	to := i - 1
	quote := r.byte(to)
	for i = to - 1; i > to-genericKey && r.byte(i) != quote; i-- {
	}
	if r.byte(i) != quote || r.byte(i-1) == '(' && r.byte(to+1) == ',' && !r.compares(i-1) || r.byte(to+1) == ',' && r.byte(i-1) != '(' {
		return assigned{}, false
	}
	return assigned{at: i + 1, quote: quote, loose: true}, true
}

// compares reports whether the function whose parenthesis is at i compares two values.
func (r *reader) compares(i int) bool {
	from := i
	for from > i-genericLine/2 && keyByte(r.byte(from-1)) {
		from--
	}
	return comparing.in(r.lower(from, i), 0) != ""
}

var comparing = newWordSet([]string{"equal", "strcmp", "compare_digest", "securecompare", "secure_compare", "assert_eq", "tobe"})

// isMany reports whether the name that ends at end is of several secrets, and what opens at
// i holds them.
func (r *reader) isMany(end, i int) bool {
	c := r.byte(i)
	return (c == '[' || c == '{') && bytes.IndexByte([]byte("sS"), r.byte(end-1)) >= 0
}
