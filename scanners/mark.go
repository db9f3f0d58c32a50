package scanners

import (
	"bytes"
	"unicode/utf8"
)

// Mark is an offset in a text, and the line and the column that editors show for
// it.
type Mark struct {
	Offset int64
	Line   int   // from 1
	Column int   // from 1, in code points
	Begins int64 // where that line begins
}

// Beginning is the Mark of offset 0.
func Beginning() Mark { return Mark{Line: 1, Column: 1} }

// byteOrderMark at the start of a text is no part of it: no editor shows it.
var byteOrderMark = []byte("\uFEFF")

// Count moves a mark over the text that stands there, which ends between two
// characters: see Between.
func (m *Mark) Count(text []byte) {
	end := m.Offset + int64(len(text))
	if m.Offset == 0 && bytes.HasPrefix(text, byteOrderMark) {
		m.Offset, m.Begins = int64(len(byteOrderMark)), int64(len(byteOrderMark))
		text = text[len(byteOrderMark):]
	}
	if n := bytes.Count(text, []byte{'\n'}); n > 0 {
		last := bytes.LastIndexByte(text, '\n') + 1
		m.Line, m.Column, m.Begins = m.Line+n, 1, m.Offset+int64(last)
		text = text[last:]
	}
	m.Column += utf8.RuneCount(text)
	m.Offset = end
}

// Between returns the index nearest before i that is not within a character of
// text: there a count can be interrupted.
func Between(text []byte, i int) int {
	for j := i; j >= 0 && j > i-utf8.UTFMax; j-- {
		if j < len(text) && utf8.RuneStart(text[j]) {
			return j
		}
	}
	return i
}
