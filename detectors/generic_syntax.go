package detectors

import "bytes"

// assigned is a value, and how it is given to a name.
type assigned struct {
	start, end int // of the name
	at         int // where the value starts
	// quote is what the value stands in, 0 for nothing. '\\' stands for one that is
	// escaped: JSON within a text. '<' is for the text of an XML element.
	quote byte
	line  bool // the name is the first on its line, as in files of settings
	loose bool // nothing says that it is an assignment: a comparison, a call, words
	vague bool // too little says that it is a credential, unless somebody's service is named

	spoken bool // no sign of assignment stands in front of it

	key string // its own name, where that of several is above it

	bearer bool // it is the token of an Authorization header, which has a rule of its own

	chained bool // it stands behind a semicolon, in a connection string
}

// assigned finds what assigns to the name at start.
func (r *reader) assigned(start, end int) (a assigned, ok bool) {
	i, quotedKey := r.closeKey(end)
	if r.byte(start-1) == ':' && isDigit(r.byte(start-2)) && r.byte(i) == ':' { // of an ARN
		return a, false
	}
	if quotedKey {
		if a, ok = r.keyed(start); ok {
			return a, ok
		}
	}
	key := i
	i = r.blanks(i)
	switch c := r.byte(i); c {
	case '=':
		return r.afterEquals(start, i)
	case ':':
		return r.afterColon(start, i)
	case '!', '|', '?', '.', '+':
		return r.afterOperator(start, i, c)
	case 0xef: // the colon of Chinese and Japanese
		return r.opening(assigned{line: r.first(start)}, r.blanks(i+len("：")), !r.has(i, "："))
	case '{':
		return r.afterBrace(start, i, quotedKey)
	case ')':
		if a, ok = r.inserted(start, i); ok {
			return a, ok
		}
		return r.afterCall(start, i, quotedKey)
	case '>': // <password>..., <entry key="password">...
		if !quotedKey && r.byte(start-1) != '<' {
			return a, false
		}
		if i = r.space(i + 1); r.has(i, "<value>") { // answers of Windows Setup
			i += len("<value>")
		}
		return assigned{at: i, quote: '<'}, true
	case ',':
		if a, ok = r.inserted(start, i); ok {
			return a, ok
		}
		return r.afterComma(start, i, quotedKey)
	case '-': // Scala: "password" -> "..."
		if quotedKey && r.byte(i+1) == '>' {
			return r.opening(assigned{}, r.blanks(i+2), true)
		}
		if !quotedKey && i > key && r.byte(i+1) == ' ' && r.quote(i+2) { // token - "..."
			return assigned{at: i + 3, quote: r.byte(i + 2), loose: true, vague: true, spoken: true}, true
		}
	case '(':
		return r.opening(assigned{loose: true}, r.blanks(i+1), true)
	case '"', '\'':
		return assigned{at: i + 1, quote: c, loose: true}, i > key && (!quotedKey || r.byte(start-2) == '{')
	case '}': // Robot Framework: ${PASSWORD}    ...
		if i == key && r.byte(start-1) == '{' && r.byte(start-2) == '$' && r.byte(start-3) <= '\n' && r.has(i+1, "  ") {
			return assigned{at: r.blanks(i + 1), line: true}, true
		}
	case '[': // char password[] = "..."
		for n := 0; n < 5 && r.byte(i) != ']'; n++ {
			i++
		}
		if i = r.blanks(i + 1); r.byte(i) == '=' && r.byte(i+1) != '=' {
			return r.opening(assigned{}, r.blanks(i+1), true)
		}
	case '<':
		if r.byte(i+1) == '-' { // R
			return r.opening(assigned{line: r.first(start)}, r.blanks(i+2), true)
		}
		return r.element(start, i)
	case '\r', '\n', 0:
		if a, ok = r.equalsBelow(start, i); ok {
			return a, ok
		}
		return r.listed(start, i)
	default:
		if i > key || quotedKey {
			return r.afterWord(start, i, c, quotedKey)
		}
	}
	return a, false
}

// closeKey skips the end of a name in quotes, and of config["password"].
func (r *reader) closeKey(i int) (to int, quoted bool) {
	if r.byte(i) == '\\' && r.quote(i+1) {
		i++
	}
	if quoted = r.quote(i); quoted {
		i++
	}
	if r.byte(i) == '*' && r.byte(i+1) == '*' { // **Password**: ...
		i += 2
	}
	for r.byte(i) == ']' && r.byte(i+1) == '[' && r.quote(i+2) { // Chef: ["password"]["root"]
		j := i + 3
		for j < i+genericGap && keyByte(r.byte(j)) {
			j++
		}
		if !r.quote(j) || r.byte(j+1) != ']' {
			break
		}
		i = j + 1
	}
	if c := r.byte(i); c == ']' || c == '}' && r.byte(i+1) == ' ' && r.byte(i+2) == '=' || c == '$' && !quoted { // Perl: $ENV{PASSWORD} =; BASIC: PASSWORD$ =
		i++
	}
	return i, quoted
}

func (r *reader) afterEquals(start, i int) (assigned, bool) {
	switch r.byte(i + 1) {
	case '=':
		if i += 2; r.byte(i) == '=' {
			i++
		}
		return r.opening(assigned{loose: true}, r.blanks(i), true)
	case '~':
		return assigned{}, false // a pattern
	case '>':
		i++
	case '[': // maps of headers that Java writes: X-Api-Key=[...]
		if c := r.byte(i + 2); (isLetter(c) || isDigit(c)) && r.byte(start-1) != '-' {
			return assigned{at: i + 2, quote: ']', loose: true}, true
		}
	}
	return r.opening(assigned{line: r.first(start), chained: r.byte(start-1) == ';'}, r.below(r.blanks(i+1)), false)
}

func (r *reader) afterColon(start, i int) (assigned, bool) {
	switch r.byte(i + 1) {
	case ':': // ::= of make; else a name within another
		if i += 2; r.byte(i) == ':' {
			i++
		}
		if r.byte(i) == '=' || r.byte(i) == ' ' { // Jsonnet
			return r.opening(assigned{}, r.blanks(i+1), true)
		}
		if r.ofWorkflow(start) {
			return r.opening(assigned{}, i, false)
		}
		return assigned{}, false
	case '=':
		return r.opening(assigned{line: r.first(start)}, r.blanks(i+2), false)
	case '-': // ${PASSWORD:-...}
		if r.byte(start-1) == '{' {
			return r.opening(assigned{}, i+2, false)
		}
	}
	if r.byte(i+1) == '*' && r.byte(i+2) == '*' { // **Password:** ...
		i += 2
	}
	i = r.typed(r.tagged(start, r.blanks(i+1)))
	if r.byte(i) == '{' { // "password": {"value": "..."}
		if j := r.space(i + 1); r.has(j, `"value"`) {
			return r.pair(start, j)
		}
		if a, ok := r.defaulted(i); ok {
			return a, ok
		}
	}
	if r.has(i, "return ") { // case "password":
		i += len("return ")
	}
	if a, ok := r.inValue(start, i); ok {
		return a, ok
	}
	return r.opening(assigned{line: r.first(start)}, r.below(i), false)
}

// tagged skips the type and the anchor of a value of YAML: password: !!str ..., token: &main ...
func (r *reader) tagged(start, i int) int {
	if r.has(i, "!!str ") {
		return r.blanks(i + len("!!str "))
	}
	j := i + 1
	for j < i+genericGap && keyByte(r.byte(j)) {
		j++
	}
	if r.byte(i) == '&' && j > i+1 && r.byte(j) == ' ' && r.byte(r.blanks(j)) != '=' && r.first(start) {
		return r.blanks(j)
	}
	return i
}

// afterOperator is for != "...", || "...", ?? "...", ?= ..., .= "...", += "..."
func (r *reader) afterOperator(start, i int, c byte) (assigned, bool) {
	next := r.byte(i + 1)
	switch {
	case (c == '?' || c == '!') && next == ':': // also TypeScript: apiKey?: string = "..."
		return r.opening(assigned{}, r.typed(r.blanks(i+2)), true)
	case c == '|' && next == ' ' && r.has(i+2, "default("): // Jinja
		return r.opening(assigned{}, i+2+len("default("), true)
	case c == '|' && (next == ' ' || next == '\t'):
		return r.beside(start, r.blanks(i+1))
	case c == '!' && next == '=' || c == '|' && next == '|' || c == '?' && next == '?':
		if i += 2; r.byte(i) == '=' {
			i++
		}
		return r.opening(assigned{loose: c == '!'}, r.blanks(i), true)
	case c == '?' && next == '=':
		return r.opening(assigned{}, r.blanks(i+2), false)
	case (c == '.' || c == '+') && next == '=':
		return r.opening(assigned{}, r.blanks(i+2), true)
	}
	return assigned{}, false
}

// afterWord is for what is neither a sign nor a quote: name="password" value="...",
// --password ..., ENV PASSWORD ..., password or "...", password is "...", token string = "...".
func (r *reader) afterWord(start, i int, c byte, quotedKey bool) (assigned, bool) {
	switch {
	case c == 0:
	case !quotedKey && r.has(start, "identified "): // SQL
		return r.identified(i)
	case quotedKey && r.has(i, "value="):
		return r.opening(assigned{}, i+len("value="), true)
	case quotedKey && r.has(i, "to ") && r.byte(i+3) == '"': // Kotlin: "password" to "..."
		return r.opening(assigned{}, i+3, true)
	case quotedKey && r.has(i, "content="): // <meta name="api-key" content="...">
		return r.opening(assigned{}, i+len("content="), true)
	case quotedKey && r.has(start-len(`name="`), `name="`), quotedKey && r.has(i, "android:value="):
		return r.behindAttributes(i)
	case quotedKey:
	case r.byte(start-1) == '-' && r.byte(start-2) == '-' && r.byte(start-3) != '-':
		if c == '-' || c == '<' || c == '[' {
			return assigned{}, false
		}
		return assigned{at: i}, true
	case r.byte(start-1) == '-' && r.byte(start-2) == ' ' && isUpper(r.byte(start)) && c != '-': // PowerShell
		return r.opening(assigned{}, i, false)
	case r.has(i, "or ") && r.quote(i+3), r.has(i, "is ") && r.quote(i+3):
		return assigned{at: i + 4, quote: r.byte(i + 3)}, true
	case r.has(i, "is "):
		return r.spoken(i + 3)
	case r.has(i, "equ ") && r.quote(i+4):
		return assigned{at: i + 5, quote: r.byte(i + 4)}, true
	case r.byte(start-1) == '-' && (r.has(start, "storepass ") || r.has(start, "keypass ")): // keytool
		return r.opening(assigned{}, i, false)
	case r.has(i, "pic "), r.has(i, "type string value "): // COBOL, ABAP
		return r.declaredAs(i, " value ")
	case r.has(i, "for ") && r.has(start-4, "set "), r.has(i, "as string") || r.has(start-len("declare @"), "declare @"): // SQL, Visual Basic
		return r.declared(i)
	case r.has(start-len(`\set `), `\set `): // psql
		return r.opening(assigned{}, i, false)
	case r.has(i, "for "):
		return r.purpose(i + len("for "))
	case r.byte(start-1) == ' ' && (r.has(start-7, "header") || r.has(start-4, "env") || r.has(start-4, "arg") || r.has(start-7, "setenv") || r.has(start-3, "-x") || r.has(start-3, "gx") || r.has(start-3, "ux")): // and fish
		return assigned{at: i}, true
	default:
		if value := r.typed(i); value != i {
			return r.opening(assigned{}, value, true)
		}
		if r.property(start, i) || r.belowUser(start, i) {
			return assigned{at: i, line: true}, true
		}
		return r.spoken(i)
	}
	return assigned{}, false
}

// identified is for the rest of IDENTIFIED BY ... and IDENTIFIED WITH plugin BY ...
func (r *reader) identified(i int) (assigned, bool) {
	j := i
	for j < i+2*genericGap && (keyByte(r.byte(j)) || r.quote(j)) {
		j++
	}
	if r.has(j, " by ") || r.has(j, " as ") {
		i = r.blanks(j + len(" by "))
	}
	return r.opening(assigned{}, i, false)
}

// declared is for what has a type or an account between the name and the sign of
// equality, which the value in quotes stands behind.
func (r *reader) declared(i int) (assigned, bool) {
	for n := 0; n < 2*genericGap; n, i = n+1, i+1 {
		switch c := r.byte(i); {
		case c == '=':
			return r.opening(assigned{}, r.blanks(i+1), true)
		case c != ' ' && !keyByte(c) && bytes.IndexByte([]byte("()'@\"`,"), c) < 0:
			return assigned{}, false
		}
	}
	return assigned{}, false
}

// first reports whether the name at start is the first of its line, but for what
// lists, shells and comments have in front of it.
func (r *reader) first(start int) bool {
	i := start - 1
	for n := 0; n < genericLine; n++ {
		switch c := r.byte(i); c {
		case 0, '\n':
			return true
		case ' ', '\t', '-', '#', '"', '\'', ';', '*', '!', '%': // also Markdown and IPython
			i--
		case 't', 'v', 'e': // export, env, -e
			switch {
			case r.has(i-5, "export"):
				i -= 6
			case r.has(i-2, "env"):
				i -= 3
			case c == 'e' && r.byte(i-1) == '-':
				i--
			default:
				return false
			}
		default:
			return false
		}
	}
	return false
}
