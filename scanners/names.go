package scanners

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Names emits the name of what a Ref is, at a slash-separated path, to be searched. The
// folders are part of it only if they are not those of the path before, which are kept in
// folder: where there are many files in one, it is one name.
func Names(folder *string, ref leak.Ref, path string, emit func(*leak.Chunk) error) error {
	at := strings.LastIndexByte(path, '/') + 1
	name := path[at:]
	if path[:at] != *folder {
		*folder, name = path[:at], path
	}
	return Name(ref, name, emit)
}

// Name emits one name.
func Name(ref leak.Ref, name string, emit func(*leak.Chunk) error) error {
	if len(name) < leak.MinName {
		return nil
	}
	return emit(&leak.Chunk{Ref: ref, Name: true, Data: []byte(name)})
}
