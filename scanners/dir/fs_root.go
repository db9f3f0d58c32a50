package dir

import (
	"io/fs"
	"os"
)

// rootFolder is a folder for every system that Go knows.
type rootFolder struct {
	root *os.Root
	list *os.File // opened by the first List
}

// openRootFolder opens a folder by its path, of which links are followed.
func openRootFolder(path string) (folder, error) {
	r, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &rootFolder{root: r}, nil
}

func (f *rootFolder) List(n int) ([]fs.DirEntry, error) {
	if f.list == nil {
		d, err := f.root.Open(".")
		if err != nil {
			return nil, err
		}
		f.list = d
	}
	return f.list.ReadDir(n)
}

func (f *rootFolder) Close() error {
	if f.list != nil {
		f.list.Close()
	}
	return f.root.Close()
}

func (f *rootFolder) Mode(name string) (fs.FileMode, error) {
	fi, err := f.root.Lstat(name)
	if err != nil {
		return 0, err
	}
	return fi.Mode().Type(), nil
}

// Sub looks before and after, since Root follows links that stay inside.
func (f *rootFolder) Sub(name string) (folder, error) {
	before, err := f.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.IsDir() {
		return nil, errReplaced
	}
	sub, err := f.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if after, err := sub.Stat("."); err != nil || !os.SameFile(before, after) {
		sub.Close()
		return nil, errReplaced
	}
	return &rootFolder{root: sub}, nil
}

func (f *rootFolder) Open(name string) (file, error) {
	before, err := f.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, errReplaced
	}
	opened, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	if after, err := opened.Stat(); err != nil || !os.SameFile(before, after) {
		opened.Close()
		return nil, errReplaced
	}
	return rootFile{opened}, nil
}

type rootFile struct{ *os.File }

func (f rootFile) Stat() (info, error) {
	fi, err := f.File.Stat()
	if err != nil {
		return info{}, err
	}
	return info{size: fi.Size(), mtime: fi.ModTime().UnixNano()}, nil
}

func (f rootFile) Made() bool { return false }
