package detectors

import "strings"

// Templates of deployments name a parameter, say things of it, and among them what it is
// if nobody gives another: in a block of YAML, an object of JSON, a resource of Terraform.

// parameterLines is how many lines below its name a value may stand.
const parameterLines = 6

// parameter finds "default: ..." or "value: ..." in the lines of YAML below i, which are deeper
// than the name at start.
func (r *reader) parameter(start, i int) (assigned, bool) {
	own := r.indent(start)
	for n := 0; n < parameterLines; n++ {
		if r.byte(i) == '\r' {
			i++
		}
		if r.byte(i) != '\n' {
			return assigned{}, false
		}
		at := r.blanks(i + 1)
		if at-i-1 <= own {
			return assigned{}, false
		}
		for _, w := range []string{"default: ", "value: "} {
			if r.has(at, w) {
				return r.opening(assigned{line: true, start: at}, at+len(w), false)
			}
		}
		for i = at; r.byte(i) != '\n' && r.byte(i) != '\r'; i++ {
			if r.byte(i) == 0 || i > at+2*genericKey {
				return assigned{}, false
			}
		}
	}
	return assigned{}, false
}

// indent is how many blanks begin the line of the name at start, if nothing else stands between.
func (r *reader) indent(start int) (n int) {
	for n < genericLine && (r.byte(start-n-1) == ' ' || r.byte(start-n-1) == '"') {
		n++
	}
	return n
}

// defaulted finds "defaultValue": "..." in the object of JSON that opens at i.
func (r *reader) defaulted(i int) (assigned, bool) {
	if j := r.space(i + 1); !r.has(j, `"type"`) {
		return assigned{}, false
	}
	for end := i + genericFar/2; i < end; i++ {
		switch c := r.byte(i); {
		case c == '}' || c == 0:
			return assigned{}, false
		case c == '"' && r.has(i, `"defaultvalue":`):
			return r.opening(assigned{}, r.blanks(i+len(`"defaultvalue":`)), true)
		}
	}
	return assigned{}, false
}

// named finds the value of a resource of Terraform whose name ends at i, the attributes between
// them having lines of their own.
func (r *reader) named(start, i int) (assigned, bool) {
	at := start - 1 // the quote, or the beginning of a path
	for at > start-genericKey && (keyByte(r.byte(at)) || r.byte(at) == '/') {
		at--
	}
	for at--; at > start-genericKey-genericGap && (r.byte(at) == ' ' || r.byte(at) == '='); at-- {
	}
	if !r.has(at-len("name")+1, "name") {
		return assigned{}, false
	}
	for n := 0; n < parameterLines && (r.byte(i) == '\n' || r.byte(i) == '\r'); n++ {
		if i = r.space(i); r.has(i, "value ") || r.has(i, "value=") {
			if i = r.blanks(i + len("value")); r.byte(i) == '=' {
				return r.opening(assigned{}, r.blanks(i+1), true)
			}
			return assigned{}, false
		}
		from := i
		for r.byte(i) != '\n' && r.byte(i) != '\r' {
			if c := r.byte(i); c == 0 || c == '}' || i > from+2*genericKey {
				return assigned{}, false
			}
			i++
		}
		if strings.IndexByte("}[{", r.byte(i-1)) >= 0 {
			return assigned{}, false
		}
	}
	return assigned{}, false
}
