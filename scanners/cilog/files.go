package cilog

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/whosekey/whosekey/internal/inflate"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

// files lists the logs of Options.Paths.
func (s *Source) files(ctx context.Context, visit func(*blob) error) error {
	for _, p := range s.opts.Paths {
		st, err := os.Stat(p)
		if err != nil {
			return fmt.Errorf("open %s: %w", p, err)
		}
		if !st.IsDir() {
			if err := s.file(diskFile{path: p, shown: filepath.ToSlash(p), named: true}, visit); err != nil {
				return err
			}
			continue
		}
		if err := s.folder(ctx, p, visit); err != nil {
			return err
		}
	}
	return nil
}

// folder lists what is in a folder, in the order of names. The Path of a log is
// relative to the folder if it is the only one that was named.
func (s *Source) folder(ctx context.Context, dir string, visit func(*blob) error) error {
	prefix, shown := "", filepath.ToSlash(filepath.Clean(dir))
	if len(s.opts.Paths) > 1 {
		prefix = shown + "/"
	} else if abs, err := filepath.Abs(dir); err == nil {
		if err := visit(&blob{path: shown, name: filepath.Base(abs), only: true, open: noText}); err != nil {
			return err
		}
	}
	return filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rel, relErr := filepath.Rel(dir, p)
		shown := prefix + filepath.ToSlash(rel)
		switch {
		case err != nil || relErr != nil:
			s.cov.Skip("unreadable folder", "look at its permissions", fmt.Sprintf("%s: %v", shown, errors.Join(err, relErr)))
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		case !d.Type().IsRegular():
			s.cov.LeaveOut("not a regular file", "", shown)
			return nil
		}
		return s.file(diskFile{path: p, shown: shown}, visit)
	})
}

// diskFile is a file on disk. Only one that the user named may be a link.
type diskFile struct {
	path, shown string
	named       bool
	about       leak.Log
	live        bool
}

func (f *diskFile) open() (*os.File, error) {
	if f.named || f.live {
		return os.Open(f.path)
	}
	dir, err := os.OpenRoot(filepath.Dir(f.path))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if st, err := dir.Lstat(filepath.Base(f.path)); err != nil || !st.Mode().IsRegular() {
		return nil, errors.Join(errors.New("it is not a regular file any more"), err)
	}
	return dir.Open(filepath.Base(f.path))
}

// file lists the logs in a file.
func (s *Source) file(d diskFile, visit func(*blob) error) error {
	f, err := d.open()
	if err != nil {
		s.cov.Skip("unreadable log", "look at its permissions", d.shown+": "+err.Error())
		return nil
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() && !d.named {
		s.cov.Skip("unreadable log", "look at its permissions", d.shown)
		return nil
	}
	if s.opts.MaxFile > 0 && st.Size() > s.opts.MaxFile {
		s.cov.LeaveOut("larger than --max-blob", scanners.RaiseLimit, d.shown)
		return nil
	}
	var head [archive.SniffLen]byte
	n := 0
	if st.Mode().IsRegular() {
		n, _ = f.ReadAt(head[:], 0)
	}
	if bytes.HasPrefix(head[:n], []byte("PK\x03\x04")) || bytes.HasPrefix(head[:n], []byte("PK\x05\x06")) {
		return s.zip(d, f, st, visit)
	}
	b := &blob{path: d.shown, folder: d.run(), about: d.about, open: d.text(st.Size())}
	if k := archive.Sniff(head[:n], d.shown); k.Opaque() && (!bytes.HasPrefix(head[:n], gzipHead) || packedArchive(head[:n])) {
		b.disk = &d
		return visit(b)
	}
	if d.about.Service == "" {
		b.about = aboutPath(d.shown)
	}
	b.packed = bytes.HasPrefix(head[:n], gzipHead) || jsonHead.Match(head[:min(n, 512)])
	return visit(b)
}

// text opens a file that had a size.
func (f diskFile) text(size int64) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) {
		in, err := f.open()
		if err != nil {
			return nil, err
		}
		if now, err := in.Stat(); err != nil || now.Size() < size {
			in.Close()
			return nil, errors.New("the file has changed since it was searched: scan again")
		}
		return unpacked(in)
	}
}

var gzipHead = []byte("\x1f\x8b")

// run is what the logs of the run that a file is of have in common; empty for a file
// by itself. Azure has a log for each step: what the first says is true for the job.
func (f diskFile) run() string {
	switch {
	case f.live && f.about.Service == "azure":
		return path.Dir(f.shown)
	case f.live || !shares(f.shown):
		return ""
	}
	return folderOf(f.shown)
}

// folderOf is what the parts of one run have in common: they are in folders of jobs,
// or beside them.
func folderOf(shown string) string {
	if dir := path.Dir(shown); dir != "." {
		return path.Dir(dir)
	}
	return "."
}

// Names that services give to the parts of a log.
var (
	// Logs of a whole job that an older part of GitHub has begin with its number
	// there, which can be negative (cli/cli, pkg/cmd/run/view/logs.go).
	stepFile    = lazy.New(`^(-?[0-9]{1,20})_(.{1,200})\.txt$`)
	jenkinsFile = lazy.New(`(?:^|/)jobs/([^/]+)/(?:branches/[^/]+/)?builds/([0-9]+)/log$`)
)

// aboutPath says what the path of a log tells: 0_JOB.txt and JOB/1_STEP.txt of
// GitHub and Azure, jobs/NAME/builds/1/log of Jenkins.
func aboutPath(p string) (l leak.Log) {
	p = unpackedName(p)
	if m := jenkinsFile.FindStringSubmatch(p); m != nil {
		return leak.Log{Service: "jenkins", Job: m[1], Run: m[2]}
	}
	m := stepFile.FindStringSubmatch(path.Base(p))
	if dir := path.Base(path.Dir(p)); m == nil {
		if path.Base(p) == "system.txt" && dir != "." && dir != "/" {
			l.Job = dir
		}
	} else if dir == "." || dir == "/" || strings.HasSuffix(dir, "!") {
		l.Job = m[2]
	} else {
		l.Job, l.Step = dir, m[2]
	}
	return l
}

// unpacked reads a file as text: from gzip, from the JSON of a service.
func unpacked(f io.ReadCloser) (io.ReadCloser, error) {
	r := bufio.NewReaderSize(f, 64<<10)
	if head, _ := r.Peek(2); string(head) != "\x1f\x8b" {
		return dialected(r, r, f), nil
	}
	z, err := inflate.NewGzip(r)
	if err != nil {
		f.Close()
		return nil, err
	}
	r = bufio.NewReaderSize(z, 64<<10)
	return dialected(r, z, closers{z, f}), nil
}

type withClose struct {
	io.Reader
	io.Closer
}

// closers close one after the other.
type closers []io.Closer

func (c closers) Close() (err error) {
	for _, one := range c {
		err = errors.Join(err, one.Close())
	}
	return err
}

// limits are those for archives.
func (o *Options) limits() archive.Limits {
	if o.Archives == (archive.Limits{}) {
		return archive.Defaults()
	}
	return o.Archives
}
