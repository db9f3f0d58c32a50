package sweep

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/store"
)

// head finds out which places are not at HEAD any more, as the file is gone or its new
// version has the credential no more, and which now are: a branch was merged, or is the
// default one. An increment has only looked for what is new.
func (k *searching) head(ctx context.Context, o *store.Outcome, path string) error {
	places, err := k.w.s.FilePlaces(ctx, k.r.ID)
	if err != nil {
		return fmt.Errorf("read what is at HEAD: %w", err)
	}
	if len(places) == 0 {
		return nil
	}
	repo, err := gitrepo.Open(path, k.w.cfg.Open)
	if err != nil {
		return err
	}
	defer repo.Close()
	paths := make([]string, len(places))
	for i, p := range places {
		paths[i] = p.Path
	}
	slices.Sort(paths)
	at := repo.BlobsAtHead(slices.Compact(paths))
	changed := map[string]string{} // the version at HEAD, by path
	var doubtful []store.HeadPlace
	say := func(p store.HeadPlace, stands bool) {
		switch {
		case p.AtHead && !stands:
			o.Left = append(o.Left, p)
		case !p.AtHead && stands:
			o.Back = append(o.Back, p)
		}
	}
	for _, p := range places {
		if id := at[p.Path]; id == "" || slices.Contains(p.Blobs, id) {
			say(p, id != "")
		} else {
			changed[p.Path] = id
			doubtful = append(doubtful, p)
		}
	}
	if len(doubtful) == 0 {
		return nil
	}
	still, err := k.stand(ctx, repo, changed)
	if err != nil {
		return err
	}
	for _, p := range doubtful {
		say(p, still[[2]string{p.Finding, p.Path}])
	}
	return nil
}

// stand searches versions of files, and returns which findings stand in which.
func (k *searching) stand(ctx context.Context, repo *gitrepo.Repo, versions map[string]string) (map[[2]string]bool, error) {
	var tips []gitrepo.Tip
	for _, path := range slices.Sorted(maps.Keys(versions)) {
		tips = append(tips, gitrepo.Tip{Name: path, ID: versions[path]})
	}
	src, err := gitrepo.NewAdded(repo, tips, nil)
	if err != nil {
		return nil, fmt.Errorf("read the files of HEAD: %w", err)
	}
	a, err := k.w.cfg.Search(ctx, &Query{Source: src, Repo: repo, Name: k.r.Name, Exposure: k.r.Exposure, Archived: k.r.Archived, Folders: []string{repo.GitDir, repo.CommonDir, repo.WorkTree}})
	if err != nil {
		return nil, err
	}
	out := map[[2]string]bool{}
	for _, f := range a.Findings {
		for i := range f.Locations {
			out[[2]string{f.ID, f.Locations[i].Outer()}] = true
		}
	}
	return out, nil
}
