package image

import (
	"sync"

	"github.com/whosekey/whosekey/leak"
)

// kept are the names of the files in which something was found. What is around that,
// a scanners.Keeper has.
type kept struct {
	mu    sync.Mutex
	files map[leak.Ref]string
}

// note remembers the name of a file.
func (k *kept) note(ref leak.Ref, name string, found int) {
	if found == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.files == nil {
		k.files = map[leak.Ref]string{}
	}
	k.files[ref] = name
}

func (k *kept) get(ref leak.Ref) (name string, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	name, ok = k.files[ref]
	return name, ok
}
