package cilog

import (
	"context"
	"errors"

	"github.com/whosekey/whosekey/leak"
)

// known reports whether a log need not be read: it was before, in the same way, and what was
// found in it is known. Whoever deletes a log because of that has it deleted: so the service is
// asked whether it still has one with something in it.
func (l *live) known(ctx context.Context, s *Source, r remote) (bool, error) {
	done, hits := l.journal.done(r.key)
	if !done {
		return false, nil
	}
	if hits && l.Seen != nil {
		if err := l.asked(ctx, l.giver(r)); ctx.Err() != nil {
			return false, ctx.Err()
		} else if gone(err) {
			s.cov.LeaveOut(deleted, "", r.name)
			return true, nil
		} // what could not be found out is not "no"
		if known, err := l.Seen(r.key); err != nil || !known {
			return false, err
		}
	}
	s.cov.LeaveOut("log that was read before", "delete the folder of --state to read it again", r.name)
	return true, nil
}

// asked asks for a log, and reads nothing of it.
func (l *live) asked(ctx context.Context, give giver) error {
	err := give(ctx, nothing{})
	if errors.Is(err, errWanted) {
		return nil
	}
	return err
}

// nothing wants no byte.
type nothing struct{}

var errWanted = errors.New("no more is wanted")

// Write implements io.Writer.
func (nothing) Write([]byte) (int, error) { return 0, errWanted }

// Found lists the logs of services that the last Scan read to their ends, with something in
// them, by what Live.Seen is asked.
func (s *Source) Found() []string {
	if s.live == nil {
		return nil
	}
	return s.live.journal.found()
}

// Key is what the log that a place is in is remembered by; empty for none.
func (s *Source) Key(l *leak.Location) string {
	b, err := s.blobOf(outer(l.Ref))
	if err != nil {
		return ""
	}
	return b.key
}
