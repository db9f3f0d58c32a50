package store

import (
	"context"

	"github.com/whosekey/whosekey/leak"
)

// HeadPlace is a place of a finding in a file that HEAD had, or may have.
type HeadPlace struct {
	Finding string
	Path    string   // of the file in the repository, also if the place is in an archive
	Blobs   []string // the versions that it is known to stand in
	AtHead  bool     // as it was
	place   string
}

// FilePlaces lists those of a repository: in files that HEAD had when it was last searched, and
// in others, which it may have by now.
func (s *Store) FilePlaces(ctx context.Context, repository int64) (out []HeadPlace, err error) {
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var p HeadPlace
		var path, record string
		var at int
		if err := scan(&p.Finding, &p.place, &path, &at, &record); err != nil {
			return err
		}
		l, err := decodePlace(record, path, "", true, 0)
		if err != nil {
			return err
		}
		if p.AtHead = at == 1; !p.AtHead && (l.Kind != leak.KindBlob || l.Blob == "") {
			return nil
		}
		p.Path, p.Blobs = l.Outer(), []string{l.Blob}
		if l.Head != nil {
			p.Blobs = append(p.Blobs, l.Head.Blob)
		}
		out = append(out, p)
		return nil
	}, `select finding, place, path, at_head, record from occurrences where repository = ? and path <> ''`, repository)
	return out, err
}
