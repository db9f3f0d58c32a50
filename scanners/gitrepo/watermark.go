package gitrepo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/whosekey/whosekey/scanners"
)

// Tips returns all refs with the objects that they name, by name.
func (r *Repo) Tips() []Tip {
	out := make([]Tip, 0, len(r.refs))
	for _, ref := range r.refs {
		out = append(out, Tip{ref.name, ref.id.String()})
	}
	return out
}

// NewTips returns the refs that name other objects than those that are known, which
// are sorted.
func (r *Repo) NewTips(known []string) (out []Tip) {
	for _, ref := range r.refs {
		id := ref.id.String()
		if _, ok := slices.BinarySearch(known, id); !ok {
			out = append(out, Tip{ref.name, id})
		}
	}
	return out
}

// Watermark is a hash of what all refs name: the same for as long as nothing was
// pushed. Empty repositories have the empty one.
func (r *Repo) Watermark() string {
	return watermark(r.headRef, len(r.refs), func(b []byte, i int) []byte {
		b = append(append(b, r.refs[i].name...), ' ')
		return hex.AppendEncode(b, r.refs[i].id.Bytes())
	})
}

// Watermark is that of a repository with such refs, sorted by name, and a HEAD that
// names such a branch.
func Watermark(head string, tips []Tip) string {
	return watermark(head, len(tips), func(b []byte, i int) []byte {
		return append(append(append(b, tips[i].Name...), ' '), tips[i].ID...)
	})
}

// watermark hashes n refs, each of which line appends.
func watermark(head string, n int, line func([]byte, int) []byte) string {
	if n == 0 {
		return ""
	}
	h := sha256.New()
	b := fmt.Appendf(nil, "HEAD %s\n", head)
	for i := range n {
		b = append(line(b, i), '\n')
		if len(b) > 4096 {
			h.Write(b)
			b = b[:0]
		}
	}
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// WatermarkAt reads the watermark of a repository without opening its objects.
// path is the repository itself, not a folder within it.
func WatermarkAt(path string) (string, error) {
	r, err := refsAt(path)
	if err != nil {
		return "", err
	}
	return r.Watermark(), nil
}

// refsAt reads the refs of a repository, and no more.
func refsAt(path string) (*Repo, error) {
	r := &Repo{cov: new(scanners.Coverage)}
	if !r.at(path) {
		return nil, fmt.Errorf("open %s: %w", path, ErrNotRepository)
	}
	err := r.findCommon()
	if err == nil {
		err = r.readRefs()
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return r, nil
}

// IsRepository reports whether a folder is a repository: bare, or a work tree.
func IsRepository(dir string) bool { return new(Repo).at(dir) }

// at is find for one folder: a sweep does so for thousands that have not changed.
func (r *Repo) at(dir string) bool {
	inner := filepath.Join(dir, ".git")
	if isGitDir(dir) {
		r.GitDir = dir
	} else if isGitDir(inner) {
		r.GitDir, r.WorkTree = inner, dir
	} else if target, ok := gitFile(inner); ok {
		r.GitDir, r.WorkTree = target, dir
	}
	return r.GitDir != ""
}
