package pipeline

import (
	"bytes"
	"io"
	"slices"
	"unicode/utf8"
)

// around is how many bytes on each side of a span a frame may be made of.
const around = 4096

// ruler counts lines and columns in a text of any size. It holds a window of
// the text, of which everything before window[counted] has been counted.
type ruler struct {
	r       io.Reader
	ahead   int // bytes behind the start of a span that the window holds at least
	eof     bool
	window  []byte
	base    int64 // offset of window[0] in the text
	counted int   // into window
	line    int   // of window[counted], from 1
	column  int   // of window[counted], from 1, in code points
	begins  int64 // where that line begins
	inline  inlineFunc
}

func newRuler(r io.Reader, ahead int) *ruler {
	k := &ruler{ahead: ahead}
	k.reset(r)
	return k
}

// reset starts with another text. The window's memory is used again: to make it
// took longer than to count in most texts.
func (k *ruler) reset(r io.Reader) {
	*k = ruler{r: r, ahead: k.ahead, window: k.window[:0], line: 1, column: 1, inline: k.inline}
}

// measure fills in the positions of targets, which are sorted.
func (k *ruler) measure(ts []target, m *mask, keep *texts) error {
	for _, t := range ts {
		if err := k.advance(t.span.Start, max(int64(k.ahead), t.span.End-t.span.Start+around)); err != nil {
			return err
		}
		if t.span.End > k.base+int64(len(k.window)) {
			return io.ErrUnexpectedEOF
		}
		at, end := *k, *k // k itself stops between characters, a span need not
		at.countTo(t.span.Start)
		end.countTo(t.span.End)
		p := t.pos
		p.Line, p.Column, p.EndLine, p.EndColumn = at.line, at.column, end.line, end.column
		p.NoText = bytes.IndexByte(k.window[max(0, at.counted-256):min(len(k.window), at.counted+256)], 0) >= 0
		if p.NoText {
			p.Column, p.EndColumn = int(t.span.Start-at.begins)+1, int(t.span.End-end.begins)+1
		}
		p.Frame = m.frame(&at, t)
		p.Allowed = k.inline.beside(&at, t)
		keep.take(k, t, at.line)
	}
	return nil
}

// advance counts up to the character at an offset, and sees to it that the
// window holds what is around it: some bytes before, and more bytes after.
func (k *ruler) advance(to, more int64) error {
	for k.base+int64(len(k.window)) < to+more && !k.eof {
		k.countTo(k.between(int(min(to-k.base, int64(len(k.window))))))
		if drop := k.counted - around; drop > k.ahead {
			k.window = append(k.window[:0], k.window[drop:]...)
			k.base, k.counted = k.base+int64(drop), k.counted-drop
		}
		if err := k.read(); err != nil {
			return err
		}
	}
	if to > k.base+int64(len(k.window)) {
		return io.ErrUnexpectedEOF
	}
	k.countTo(k.between(int(to - k.base)))
	return nil
}

// between returns the offset nearest before window[i] that is not within a
// character: there a count can be interrupted.
func (k *ruler) between(i int) int64 {
	for j := i; j >= 0 && j > i-utf8.UTFMax; j-- {
		if j < len(k.window) && utf8.RuneStart(k.window[j]) {
			return k.base + int64(j)
		}
	}
	return k.base + int64(i)
}

func (k *ruler) read() error {
	k.window = slices.Grow(k.window, k.ahead/4+1)
	n, err := k.r.Read(k.window[len(k.window):cap(k.window)])
	k.window = k.window[:len(k.window)+n]
	if err == io.EOF {
		k.eof, err = true, nil
	}
	return err
}

// byteOrderMark at the start of a text is no part of it: no editor shows it.
var byteOrderMark = []byte("\uFEFF")

// countTo moves forward to an offset in the window; an earlier one is ignored.
func (k *ruler) countTo(to int64) {
	end := int(to - k.base)
	if end <= k.counted {
		return
	}
	text := k.window[k.counted:end]
	if k.base+int64(k.counted) == 0 && bytes.HasPrefix(text, byteOrderMark) {
		k.counted, k.begins = len(byteOrderMark), int64(len(byteOrderMark))
		text = text[len(byteOrderMark):]
	}
	if n := bytes.Count(text, []byte{'\n'}); n > 0 {
		last := bytes.LastIndexByte(text, '\n') + 1
		k.line, k.column, k.begins = k.line+n, 1, k.base+int64(k.counted+last)
		text = text[last:]
	}
	k.column += utf8.RuneCount(text)
	k.counted = end
}
