package sweep

import (
	"strings"

	"github.com/whosekey/whosekey/store"
)

// left is what a source names and does not hand over to be searched: by choice, or because
// what it says of it cannot be used. Each is counted, and some are named.
type left struct{ gaps []store.Gap }

// maxLeft is how many of a kind are named.
const maxLeft = 5

func (l *left) add(gap store.Gap, name string) {
	at := -1
	for i := range l.gaps {
		if l.gaps[i].Reason == gap.Reason {
			at = i
		}
	}
	if at < 0 {
		at = len(l.gaps)
		l.gaps = append(l.gaps, gap)
	}
	g := &l.gaps[at]
	if g.Count++; name != "" && len(g.First) < maxLeft {
		g.First = append(g.First, name)
	}
}

// unusable is something that was to be searched, and of which a forge says too little.
func (l *left) unusable(reason, name string) {
	l.add(store.Gap{Reason: reason, Fix: "the forge names it so: ask who runs it, or name it in a list of --repos"}, name)
}

// take reports whether a repository, or a "container image", that a forge lists is to be
// searched: the choice may leave it out, it may have no name, or that of another. One without a
// number, or with that of another, is known by its name alone.
func (f *Forge) take(k *store.Repository, what string) bool {
	switch {
	case k.Name == "":
		f.left.unusable(what+" that is listed without a name", shownAddress(k.Address))
		return false
	case k.Archived && !f.Choice.Archived:
		f.left.add(store.Gap{Reason: what + " that is archived", Fix: "--archived searches those", Chosen: true}, k.Name)
		return false
	case k.Fork && !f.Choice.Forks:
		f.left.add(store.Gap{Reason: what + " that is a fork", Fix: "--forks searches those", Chosen: true}, k.Name)
		return false
	}
	if f.names == nil {
		f.names, f.numbers = map[string]string{}, map[string]string{}
	}
	if strings.TrimPrefix(k.Native, imageMark) == "0" {
		k.Native = ""
	}
	if number, ok := f.names[k.Name]; ok {
		if number != k.Native { // the same on two pages is one that moved while they were read
			f.left.unusable(what+" that is listed under the name of another", k.Name)
		}
		return false
	}
	f.names[k.Name] = k.Native
	if _, ok := f.numbers[k.Native]; ok {
		k.Native = ""
	} else if k.Native != "" {
		f.numbers[k.Native] = k.Name
	}
	return true
}

// named has a repository keep the name that it is known by alone, if the number that the forge
// gives it now was another's: of two with the same number, each time another one comes first.
func (l *listing) named(r *store.Repository) {
	if k := l.known[r.Name]; k == nil || k.Native != "" || r.Native == "" {
		return
	}
	if l.numbers == nil {
		l.numbers = map[string]bool{}
		for _, k := range l.known {
			l.numbers[k.Native] = true
		}
	}
	if l.numbers[r.Native] {
		r.Native = ""
	}
}
