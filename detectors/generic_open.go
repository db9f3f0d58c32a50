package detectors

import "bytes"

// wrappers are calls that a value stands in unchanged.
var wrappers = []string{"[]byte(", "buffer.from(", "bytes(", "new string(", "string(", "secretstr(", "b(", "str(", "securestring(", "string::from(", "<<", "string.new(", "new securestring(", "some(", "optional.of(", "(",
	"[]string{", "qstringliteral(", "std::string(", "headervalue::from_static(", "sensitive(", "encoding.utf8.getbytes(", "field(default=", "raw"}

// opening finds the quote that opens the value at i.
func (r *reader) opening(a assigned, i int, mustQuote bool) (assigned, bool) {
	c := r.byte(i)
	if !mustQuote && isLetter(c) {
		if at := r.fallback(i); at > i {
			a.loose = true
			return r.quoted(a, at), true
		}
	}
	if at := r.templated(i); at > 0 {
		a.loose = true
		return r.quoted(a, at), true
	}
	switch {
	case r.quote(i):
		return r.quoted(a, i), true
	case c == '{' && r.quote(i+1) && r.byte(i-1) == '=': // JSX
		return r.quoted(a, i+1), true
	case c == '[' && r.byte(i+1) == '[': // Lua
		a.at, a.quote = i+2, ']'
		return a, true
	case c == '\\' && r.quote(i+1):
		a.at, a.quote = i+2, '\\'
		return a, true
	case (c == 'b' || c == '@' || c == 'r' || c == 'u' || c == 'L' || c == 'f' || c == 'N') && r.quote(i+1): // Python, Objective-C and C#, C, SQL
		a.at, a.quote = i+2, r.byte(i+1)
		return a, true
	}
	if at, quote := r.perlQuote(i, c); quote != 0 {
		a.at, a.quote = at, quote
		return a, true
	}
	if n := r.wrapper(i); n > 0 {
		a.at, a.quote = i+n+1, r.byte(i+n)
		return a, true
	}
	a.at = i
	return a, !mustQuote
}

// templated is the quote of what a template at i has for where a variable is not set:
// <%= ENV.fetch("PW", "...") %>, "{{ env_var('PW', '...') }}"; 0 if there is none.
func (r *reader) templated(i int) int {
	switch {
	case r.byte(i) == '<' && r.has(i, "<%= "):
		return r.fallback(i + len("<%= "))
	case r.quote(i) && r.byte(i+1) == '{' && r.has(i+1, "{{ env"):
		return r.fallback(i + len(`"{{ `))
	}
	return 0
}

// quoted is what stands in the quotes that open at i.
func (r *reader) quoted(a assigned, i int) assigned {
	a.at, a.quote = i+1, r.byte(i)
	switch {
	case r.byte(i+1) == a.quote && r.byte(i+2) == a.quote: // """
		if a.at += 2; r.byte(a.at) == '\n' || r.byte(a.at) == '\r' {
			a = assigned{at: r.space(a.at), line: true}
		}
	case a.quote == '\'' && r.byte(i+1) == '"': // buildConfigField 'String', 'API_KEY', '"..."'
		a.at, a.quote = i+2, '"'
	case r.byte(i+1) == '\\' && r.quote(i+2): // source in a text: "\"...\""
		a.at, a.quote = i+3, '\\'
	}
	return a
}

// typed skips the type in "token: String = ..." if what follows is in quotes.
func (r *reader) typed(i int) int {
	j := i
	if r.has(i, "&'static ") {
		j += len("&'static ")
	}
	for j < i+genericGap && (keyByte(r.byte(j)) || bytes.IndexByte([]byte("&[]<>?*|"), r.byte(j)) >= 0 || r.byte(j) == ' ' && r.byte(j-1) != ' ') {
		j++
	}
	k := r.blanks(j)
	if c := r.byte(k); c == '\n' || c == '\r' {
		k = r.space(k)
	}
	if r.byte(k) == ':' && r.byte(k+1) == '=' { // IEC 61131
		k++
	}
	if k == i || r.byte(k) != '=' {
		return i
	}
	if k = r.blanks(k + 1); r.quote(k) || r.byte(k) == 'b' && r.quote(k+1) || r.wrapper(k) > 0 {
		return k
	}
	return i
}

// wrapper is how long what wraps the text is that begins at i, 0 where nothing does.
func (r *reader) wrapper(i int) int {
	c := r.byte(i)
	for _, w := range wrappers {
		if c|0x20 == w[0]|0x20 && r.has(i, w) && r.quote(i+len(w)) {
			return len(w)
		}
	}
	return 0
}

// perlQuote is where the text starts in q(...), qq{...} and Ruby's %q[...], and what ends
// it; 0 where nothing of that kind is at i.
func (r *reader) perlQuote(i int, c byte) (at int, quote byte) {
	if c == '%' {
		i++
	}
	if r.byte(i) != 'q' && (c != '%' || r.byte(i) != 'Q') {
		return 0, 0
	}
	if i++; c == 'q' && r.byte(i) == 'q' {
		i++
	}
	if k := bytes.IndexByte([]byte("({[|"), r.byte(i)); k >= 0 {
		return i + 1, ")}]|"[k]
	}
	return 0, 0
}

// keyed finds the text in front of the name in Apple's calls that say the key last:
// set("...", forKey: "password"), setValue("...", forHTTPHeaderField: "X-Api-Key").
func (r *reader) keyed(start int) (a assigned, ok bool) {
	i := start - 1
	if r.byte(i-1) == '@' { // Objective-C
		i--
	}
	for r.byte(i-1) == ' ' && i > start-4 {
		i--
	}
	switch {
	case r.has(i-len("forkey:"), "forkey:"):
		i -= len("forkey:")
	case r.has(i-len("forhttpheaderfield:"), "forhttpheaderfield:"):
		i -= len("forhttpheaderfield:")
	default:
		return r.keyedLast(start)
	}
	for n := 0; n < 2 && (r.byte(i-1) == ' ' || r.byte(i-1) == ','); n++ {
		i--
	}
	return r.textBefore(i)
}

// keyedLast finds the value in front of the name where a map is written as a list, the value
// first: <add value="..." key="password"/>, {"value": "...", "key": "password"}.
func (r *reader) keyedLast(start int) (a assigned, ok bool) {
	i := start - 1
	for n := 0; n < 3 && (r.byte(i-1) == ' ' || r.byte(i-1) == ':' || r.byte(i-1) == '=' || r.byte(i-1) == '"'); n++ {
		i--
	}
	switch {
	case r.has(i-len("key"), "key"):
		i -= len("key")
	case r.has(i-len("name"), "name"):
		i -= len("name")
	default:
		return a, false
	}
	if r.byte(i-1) == '"' {
		i--
	}
	from := i
	for i > from-genericGap && bytes.IndexByte([]byte(" ,\t\r\n"), r.byte(i-1)) >= 0 {
		i--
	}
	if i == from {
		return a, false
	}
	if a, ok = r.textBefore(i); !ok {
		return a, false
	}
	i = a.at - 1
	for n := 0; n < 3 && (r.byte(i-1) == ' ' || r.byte(i-1) == ':' || r.byte(i-1) == '=' || r.byte(i-1) == '"'); n++ {
		i--
	}
	return a, r.has(i-len("value"), "value")
}

// textBefore is the text whose closing quote stands in front of i.
func (r *reader) textBefore(i int) (a assigned, ok bool) {
	quote := r.byte(i - 1)
	if !r.quote(i - 1) {
		return a, false
	}
	for at := i - 1; at > i-genericValue; at-- {
		switch r.byte(at - 1) {
		case quote:
			return assigned{at: at, quote: quote}, true
		case 0, '\n', '\r':
			return a, false
		}
	}
	return a, false
}

// spoken finds a key that stands right behind the word for it, as in notes: asana token ... It
// must have digits and letters, and end where the word ends; logs are full of the word
// before names with values of their own.
func (r *reader) spoken(i int) (a assigned, ok bool) {
	at, digits, letters := i, 0, 0
	for ; i < at+genericValue; i++ {
		switch c := r.byte(i); {
		case isDigit(c):
			digits++
		case isLetter(c):
			letters++
		case (c == '=' || c == ':') && digits == 0: // token id=...: of another name
			return a, false
		case c != '_' && c != '-' && c != '.' && c != '/' && c != '+' && c != '=' && c != ':':
			return assigned{at: at, loose: true, vague: true, spoken: true}, i-at >= 16 && digits > 1 && letters > 1 && (c <= ' ' || r.quote(i))
		}
	}
	return a, false
}

// property reports whether the name at start has dots and is the first in a line that has
// nothing else but what is at i: a property of Java, behind blanks.
func (r *reader) property(start, i int) bool {
	if c := r.byte(start - 1); c != '\n' && c != 0 || bytes.IndexByte(r.data[start:i], '.') < 0 {
		return false
	}
	for from := i; i < from+genericKey*2; i++ {
		if c := r.byte(i); c <= ' ' {
			return i-from >= 8 && (c == '\n' || c == '\r' || c == 0)
		}
	}
	return false
}

// ofWorkflow reports whether a name is that in a command by which a step tells GitHub Actions a value.
// https://docs.github.com/en/actions/writing-workflows/choosing-what-your-workflow-does/workflow-commands-for-github-actions
func (r *reader) ofWorkflow(start int) bool {
	const name = " name="
	if !r.has(start-len(name), name) {
		return false
	}
	for _, command := range []string{"::set-output", "::save-state", "::set-env"} {
		if r.has(start-len(name)-len(command), command) {
			return true
		}
	}
	return false
}
