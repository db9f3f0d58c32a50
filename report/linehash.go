package report

import "errors"

// LineHasher computes GitHub's primaryLocationLineHash for chosen lines of a
// file that is written to it.
type LineHasher struct{}

// NewLineHasher returns a LineHasher for the given lines, which count from 1.
// Their order does not matter, nor does naming one twice.
func NewLineHasher(lines ...int) *LineHasher { return &LineHasher{} }

// Write takes the next bytes of the file. It never fails.
func (h *LineHasher) Write(p []byte) (int, error) { return len(p), nil }

// Done reports whether all hashes are known, so that the rest of the file need
// not be written.
func (h *LineHasher) Done() bool { return false }

// Finish ends the file and returns the hashes by line. Lines that the file
// does not have are missing. Nothing may be written afterwards.
func (h *LineHasher) Finish() map[int]string { return nil }

var errTODO = errors.New("report: this format is being written")
