package ci

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// Found is a Job in a repository.
type Found struct {
	Repo     *gitrepo.Repo
	Tips     []gitrepo.Tip
	Known    []string // ids
	Settings string   // the commit whose settings count; empty if there is none
	Notes    []string
}

// Missing is the error of a checkout that lacks what is to be searched.
type Missing struct {
	What string
	Err  error // why it could not be fetched; nil if nobody tried
}

func (m *Missing) Error() string {
	if m.Err == nil {
		return m.What
	}
	return m.What + ", and could not be fetched: " + m.Err.Error()
}

func (m *Missing) Unwrap() error { return m.Err }

// Find opens the repository and finds out what of it the job is about. What is not
// there is fetched with f. The caller closes the repository.
func (j *Job) Find(ctx context.Context, open func() (*gitrepo.Repo, error), f *Fetcher) (*Found, error) {
	var failed error
	for {
		repo, err := open()
		if err != nil {
			return nil, err
		}
		l := &looking{job: j, f: f, found: &Found{Repo: repo, Notes: slices.Clone(j.Notes)}}
		if err := l.look(); err != nil {
			repo.Close()
			return nil, err
		}
		if l.complete() {
			l.remark()
			return l.found, nil
		}
		fetched, err := f.more(ctx, l)
		failed = cmp.Or(failed, err)
		if fetched {
			repo.Close()
			continue
		}
		if err := l.give(failed); err != nil {
			repo.Close()
			return nil, err
		}
		return l.found, nil
	}
}

// looking is one look at a repository.
type looking struct {
	job   *Job
	f     *Fetcher
	found *Found
	tips  []string // ids
	wants []Rev    // that are not there
	cut   bool     // what is searched goes on behind where the history was cut off
}

func (l *looking) complete() bool { return len(l.wants) == 0 && !l.cut && !l.blind() }

// blind reports whether there is nothing to compare with, where there must be.
func (l *looking) blind() bool {
	return l.job.Kind == Added && l.job.MustKnow && len(l.found.Known) == 0
}

// id finds a revision in the checkout; empty if it is not there.
func (l *looking) id(r Rev) string {
	repo := l.found.Repo
	switch {
	case r.Ref == "HEAD":
		id, _ := repo.Head()
		return id
	case r.Ref != "": // a tag's own text is wanted, and not only what it is put on
		if id := repo.Ref(r.Ref); id != "" && repo.Has(id) {
			return id
		}
	}
	switch {
	case r.ID == "":
		return ""
	case isFull(r.ID):
		if repo.Has(r.ID) {
			return r.ID
		}
		return ""
	}
	id, err := repo.Resolve(r.ID) // Bitbucket shortens
	if err != nil {
		return ""
	}
	return id.String()
}

// look finds all revisions, and what is missing.
func (l *looking) look() error {
	j, repo := l.job, l.found.Repo
	if j.Kind != Added {
		l.cut = j.Kind == Everything && repo.Shallow()
		l.found.Settings, _ = repo.Head()
		return nil
	}
	for _, r := range j.Tips {
		if id := l.id(r); id != "" {
			l.found.Tips = append(l.found.Tips, gitrepo.Tip{Name: r.Name, ID: id})
		} else {
			l.wants = append(l.wants, r)
		}
	}
	if err := l.merge(); err != nil {
		return err
	}
	for _, t := range l.found.Tips {
		l.tips = append(l.tips, t.ID)
	}
	l.known(j.Known, len(l.found.Known) == 0)
	if len(l.found.Known) == 0 && !j.MustKnow {
		l.known(j.Else, true)
	}
	switch {
	case !j.Review: // who can push there decides
		l.found.Settings, _ = repo.Head()
	case len(l.found.Known) > 0:
		l.found.Settings = l.found.Known[0]
	}
	l.cut = repo.CutOff(l.tips, l.found.Known)
	return nil
}

// known adds those revisions that are there. The others are wanted, if they are
// needed.
func (l *looking) known(list []Rev, needed bool) {
	for _, r := range list {
		if prefix, all := strings.CutSuffix(r.Ref, "*"); all {
			l.found.Known = append(l.found.Known, l.found.Repo.RefIDs(prefix)...)
			l.found.Known = append(l.found.Known, l.found.Repo.RefIDs("refs/heads/")...)
			continue
		}
		id := l.id(r)
		if r.Guess && (id == "" || l.found.Repo.Brings(l.tips, []string{id}) == 0) {
			continue
		}
		if id != "" {
			l.found.Known = append(l.found.Known, id)
		} else if needed && !l.f.gone(r) {
			l.wants = append(l.wants, r)
		}
	}
}

// merge adds the merge that the server made, if it is one of what is searched. Its
// first parent is the newest state of the base.
func (l *looking) merge() error {
	j, repo := l.job, l.found.Repo
	if j.Merge == "" || !repo.Has(j.Merge) {
		return nil
	}
	parents, err := repo.Parents(j.Merge)
	if err != nil {
		return err
	}
	if len(parents) != 2 || parents[1] != j.MergeOf {
		return nil
	}
	l.found.Tips = append(l.found.Tips, gitrepo.Tip{Name: "the merge", ID: j.Merge})
	if repo.Has(parents[0]) {
		l.found.Known = append(l.found.Known, parents[0])
	} else if r := (Rev{Name: "the base", ID: parents[0]}); !l.f.gone(r) {
		l.wants = append(l.wants, r)
	}
	return nil
}

// give says what becomes of a job of which something could not be fetched.
func (l *looking) give(failed error) error {
	j := l.job
	missing := func(r Rev) error {
		what := r.Name
		if r.ID != "" {
			what += " (" + r.ID[:min(12, len(r.ID))] + ")"
		}
		return &Missing{what + " is not in the checkout", failed}
	}
	for _, r := range j.Tips {
		if l.id(r) == "" {
			return missing(r)
		}
	}
	switch {
	case l.blind():
		return missing(j.Known[0])
	case j.Kind == Added && l.cut:
		return &Missing{"the checkout is shallow: its history was cut off before what is to be searched begins", failed}
	}
	l.remark()
	return nil // of everything, the scan says what is missing
}

// remark says what stands in for what is gone.
func (l *looking) remark() {
	j := l.job
	if j.Kind != Added || len(j.Known) == 0 || j.MustKnow || l.id(j.Known[0]) != "" {
		return
	}
	text := j.Known[0].Name + " (" + j.Known[0].ID[:min(12, len(j.Known[0].ID))] + ") is gone, as after a forced push; "
	if len(l.found.Known) > 0 {
		text += "it was compared with " + strings.TrimPrefix(j.Else[0].Ref, "refs/remotes/")
	} else {
		text += "all that leads to the tip was searched"
	}
	l.found.Notes = append(l.found.Notes, text)
}
