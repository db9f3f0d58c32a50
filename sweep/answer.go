package sweep

import (
	"context"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/store"
)

// query searches a source and adds what it finds to an outcome.
func (k *searching) query(ctx context.Context, o *store.Outcome, repo *gitrepo.Repo, src querySource, only []string) error {
	a, err := k.w.cfg.Search(ctx, &Query{
		Source: src, Repo: repo, Name: k.r.Name, Exposure: k.r.Exposure, Archived: k.r.Archived, Only: only, Folders: []string{repo.GitDir, repo.CommonDir, repo.WorkTree},
	})
	if err != nil {
		return err
	}
	k.answer(o, a)
	k.leftOut(o, a)
	return nil
}

// leftOut adds what was not meant to be searched, such as submodules.
func (k *searching) leftOut(o *store.Outcome, a *Answer) {
	for _, g := range a.Summary.LeftOut {
		o.Gaps = append(o.Gaps, store.Gap{Reason: g.Reason, Fix: g.Fix, Count: g.Count, First: g.First, Chosen: true})
	}
}

// answer adds what was found to an outcome.
func (k *searching) answer(o *store.Outcome, a *Answer) {
	o.Findings = merge(o.Findings, a.Findings)
	c := a.Summary.Counts
	o.Commits += c["commits"]
	o.Blobs += c["blobs"]
	o.Bytes += c["bytes"]
	o.Incomplete = o.Incomplete || a.Summary.Incomplete
	for _, g := range a.Summary.Skipped {
		o.Gaps = append(o.Gaps, store.Gap{Reason: g.Reason, Fix: g.Fix, Count: g.Count, First: g.First})
	}
}

// merge joins what two queries found. The second has looked at the whole repository, and
// knows more of what both found.
func merge(a, b []*leak.Finding) []*leak.Finding {
	byID := map[string]*leak.Finding{}
	for _, f := range a {
		byID[f.ID] = f
	}
	for _, f := range b {
		if have := byID[f.ID]; have != nil {
			f.Locations = append(have.Locations, f.Locations...)
			*have = *f
			continue
		}
		a = append(a, f)
	}
	return a
}
