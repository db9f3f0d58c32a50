package sweep

import (
	"context"
	"fmt"
	"strings"

	"github.com/whosekey/whosekey/store"
)

// maxWhere is how many of what could not be listed or read a digest has.
const maxWhere = 50

// troubles counts what was not searched, and names some of it.
func (d *Digest) troubles(ctx context.Context, s *store.Store, view *store.Overview, clear func(string) string) error {
	if clear == nil {
		clear = func(s string) string { return s }
	}
	for _, c := range view.Repositories {
		switch store.RepositoryState(c.Name) {
		case store.Failed:
			d.Failed = c.N
		case store.New, store.Due:
			d.Waiting += c.N
		}
	}
	since := d.Until.Add(-store.Stands)
	if d.Since.Before(since) {
		since = d.Since
	}
	all, err := s.TroubledSources(ctx, maxTold)
	if err != nil {
		return err
	}
	for _, k := range all {
		if kind, _ := k.Kind(); kind == store.TroubleNotices || k.FailedAt.Before(since) {
			continue
		}
		if d.Unlisted++; len(d.Where) < maxWhere {
			d.Where = append(d.Where, Where{k.Spec, clear(k.Problem), k.FailedAt, when(k.ListedAt)})
		}
	}
	gaps, err := s.SourceGaps(ctx, since)
	if err != nil {
		return err
	}
	held := 0
	for _, g := range gaps {
		if g.Chosen {
			continue
		}
		held += int(g.Count)
		d.Withheld = append(d.Withheld, Held{g.Repository, g.Reason, g.Count, append([]string{}, g.First...)})
	}
	d.Troubles = d.Failed + d.Unlisted + held
	return nil
}

// maxTold is how many of what could not be listed or read a digest counts.
const maxTold = 10_000

const (
	maxNamed = 10  // of them that a text names
	maxWords = 300 // bytes of what a source said
)

// gaps are lines that say what was not searched.
func (d *Digest) gaps() (out []string) {
	if d.Failed > 0 || d.Incomplete > 0 {
		out = append(out, fmt.Sprintf("%s could not be searched, %d not wholly: there may be more.", counted(d.Failed, "repository", "repositories"), d.Incomplete))
	}
	if d.Waiting > 0 {
		out = append(out, fmt.Sprintf("%s not searched yet, or not what is new.", counted(d.Waiting, "repository is", "repositories are")))
	}
	for _, k := range d.Where[:min(maxNamed, len(d.Where))] {
		what := "Could not be read: "
		if kind, _ := (&store.SourceState{Spec: k.Source}).Kind(); kind == store.TroubleList {
			what = "Could not be listed wholly: "
		}
		out = append(out, what+k.Source+": "+clip(k.Problem))
	}
	if more := d.Unlisted - min(maxNamed, len(d.Where)); more > 0 {
		out = append(out, fmt.Sprintf("There is more that could not be listed or read: %d. whosekey sweep status has it.", more))
	}
	for i, k := range d.Withheld {
		if i == maxNamed {
			out = append(out, fmt.Sprintf("Sources have %d more kinds of what they do not hand over: whosekey sweep status has them.", len(d.Withheld)-i))
			break
		}
		names := ""
		if len(k.First) > 0 {
			names = ", such as " + clip(k.First[0])
		}
		out = append(out, fmt.Sprintf("Of %s: %d: %s%s.", k.Source, k.Count, k.Reason, names))
	}
	return out
}

func clip(s string) string {
	if len(s) <= maxWords {
		return s
	}
	return strings.ToValidUTF8(s[:maxWords], "") + " ..."
}
