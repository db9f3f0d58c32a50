package ci

import (
	"cmp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// decide finds the commit whose settings count. A run of the default branch may have
// something else checked out, such as the merge of a pull request.
func (l *looking) decide() {
	j := l.job
	head, _ := l.found.Repo.Head()
	l.judge, l.found.Proposed = j.Judge, true
	own := j.Unsaid != "" && (j.Of == "" || head == j.Of) // it may be the default branch that is checked out
	switch {
	case own && l.standard(): // it is the default branch
		l.found.Settings, l.found.Proposed = head, false
		return
	case j.Judge != nil:
	case j.Review:
		l.judge = j.Known
		if len(l.found.Known) > 0 {
			l.found.Settings = l.found.Known[0]
		}
		return
	case j.Of != "" && head != j.Of:
		l.judge = j.Default
	default: // who can push there decides
		l.found.Settings, l.found.Proposed = head, false
		return
	}
	for _, r := range l.judge {
		if id := l.id(r); id != "" {
			l.found.Settings = id
			l.found.Proposed = j.Review || l.found.Repo.Brings(append([]string{head}, l.tips...), []string{id}) > 0
			return
		}
	}
	if own && l.usual() {
		l.found.Settings, l.found.Proposed = head, false
	}
	for _, r := range l.judge {
		if !l.f.gone(r) && len(r.specs()) > 0 {
			l.wants = append(l.wants, r)
		}
	}
}

// unsaid is the branch that is searched, if the server does not say which one is the
// default branch.
func (l *looking) unsaid() string {
	if l.job.Unsaid != "HEAD" {
		return l.job.Unsaid
	}
	_, branch := l.found.Repo.Head()
	return branch
}

// standard reports whether git says that it is the default branch.
func (l *looking) standard() bool {
	name, ok := strings.CutPrefix(l.found.Repo.Symbolic(originHead), "refs/remotes/origin/")
	return ok && l.unsaid() == "refs/heads/"+name
}

// usual guesses, where nobody can be asked, by the two names that a default branch
// has. A checkout with few branches does not tell that there is not the other one.
func (l *looking) usual() bool {
	repo := l.found.Repo
	if repo.Cloned() && l.few() {
		return false
	}
	other := map[string]string{"refs/heads/main": "master", "refs/heads/master": "main"}[l.unsaid()]
	return other != "" && repo.Ref("refs/heads/"+other) == "" && repo.Ref("refs/remotes/origin/"+other) == ""
}

// bases leaves out of what a pull request is compared with what has it already, as the
// branch of the same name does in a clone of a fork, unless there is nothing else.
func (l *looking) bases() {
	if !l.job.Pull || len(l.tips) == 0 {
		return
	}
	repo := l.found.Repo
	real := slices.DeleteFunc(slices.Clone(l.found.Known), func(id string) bool {
		return slices.ContainsFunc(l.tips, func(tip string) bool { return repo.Brings([]string{tip}, []string{id}) == 0 })
	})
	if len(real) > 0 {
		l.found.Known = real
		return
	}
	for _, r := range l.job.Known {
		if l.id(r) == "" && !l.f.gone(r) && len(r.specs()) > 0 {
			l.wants = append(l.wants, r)
		}
	}
}

// again compares a commit that is built once more, which is what was there before, with
// its parents: to search nothing would be green whatever it holds.
func (l *looking) again() error {
	j, known := l.job, l.found.Known
	if j.Review || len(j.Known) == 0 || len(l.tips) != 1 || len(known) != 1 || known[0] != l.tips[0] {
		return nil
	}
	parents, err := l.found.Repo.Parents(known[0])
	if err != nil {
		return err
	}
	l.found.Known = nil
	for _, id := range parents {
		if r := (Rev{Name: "its parent", ID: id}); l.found.Repo.Has(id) {
			l.found.Known = append(l.found.Known, id)
		} else if !l.f.gone(r) {
			l.wants = append(l.wants, r)
		}
	}
	l.found.Notes = append(l.found.Notes, j.Known[0].Name+" is the same commit: what that commit brings was searched")
	return nil
}

// tipsOf are a revision and the tag object that the checkout has for it, if it has one: an
// event may tell the commit that a tag is put on, which may be on a branch already.
func (l *looking) tipsOf(r Rev, id string) []gitrepo.Tip {
	out := []gitrepo.Tip{{Name: r.Name, ID: id}}
	if ref := cmp.Or(r.Ref, r.Fetch); strings.HasPrefix(ref, "refs/tags/") {
		if tag := l.found.Repo.Ref(ref); tag != "" && tag != id && l.found.Repo.IsTag(tag) {
			out = append(out, gitrepo.Tip{Name: r.Name, ID: tag})
		}
	}
	return out
}

// perhaps adds a tag's text, if no other tip is one, and the tag is one with a text: that
// the checkout has it on a commit says nothing, as actions/checkout puts it there.
func (l *looking) perhaps(r Rev, id string) {
	repo := l.found.Repo
	for _, t := range l.found.Tips {
		if repo.IsTag(t.ID) {
			return
		}
	}
	switch {
	case id != "" && repo.IsTag(id):
		l.found.Tips = append(l.found.Tips, gitrepo.Tip{Name: r.Name, ID: id})
	case !repo.Cloned() || l.f.got(r):
	case l.f.gone(r):
		l.untold = r.Name
	default:
		l.wants, l.untold = append(l.wants, r), r.Name
	}
}

// few reports whether a checkout looks as if it did not have all branches and tags. A
// clone of some depth has one branch, also where all of that is there.
func (l *looking) few() bool {
	repo := l.found.Repo
	return repo.Narrow() || repo.Shallow() || l.job.Server != nil && len(repo.RefIDs("refs/remotes/origin/")) < 2
}

// unsure reports whether the server may have branches and tags that the checkout
// does not have, where all are meant.
func (l *looking) unsure() bool {
	return l.job.Kind == Everything && l.found.Repo.Cloned() && !(l.f != nil && l.f.whole)
}
