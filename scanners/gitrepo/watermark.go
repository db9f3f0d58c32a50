package gitrepo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
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

// Watermark is a hash of what all refs name: the same for as long as nothing was
// pushed. Empty repositories have the empty one.
func (r *Repo) Watermark() string { return Watermark(r.headRef, r.Tips()) }

// Watermark is that of a repository with such refs, sorted by name, and a HEAD that
// names such a branch.
func Watermark(head string, tips []Tip) string {
	if len(tips) == 0 {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "HEAD %s\n", head)
	for _, t := range tips {
		io.WriteString(h, t.Name)
		io.WriteString(h, " ")
		io.WriteString(h, t.ID)
		io.WriteString(h, "\n")
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// WatermarkAt reads the watermark of a repository without opening its objects.
// path is the repository itself, not a folder within it.
func WatermarkAt(path string) (string, error) {
	if !IsRepository(path) {
		return "", fmt.Errorf("open %s: %w", path, ErrNotRepository)
	}
	r := &Repo{cov: new(scanners.Coverage)}
	if err := r.find(path); err != nil {
		return "", fmt.Errorf("open %s: %w", path, err)
	}
	if err := r.readRefs(); err != nil {
		return "", fmt.Errorf("open %s: %w", path, err)
	}
	return r.Watermark(), nil
}

// IsRepository reports whether a folder is a repository: bare, or a work tree.
func IsRepository(dir string) bool {
	r := &Repo{cov: new(scanners.Coverage)}
	if r.find(dir) != nil {
		return false
	}
	return slices.Contains([]string{r.GitDir, r.WorkTree}, clean(dir))
}

func clean(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	return abs
}
