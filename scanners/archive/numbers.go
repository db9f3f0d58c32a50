package archive

import (
	"sync"

	"github.com/whosekey/whosekey/leak"
)

// Numbers gives the files that are looked into the numbers that the Refs of their
// texts have. It is safe for concurrent use. The zero value has none.
type Numbers struct {
	mu   sync.Mutex
	refs []leak.Ref
}

// Give gives a file, by its Ref, the next number. It is not ok if there are no more.
func (n *Numbers) Give(ref leak.Ref) (number uint32, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.refs) > MaxFile {
		return 0, false
	}
	n.refs = append(n.refs, ref)
	return uint32(len(n.refs) - 1), true
}

// Reset forgets all files.
func (n *Numbers) Reset() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refs = nil
}

// Holder is the Ref of the file that a text is in: its own, if it is in none. It is
// not ok if no file has the number.
func (n *Numbers) Holder(ref leak.Ref) (leak.Ref, bool) {
	number, _, inner := Split(ref)
	if !inner {
		return ref, true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if int64(number) >= int64(len(n.refs)) {
		return 0, false
	}
	return n.refs[number], true
}
