package pipeline

import (
	"bytes"
	"io"
	"slices"

	"github.com/whosekey/whosekey/scanners"
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
	base    int64         // offset of window[0] in the text
	counted int           // into window
	mark    scanners.Mark // of window[counted]
	inline  inlineFunc
	fits    fitsFunc
	kept    *scanners.Stretch // that window is a copy of; nil for none
}

func newRuler(r io.Reader, ahead int) *ruler {
	k := &ruler{ahead: ahead}
	k.reset(r)
	return k
}

// reset starts with another text. The window's memory is used again: to make it
// took longer than to count in most texts.
func (k *ruler) reset(r io.Reader) {
	*k = ruler{r: r, ahead: k.ahead, window: k.window[:0], mark: scanners.Beginning(), inline: k.inline, fits: k.fits}
}

// resetTo starts with a part of another text, as if it had read up to there.
func (k *ruler) resetTo(s *scanners.Stretch) {
	k.reset(nil)
	k.window, k.base, k.mark, k.eof, k.kept = append(k.window, s.Text...), s.Offset, s.Mark, true, s
}

// measure fills in the positions of targets, which are sorted.
func (k *ruler) measure(ts []target, m *mask, keep *texts) error {
	for _, t := range ts {
		if err := k.advance(t.span.Start, max(int64(k.ahead), t.span.End-t.span.Start+textAround)); err != nil {
			return err
		}
		if t.span.End > k.base+int64(len(k.window)) {
			return io.ErrUnexpectedEOF
		}
		at, end := *k, *k // k itself stops between characters, a span need not
		at.countTo(t.span.Start)
		end.countTo(t.span.End)
		p := t.pos
		p.Line, p.Column, p.EndLine, p.EndColumn = at.mark.Line, at.mark.Column, end.mark.Line, end.mark.Column
		p.NoText = bytes.IndexByte(k.window[max(0, at.counted-256):min(len(k.window), at.counted+256)], 0) >= 0
		if p.NoText {
			p.Column, p.EndColumn = int(t.span.Start-at.mark.Begins)+1, int(t.span.End-end.mark.Begins)+1
		}
		p.Wrapped = inWrapped(k.window, at.counted, end.counted)
		p.Frame = m.frame(&at, t)
		p.Allowed, p.Fits = k.inline.beside(&at, t), k.fits.around(&at, t)
		keep.take(k, t, at.mark.Line)
	}
	return nil
}

// advance counts up to the character at an offset, and sees to it that the
// window holds what is around it: some bytes before, and more bytes after.
func (k *ruler) advance(to, more int64) error {
	for k.base+int64(len(k.window)) < to+more && !k.eof {
		k.countTo(k.between(int(min(to-k.base, int64(len(k.window))))))
		if drop := k.counted - textAround; drop > k.ahead {
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
func (k *ruler) between(i int) int64 { return k.base + int64(scanners.Between(k.window, i)) }

func (k *ruler) read() error {
	k.window = slices.Grow(k.window, k.ahead/4+1)
	n, err := k.r.Read(k.window[len(k.window):cap(k.window)])
	k.window = k.window[:len(k.window)+n]
	if err == io.EOF {
		k.eof, err = true, nil
	}
	return err
}

// countTo moves forward to an offset in the window; an earlier one is ignored.
func (k *ruler) countTo(to int64) {
	if end := int(to - k.base); end > k.counted {
		k.mark.Count(k.window[k.counted:end])
		k.counted = end
	}
}
