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
	Proposed bool     // what is searched must not decide on what is ignored
	Notes    []string
	Gaps     []Gap
}

// Gap is a part of the job that cannot be searched, though the rest can.
type Gap struct{ Reason, Fix, Name string }

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
			l.remark(failed)
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
	bare  []Rev    // tags of which there may be a text that is not there
	// untold is a tag of which nobody knows whether it has a text.
	untold string
	alone  bool  // the merge that the server made is not there
	some   []Rev // that stand for all branches, of which the checkout may have only some
	cut    bool  // what is searched goes on behind where the history was cut off
	judge  []Rev // that decide on what is ignored, the first that is there
}

func (l *looking) complete() bool {
	return len(l.wants) == 0 && !l.cut && !l.blind() && !l.unsure() && len(l.some) == 0 && !l.found.Repo.Partial()
}

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
	case r.Ref == originHead && repo.Symbolic(originHead) == "" && !l.f.got(r):
		return "" // what an earlier run fetched, or a branch of that name
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
		l.decide()
		return nil
	}
	for _, r := range j.Tips {
		id := l.id(r)
		if r.Perhaps {
			l.perhaps(r, id)
			continue
		}
		if id == "" {
			l.wants = append(l.wants, r)
			continue
		}
		l.found.Tips = append(l.found.Tips, l.tipsOf(r, id)...)
		if r.Text && (r.Peeled || repo.Ref(r.Ref) == "") && !repo.IsTag(id) && !l.f.got(r) {
			l.bare = append(l.bare, r)
			if !l.f.gone(r) {
				l.wants = append(l.wants, r)
			}
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
	if err := l.again(); err != nil {
		return err
	}
	l.all()
	l.bases()
	l.decide()
	l.cut = repo.CutOff(l.tips, l.found.Known)
	return nil
}

// known adds those revisions that are there. The others are wanted, if they are
// needed.
func (l *looking) known(list []Rev, needed bool) {
	for _, r := range list {
		if prefix, all := strings.CutSuffix(r.Ref, "*"); all {
			l.branches(prefix)
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

// branches are known, of the server that was cloned: other refs beside them, such as
// those of pull requests that a runner kept, would hide commits that no branch has.
func (l *looking) branches(prefix string) {
	repo := l.found.Repo
	for _, t := range repo.Tips() {
		name, remote := strings.CutPrefix(t.Name, prefix)
		local := strings.HasPrefix(t.Name, "refs/heads/") && !repo.Cloned()
		if (local || remote && !l.noBranch(name)) && !repo.IsTag(t.ID) {
			l.found.Known = append(l.found.Known, t.ID)
		}
	}
}

// all wants all branches of the server, where they are what a job is compared with: a
// runner checks out a tag alone, and a clone that it kept is old. One branch that leads
// to it is enough.
func (l *looking) all() {
	repo := l.found.Repo
	for _, r := range l.job.Else {
		if !strings.HasSuffix(r.Ref, "*") || l.f.got(r) || !repo.Cloned() || len(l.tips) > 0 && repo.Brings(l.tips, l.found.Known) == 0 {
			continue
		}
		if l.few() {
			l.some = append(l.some, r)
		}
		if !l.f.gone(r) {
			l.wants = append(l.wants, r)
		}
	}
}

// noBranch reports whether a name beside those of the server's branches is not, or
// may not be, one of them: Azure's agent keeps what it checks out under its id, and
// others tags and pull requests, the tag that is searched among them.
func (l *looking) noBranch(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	last := name[strings.LastIndexByte(name, '/')+1:]
	return isFull(last) || slices.Contains([]string{"tags", "tag", "pull", "pr", "pull-requests", "merge-requests"}, first) ||
		slices.ContainsFunc(l.job.Tips, func(r Rev) bool { return r.Ref == "refs/tags/"+name || r.Fetch == "refs/tags/"+name })
}

// merge adds the merge that the server made, if it is one of what is searched. Its
// first parent is the newest state of the base.
func (l *looking) merge() error {
	j, repo := l.job, l.found.Repo
	if j.Merge == "" {
		return nil
	}
	if r := (Rev{Name: "the merge", ID: j.Merge}); !repo.Has(j.Merge) {
		l.alone = true
		if !l.f.gone(r) {
			l.wants = append(l.wants, r)
		}
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
		if l.id(r) == "" && !r.Perhaps {
			return missing(r)
		}
	}
	switch {
	case l.blind():
		return missing(j.Known[0])
	case len(l.some) > 0 && len(l.found.Known) == 0:
		return &Missing{l.some[0].Name + ", which it is compared with, are not in the checkout", failed}
	case j.Kind == Added && l.cut:
		return &Missing{"the checkout is shallow: its history was cut off before what is to be searched begins", failed}
	}
	l.remark(failed)
	return nil // of everything, the scan says what is missing
}

// gap notes what cannot be searched.
func (l *looking) gap(failed error, reason, fix, name string) {
	if failed != nil {
		name += ": " + failed.Error()
	}
	l.found.Gaps = append(l.found.Gaps, Gap{reason, fix, name})
}

// remark says what is not searched, and what stands in for what is gone.
func (l *looking) remark(failed error) {
	j := l.job
	const login = "let it be fetched: leave git logged in (with actions/checkout: persist-credentials: true), or give whosekey a token that may read contents"
	for _, r := range l.bare {
		l.gap(failed, "the text of the tag is not in the checkout, if it has one", login, r.Name)
	}
	if l.untold != "" {
		l.found.Notes = append(l.found.Notes, "the server was not asked whether "+l.untold+" has a text: none was searched")
	}
	for _, r := range l.some {
		l.gap(failed, "it is compared with all branches, and the checkout may have only some of them", login, r.Name)
	}
	if l.found.Repo.Partial() && failed != nil {
		l.found.Notes = append(l.found.Notes, "what the partial clone left out could not be fetched: "+failed.Error())
	}
	if l.alone {
		l.gap(failed, "the merge that the server made is not in the checkout", "check out the merge, which is what actions/checkout does without ref; or "+login, j.Merge[:12])
	}
	if j.Pull && j.Kind == Added && l.found.Repo.Brings(l.tips, l.found.Known) == 0 {
		l.gap(nil, "it brings no commit that what it is compared with does not have: 0 commits were searched", "name what it is merged into, as in --base origin/main, or the commit before it, as in --base HEAD~1", j.What)
	}
	if l.found.Proposed && l.found.Settings == "" {
		who := "what decides"
		if len(l.judge) > 0 {
			who = l.judge[0].Name
		}
		l.found.Notes = append(l.found.Notes, who+" is not in the checkout: no settings and no baseline count")
	}
	switch {
	case !l.unsure():
	case l.few():
		l.gap(failed, "the server was not asked for all branches and tags, and may have others", login, "origin")
	default:
		l.found.Notes = append(l.found.Notes, "the server was not asked for all branches and tags: those of the checkout were searched")
	}
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
