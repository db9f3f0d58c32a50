package main

// Bounds of a command that is parsed, of which the rest is not known: the parser calls itself
// for each bracket and keyword, and each
// substitution is looked at with all that are in it.
const (
	maxCommand = 256 << 10 // bytes
	maxNested  = 64        // brackets in brackets
)

// nested reports whether brackets stand deeper in each other than is followed. Those in
// quotes and here-documents count as well.
func nested(text string) bool {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(', '{':
			depth++
		case ')', '}':
			depth = max(0, depth-1)
		}
		if depth > maxNested {
			return true
		}
	}
	return false
}
