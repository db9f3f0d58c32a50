package detectors

import (
	"bytes"
	"strings"
)

// value is what starts at a.at; nothing if it does not end within reach.
func (r *reader) value(a *assigned) []byte {
	for i := a.at; i <= a.at+genericValue; i++ {
		switch c := r.byte(i); {
		case c == 0 && i < len(r.data):
			return nil
		case c == '\n' || c == '\r' || c == 0:
			if a.quote == 0 {
				return r.data[a.at:i]
			} else if a.quote != '<' || r.byte(r.space(i)) != '<' {
				return nil
			}
			return bytes.TrimRight(r.data[a.at:i], " \t")
		case a.quote != 0:
			if c == a.quote {
				return r.data[a.at:i]
			} else if c == '\\' {
				return nil
			}
		case bytes.IndexByte([]byte(" \t\"'`,;(){}[]<>&\\"), c) >= 0:
			return r.bare(a, i, c)
		}
	}
	return nil
}

// trimmed is a value in quotes without the blanks around it, which people copy with it.
func trimmed(a *assigned, value []byte) []byte {
	if a.quote == 0 {
		return value
	}
	short := bytes.TrimPrefix(bytes.TrimLeft(value, " "), []byte("{noop}")) // Spring: of no encoder
	a.at += len(value) - len(short)
	return bytes.TrimRight(short, " ")
}

// inBraces is the last word of an element's text in braces, and the words in front of it. There
// Jenkins and Maven have ciphertexts, which have no blanks: what has some is a note of somebody.
func inBraces(a *assigned, value []byte) (last []byte, said []string) {
	n := len(value)
	if a.quote != '<' || n < 2 || value[0] != '{' || value[n-1] != '}' || bytes.IndexByte(value, ' ') < 0 {
		return value, nil
	}
	last = bytes.TrimRight(value[:n-1], " ")
	i := bytes.LastIndexByte(last, ' ') + 1
	a.at += i
	return last[i:], strings.Fields(string(value[1:max(1, i)]))
}

// bare is a value without quotes that c ends, at i. In a file of settings it goes
// on to the end of the line, unless c begins what is no part of it.
func (r *reader) bare(a *assigned, i int, c byte) []byte {
	v := r.data[min(a.at, len(r.data)):i]
	if c == ' ' && a.line {
		if next := r.byte(i + 1); ('a' <= next && next <= 'z' || next >= 0x80) && !isUpper(r.data[a.start]) {
			return nil // a sentence
		}
	}
	if a.chained && c != ';' {
		for j := i; j <= a.at+genericValue; j++ {
			if c := r.byte(j); c <= ' ' || bytes.IndexByte([]byte(";\"'`<>,"), c) >= 0 {
				v = r.data[a.at:min(j, len(r.data))]
				break
			}
		}
		return v
	}
	if c == ' ' || c == '\t' || c == '"' || c == '\'' || c == '`' || c == ',' || c == '\\' {
		return v
	}
	if c == '(' || c == '<' || c == '[' && len(v) < 4 || c == '{' && len(v) < 4 {
		return nil // an expression
	}
	if !a.line || len(v) < 2 {
		return v
	}
	closes := true
	for j := i; j <= a.at+genericValue; j++ {
		switch c := r.byte(j); {
		case c == '\n' || c == '\r' || c == 0:
			if closes {
				return v
			}
			return r.data[a.at:min(j, len(r.data))]
		case bytes.IndexByte([]byte(" \t\"'`(,<"), c) >= 0:
			return v
		case bytes.IndexByte([]byte(";)}]"), c) < 0:
			closes = false
		}
	}
	return v
}
