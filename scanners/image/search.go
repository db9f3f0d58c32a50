package image

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

const (
	chunkSize = 1 << 20
	// maxWhole is the size of the largest file that is emitted in one chunk.
	maxWhole = 1 << 20
	// maxEntries is how many entries of a layer are looked at.
	maxEntries = 4 << 20
	// A layer that unpacks to more than maxRatio times its size, and to more than
	// freeRatio, is a bomb. What people pack does not come near.
	maxRatio  = 200
	freeRatio = 1 << 30
)

var (
	manyEntries = remark{fmt.Sprintf("layer with more than %d entries, of which the rest was not searched", maxEntries), "search the image's files with whosekey dir"}
	bomb        = remark{fmt.Sprintf("layer that unpacks to more than %d times its size, of which the rest was not searched", maxRatio), "find out who made it"}
	badTar      = remark{"layer that is damaged, of which the rest was searched as bytes", rebuild}
	manyHoles   = remark{fmt.Sprintf("sparse file in a layer with more than %d GiB of holes, searched up to there", archive.MaxHoles>>30), "unpack it, and search that"}
	wrongDigest = remark{"layer of which the content does not have its digest", rebuild}
	foreign     = remark{"layer that the registry does not have: its content is elsewhere", "search the base image where it is, or leave it out with --skip-base"}
	encrypted   = remark{"encrypted layer", "decrypt the image, and search that"}
	ofBase      = remark{"layer of the base image", ""}
)

// queue is the order in which parts are searched: what takes longest first.
func (r *run) queue() []*part {
	out := slices.DeleteFunc(slices.Clone(r.source.parts), func(p *part) bool { return p.done })
	slices.SortStableFunc(out, func(a, b *part) int {
		return cmp.Compare(max(b.blob.size, int64(len(b.text))), max(a.blob.size, int64(len(a.text))))
	})
	return out
}

// worker is one of the goroutines of a run, with its buffers.
type worker struct {
	*run
	cov   *scanners.Coverage // of the part that is searched
	buf   []byte
	split scanners.Splitter
	inner archive.Searcher
	tape  scanners.Tape
	held  []byte // for files of up to maxInMemory
	pass  archive.Passing
}

func newWorker(r *run) *worker {
	split := scanners.Splitter{Size: chunkSize, Reach: r.reach}
	return &worker{
		run: r, cov: r.cov, buf: make([]byte, maxWhole+1), split: split,
		inner: archive.Searcher{Limits: r.source.opts.Archives, Cov: r.cov, Split: split, Keep: r.source.keep},
		tape:  scanners.Tape{Keeper: r.source.keep, Size: split.Longest() + scanners.Around},
	}
}

// search searches a part. An error ends the scan.
func (w *worker) search(ctx context.Context, p *part) error {
	switch {
	case p.done, p.leftOut():
		return nil
	case p.role == roleText:
		w.cov.Count("bytes", int64(len(p.text)))
		return w.split.Split(bytes.NewReader(p.text), leak.Chunk{Ref: p.ref(0)}, w.emit)
	}
	p.done = true
	if strings.HasSuffix(p.blob.media, "+encrypted") {
		w.skip(encrypted, p.name)
		return nil
	}
	return w.counted(p, func() error {
		rc, err := p.open(ctx)
		if err == nil {
			err = w.layer(ctx, p, rc)
			rc.Close()
		}
		return w.tell(ctx, p, err)
	})
}

// counted searches a part, and notes whether something of it was skipped.
func (w *worker) counted(p *part, search func() error) error {
	own := new(scanners.Coverage)
	w.cov, w.inner.Cov = own, own
	err := search()
	w.cov, w.inner.Cov = w.run.cov, w.run.cov
	p.whole = err == nil && p.searched && p.role == roleLayer && len(own.Skipped()) == 0
	p.left = own.LeftOut()
	w.cov.Add(own)
	return err
}

func (w *worker) skip(what remark, name string) { w.cov.Skip(what.reason, what.fix, name) }

func (w *worker) leaveOut(what remark, name string) { w.cov.LeaveOut(what.reason, what.fix, name) }

// errEmit is an error of who searches, not of what is read.
type errEmit struct{ error }

// tell notes why a part could not be read to its end.
func (w *worker) tell(ctx context.Context, p *part, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if e := (errEmit{}); errors.As(err, &e) {
		return e.error
	}
	if err == nil {
		return nil
	}
	err = explain(err)
	name := p.name + " " + p.blob.key()
	switch {
	case errors.Is(err, errDigest), strings.Contains(err.Error(), errDigest.Error()):
		w.skip(wrongDigest, name)
	case p.blob.foreign && status(err) != 0:
		w.skip(foreign, name)
	case errors.Is(err, errMany):
		w.skip(manyEntries, name)
	case errors.Is(err, errBomb):
		w.skip(bomb, name)
	case errors.Is(err, tar.ErrHeader):
		w.skip(badTar, name)
	default:
		w.skip(remark{"layer that could not be read to its end: " + err.Error(), fixOf(err)}, name)
	}
	return nil
}

var (
	errMany = errors.New("too many entries")
	errBomb = errors.New("it unpacks to too much")
)

// layer searches a blob: the files of an archive, or the blob itself if it is none.
// All of it is read, so that its digest is known.
func (w *worker) layer(ctx context.Context, p *part, rc io.Reader) error {
	raw := &counter{r: rc}
	var in io.Reader = raw
	var sums []*verified
	if _, checks := p.store.(*repository); !checks && p.blob.digest != (v1.Hash{}) {
		sums = append(sums, newVerified(in, p.blob.digest))
		in = sums[0]
	}
	u, err := unpack(in)
	if err != nil {
		return err
	}
	defer u.close()
	// What the configuration calls the content of a layer is what is unpacked here. In an
	// archive that goes by once it is not known yet.
	var whole *verified
	if d := p.blob.digest; p.role == roleLayer && (d == (v1.Hash{}) || u.packed != "" && p.blob.content != (v1.Hash{})) {
		want := p.blob.content
		if want == (v1.Hash{}) {
			want.Algorithm = "sha256"
		}
		whole = newVerified(u.raw.r, want)
		u.raw.r = whole
	}
	content := io.Reader(&ratio{r: u, raw: raw})
	head, err := u.Peek(blockSize)
	if err != nil && err != io.EOF {
		return err
	}
	p.searched, p.plain = true, u.packed == ""
	if p.role == roleOther {
		start, _ := u.Peek(maxStated)
		p.stated = statedType(start)
	}
	if isTar(head) {
		err = w.archive(ctx, p, &headers{counter: counter{r: content}, raw: u.raw})
	} else {
		err = w.file(ctx, p, 0, "", &counter{r: content}, -1)
	}
	if err != nil {
		if e := (errEmit{}); errors.As(err, &e) || errors.Is(err, errMany) || errors.Is(err, errBomb) {
			return err
		}
	}
	// What is wrong with the archive may be that it is not the right one.
	if _, drained := io.Copy(io.Discard, content); err == nil {
		err = drained
	}
	if _, drained := io.Copy(io.Discard, in); err == nil {
		err = drained
	}
	for _, s := range sums {
		if wrong := s.check(); wrong != nil {
			return wrong
		}
	}
	if whole != nil && err == nil {
		if p.content = whole.got(); p.denies(p.blob.content) {
			return fmt.Errorf("%w: its content is %s, its diff_id %s", errDigest, p.content, p.blob.content)
		}
	}
	if d, c := p.blob.digest, p.blob.content; err == nil && p.plain && d != (v1.Hash{}) && c != (v1.Hash{}) && d != c {
		return fmt.Errorf("%w: its diff_id is %s", errDigest, c)
	}
	return err
}

// archive searches the files of a layer.
func (w *worker) archive(ctx context.Context, p *part, in *headers) error {
	defer p.index.finish()
	tr := tar.NewReader(in)
	holes, names, targets := int64(archive.MaxHoles), scanners.Namer{}, scanners.Namer{}
	for n := int64(0); ; n++ {
		h, err := in.next(tr)
		switch {
		case errors.Is(err, tar.ErrInsecurePath): // of a name that leads out: we write nothing
		case err == io.EOF:
			return w.behind(ctx, p, n, in, in)
		case err != nil:
			p.rest = "behind a damaged header of the layer"
			return cmp.Or(w.behind(ctx, p, n, in, in.rest()), err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if n >= maxEntries {
			return errMany
		}
		name := cleanPath(h.Name)
		p.index.note(h, name, n)
		p.index.count = n + 1
		if err := w.name(&names, p.ref(n), name); err != nil {
			return err
		}
		if err := w.attributes(p.ref(n|attributesOf), h, name); err != nil {
			return err
		}
		if err := w.target(&targets, p.ref(n|targetOf), h, name); err != nil {
			return err
		}
		if !regular(h) || h.Size == 0 {
			continue
		}
		if most := w.source.opts.MaxFile; most > 0 && h.Size > most {
			w.leaveOut(remark{fmt.Sprintf("file of more than %d bytes", most), scanners.RaiseLimit}, p.name+" "+name)
			continue
		}
		var text io.Reader = tr
		size := h.Size
		if archive.Sparse(h) {
			text, size = &archive.Solid{R: tr, Under: func() int64 { return in.n }, Holes: &holes}, -1
		}
		if err := w.file(ctx, p, n, name, &counter{r: text}, size); err != nil {
			if e := (errEmit{}); errors.As(err, &e) || !errors.Is(err, archive.ErrHoles) {
				return err
			}
			w.skip(manyHoles, p.name+" "+name)
		}
	}
}

// regular reports whether an entry has content.
func regular(h *tar.Header) bool {
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		return true
	}
	return false
}

// behind searches what comes after the end of an archive, or what cannot be read of it:
// programs that unpack it do not look there.
func (w *worker) behind(ctx context.Context, p *part, n int64, in *headers, text io.Reader) error {
	rest := &trimmed{r: text}
	head, err := rest.first()
	if err != nil || head == nil {
		return err
	}
	if p.rest == "" && in.n-int64(len(head)) >= in.raw.n { // the content ends before it
		p.rest = "names and comments in the gzip header of the layer"
	}
	p.index.count = n + 1
	return w.file(ctx, p, n, "", &counter{r: rest}, -1)
}
