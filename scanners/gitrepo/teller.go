package gitrepo

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/internal/lfs"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

// teller emits objects as chunks.
type teller struct {
	ctx          context.Context
	emit         func(*leak.Chunk) error
	workers      []desk
	full         bool // do not say what was copied
	maxBlob      int64
	repo         *Repo
	store        *gitpack.Store
	cov          *scanners.Coverage
	blobs, bytes atomic.Int64
	stored       atomic.Int64 // files of git-lfs that were searched
	// path returns where a pointer of git-lfs is new; not ok for one that was there
	// before. nil: all count.
	path func(n int) (path string, ok bool)

	looks atomic.Int64 // at places in the chunks so far
	most  int64        // of them; beyond that, dense chunks are cut
	cuts  sync.Map     // numbers of objects that were

	noting  bool // keep matched
	mu      sync.Mutex
	matched map[int32]bool // numbers of objects with matches
}

// found are the numbers of the objects with matches, sorted.
func (t *teller) found() []int32 { return slices.Sorted(maps.Keys(t.matched)) }

// note remembers that something was found in an object.
func (t *teller) note(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.matched == nil {
		t.matched = map[int32]bool{}
	}
	t.matched[int32(n)] = true
}

// A few kilobytes of a pack can hold gigabytes of nothing but words that rules
// look for, of which each costs as much time as a hundred bytes of other text. So
// there is a budget of looks, beside the one of bytes that the store has (see
// gitpack): what it allows at least, which takes ten seconds or so, and one more
// for each byte of the packs. Source code has 3 for 100 bytes of a pack. When it
// is spent, a text is searched as long as it has no more than one look in
// sparse bytes: other files than those that spent it are searched to their end.
const (
	minLooks = 32 << 20
	sparse   = 128
)

// desk is what a worker uses again and again.
type desk struct {
	split  scanners.Splitter
	inner  archive.Searcher
	copies []leak.Copy
	header []byte // of the commit at hand
	chunk  leak.Chunk
}

func newTeller(ctx context.Context, r *Repo, workers, reach int, emit func(*leak.Chunk) error) *teller {
	t := &teller{ctx: ctx, emit: emit, maxBlob: r.opts.MaxBlob, cov: r.cov, full: r.opts.Full, repo: r, store: r.store, workers: make([]desk, workers)}
	if t.most = r.opts.looks; t.most == 0 {
		t.most = minLooks + r.store.Size()
	}
	for w := range t.workers {
		t.workers[w].split = scanners.Splitter{Size: chunkSize, Reach: reach}
		t.workers[w].inner = archive.Searcher{Limits: r.opts.Archives, Cov: r.cov, Split: t.workers[w].split}
	}
	return t
}

// cut notes that an object is not searched to its end. It reports whether that is
// new: a text has many chunks.
func (t *teller) cut(n int) bool {
	_, again := t.cuts.LoadOrStore(n, true)
	return !again
}

// send emits a chunk of object n.
func (t *teller) send(n int, c *leak.Chunk) error {
	if c.MaxLooks = 0; t.looks.Load() > t.most {
		c.MaxLooks = sparse + len(c.Data)/sparse
	}
	err := t.emit(c)
	t.looks.Add(int64(c.Looks))
	if c.Found > 0 && t.noting && (c.Ref&3 == leak.Ref(whole) || c.Ref>>63 == 1) {
		t.note(n)
	}
	if c.Cut() && t.cut(n) {
		t.cov.Skip("text of little but words that rules look for, in a repository with too much of it: not searched to its end",
			"if you do not know who made this repository, do not trust it; if you do, search the files: git cat-file blob ID | whosekey stdin", t.store.ID(n).String())
	}
	return err
}

func (t *teller) blob(w int, o *gitpack.Object) error {
	if t.maxBlob > 0 && o.Size > t.maxBlob {
		t.cov.LeaveOut(fmt.Sprintf("blob over %d bytes", t.maxBlob), scanners.RaiseLimit, "")
		return nil
	}
	t.blobs.Add(1)
	c := &t.workers[w].chunk
	*c = leak.Chunk{Ref: refOf(o.N, whole)}
	if o.Stream != nil {
		text := bufio.NewReaderSize(&counted{o.Stream, &t.bytes}, archive.SniffLen)
		if head, _ := text.Peek(archive.SniffLen); archive.Sniff(head, "").Opaque() {
			_, err := t.archive(w, o.N, fileOf(text, o.Size))
			return err
		}
		// What fails to be read is noted by the store.
		var emitErr error
		pass := new(archive.Passing).Reset(text)
		t.workers[w].split.Split(scanners.Decode(pass), *c, func(c *leak.Chunk) error {
			emitErr = t.send(o.N, c)
			return emitErr
		})
		if told := pass.Passed(); told != "" {
			t.cov.Skip(told, "search it: git cat-file blob ID > FILE; whosekey dir FILE", t.store.ID(o.N).String())
		}
		return emitErr
	}
	t.bytes.Add(int64(len(o.Data)))
	if lfs.Like(o.Data) {
		if err := t.pointed(w, o); err != nil {
			return err
		}
	}
	if archive.SniffBytes(o.Data, "") != archive.None {
		all, err := t.archive(w, o.N, archive.File{At: bytes.NewReader(o.Data), Size: int64(len(o.Data))})
		if all || err != nil {
			return err
		}
	}
	var decoded bool
	if c.Data, decoded = scanners.DecodeBytes(o.Data); !decoded && !t.full {
		c.Base, c.WantKeep = o.Base, o.HasDeltas
		if o.Base != nil {
			c.Copies = t.copiesOf(w, o)
		}
	}
	err := t.send(o.N, c)
	o.Keep = c.Keep
	*c = leak.Chunk{}
	return err
}

// counted adds up what is really read: an object's size is a claim.
type counted struct {
	r io.Reader
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// copiesOf puts the object's copies in the words of package leak.
func (t *teller) copiesOf(w int, o *gitpack.Object) []leak.Copy {
	out := t.workers[w].copies[:0]
	for _, c := range o.Copies {
		out = append(out, leak.Copy(c))
	}
	t.workers[w].copies = out
	return out
}
