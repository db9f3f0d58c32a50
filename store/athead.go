package store

import "context"

// HeadPlace is a place of a finding in a file that HEAD had when it was last
// searched.
type HeadPlace struct {
	Finding string
	Path    string   // of the file in the repository, also if the place is in an archive
	Blobs   []string // the versions that it is known to stand in
	place   string
}

// AtHead lists those of a repository.
func (s *Store) AtHead(ctx context.Context, repository int64) (out []HeadPlace, err error) {
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var p HeadPlace
		var path, record string
		if err := scan(&p.Finding, &p.place, &path, &record); err != nil {
			return err
		}
		l, err := decodePlace(record, path, "", true, 0)
		if err != nil {
			return err
		}
		p.Path, p.Blobs = l.Outer(), []string{l.Blob}
		if l.Head != nil {
			p.Blobs = append(p.Blobs, l.Head.Blob)
		}
		out = append(out, p)
		return nil
	}, `select finding, place, path, record from occurrences where repository = ? and at_head = 1 and path <> ''`, repository)
	return out, err
}
