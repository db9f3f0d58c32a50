package rules

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
)

// Reading and checking all provider files takes a tenth of a second, which a hook
// feels. So what a scan needs of them is kept in a second form, which `make generate`
// writes, and behind it the files themselves, which only a few commands and
// verification ask for: deflated one by one, they are a third, and an edit of one
// changes no byte of the others. That no edit was forgotten, a test says.

//go:embed builtin.bin
var snapshot string

// maxFile is what one provider file may inflate to, in bytes.
const maxFile = 1 << 20

// Shipped returns the providers that ship with the program, without examples.
func Shipped() ([]*Provider, error) {
	ps, _, err := readSnapshot(snapshot)
	return ps, err
}

var errSnapshot = errors.New("rules: builtin.bin is broken: run make generate")

// source is a provider file: its name without folders, and what stands in it.
type source struct{ name, text string }

func readSources(fsys fs.FS) (all []source, err error) {
	names, err := fs.Glob(fsys, "*.toml")
	for _, name := range names {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		all = append(all, source{path.Base(name), string(b)})
	}
	return all, err
}

// Snapshot returns what builtin.bin holds of these provider files.
func Snapshot(fsys fs.FS) ([]byte, error) {
	files, err := readSources(fsys)
	if err != nil {
		return nil, err
	}
	ps, err := parseAll(files)
	if err != nil {
		return nil, err
	}
	w := &writer{}
	w.int(len(ps))
	for _, p := range ps {
		w.provider(p)
	}
	w.int(len(files))
	for _, f := range files {
		w.text(f.name)
		packed, err := deflated(f.text)
		if err != nil {
			return nil, err
		}
		w.text(packed)
	}
	return w.b, nil
}

// readSnapshot returns the providers, and their files as they are kept: deflated.
func readSnapshot(data string) (ps []*Provider, packed []source, err error) {
	r := &reader{s: data}
	for range r.count() {
		ps = append(ps, r.provider())
	}
	for range r.count() {
		packed = append(packed, source{r.text(), r.text()})
	}
	if r.bad || r.s != "" {
		return nil, nil, errSnapshot
	}
	return ps, packed, nil
}

// shippedSources returns the provider files that were compiled in.
func shippedSources() ([]source, error) {
	_, files, err := readSnapshot(snapshot)
	for i := range files {
		if err == nil {
			files[i].text, err = inflated(files[i].text)
		}
	}
	return files, err
}

func deflated(text string) (string, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return "", err
	}
	err = w.Close()
	return b.String(), err
}

func inflated(packed string) (string, error) {
	b, err := io.ReadAll(io.LimitReader(flate.NewReader(strings.NewReader(packed)), maxFile+1))
	if err != nil || len(b) > maxFile {
		return "", errSnapshot
	}
	return string(b), nil
}
