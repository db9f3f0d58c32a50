package cilog

import (
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/inflate"
	"github.com/whosekey/whosekey/leak"
)

// maxEntries is how many logs of one archive are searched.
const maxEntries = 100_000

// zip lists the logs in a zip archive, as the services export the logs of a run.
// Its directory is read once; each log is then read by its offset.
func (s *Source) zip(d diskFile, f *os.File, st fs.FileInfo, visit func(*blob) error) error {
	z, err := zip.NewReader(f, st.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		s.cov.Skip("damaged zip archive", "download it again", d.shown+": "+err.Error())
		return nil
	}
	if !onlyLogs(z.File) { // what jobs kept
		return visit(&blob{path: d.shown, folder: d.shown, about: d.about, disk: &d, open: d.text(st.Size())})
	}
	if overlaps(z.File, st.Size()) {
		s.cov.Skip("zip archive with entries that share bytes", "it is a bomb, or damaged", d.shown)
		return nil
	}
	for i, e := range z.File {
		shown := d.shown + "!" + strings.TrimLeft(e.Name, "/")
		switch {
		case i >= maxEntries:
			s.cov.Skip(fmt.Sprintf("zip archive with more than %d entries", maxEntries), "unpack it, and name the folder", d.shown)
			return nil
		case strings.HasSuffix(e.Name, "/"):
			continue
		case e.Flags&1 != 0:
			s.cov.Skip("encrypted entry of an archive", "unpack it, and name the folder", shown)
			continue
		case e.Method != zip.Store && e.Method != zip.Deflate:
			s.cov.Skip("entry packed in a way that is not known", "unpack it, and name the folder", shown)
			continue
		}
		at, err := e.DataOffset()
		if err != nil {
			s.cov.Skip("damaged zip archive", "download it again", shown+": "+err.Error())
			continue
		}
		if err := visit(zipBlob(d, st, e, at, shown)); err != nil {
			return err
		}
	}
	return nil
}

// onlyLogs reports whether an archive is one of logs: it has only text.
func onlyLogs(es []*zip.File) bool {
	for _, e := range es {
		switch path.Ext(e.Name) {
		case ".txt", ".log", ".json":
		default:
			if !strings.HasSuffix(e.Name, "/") {
				return false
			}
		}
	}
	return true
}

func zipBlob(d diskFile, st fs.FileInfo, e *zip.File, at int64, shown string) *blob {
	b := &blob{packed: true, path: shown, inner: strings.TrimPrefix(shown, d.shown+"!"), about: aboutPath(e.Name)}
	if shares(e.Name) {
		b.folder = d.shown + "!" + folderOf(e.Name)
	}
	if d.about.Service != "" {
		job, step := b.about.Job, b.about.Step
		b.about = d.about
		b.about.Job, b.about.Step = cmp.Or(b.about.Job, job), step
	}
	size, method, want := int64(e.CompressedSize64), e.Method, e.CRC32
	b.open = func(context.Context) (io.ReadCloser, error) {
		f, err := d.open()
		if err != nil {
			return nil, err
		}
		if now, err := f.Stat(); err != nil || now.Size() != st.Size() || !now.ModTime().Equal(st.ModTime()) {
			f.Close()
			return nil, errors.New("the archive has changed since it was searched: scan again")
		}
		var r io.Reader = io.NewSectionReader(f, at, size)
		end := closers{f}
		if method == zip.Deflate {
			z := inflate.NewReader(r)
			r, end = z, closers{z, f}
		}
		return unpacked(withClose{&checked{r: r, sum: crc32.NewIEEE(), want: want}, end})
	}
	return b
}

// checked reads what should have a checksum.
type checked struct {
	r    io.Reader
	sum  hash.Hash32
	want uint32
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.sum.Write(p[:n])
	if err == io.EOF && c.sum.Sum32() != c.want {
		err = errors.New("the checksum is wrong")
	}
	return n, err
}

// overlaps reports whether entries need more bytes than the archive has: small
// archives that unpack to terabytes use theirs several times.
func overlaps(es []*zip.File, size int64) bool {
	if len(es) > maxEntries {
		es = es[:maxEntries]
	}
	type span = leak.Span
	spans := make([]span, 0, len(es))
	for _, e := range es {
		at, err := e.DataOffset()
		if err != nil || e.CompressedSize64 == 0 {
			continue
		}
		if e.CompressedSize64 > uint64(size) {
			return true
		}
		spans = append(spans, span{Start: at, End: at + int64(e.CompressedSize64)})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.Start, b.Start) })
	for i := 1; i < len(spans); i++ {
		if spans[i].Start < spans[i-1].End {
			return true
		}
	}
	return false
}
