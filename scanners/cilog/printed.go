package cilog

import "bytes"

// printed says how a line came into the log: by a trace of the shell, by a list
// of variables. line is the clean one.
func (s *spot) printed(line []byte, before []byte) string {
	switch {
	case s.env:
		return "environment of the step"
	case traced(line):
		return "set -x"
	case bytes.HasPrefix(line, []byte("$ ")), bytes.HasPrefix(line, []byte("##[command]")):
		return "echoed command"
	case bytes.HasPrefix(line, []byte("declare -x ")), bytes.HasPrefix(line, []byte("export ")) && assigned(line[7:]),
		assigned(line) && assigned(before):
		return "environment dump"
	}
	return ""
}

func traced(line []byte) bool {
	n := 0
	for n < len(line) && line[n] == '+' {
		n++
	}
	return n > 0 && n < 20 && n < len(line) && line[n] == ' '
}

// assigned reports whether a line begins as NAME=.
func assigned(line []byte) bool {
	for i, c := range line {
		if c == '=' {
			return i > 1
		}
		if !word(c) || i > 100 {
			return false
		}
	}
	return false
}
