package gitrepo

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// Edit is a tracked file that the work tree has otherwise than the index.
type Edit struct {
	Path string
	// Old and New are the lines from the first to the last that differ, with three
	// around them, as git diff prints no others.
	Old, New []byte
}

const (
	maxEdits    = 1000
	maxEditSize = 16 << 20
)

// Edits are the files that git diff prints: those that keep accepts, maxEdits at most, none of
// over maxEditSize. A file is read if its time or size is not what the index says.
func (r *Repo) Edits(keep func(path string) bool) (out []Edit) {
	entries, err := r.readIndex()
	if r.WorkTree == "" || err != nil {
		return nil
	}
	root, err := os.OpenRoot(r.WorkTree)
	if err != nil {
		return nil
	}
	defer root.Close()
	var written int64 // a file that is changed in the very moment of the index has its time
	if st, err := os.Stat(r.indexFile()); err == nil {
		written = st.ModTime().Unix()
	}
	for _, e := range entries {
		if len(out) >= maxEdits {
			break
		}
		if e.mode&0o170000 != 0o100000 || !keep(e.path) {
			continue
		}
		name := filepath.FromSlash(e.path)
		st, err := root.Lstat(name)
		if err == nil && (!st.Mode().IsRegular() || st.Size() > maxEditSize) {
			continue
		}
		var now []byte // nothing of a file that is gone
		if err == nil {
			at := st.ModTime()
			if e.stage == 0 && uint32(st.Size()) == e.size && uint32(at.Unix()) == e.sec && (e.nsec == 0 || uint32(at.Nanosecond()) == e.nsec) && at.Unix() < written {
				continue
			}
			if now, err = root.ReadFile(name); err != nil {
				continue
			}
		}
		old, _ := r.Tree().blob(e.id, maxEditSize)
		if !bytes.Equal(old, now) {
			before, after := differing(old, now)
			out = append(out, Edit{e.path, before, after})
		}
	}
	return out
}

// differing leaves of two texts what is between the lines that both begin and end with,
// and three lines on both sides.
func differing(a, b []byte) (_, _ []byte) {
	x, y := bytes.SplitAfter(a, []byte("\n")), bytes.SplitAfter(b, []byte("\n"))
	head, most := 0, min(len(x), len(y))
	for head < most && bytes.Equal(x[head], y[head]) {
		head++
	}
	tail := 0
	for tail < most-head && bytes.Equal(x[len(x)-1-tail], y[len(y)-1-tail]) {
		tail++
	}
	const around = 3
	head, tail = max(0, head-around), max(0, tail-around)
	return bytes.Join(x[head:len(x)-tail], nil), bytes.Join(y[head:len(y)-tail], nil)
}

// NewContent returns the Source of the files of a commit, or of a folder of it: HEAD,
// HEAD:docs.
func NewContent(r *Repo, rev string) (*Changes, error) {
	rev, folder, _ := strings.Cut(rev, ":")
	id, err := r.Resolve(rev)
	if err != nil {
		return nil, err
	}
	t := r.Tree()
	info, _, err := t.commit(id.String())
	if err != nil {
		return nil, err
	}
	e := treeEntry{gitpack.ModeTree, info.Tree}
	if folder = strings.Trim(folder, "/"); folder != "" {
		if e, err = t.at(info.Tree, folder); err != nil {
			return nil, err
		}
	}
	return &Changes{r: r, steps: []step{{n: inNone, changes: r.changed(e.id, nil, maxFiles)}}}, nil
}

// Only leaves the files that keep accepts, and the commits that change one. What they held
// before the first commit is then not read.
func (c *Changes) Only(keep func(path string) bool) {
	c.base, c.last = nil, nil
	for i := range c.steps {
		c.steps[i].changes = slices.DeleteFunc(c.steps[i].changes, func(ch change) bool { return !keep(ch.path) })
	}
	c.steps = slices.DeleteFunc(c.steps, func(s step) bool { return len(s.changes) == 0 })
}

// Indexed are the versions of a file that the index has: one, or in a merge with a
// conflict up to three. What cannot be read is none.
func (r *Repo) Indexed(path string) (out [][]byte) {
	entries, err := r.readIndex()
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.path == path {
			if text, err := r.Tree().blob(e.id, maxEditSize); err == nil {
				out = append(out, text)
			}
		}
	}
	return out
}

// Blob returns the full id of a file's content that a name stands for, as an id or the
// beginning of one does; empty if it is none.
func (r *Repo) Blob(name string) string {
	id, err := r.resolveName(name)
	if err != nil {
		return ""
	}
	if at, ok := r.store.Lookup(id); ok {
		if kind, err := r.store.Type(at); err == nil && kind == gitpack.Blob {
			return id.String()
		}
	}
	return ""
}
