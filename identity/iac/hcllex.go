package iac

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// A hclToken is a word, a sign, or a piece of a text.
type hclToken struct {
	kind byte
	text []byte
	line int
}

// The kinds of tokens that are not a sign of one byte.
const (
	hclEnd      = 0   // of the text
	hclWord     = 'w' // an identifier
	hclNumber   = '0'
	hclNewline  = '\n'
	hclQuote    = '"' // begins a text
	hclQuoted   = 'q' // a piece of it, with escapes
	hclHeredoc  = '<' // begins one
	hclLiteral  = 'l' // a piece of it
	hclTextEnd  = 'e' // ends either
	hclInterp   = '$' // ${
	hclControl  = '%' // %{
	hclSequence = 's' // the } of these
	hclOperator = 'o'
)

// A hclState is what the lexer is within: a text, a heredoc, or the braces of
// a ${.
type hclState struct {
	kind   byte   // hclQuote, hclHeredoc, hclInterp
	word   []byte // that ends a heredoc
	braces int    // open within ${
}

type hclLexer struct {
	data   []byte
	at     int
	line   int
	tokens []hclToken
	stack  []hclState
}

// lexHCL cuts HCL into tokens. Comments are left out. It follows the native syntax
// specification, and is compared with HashiCorp's lexer and parser in tests.
func lexHCL(data []byte, template bool) []hclToken {
	x := &hclLexer{data: bytes.TrimPrefix(data, []byte("\ufeff")), line: 1}
	if template { // a text without quotes, that nothing ends
		x.stack = append(x.stack, hclState{kind: hclHeredoc})
	}
	for x.at < len(x.data) {
		if n := len(x.stack); n > 0 && x.stack[n-1].kind != hclInterp {
			x.piece(&x.stack[n-1])
		} else {
			x.token()
		}
	}
	return append(x.tokens, hclToken{kind: hclEnd, line: x.line})
}

// emit adds a token of n bytes.
func (x *hclLexer) emit(kind byte, n int) {
	text := x.data[x.at : x.at+n]
	x.tokens = append(x.tokens, hclToken{kind, text, x.line})
	x.line += bytes.Count(text, []byte("\n"))
	x.at += n
}

func (x *hclLexer) skip(n int) {
	x.line += bytes.Count(x.data[x.at:x.at+n], []byte("\n"))
	x.at += n
}

// to is the number of bytes up to the end of s, or of the text.
func to(rest []byte, s string, keep int) int {
	if i := bytes.Index(rest, []byte(s)); i >= 0 {
		return i + keep
	}
	return len(rest)
}

// token reads one token outside of texts.
func (x *hclLexer) token() {
	rest := x.data[x.at:]
	switch c := rest[0]; {
	case c == ' ' || c == '\t' || c == '\r' || c == '~':
		x.skip(1)
	case c == '#' || bytes.HasPrefix(rest, []byte("//")):
		x.skip(to(rest, "\n", 0))
	case bytes.HasPrefix(rest, []byte("/*")):
		x.skip(2 + to(rest[2:], "*/", 2))
	case c == '"':
		x.emit(hclQuote, 1)
		x.stack = append(x.stack, hclState{kind: hclQuote})
	case bytes.HasPrefix(rest, []byte("<<")) && x.heredoc(rest):
	case c >= '0' && c <= '9':
		x.emit(hclNumber, numberLen(rest))
	case isWordStart(rest):
		x.emit(hclWord, wordLen(rest))
	case c == '{' || c == '}':
		x.brace(c)
	case bytes.IndexByte([]byte("\n[]().,:=*"), c) >= 0 && !isOperator(rest):
		x.emit(c, 1)
	default:
		x.emit(hclOperator, operatorLen(rest))
	}
}

// brace reads a brace, which may be the one that ends a ${.
func (x *hclLexer) brace(c byte) {
	n := len(x.stack)
	switch {
	case n == 0:
	case c == '{':
		x.stack[n-1].braces++
	case x.stack[n-1].braces == 0:
		x.emit(hclSequence, 1)
		x.stack = x.stack[:n-1]
		return
	default:
		x.stack[n-1].braces--
	}
	x.emit(c, 1)
}

// isOperator reports whether text begins with an operator that begins like a
// sign.
func isOperator(s []byte) bool {
	for _, op := range []string{"==", "=>", "...", "::"} {
		if bytes.HasPrefix(s, []byte(op)) {
			return true
		}
	}
	return false
}

func operatorLen(s []byte) int {
	if bytes.HasPrefix(s, []byte("...")) {
		return 3
	}
	for _, op := range []string{"==", "=>", "!=", "<=", ">=", "&&", "||", "::"} {
		if bytes.HasPrefix(s, []byte(op)) {
			return 2
		}
	}
	return 1
}

func isWordStart(s []byte) bool {
	r, _ := utf8.DecodeRune(s)
	return r == '_' || r != utf8.RuneError && unicode.IsLetter(r)
}

// wordLen is the length of an identifier. Hyphens are part of one.
func wordLen(s []byte) int {
	n := 0
	for n < len(s) {
		r, size := utf8.DecodeRune(s[n:])
		if r != '_' && r != '-' && (r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Mc, r)) {
			break
		}
		n += size
	}
	return n
}

func numberLen(s []byte) int {
	digits := func(n int) int {
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		return n
	}
	n := digits(0)
	if n+1 < len(s) && s[n] == '.' && digits(n+1) > n+1 {
		n = digits(n + 1)
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		e := n + 1
		if e < len(s) && (s[e] == '+' || s[e] == '-') {
			e++
		}
		if digits(e) > e {
			n = digits(e)
		}
	}
	return n
}

// heredoc reads <<WORD or <<-WORD and the end of the line.
func (x *hclLexer) heredoc(rest []byte) bool {
	n := 2
	if n < len(rest) && rest[n] == '-' {
		n++
	}
	if !isWordStart(rest[n:]) {
		return false
	}
	end := n + wordLen(rest[n:])
	word := rest[n:end]
	if end < len(rest) && rest[end] == '\r' {
		end++
	}
	if end >= len(rest) || rest[end] != '\n' {
		return false
	}
	x.emit(hclHeredoc, end+1)
	x.stack = append(x.stack, hclState{kind: hclHeredoc, word: word})
	return true
}

// piece reads on within a text, up to its end or what is put into it.
func (x *hclLexer) piece(in *hclState) {
	rest := x.data[x.at:]
	kind := byte(hclLiteral)
	if in.kind == hclQuote {
		kind = hclQuoted
	}
	n := 0
	for n < len(rest) {
		c := rest[n]
		switch {
		case in.word != nil && (x.at+n == 0 || x.data[x.at+n-1] == '\n') && endsHeredoc(rest[n:], in.word):
			x.literal(kind, n)
			x.emit(hclTextEnd, to(rest[n:], string(in.word), len(in.word)))
			x.stack = x.stack[:len(x.stack)-1]
			return
		case in.kind == hclQuote && (c == '"' || c == '\n'):
			x.literal(kind, n)
			x.emit(hclTextEnd, map[byte]int{'"': 1, '\n': 0}[c])
			x.stack = x.stack[:len(x.stack)-1]
			return
		case in.kind == hclQuote && c == '\\' && n+1 < len(rest) && rest[n+1] != '\n':
			n += 2
		case (c == '$' || c == '%') && n+2 < len(rest) && rest[n+1] == c && rest[n+2] == '{':
			n += 3
		case (c == '$' || c == '%') && n+1 < len(rest) && rest[n+1] == '{':
			x.literal(kind, n)
			x.emit(c, 2)
			x.stack = append(x.stack, hclState{kind: hclInterp})
			return
		default:
			n++
		}
	}
	x.literal(kind, min(n, len(rest)))
}

func (x *hclLexer) literal(kind byte, n int) {
	if n > 0 {
		x.emit(kind, n)
	}
}

// endsHeredoc reports whether a line has the word alone.
func endsHeredoc(s, word []byte) bool {
	line := bytes.TrimLeft(s[:min(len(s), to(s, "\n", 0))], " \t")
	return bytes.Equal(bytes.TrimRight(line, "\r"), word)
}
