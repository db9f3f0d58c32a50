package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/whosekey/whosekey/convert"
	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// maxOrigin is the size of the largest file in which a finding of another scanner
// is looked for.
const maxOrigin = 16 << 20

// origin is what another scanner searched: a repository, a folder, or nothing. It is
// a Source of the files that were looked at.
type origin struct {
	set    *detectors.Set
	repo   *gitrepo.Repo
	tree   *gitrepo.Tree
	root   *os.Root // of a folder
	files  []originFile
	refs   map[originFile]leak.Ref
	last   *looked
	rules  map[string]leak.RuleInfo
	listed []leak.RuleInfo
}

// originFile names a file: in a commit, "" for that of HEAD, or on disk.
type originFile struct{ commit, path string }

// openOrigin opens what was searched. "" is nothing.
func openOrigin(set *detectors.Set, path string) (*origin, error) {
	o := &origin{set: set, refs: map[originFile]leak.Ref{}, rules: map[string]leak.RuleInfo{}, listed: set.Rules()}
	for _, r := range o.listed {
		o.rules[r.ID] = r
	}
	if path == "" {
		return o, nil
	}
	repo, err := gitrepo.Open(path, gitrepo.Options{})
	if err == nil {
		o.repo, o.tree = repo, repo.Tree()
		return o, nil
	} else if !errors.Is(err, gitrepo.ErrNotRepository) {
		return nil, usage(err, "")
	}
	if o.root, err = os.OpenRoot(path); err != nil {
		return nil, usage(fmt.Errorf("open what was searched: %w", err), "name the repository or folder that the other scanner searched")
	}
	return o, nil
}

func (o *origin) close() {
	if o.repo != nil {
		o.repo.Close()
	}
	if o.root != nil {
		o.root.Close()
	}
}

// commit is the full id of an abbreviated one; empty if it is not there.
func (o *origin) commit(id string) string {
	if o.repo == nil || id == "" {
		return ""
	}
	full, err := o.repo.Resolve(id)
	if err != nil {
		return ""
	}
	return full.String()
}

func (o *origin) read(ctx context.Context, f originFile) ([]byte, error) {
	switch {
	case o.tree != nil:
		data, whole, err := o.tree.ReadFile(ctx, f.commit, f.path, maxOrigin)
		if err == nil && !whole {
			err = errTooLarge
		}
		return data, err
	case o.root != nil:
		file, err := o.root.Open(filepath.FromSlash(f.path)) // stays within the folder
		if err != nil {
			return nil, err
		}
		defer file.Close()
		if st, err := file.Stat(); err != nil || !st.Mode().IsRegular() {
			return nil, fs.ErrNotExist
		}
		data, err := io.ReadAll(io.LimitReader(file, maxOrigin+1))
		if err == nil && len(data) > maxOrigin {
			err = errTooLarge
		}
		return data, err
	}
	return nil, fs.ErrNotExist
}

var errTooLarge = fmt.Errorf("the file has more than %d bytes", maxOrigin)

// Scan implements scanners.Source: others have searched.
func (o *origin) Scan(context.Context, int, func(*leak.Chunk) error) (*scanners.Coverage, error) {
	return new(scanners.Coverage), nil
}

// Locate implements scanners.Source.
func (o *origin) Locate(_ context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	return make([][]leak.Location, len(matches)), nil
}

// Open implements scanners.Source.
func (o *origin) Open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	data, err := o.read(ctx, o.files[ref-1])
	return io.NopCloser(bytes.NewReader(data)), err
}

// looked is a file with what our rules find in it.
type looked struct {
	file    originFile
	ref     leak.Ref
	text    []byte
	matches []leak.Match // that count: they do not overlap
}

// look reads a file and searches it. Nil if it cannot be read.
func (o *origin) look(ctx context.Context, f originFile) *looked {
	if o.last != nil && o.last.file == f {
		return o.last
	}
	text, err := o.read(ctx, f)
	if err != nil {
		return nil
	}
	l := &looked{file: f, text: text, ref: o.refs[f]}
	if l.ref == 0 {
		o.files = append(o.files, f)
		l.ref = leak.Ref(len(o.files))
		o.refs[f] = l.ref
	}
	o.set.Scan(&leak.Chunk{Ref: l.ref, Data: text}, func(m leak.Match) { l.matches = append(l.matches, m) })
	l.matches = o.winners(l.matches)
	o.last = l
	return l
}

// winners leaves of matches that overlap the surest, then the longest.
func (o *origin) winners(ms []leak.Match) (out []leak.Match) {
	slices.SortFunc(ms, func(a, b leak.Match) int {
		return cmp.Or(
			cmp.Compare(o.sure(&b), o.sure(&a)), cmp.Compare(b.Span.End-b.Span.Start, a.Span.End-a.Span.Start),
			cmp.Compare(len(b.Parts), len(a.Parts)), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Span.Start, b.Span.Start))
	})
	for _, m := range ms {
		if !slices.ContainsFunc(out, func(w leak.Match) bool { return w.Span.Overlaps(m.Span) }) {
			out = append(out, m)
		}
	}
	return out
}

func (o *origin) sure(m *leak.Match) int {
	for i, c := range []leak.Confidence{leak.Low, leak.Medium, leak.High} {
		if o.rules[m.Rule].Sure == c {
			return i
		}
	}
	return 0
}

// line is the line of an offset, from 1.
func (l *looked) line(at int64) int { return 1 + bytes.Count(l.text[:at], []byte("\n")) }

// find finds the credential of a hit in a file. rule is what its rule may be called
// with us. A match without a rule is one that only the other scanner's rules find.
func (l *looked) find(h *convert.Hit, rule string) (m leak.Match, ok bool) {
	if h.HasSecret() {
		return l.value(h)
	}
	var fit []leak.Match
	for _, m := range l.matches {
		secret := m.Parts[leak.SecretPart]
		switch {
		case h.SHA1 != "" && secret.SHA1() == h.SHA1, h.SHA256 != "" && secret.SHA256() == h.SHA256:
			return m, true
		case h.ByPlace() && l.line(m.Span.Start) <= h.Line && h.Line <= l.line(max(m.Span.Start, m.Span.End-1)):
			fit = append(fit, m)
		}
	}
	if len(fit) > 1 { // several on the line: only one that is called the same
		fit = slices.DeleteFunc(fit, func(m leak.Match) bool { return m.Rule != rule })
	}
	if len(fit) != 1 {
		return m, false
	}
	return fit[0], true
}

// value finds the value of a hit, at the place that is nearest to its line.
func (l *looked) value(h *convert.Hit) (m leak.Match, ok bool) {
	spans := h.Secret.Spans(l.text)
	if len(spans) == 0 {
		for _, m := range l.matches { // encoded
			if m.Parts[leak.SecretPart].Equal(h.Secret) {
				return m, true
			}
		}
		return m, false
	}
	best, far := spans[0], -1
	for _, s := range spans {
		d := l.line(s.Start) - h.Line
		if d = max(d, -d); far < 0 || d < far {
			best, far = s, d
		}
	}
	for _, m := range l.matches { // of a pair the one that has both
		if len(h.Pieces) > 0 && len(m.Parts) > 1 && h.Is(m.Parts[leak.SecretPart]) {
			return m, true
		}
	}
	for _, m := range l.matches {
		if m.Span.Overlaps(best) {
			return m, true
		}
	}
	return leak.Match{Hit: &leak.Hit{Parts: leak.Parts{leak.SecretPart: h.Secret}}, Ref: l.ref, Span: best}, true
}

// examine finds out what a credential is from its value, and from what the other
// scanner calls it.
func (o *origin) examine(h *convert.Hit) (best leak.Match, ok bool) {
	best.Hit = new(leak.Hit)
	var all []leak.Match
	if len(h.Pieces) > 0 {
		var names []string
		var values []leak.Secret
		for _, p := range h.Pieces {
			names, values = append(names, h.Rule+"_"+p.Name), append(values, p.Value)
		}
		o.set.ExamineTogether(names, values, func(m leak.Match) {
			if m.Ref, m.Span = 0, (leak.Span{}); h.Is(m.Parts[leak.SecretPart]) {
				all = append(all, m)
			}
		})
	}
	for _, value := range []leak.Secret{h.Secret, h.Match} {
		o.set.Examine(h.Rule, value, func(m leak.Match) {
			m.Ref, m.Span = 0, leak.Span{}
			if value.Len() == h.Secret.Len() || m.Parts[leak.SecretPart].Equal(h.Secret) {
				all = append(all, m)
			}
		})
	}
	for i := range all {
		m := &all[i]
		if n := cmp.Or(o.sure(m)-o.sure(&best), len(m.Parts)-len(best.Parts), cmp.Compare(best.Rule, m.Rule)); !ok || n > 0 {
			best, ok = *m, true
		}
	}
	return best, ok
}
