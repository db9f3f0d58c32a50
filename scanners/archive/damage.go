package archive

import (
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// maxBad bounds how often damage of one file is noted.
const maxBad = 100

// noted is damage, and the path of what has it.
type noted struct {
	at  string
	err error
}

// same reports whether an archive's damage is that of what is in it: the end of a stream is
// missed by all that was read from it.
func (n noted) same(at string, err error) bool {
	ends := errors.Is(err, io.ErrUnexpectedEOF) && errors.Is(n.err, io.ErrUnexpectedEOF)
	return n.err != nil && strings.HasPrefix(n.at, at) && (ends || errors.Is(err, n.err) || errors.Is(n.err, err))
}

// damage notes what an archive's decoder says, unless that only says that a
// limit was reached, or what was said already.
func (w *walker) damage(at string, err error) {
	switch {
	case errors.Is(err, errEncrypted):
		w.leaveOut(encrypted, at)
		return
	case errors.Is(err, errGitPack):
		w.leaveOut(gitObjects, at)
		return
	}
	w.failed = true
	if w.over != nil || isStop(err) || w.last.same(at, err) {
		return
	}
	w.last = noted{at, err}
	if w.bad++; w.bad > maxBad {
		return
	}
	r := damaged
	switch {
	case errors.Is(err, errMethod), errors.Is(err, zstd.ErrWindowSizeExceeded):
		r = unknownPack
		if m := (errUnknown)(""); errors.As(err, &m) {
			r.reason += ": " + string(m)
		}
	case errors.Is(err, errTooLarge):
		r = tooLarge
	case errors.Is(err, ErrHoles):
		r = manyHoles
	case errors.Is(err, errHeaders):
		r = twoHeaders
	}
	w.skip(r, at)
}

var (
	errMethod    = errors.New("packed by an unknown method")
	errTooLarge  = errors.New("too large to be held in memory")
	errEncrypted = errors.New("encrypted")
	errGitPack   = errors.New("a pack of git")
	errDamaged   = errors.New("damaged")
)
