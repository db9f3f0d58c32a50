package detectors

// Files of settings have keys of several services below one name, each under the name of its
// service: api_keys: in YAML, [secrets] in TOML. What stands there counts where a service is
// named and the value has a form of its credentials.

// isMapped reports whether the name at start, which ends at end, is of several secrets, and
// lines with their names and values are below it. i is where they begin.
func (r *reader) isMapped(start, end int) (i int, ok bool) {
	if r.byte(end-1)|0x20 != 's' {
		return 0, false
	}
	switch r.byte(end) {
	case ']':
		ok = r.byte(start-1) == '[' && r.byte(start-2) <= '\n'
	case ':':
		ok = r.first(start)
	}
	if i = end + 1; r.byte(i) == '\r' {
		i++
	}
	return i + 1, ok && r.byte(i) == '\n'
}

// mapped calls each for the values in the lines that begin at i: those of YAML that are
// indented as the first one, more than the name in front of them, or those of a table of TOML.
func (r *reader) mapped(start, i int, each func(*assigned)) {
	table := r.byte(start-1) == '['
	own, deep := 0, -1
	for r.byte(start-own-1) == ' ' && own < genericLine {
		own++
	}
	for end := i + genericFar; i < end; {
		at := i
		for r.byte(at) == ' ' && at < i+genericLine {
			at++
		}
		if deep < 0 {
			deep = at - i
		}
		c := r.byte(at)
		if c == 0 || !table && (at-i <= own || at-i < deep) || table && c == '[' {
			return
		}
		if at-i == deep {
			if a, ok := r.entryOf(at); ok {
				each(&a)
			}
		}
		for i = at; i < end && r.byte(i) != '\n'; i++ {
		}
		i++
	}
}

// entryOf is the value in the line of a map that begins at i. One whose own name sounds secret
// is found for that.
func (r *reader) entryOf(i int) (a assigned, ok bool) {
	if r.quote(i) {
		i++
	}
	from := i
	for i < from+genericKey && keyByte(r.byte(i)) {
		i++
	}
	if i == from || wordsOfNames.in(r.lower(from, i), 0) != "" {
		return a, false
	}
	key := string(r.data[from:i])
	if r.quote(i) {
		i++
	}
	if i = r.blanks(i); r.byte(i) != '=' && r.byte(i) != ':' {
		return a, false
	}
	if a, ok = r.opening(assigned{line: true, vague: true, spoken: true}, r.blanks(i+1), false); ok {
		a.key = key
	}
	return a, ok && r.byte(a.at) > ' '
}
