package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

func paths(f *leak.Finding) (out []string) {
	for i := range f.Locations {
		if p := f.Locations[i].Path; p != "" {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// covers reports whether an entry counts at a place.
func (e *Entry) covers(l *leak.Location) bool {
	if rest, ok := strings.CutPrefix(e.ID, "at:"); ok {
		commit, line, _ := strings.Cut(rest, ":")
		n, _ := strconv.Atoi(line)
		return l.Path == e.Path && n == l.Line && strings.HasPrefix(l.Commit, commit)
	}
	return len(e.paths) == 0 || l.Path != "" && e.paths.MatchPath(l.Path, false)
}
