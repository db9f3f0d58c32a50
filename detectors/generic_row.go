package detectors

// What notes and tables say of a name: PASSWORD | ..., Password for staging: ...

// beside finds the value in the second column of a row whose first one is the name at start,
// in capitals as variables are: the names of columns stand beside each other too.
func (r *reader) beside(start, i int) (assigned, bool) {
	for j := start; keyByte(r.byte(j)); j++ {
		if c := r.byte(j); 'a' <= c && c <= 'z' {
			return assigned{}, false
		}
	}
	j := start - 1
	for n := 0; n < 4 && (r.byte(j) == ' ' || r.byte(j) == '|' || r.byte(j) == '`'); n++ {
		j--
	}
	if c := r.byte(j); c != '\n' && c != 0 {
		return assigned{}, false
	}
	return r.opening(assigned{}, i, false)
}

// belowUser reports whether the name at start is the first of a line that has one word more, and
// the line above is one of a user: user acme, then password ...
func (r *reader) belowUser(start, i int) bool {
	at := start
	for at > start-genericLine && (r.byte(at-1) == ' ' || r.byte(at-1) == '\t') {
		at--
	}
	if at--; r.byte(at) != '\n' || r.byte(i) == '=' || !r.alone(i) {
		return false
	}
	if at--; r.byte(at) == '\r' {
		at--
	}
	words := 0 // letters of the line above are read from its end
	for end := at; at > end-genericKey && r.byte(at) > ' '; at-- {
		words++
	}
	for words > 0 && (r.byte(at) == ' ' || r.byte(at) == '\t') {
		at--
	}
	for _, w := range []string{"user", "username", "login"} {
		if c := r.byte(at - len(w)); r.has(at-len(w)+1, w) && (c <= ' ') {
			return true
		}
	}
	return false
}

// mostOfPurpose is how long that may be which a password is said to be for, in bytes.
const mostOfPurpose = 32

// purpose finds the value behind words for what a password is for, and a colon: what i is at
// is the first of them.
func (r *reader) purpose(i int) (assigned, bool) {
	from := i
	for i < from+mostOfPurpose && (keyByte(r.byte(i)) || r.byte(i) == ' ' && keyByte(r.byte(i+1))) {
		i++
	}
	if i == from || r.byte(i) != ':' || r.byte(i+1) != ' ' {
		return assigned{}, false
	}
	a, ok := r.opening(assigned{loose: true}, r.blanks(i+1), false)
	return a, ok && r.alone(a.at)
}

// alone reports whether what begins at i is the last word of its line.
func (r *reader) alone(i int) bool {
	for from := i; i < from+genericValue; i++ {
		switch r.byte(i) {
		case ' ', '\t':
			return false
		case 0, '\n', '\r':
			return true
		}
	}
	return false
}
