package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

// History is the Source of everything in a repository's object database: each
// blob once, and the texts of commits, tags and refs.
type History struct {
	r       *Repo
	workers int

	commits []commit
	found   []int32 // object numbers of blobs with matches
	forest  *forest // of the trees, with those as hits, until Locate takes it
	read    bool    // all trees were read, and so many were dropped
	dropped int
	graph   *graph   // of the commits
	names   []string // of files and folders, those in which there can be a credential; sorted
	tags    atomic.Int64
	edges   atomic.Int64 // between commits

	mu   sync.Mutex
	lost map[uint64]bool // hashes of the names of what Scan could not read: it may be millions
	seed maphash.Seed    // of the hashes

	done, total atomic.Int64
}

// maxEdges bounds what commits with thousands of parents make us hold: of all parents but the
// first two of each. A parent that is missing takes as much as eight that are there. Deltas
// say a thousand parents in ten bytes; the history of Linux has some hundred of these.
var maxEdges int64 = 1 << 20

// commit is what attribution needs of a commit, in object numbers.
type commit struct {
	n, tree   int32 // -1 if the tree is missing
	parents   []int32
	committed int64
	gone      *gone // nil if nothing is
}

// gone is what a commit names and is not there.
type gone struct {
	tree    gitpack.ID // zero if the tree is there
	parents []gitpack.ID
}

// noter notes the commits that one worker meets.
type noter struct {
	h       *History
	table   *gitpack.Table
	links   gitpack.Links
	commits []commit
	parents []int32 // room for parents; the commits point into it
}

// NewHistory returns the Source. It takes the repository over: one Scan each.
func NewHistory(r *Repo) *History {
	return &History{r: r, workers: r.opts.Workers}
}

// part says which text of an object a Ref means.
type part uint8

const (
	whole   part = iota // of a blob
	header              // of a commit or tag
	message             // of a commit or tag
	names               // of all refs, one a line; the object number is 0. Others are of a file
)

func refOf(n int, p part) leak.Ref          { return leak.Ref(n)<<2 | leak.Ref(p) }
func objectOf(ref leak.Ref) (n int, p part) { return int(ref >> 2), part(ref & 3) }

const chunkSize = 1 << 20

// Progress tells how many objects of how many have been searched.
func (h *History) Progress() (done, total int64) { return h.done.Load(), h.total.Load() }

// Scan implements scanners.Source.
func (h *History) Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	cov := h.r.cov
	h.total.Store(int64(h.r.store.Len()))
	tell := newTeller(ctx, h.r, h.workers, reach, emit)
	tell.noting = true
	notes := make([]noter, h.workers)
	table := h.r.store.Prepare()
	for w := range notes {
		notes[w] = noter{h: h, table: table}
	}
	err := h.r.store.Walk(ctx, gitpack.WalkOptions{
		Workers: h.workers,
		Types:   []gitpack.Type{gitpack.Blob, gitpack.Commit, gitpack.Tag},
		Visit: func(w int, o *gitpack.Object) error {
			h.done.Add(1)
			return h.visit(tell, w, &notes[w], o)
		},
		Skip: func(p gitpack.Problem) {
			h.lose(p)
		},
	})
	for w := range notes {
		h.commits = append(h.commits, notes[w].commits...)
	}
	if err == nil {
		err = emit(&leak.Chunk{Ref: refOf(0, names), Data: h.r.refNames()})
	}
	if err == nil {
		err = h.r.searchAddresses(emit)
	}
	if err == nil {
		h.found = tell.found()
		err = h.trees(ctx, emit)
	}
	cov.Count("blobs", tell.blobs.Load())
	cov.Count("bytes", tell.bytes.Load())
	tell.countStored()
	cov.Count("commits", int64(len(h.commits)))
	cov.Count("tags", h.tags.Load())
	cov.Count("refs", int64(len(h.r.refs)))
	h.noteShallow()
	return cov, err
}

// lose notes once what cannot be read: Locate comes across it again.
func (h *History) lose(p gitpack.Problem) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lost == nil {
		h.lost, h.seed = map[uint64]bool{}, maphash.MakeSeed()
	}
	if key := maphash.String(h.seed, p.Name); !h.lost[key] {
		h.lost[key] = true
		h.r.cov.Skip(p.Reason, p.Fix(), p.Name+": "+p.Err.Error())
	}
}

func (h *History) noteShallow() {
	for _, c := range h.commits {
		if c.gone == nil || len(c.gone.parents) == 0 {
			continue
		}
		if id := h.r.store.ID(int(c.n)); h.r.shallow[id] {
			h.r.cov.Skip("shallow clone: the history is cut off", "git fetch --unshallow (in CI: fetch-depth: 0)", "behind commit "+id.String())
		}
	}
}

func (h *History) visit(tell *teller, w int, notes *noter, o *gitpack.Object) error {
	if o.Type == gitpack.Blob {
		return tell.blob(w, o)
	}
	if o.Type == gitpack.Tag {
		if _, ok := gitpack.ParseTag(o.Data); ok {
			h.tags.Add(1)
		}
	} else if err := notes.commit(o); err != nil {
		if !errors.Is(err, errParents) {
			h.r.cov.Skip("unreadable commit", "check the repository with git fsck", h.r.store.ID(o.N).String())
		} else {
			h.r.cov.Skip("commit with more parents than whosekey follows in all: since when credentials are there, and which refs lead to them, may be wrong", "", h.r.store.ID(o.N).String())
		}
	}
	return tell.texts(w, o)
}

var errParents = errors.New("there are too many parents in all")

func (k *noter) commit(o *gitpack.Object) error {
	hash := k.h.r.store.HashLen()
	if err := k.links.Parse(o.Data, hash); err != nil {
		return err
	}
	c := commit{n: int32(o.N), tree: -1, committed: k.links.Committed}
	if n, ok := k.table.Find(k.links.Tree); ok {
		c.tree = int32(n)
	} else {
		c.gone = &gone{tree: gitpack.MakeID(k.links.Tree)}
	}
	ids := k.links.Parents
	err := error(nil)
	if more := len(ids)/hash - 2; more > 0 && k.h.edges.Add(int64(more)) > maxEdges {
		ids, err = ids[:2*hash], errParents
	}
	from := len(k.parents)
	for ; len(ids) > 0; ids = ids[hash:] {
		n, ok := k.table.Find(ids[:hash])
		if !ok {
			if c.gone == nil {
				c.gone = &gone{}
			}
			if len(c.gone.parents) > 1 && k.h.edges.Add(missingCost-1) > maxEdges {
				err = errParents
				break
			}
			c.gone.parents = append(c.gone.parents, gitpack.MakeID(ids[:hash]))
		} else {
			k.parents = append(k.parents, int32(n))
		}
	}
	k.parents = k.parents[:from+len(once(k.parents[from:]))]
	c.parents = slices.Clip(k.parents[from:])
	k.commits = append(k.commits, c)
	return err
}

// missingCost is what a missing parent counts in maxEdges.
const missingCost = 8

// namesOf are the names that are searched: of all refs, or of those that are
// pushed.
func (r *Repo) namesOf() iter.Seq[string] {
	if r.pushed != nil {
		return slices.Values(r.pushed)
	}
	return func(yield func(string) bool) {
		for _, ref := range r.refs {
			if !yield(ref.name) {
				return
			}
		}
	}
}

func (r *Repo) refNames() []byte {
	size := 0
	for name := range r.namesOf() {
		size += len(name) + 1
	}
	b := make([]byte, 0, size)
	for name := range r.namesOf() {
		b = append(append(b, name...), '\n')
	}
	return b
}

// refAt returns the ref whose name is at an offset of refNames.
func (r *Repo) refAt(offset int64) string {
	at := int64(0)
	for name := range r.namesOf() {
		if at += int64(len(name)) + 1; offset < at {
			return name
		}
	}
	return ""
}

// Open implements scanners.Source.
func (h *History) Open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	return h.r.open(ctx, ref)
}

func (r *Repo) open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	if _, _, ok := archive.Split(ref); ok {
		return r.inner.Open(ctx, ref)
	}
	n, p := objectOf(ref)
	if p == names {
		return io.NopCloser(bytes.NewReader(r.refNames())), nil
	}
	if n == ofAddresses {
		return io.NopCloser(bytes.NewReader(r.addresses())), nil
	}
	o, err := r.store.Read(n)
	if err != nil {
		return nil, fmt.Errorf("read object %s: %w", r.store.ID(n), err)
	}
	switch at := gitpack.MessageStart(o.Data); p {
	case header:
		return io.NopCloser(bytes.NewReader(o.Data[:at])), nil
	case message:
		return io.NopCloser(bytes.NewReader(o.Data[at:])), nil
	}
	content := o.Content()
	return scanners.DecodeCloser(content), nil
}
