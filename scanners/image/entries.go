package image

import (
	"archive/tar"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"path"
	"slices"
	"strings"
)

// entries say what a layer does to which path, in 16 bytes each: which files
// those of lower layers lose to it is asked only for the few with a credential.
type entries struct {
	list  []entry
	links []hardLink
	count int64  // of all entries
	last  string // the folder of the last entry
}

type entry struct {
	path uint64 // hash
	at   int32  // which entry of the layer, from 0
	does does
}

// does is what an entry does to its path.
type does uint8

const (
	puts   does = iota // a file, a link, a device
	opens              // a folder
	gone               // deletes what lower layers have there
	opaque             // deletes what lower layers have in the folder
)

// hardLink is another name of a file of the same layer.
type hardLink struct {
	target uint64
	name   string
	at     int32
}

// hashPath is the same in every run: see Seen.
func hashPath(p string) uint64 {
	sum := sha256.Sum256([]byte(p))
	return binary.BigEndian.Uint64(sum[:])
}

// cleanPath is the path of an entry in the image, without a slash before it. Dots
// do not lead out of it.
func cleanPath(name string) string { return path.Clean("/" + name)[1:] }

const (
	whiteout     = ".wh."
	whiteoutMeta = ".wh..wh." // of aufs itself
	opaqueName   = ".wh..wh..opq"
)

// note remembers an entry of a layer.
func (e *entries) note(h *tar.Header, name string, at int64) {
	does := puts
	dir, base := path.Split(name)
	switch {
	case base == opaqueName:
		name, does = strings.TrimSuffix(dir, "/"), opaque
	case strings.HasPrefix(base, whiteoutMeta):
		return
	case strings.HasPrefix(base, whiteout):
		// With no name behind the mark it is the folder itself that goes, as docker and containerd
		// unpack it: https://github.com/moby/moby/blob/v27.0.0/pkg/archive/diff.go (UnpackLayer)
		name, does = cleanPath(dir+base[len(whiteout):]), gone
	case h.Typeflag == tar.TypeDir:
		does = opens
	case h.Typeflag == tar.TypeLink:
		e.links = append(e.links, hardLink{hashPath(cleanPath(h.Linkname)), name, int32(at)})
	}
	e.list = append(e.list, entry{hashPath(name), int32(at), does})
	e.above(path.Dir("/" + cleanPath(h.Name))[1:], int32(at))
}

// above notes that the folders of an entry are there, which need no entries of their
// own: a file that a lower layer has in their place is gone.
func (e *entries) above(dir string, at int32) {
	if dir == e.last {
		return
	}
	e.last = dir
	for ; dir != ""; dir = path.Dir("/" + dir)[1:] {
		e.list = append(e.list, entry{hashPath(dir), at, opens})
	}
}

// finish makes it ready for questions.
func (e *entries) finish() {
	slices.SortFunc(e.list, byPath)
	e.list = slices.Clip(e.list)
}

func byPath(a, b entry) int { return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.at, b.at)) }

// of are the entries of a path.
func (e *entries) of(p uint64) []entry {
	from, _ := slices.BinarySearchFunc(e.list, p, func(x entry, p uint64) int { return cmp.Compare(x.path, p) })
	to := from
	for to < len(e.list) && e.list[to].path == p {
		to++
	}
	return e.list[from:to]
}

func (e *entries) has(p string, does does) bool {
	return slices.ContainsFunc(e.of(hashPath(p)), func(x entry) bool { return x.does == does })
}

// removes reports whether a layer takes away a file of lower layers, and whether it
// puts something else in its place.
func (e *entries) removes(p string) (removed, replaced bool) {
	if len(e.list) == 0 {
		return false, false
	}
	for _, x := range e.of(hashPath(p)) {
		switch x.does {
		case puts, opens:
			return true, true
		case gone:
			removed = true
		}
	}
	for dir := p; dir != "" && !removed; {
		dir = strings.TrimSuffix(path.Dir("/" + dir)[1:], "/")
		// A file where a folder was takes all that is in it away, also if the layer has a
		// folder of that name before or after it.
		removed = e.has(dir, gone) || e.has(dir, opaque) || dir != "" && e.has(dir, puts)
	}
	return removed, false
}

// again reports whether a later entry of the same layer has the same path: what is
// unpacked last counts.
func (e *entries) again(p string, at int64) bool {
	all := e.of(hashPath(p))
	folder := slices.ContainsFunc(all, func(x entry) bool { return int64(x.at) == at && x.does == opens })
	return slices.ContainsFunc(all, func(x entry) bool { return int64(x.at) > at && (x.does == puts || x.does == opens && !folder) })
}

// names are the hard links to a file.
func (e *entries) names(p string) (out []hardLink) {
	want := hashPath(p)
	for _, l := range e.links {
		if l.target == want && len(out) < maxLinks {
			out = append(out, l)
		}
	}
	return out
}

const maxLinks = 16
