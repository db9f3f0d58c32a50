package detectors

// What stands in the parentheses of a call with the name, or behind it.

// afterComma is for set("password", "...") and {"name": "password", "value": "..."}.
func (r *reader) afterComma(start, i int, quotedKey bool) (assigned, bool) {
	if !quotedKey {
		switch c := r.byte(start - 1); {
		case r.has(start-len("define("), "define("), c == '{', c == ':' && r.byte(start-2) == '{': // Erlang, Elixir
			return r.opening(assigned{}, r.blanks(i+1), true)
		case r.has(r.blanks(i+1), "value:"): // - {name: PASSWORD, value: ...}
			return r.opening(assigned{}, r.blanks(r.blanks(i+1)+len("value:")), false)
		case c == ':' && r.byte(start-2) == ' ' && r.quote(r.blanks(i+1)), c == ' ' && r.has(r.blanks(i+1), `<<"`): // get_env(:app, :password, "...")
			return r.opening(assigned{loose: true}, r.blanks(i+1), true)
		case c == '(' && r.compares(start-1):
			return r.opening(assigned{loose: true}, r.blanks(i+1), true)
		}
		return assigned{}, false
	}
	i = r.blanks(i + 1)
	for _, w := range []string{"default=", "default:", "defaultvalue:", "defaultvalue=", "defaultvalue =", "default =", "fallback="} { // ("--password", default="...")
		if r.has(i, w) {
			return r.opening(assigned{}, r.blanks(i+len(w)), true)
		}
	}
	opens := r.quote(i) || r.wrapper(i) > 0
	if opens {
		call := start - 2
		for n := 0; n < 2 && r.byte(call) == ' '; n++ {
			call--
		}
		if r.byte(call) == '(' && !r.hashes(call) || r.byte(start-1) == '-' && r.byte(start-2) == '-' || r.has(call-len(`"string"`), `"string",`) || r.has(call-len(`"string"`), `'string',`) || r.flagged(call) { // or "--password", "...", or of Gradle
			return r.opening(assigned{}, i, true)
		}
	}
	if r.byte(i) == '\\' && r.quote(i+1) && r.byte(start-2) == '\\' && r.byte(start-3) == '(' { // scripts of Postman
		return r.opening(assigned{}, i, true)
	}
	if r.byte(start-2) == '{' && opens { // maps of C++, tuples of Elixir
		return r.opening(assigned{loose: true}, i, true)
	}
	return r.pair(start, i)
}

// flagged reports whether the comma at i is behind the variable of a flag of Go, which the
// name of the flag and what it is by default follow.
func (r *reader) flagged(i int) bool {
	from := i
	for i > from-genericLine && (keyByte(r.byte(i-1)) || r.byte(i-1) == '&') {
		i--
	}
	return r.byte(from) == ',' && r.byte(i-1) == '(' && r.has(i-len("stringvar("), "stringvar(")
}

// afterCall is for what stands instead of a value that a call does not find:
// getenv("PASSWORD") ?: "...".
func (r *reader) afterCall(start, i int, quotedKey bool) (assigned, bool) {
	if !quotedKey {
		return r.compared(start)
	}
	i = r.blanks(i + 1)
	for _, w := range []string{"|| ", "?? ", "?: ", "or ", "| default(", ".unwrap_or(", ".unwrap_or_else(|_| ", ".orelse(", "{ "} {
		if r.has(i, w) {
			return r.opening(assigned{}, i+len(w), true)
		}
	}
	if r.quote(i) && r.has(start-len(`getenv "`), `getenv "`) { // Clojure
		return r.opening(assigned{}, i, true)
	}
	return assigned{}, false
}
