package around

import "strings"

// noOpener are what a bracket behind it is a part of: a[0], ${X}, f(x).
var noOpener = charsOf("_.-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ$%#@\\")

// structural are the characters that brackets looks at.
var structural = charsOf(`"{[(}])`)

// brackets opens and closes what a line's brackets do. Those in double quotes are
// text; a template's are a value.
func (g *grower) brackets(l *line) {
	text := l.text
	for i := 0; i < len(text); i++ {
		if !structural[text[i]] { // most
			continue
		}
		switch c := text[i]; c {
		case '"':
			if end := quoted(text, i); end > 0 {
				i = end
			}
		case '{', '[':
			if end := templated(text, i); end > 0 {
				i = end
			} else if (i == 0 || !noOpener[text[i-1]]) && !begins(text, i) {
				g.push(l.at+i, level{kind: c})
			}
		case '(':
			if rest := trimEnd(text[i+1:]); rest == "" || strings.HasSuffix(rest, ",") && !strings.Contains(rest, ")") {
				g.push(l.at+i, level{kind: c})
			}
		case '}', ']', ')':
			g.pop(l, i)
		}
	}
}

// begins reports whether a bracket is the first character of a value: PASSWORD={abc
func begins(text string, i int) bool {
	return i > 0 && text[i-1] == '=' && i+1 < len(text) && isName(text[i+1]) && !strings.ContainsAny(text[i:], "]}")
}

// quoted is where the text ends whose quote is at i; 0 if not in this line.
func quoted(text string, i int) int {
	for j := i + 1; j < len(text); j++ {
		switch text[j] {
		case '\\':
			j++
		case '"':
			return j
		}
	}
	return 0
}

// templated is where what a template fills in ends, {{ x }} or ${x}; 0 if there is
// none at i.
func templated(text string, i int) int {
	end := ""
	switch {
	case strings.HasPrefix(text[i:], "{{"):
		end = "}}"
	case text[i] == '{' && i > 0 && text[i-1] == '$':
		end = "}"
	default:
		return 0
	}
	n := strings.Index(text[i:], end)
	if n < 0 {
		return 0
	}
	return i + n + len(end) - 1
}

var openers = [256]byte{'}': '{', ']': '[', ')': '('}

// pop closes a bracket.
func (g *grower) pop(l *line, i int) {
	bracket := false
	for k := len(g.open) - 1; k > 0; k-- {
		switch kind := g.open[k].kind; {
		case kind == openers[l.text[i]]:
			g.open = g.open[:k]
			g.goOn(l.at + i + 1)
			return
		case kind == '{' || kind == '[' || kind == '(':
			bracket = true
		default: // brackets are within what lines begin
			k = 0
		}
	}
	// One that was opened in front of the text; in a value it is a character.
	rest := strings.TrimLeft(l.text[i+1:], " \t\r")
	if !bracket && l.text[i] != ')' && (rest == "" || strings.IndexByte(",}]", rest[0]) >= 0) && (i == 0 || strings.IndexByte("\"'}] \t", l.text[i-1]) >= 0) {
		g.wrap(l.at + i + 1)
	}
}
