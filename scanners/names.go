package scanners

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Namer emits names of files and folders, to be searched. What it emits is valid until
// emit returns. Each goroutine needs its own, and each list of paths.
type Namer struct {
	folder string
	data   []byte
	chunk  leak.Chunk
}

// Path emits the name of what a Ref is, at a slash-separated path. The folders are part of
// it only if they are not those of the path before: where there are many files in one, it
// is one name.
func (n *Namer) Path(ref leak.Ref, path string, emit func(*leak.Chunk) error) error {
	at := strings.LastIndexByte(path, '/') + 1
	name := path[at:]
	if path[:at] != n.folder {
		n.folder, name = path[:at], path
	}
	return n.Name(ref, name, emit)
}

// Name emits one name.
func (n *Namer) Name(ref leak.Ref, name string, emit func(*leak.Chunk) error) error {
	if len(name) < leak.MinName {
		return nil
	}
	n.data = append(n.data[:0], name...)
	n.chunk = leak.Chunk{Ref: ref, Name: true, Data: n.data, At: n.chunk.At[:0]}
	return emit(&n.chunk)
}
