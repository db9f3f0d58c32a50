package detectors

import "bytes"

// hashes reports whether the name of the function whose parenthesis is at i says that it
// works on a password: the next argument is a salt or a hash.
func (r *reader) hashes(i int) bool {
	from := i
	for from > i-genericLine/2 && keyByte(r.byte(from-1)) {
		from--
	}
	return hashing.in(r.lower(from, i), 0) != ""
}

var hashing = newWordSet([]string{"hash", "verify", "check", "compar", "crypt", "derive", "pbkdf"})

// listed is for a name that is itself a value, with the other one in the next line:
// in lists of variables.
func (r *reader) listed(start, i int) (assigned, bool) {
	c := r.byte(start - 1)
	if c == '-' && r.byte(start-2) == '-' { // a list of arguments in YAML
		if i = r.space(i); r.byte(i) != '-' || r.byte(i+1) != ' ' || r.byte(i+2) == '-' {
			return assigned{}, false
		}
		return r.opening(assigned{line: true}, r.blanks(i+2), false)
	}
	if c != ' ' && c != '"' && c != '\'' && c != '/' || r.first(start) {
		return assigned{}, false
	}
	if a, ok := r.pair(start, i); ok {
		return a, ok
	}
	if a, ok := r.keyedLast(start); ok {
		return a, ok
	}
	return r.named(start, i)
}

// space skips blanks, ends of lines and a comma.
func (r *reader) space(i int) int {
	for n := 0; n < 2*genericGap && bytes.IndexByte([]byte(" \t\r\n,"), r.byte(i)) >= 0; n++ {
		i++
	}
	return i
}

// element finds the text of the element behind <key>password</key>: in lists of
// properties, and in settings of Java.
func (r *reader) element(start, i int) (assigned, bool) {
	if r.byte(start-1) != '>' && r.byte(start-1) != '.' || !r.has(i, "</key>") && !r.has(i, "</name>") {
		return assigned{}, false
	}
	for r.byte(i) != '>' {
		i++
	}
	i = r.space(i + 1)
	for _, tag := range []string{"<string>", "<value>"} {
		if r.has(i, tag) {
			return assigned{at: i + len(tag), quote: '<'}, true
		}
	}
	return assigned{}, false
}

// behindAttributes finds the text of an element whose name has attributes behind it, at i, as
// texts of Android have, or the attribute that is the value.
func (r *reader) behindAttributes(i int) (assigned, bool) {
	for range 4 {
		from := i
		for i < from+genericGap*2 && (keyByte(r.byte(i)) || r.byte(i) == ':') {
			i++
		}
		if i == from || r.byte(i) != '=' || r.byte(i+1) != '"' {
			break
		}
		if r.has(i-len(":value"), ":value") {
			return assigned{at: i + 2, quote: '"'}, true
		}
		for i += 2; r.byte(i) != '"'; i++ {
			if c := r.byte(i); c < ' ' || c == '<' || i > from+genericKey*2 {
				return assigned{}, false
			}
		}
		if i = r.blanks(i + 1); r.byte(i) == '>' {
			return assigned{at: i + 1, quote: '<'}, true
		}
	}
	return assigned{}, false
}

// pair finds "value": "..." behind the name.
func (r *reader) pair(start, i int) (assigned, bool) {
	i = r.space(i)
	if r.byte(start-1) == '-' && r.quote(i) { // a list of arguments
		return r.opening(assigned{}, i, true)
	}
	if r.quote(i) {
		i++
	}
	if r.has(i, "android:value") { // of an application
		i += len("android:")
	}
	if !r.has(i, "value") {
		return assigned{}, false
	}
	if i += len("value"); r.quote(i) {
		i++
	}
	if i = r.blanks(i); r.byte(i) != ':' && r.byte(i) != '=' {
		return assigned{}, false
	}
	return r.opening(assigned{line: true}, r.blanks(i+1), false)
}

// isDashed reports whether the name that ends at end is of several secrets, and a list of YAML
// begins in the line below i.
func (r *reader) isDashed(end, i int) bool {
	c := r.byte(i)
	if c != '\n' && c != '\r' || r.byte(end-1)|0x20 != 's' || r.byte(end) != ':' {
		return false
	}
	i = r.space(i)
	return r.byte(i) == '-' && r.byte(i+1) == ' '
}

// dashed calls each for the texts in the list of YAML that begins in the line below i.
func (r *reader) dashed(i int, each func(*assigned)) {
	for end := i + genericFar; i < end; {
		if i = r.space(i); r.byte(i) != '-' || r.byte(i+1) != ' ' {
			return
		}
		a := assigned{at: r.blanks(i + 2), line: true}
		if r.quote(a.at) {
			a = assigned{at: a.at + 1, quote: r.byte(a.at)}
		}
		named := false
		for i = a.at; i < end && r.byte(i) != '\n' && r.byte(i) != 0; i++ {
			named = named || r.byte(i) == ':' && r.byte(i+1) <= ' ' // a field of its own
		}
		if !named {
			each(&a)
		}
	}
}
