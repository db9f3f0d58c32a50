package image

import (
	"bytes"
	"sync"

	"github.com/whosekey/whosekey/leak"
)

// maxKept is how many bytes of files with findings are kept, so that their layers
// need not be fetched again.
const maxKept = 32 << 20

// kept are the files in which something was found.
type kept struct {
	mu    sync.Mutex
	files map[leak.Ref]keptFile
	bytes int
}

type keptFile struct {
	name string
	text []byte // as it is in its layer; nil if it is to be read again
}

// note keeps a file with findings. text is nil for a large one.
func (k *kept) note(ref leak.Ref, name string, found int, text []byte) {
	if found == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.files == nil {
		k.files = map[leak.Ref]keptFile{}
	}
	f := keptFile{name: name, text: k.files[ref].text}
	if f.text == nil && text != nil && k.bytes+len(text) <= maxKept {
		f.text = bytes.Clone(text)
		k.bytes += len(text)
	}
	k.files[ref] = f
}

func (k *kept) get(ref leak.Ref) (keptFile, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f, ok := k.files[ref]
	return f, ok
}

func (k *kept) name(ref leak.Ref, name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.files == nil {
		k.files = map[leak.Ref]keptFile{}
	}
	k.files[ref] = keptFile{name: name}
}
