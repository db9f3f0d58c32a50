package main

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// outputs are the files that reports go to.
type outputs struct {
	files   []*outFile
	buffers []*bufio.Writer
	lenient bool
	lost    []lostFile // those that could not be written, if that ends nothing
}

// lostFile is a report that could not be written.
type lostFile struct {
	name string
	err  error
}

// lose notes that a file could not be written.
func (o *outputs) lose(name string, err error) {
	o.lost = append(o.lost, lostFile{name, fmt.Errorf("write %s: %w", name, reason(err))})
}

// outFile is a report's file. A regular one is replaced as a whole when the
// report is complete; a device or a pipe is written in place.
type outFile struct {
	*os.File
	name   string // as the user wrote it
	target string // to rename to; empty for those in place
	// root is the checkout that the file is in, and temp its name there until it is
	// complete; nil for a file elsewhere.
	root *os.Root
	temp string
}

// create opens a report's file. In a checkout somebody else may have put links where
// it goes: a link of the file's name is replaced, and one of a folder's name that
// leads out of the checkout is an error. Elsewhere links are the user's own.
func create(name string) (*outFile, error) {
	out, err := begin(name)
	return out, reason(err)
}

// reason is an error without the path in it, which has a name that nobody knows while
// a file is not complete.
func reason(err error) error {
	if p := new(fs.PathError); errors.As(err, &p) {
		return p.Err
	}
	if l := new(os.LinkError); errors.As(err, &l) {
		return l.Err
	}
	return err
}

func begin(name string) (*outFile, error) {
	if dir, rel, ok := checkoutOf(name); ok {
		return createIn(dir, rel, name)
	}
	if st, err := os.Stat(name); err == nil && !st.Mode().IsRegular() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		return &outFile{File: f, name: name}, err
	}
	target := name
	if real, err := filepath.EvalSymlinks(name); err == nil {
		target = real // replace the file, not the link
	}
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*")
	return &outFile{File: f, name: name, target: target}, err
}

func createIn(dir, rel, name string) (*outFile, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	out := &outFile{name: name, root: root}
	if st, err := root.Lstat(rel); err == nil && !st.Mode().IsRegular() && st.Mode()&fs.ModeSymlink == 0 {
		out.File, err = root.OpenFile(rel, os.O_WRONLY, 0)
		return out.orClosed(err)
	}
	out.target, out.temp = rel, filepath.Join(filepath.Dir(rel), "."+filepath.Base(rel)+"."+rand.Text())
	out.File, err = root.OpenFile(out.temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	return out.orClosed(err)
}

func (f *outFile) orClosed(err error) (*outFile, error) {
	if err != nil {
		f.root.Close()
		return nil, err
	}
	return f, nil
}

// checkoutOf finds the checkout that a file is in, by its name: the innermost folder
// on the way that has a .git, but none behind a link in a checkout. rel is the file's
// path in it.
func checkoutOf(name string) (dir, rel string, ok bool) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", "", false
	}
	at := filepath.VolumeName(abs) + string(filepath.Separator)
	for part := range strings.SplitSeq(filepath.Dir(abs)[len(at)-1:], string(filepath.Separator)) {
		if part == "" {
			continue
		}
		at = filepath.Join(at, part)
		st, err := os.Lstat(at)
		if err != nil || dir != "" && st.Mode()&fs.ModeSymlink != 0 {
			break
		}
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			dir = at
		}
	}
	if dir == "" {
		return "", "", false
	}
	rel, err = filepath.Rel(dir, abs)
	return dir, rel, err == nil
}

// removeOld removes a report of an earlier run, or what somebody else put there: it
// must not pass for the report of this run. What is no file, and a link outside of a
// checkout, stays.
func removeOld(name string) error {
	dir, rel, inside := checkoutOf(name)
	if !inside {
		if st, err := os.Lstat(name); err != nil || !st.Mode().IsRegular() {
			return nil
		}
		return os.Remove(name)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	st, err := root.Lstat(rel)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !st.Mode().IsRegular() && st.Mode()&fs.ModeSymlink == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return root.Remove(rel)
}

// writeWhole writes a file as a report's.
func writeWhole(name string, data []byte) error {
	out, err := create(name)
	if err != nil {
		return err
	}
	outs := &outputs{files: []*outFile{out}}
	defer outs.discard()
	if _, err := out.Write(data); err != nil {
		return err
	}
	return outs.commit()
}

// commit puts the files in their places.
func (o *outputs) commit() error {
	for _, b := range o.buffers {
		if err := b.Flush(); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	for len(o.files) > 0 {
		f := o.files[0]
		err := f.commit()
		if err != nil && !o.lenient {
			return fmt.Errorf("write %s: %w", f.name, reason(err))
		}
		if err != nil {
			f.discard()
			o.lose(f.name, err)
		}
		o.files = o.files[1:]
	}
	return nil
}

// Write implements io.Writer.
func (f *outFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	if err != nil {
		err = &fs.PathError{Op: "write", Path: f.name, Err: reason(err)}
	}
	return n, err
}

func (f *outFile) commit() error {
	if f.target != "" {
		mode := os.FileMode(0o644)
		if st, err := f.old(); err == nil && st.Mode().IsRegular() {
			mode = st.Mode().Perm()
		}
		if err := f.Chmod(mode); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	var err error
	switch {
	case f.target != "" && f.root != nil:
		err = f.root.Rename(f.temp, f.target)
	case f.target != "":
		err = os.Rename(f.Name(), f.target)
	}
	if err == nil && f.root != nil {
		f.root.Close()
	}
	return err
}

// old is what the file replaces.
func (f *outFile) old() (fs.FileInfo, error) {
	if f.root != nil {
		return f.root.Lstat(f.target)
	}
	return os.Stat(f.target)
}

// discard removes files that are not complete.
func (o *outputs) discard() {
	for _, f := range o.files {
		f.discard()
	}
	o.files = nil
}

func (f *outFile) discard() {
	f.Close()
	switch {
	case f.target != "" && f.root != nil:
		f.root.Remove(f.temp)
	case f.target != "":
		os.Remove(f.Name())
	}
	if f.root != nil {
		f.root.Close()
	}
}

// forgiving is a file that takes everything: what cannot be written is noted once,
// and the file is given up.
type forgiving struct {
	outs *outputs
	file *outFile
	bad  bool
}

func (w *forgiving) Write(b []byte) (int, error) {
	if w.bad {
		return len(b), nil
	}
	if _, err := w.file.Write(b); err != nil {
		w.bad = true
		w.outs.lose(w.file.name, err)
		w.outs.files = slices.DeleteFunc(w.outs.files, func(f *outFile) bool { return f == w.file })
		w.file.discard()
	}
	return len(b), nil
}

// lost says which reports could not be written. Nobody may take a run for clean whose
// report is not there.
func (a *app) lost(o *outputs) {
	for _, f := range o.lost {
		fmt.Fprintf(a.stderr, "whosekey: error: %s\n", safe(f.err.Error()))
		a.code = cmp.Or(a.code, exitUsage)
	}
	a.unwritten = o.lost
}
