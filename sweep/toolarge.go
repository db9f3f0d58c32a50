package sweep

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"
)

// errTooLarge says that a repository fits into no mirror.
var errTooLarge = errors.New("the repository is larger than what there is room for")

// againAfter is how long a repository that was too large is not fetched: each time it makes
// room for itself, until it is known that there is not enough, by removing the mirrors of others,
// which are then cloned anew when something changes in them.
const againAfter = 7 * 24 * time.Hour

// againMark stands before the time when it is fetched again. What was wrong is all that the store
// keeps of a search that failed.
const againMark = "; it is tried again after "

// tooLarge is what is said of such a repository.
func (k *searching) tooLarge(until time.Time) error {
	return fmt.Errorf("%w (--disk: %d bytes)%s%s, with more room, or with --full", errTooLarge, k.w.cfg.Disk, againMark, until.UTC().Format(time.RFC3339))
}

// knownTooLarge is what was said of a repository a while ago, if that holds still: there is
// no more room than there was. A clock that was wrong then does not hold it for longer.
func (k *searching) knownTooLarge() error {
	_, rest, ok := strings.Cut(k.r.Problem, againMark)
	if !ok || k.w.cfg.Full {
		return nil
	}
	text, _, _ := strings.Cut(rest, ",")
	until, err := time.Parse(time.RFC3339, text)
	if wait := until.Sub(k.w.s.Now()); err != nil || wait <= 0 || wait > againAfter {
		return nil
	}
	if err = k.tooLarge(until); err.Error() != k.r.Problem {
		return nil
	}
	return err
}

// forget removes the mirror of a repository that is too large, before room is made of those of
// others.
func (w *Sweep) forget(dir string) {
	for _, dir := range []string{dir, dir + ".part"} {
		if err := os.RemoveAll(dir); err != nil {
			slog.Warn("a mirror is not removed", "err", err)
		}
	}
	w.recount()
}
