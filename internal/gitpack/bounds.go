package gitpack

import (
	"errors"
	"fmt"
)

// bounds are the limits that a hostile pack runs into. Tests lower them.
type bounds struct {
	stream int64 // bytes from which on a blob is delivered as a stream
	big    int   // bytes from which on an object lies in the scratch
	held   int   // bytes of bases on the heap, from which on further ones lie in the scratch

	share int64 // bytes of scratch that an arena may take without asking
	disk  int64 // bytes of scratch that an arena may take in all
	over  error // what is said beyond that

	// Work is counted in bytes: what deltas make, and deltaCost times their own.
	floor, ratio, most int64 // see budget
	heavy              int64 // work from which on a tree of deltas is sized before it is walked
	read               int64 // work of one Read
	easy               int64 // work of one Read that is not counted
}

// The heap of a walker is some 40 MB with these, and its work at a gigabyte a
// second or so, searching included, a quarter of a minute for a bomb.
//
// A pack's deltas make 71 times its size in git/git and 30 times in rails/rails
// if they are packed as tightly as git does by itself (depth and window 50), and
// some hundreds of times in repositories that hold a large generated file in
// thousands of versions; what is below 16 GiB passes always.
var realBounds = bounds{
	stream: 32 << 20, big: 4 << 20, held: 16 << 20,
	share: 128 << 20, disk: 2 << 30, over: errTooBig,
	floor: 16 << 30, ratio: 512, most: 4 << 40,
	heavy: 256 << 20,
	read:  16 << 30, easy: 8 << 20,
}

// deltaCost is how many bytes can be copied in the time in which a byte of a
// delta is read: the shortest instructions copy one byte and have two.
const deltaCost = 16

// budget is the work that a walk, or all Reads together, may take.
func (s *Store) budget() int64 {
	total := s.bounds.floor
	for _, p := range s.packs {
		total = min(total+s.bounds.ratio*int64(len(p.raw)), s.bounds.most)
	}
	return total
}

// errOver ends the walk of a tree of deltas that takes too much.
var errOver = errors.New("its deltas take more work than there is left for such packs")

// Reasons that have a remedy of their own.
const (
	reasonOther   = "unreadable object"
	reasonBomb    = "pack bomb: its deltas unpack to far more than such a pack should hold"
	reasonThin    = "object of a thin pack: what it is a delta of is not in the pack"
	reasonNoIndex = "pack without index"
	reasonBig     = "object that is too large to rebuild from deltas"
	reasonHole    = "damaged pack: some of its bytes are in no object"
	reasonRoom    = "object that is too large for the temporary files there may be"
)

// Problem describes why Read could not return object n.
func (s *Store) Problem(n int, err error) Problem { return problem(s.ID(n), err) }

// problem describes why an object cannot be read.
func problem(id ID, err error) Problem {
	reason := reasonOther
	switch {
	case errors.Is(err, errOver):
		reason = reasonBomb
	case errors.Is(err, errNoBase):
		reason = reasonThin
	case errors.Is(err, errTooBig):
		reason = reasonBig
	case errors.Is(err, errNoRoom):
		reason = reasonRoom
	}
	return Problem{reason, id.String(), err}
}

// Fix says what a person can do about the problem.
func (p Problem) Fix() string { return p.FixOr("check the repository with git fsck") }

// FixOr is Fix with another advice for what has no remedy of its own.
func (p Problem) FixOr(other string) string {
	switch p.Reason {
	case reasonBomb:
		return "if you do not know who made this repository, do not trust it; if you do: git repack -a -d -f --window=0, which makes no deltas, and scan again"
	case reasonThin:
		return "complete the pack in a repository that has the missing objects: git index-pack --stdin --fix-thin < FILE.pack; where only its index is damaged: git index-pack FILE.pack"
	case reasonNoIndex:
		return "git index-pack FILE.pack; if that tells of unresolved deltas, the pack is a thin one: git index-pack --stdin --fix-thin < FILE.pack in a repository that has the missing objects"
	case reasonBig:
		return fmt.Sprintf("if you do not know who made this repository, do not trust it, as pack bombs look so; if you do: git -c core.bigFileThreshold=%dm repack -a -d -f, which makes no deltas of large files, and scan again", maxDelta>>21)
	case reasonHole:
		return "check the repository with git fsck, and get it again from where it came"
	case reasonRoom:
		return fmt.Sprintf("set TMPDIR to a folder on a disk with %d GB free, raise --max-scratch if you gave it, and scan again", 2*maxScratch>>30)
	}
	return other
}
