// Package dir scans files on disk and standard input. It knows nothing of what
// is searched for, nor of repositories, except that it leaves git's object
// databases to those who can read them.
package dir

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/internal/glob"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

// Options says what to scan.
type Options struct {
	// Paths are files and folders. A symbolic link is followed if it is named
	// here, and nowhere else. What is named twice, or lies in a folder that is
	// named too, is searched once.
	Paths []string
	// Show is what the paths of a single folder begin with, in reports and where
	// patterns are matched: where it is in a repository.
	Show string
	// Exclude are patterns as in a .gitignore file, without "!". They are
	// matched against the slash-separated path below a folder of Paths. One
	// without a slash matches a name at any depth; what is in an excluded
	// folder is excluded. A file of Paths is matched as it was written.
	Exclude []string
	Workers int   // that read and search at once; 0: one per CPU
	MaxFile int64 // leave out larger files; 0: no limit
	// LFSHere leaves out files of git-lfs whose content is not here; else they make
	// a scan incomplete.
	LFSHere bool
	// Archives bound what is unpacked of one file. The zero value opens none.
	Archives archive.Limits
}

// Source is a Source of the files that Options names.
//
// Files are read in full, also binary ones; text in UTF-16 and UTF-32 is
// converted. Archives and documents are looked into. Symbolic links are not followed, also if a file turns into one
// while it is opened, and nothing but regular files is opened.
//
// The Path of a location is relative to the scanned folder if Options has only
// one path. If it has several, it is the path as the user wrote it, cleaned,
// joined with the rest. That of a file in Options is as it was written.
type Source struct {
	opts    Options
	exclude glob.Set
	roots   []root
	table   *table         // of the last Scan
	inner   *archive.Again // finds what is in archives
	keep    *scanners.Keeper

	open func(path string) (folder, error) // replaced by tests
}

// New returns a Source. A path that does not exist, or that is neither a file
// nor a folder, is an error, and so is a pattern that cannot be understood.
func New(o Options) (*Source, error) {
	if len(o.Paths) == 0 {
		return nil, fmt.Errorf("no path to scan: name a file or a folder, such as src")
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	s := &Source{opts: o, table: new(table), open: openFolder}
	var err error
	if s.exclude, err = glob.Parse(o.Exclude); err != nil {
		return nil, err
	}
	s.roots, err = findRoots(o.Paths, o.Show, s.exclude)
	return s, err
}

// Scan implements scanners.Source.
func (s *Source) Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	s.table = newTable(s.roots)
	s.keep = new(scanners.Keeper)
	s.inner = &archive.Again{Limits: s.opts.Archives, Files: s.archive, Keep: s.keep}
	w := &walk{source: s, cov: new(scanners.Coverage), emit: emit, reach: reach}
	w.wake.L = &w.mu
	w.start()
	w.halted.Store(ctx.Err() != nil)
	g, inner := errgroup.WithContext(ctx)
	w.ctx = inner
	defer context.AfterFunc(inner, w.stop)()
	for range s.opts.Workers {
		g.Go(newWorker(w).run)
	}
	err := g.Wait()
	w.close()
	if err == nil {
		err = ctx.Err()
	}
	return w.cov, err
}

// Locate implements scanners.Source.
func (s *Source) Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	if err := s.findInArchives(ctx, matches); err != nil {
		return nil, err
	}
	out := make([][]leak.Location, len(matches))
	for i, ms := range matches {
		for _, m := range ms {
			l := leak.Location{Kind: leak.KindFile, Ref: m.Ref, Span: m.Span}
			if err := s.place(&l); err != nil {
				l.Problem = err.Error()
			}
			out[i] = append(out[i], l)
		}
		out[i] = archive.Distinct(out[i])
	}
	return out, ctx.Err()
}

// place fills in the path of a location.
func (s *Source) place(l *leak.Location) error {
	ref, err := s.table.outer(l.Ref)
	if err != nil {
		return err
	}
	rec, err := s.table.lookup(ref)
	if err != nil {
		return err
	}
	if l.Path = s.table.path(rec.dir, rec.name); rec.name == "" { // a root's own name
		l.Path = s.roots[rec.dir].named
	}
	if ref == l.Ref {
		return nil
	}
	in, err := s.inner.Path(l.Ref)
	archive.Place(l, in)
	return err
}

// Open implements scanners.Source. It is an error if the file is not the one
// any more that was searched.
func (s *Source) Open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	if _, _, inner := archive.Split(ref); inner {
		if _, err := s.table.outer(ref); err != nil {
			return nil, err
		}
		return s.inner.Open(ctx, ref)
	}
	f, in, err := s.reopen(ref)
	if err != nil {
		return nil, err
	}
	return scanners.DecodeCloser(struct {
		io.Reader
		io.Closer
	}{&bounded{file: f, left: limit(f, in)}, f}), nil
}

// Kept implements scanners.Keeping, for texts in archives.
func (s *Source) Kept(ref leak.Ref) []scanners.Stretch { return s.keep.Kept(ref) }

// reopen opens a file that was searched.
func (s *Source) reopen(ref leak.Ref) (file, info, error) {
	rec, err := s.table.lookup(ref)
	if err != nil {
		return nil, info{}, err
	}
	name := s.table.path(rec.dir, rec.name)
	parent, err := s.openDir(rec.dir)
	if err != nil {
		return nil, info{}, fmt.Errorf("open the folder of %s again: %w", name, err)
	}
	defer parent.Close()
	f, err := parent.Open(rec.name)
	if err != nil {
		return nil, info{}, fmt.Errorf("open %s again: %w", name, err)
	}
	in, err := f.Stat()
	if err == nil && in.stamp() != rec.stamp {
		err = fmt.Errorf("the file has changed since it was searched: scan again")
	}
	if err != nil {
		f.Close()
		return nil, info{}, fmt.Errorf("open %s again: %w", name, err)
	}
	return f, in, nil
}

// openDir opens a folder of the table, never through a symbolic link.
func (s *Source) openDir(dir uint32) (folder, error) {
	r, names := s.table.chain(dir)
	f, err := s.open(s.roots[r].folder)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		sub, err := f.Sub(name)
		f.Close()
		if err != nil {
			return nil, err
		}
		f = sub
	}
	return f, nil
}
