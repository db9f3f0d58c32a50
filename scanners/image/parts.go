package image

import (
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// blob returns the part of a blob. One that several have is searched once: what has
// the same digest has the same content. What only says that its unpacked content is
// the same need not be right.
func (p *planner) blob(b blob, as role, name string) *part {
	key := b.key()
	if b.digest == (v1.Hash{}) {
		key = p.store.site() + "\x00" + key
	}
	key = blobKey(as, key)
	if old := p.byBlob[key]; old != nil {
		if old.denies(b.content) {
			p.skip(wrongDigest, name+" "+b.key())
		} else if old.blob.content == (v1.Hash{}) {
			old.blob.content = b.content
		}
		if old.blob.inline == nil {
			old.blob.inline = b.inline
		}
		return old
	}
	if l, ok := p.store.(*layoutStore); ok && l.stream != nil {
		if gone := l.stream.claim(p.run, b, as, name); gone != nil {
			p.byBlob[key] = gone
			return gone
		}
	}
	l := p.source.add(&part{role: as, name: name, store: p.store, blob: b})
	p.byBlob[key] = l
	return l
}

func blobKey(as role, key string) string { return fmt.Sprint(as, key) }
