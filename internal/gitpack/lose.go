package gitpack

import (
	"context"
	"errors"
	"fmt"
)

// refuse reports what is left of a tree that takes too much work.
func (k *walker) refuse(ctx context.Context) error {
	for i := len(k.stack) - 1; i >= 0; i-- {
		if err := k.loseAll(ctx, k.stack[i].next, errOver); err != nil {
			return err
		}
	}
	return nil
}

// lose reports an entry that cannot be rebuilt, and all that is built on it.
func (k *walker) lose(ctx context.Context, pos int32, why error) error {
	var err error
	if h, large := k.largeRoot(); large && pos == k.task.pos && errors.Is(why, errNoRoom) {
		err = k.stream(ctx, h) // there need not be room for it
	} else {
		err = k.fail(ctx, int(k.task.pack), pos, why)
	}
	if err != nil {
		return err
	}
	return k.loseAll(ctx, k.store.packs[k.task.pack].nodes[pos].child, why)
}

// loseAll is lose for an entry, its siblings, and all that is built on them.
func (k *walker) loseAll(ctx context.Context, pos int32, err error) error {
	p := k.store.packs[k.task.pack]
	todo := []int32{pos}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for ; at >= 0; at = p.nodes[at].sibling {
			if err := k.fail(ctx, int(k.task.pack), at, err); err != nil {
				return err
			}
			todo = append(todo, p.nodes[at].child)
		}
	}
	return nil
}

// fail visits another copy of an object of which one cannot be read, and
// reports it if there is none.
func (k *walker) fail(ctx context.Context, pack int, pos int32, why error) error {
	entry := int(k.store.packs[pack].nodes[pos].entry)
	if !k.store.first(pack, entry) || k.task.before(pos) != pending {
		return nil // another copy counts, or it was visited before
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	n := k.store.start[pack] + entry
	if why == errOver {
		k.skip(k.store.ID(n), why) // a copy could be as bad
		return nil
	}
	o, err := k.store.readCopy(n, why)
	if err != nil {
		k.skip(k.store.ID(n), err)
		return nil
	}
	if !k.want[o.Type] {
		return nil
	}
	if o.Stream == nil {
		return k.opt.Visit(k.id, &o)
	}
	r := o.Content()
	defer r.Close()
	return k.flow(ctx, &o, r)
}

// An entry begins where the one before it ends, the first one behind the pack's header;
// the last one ends where the checksum is. What no entry of the index has is seen by
// nobody, git included, until somebody makes another index of the pack. Entries that are
// not read, as another copy counts, are not looked at: to find where they end is as dear
// as to read them.

// ends reports what there is behind an entry that was read.
func (k *walker) ends(p *pack, at int, pos int32) {
	if end := p.end(int(pos)); at != end {
		k.hole(p, at, end)
	}
}

// before reports what there is before the first entry of a pack.
func (k *walker) before(p *pack) {
	first := len(p.data)
	if len(p.nodes) > 0 && p.nodes[0].offset < uint64(first) {
		first = int(p.nodes[0].offset)
	}
	if first > packHeader {
		k.hole(p, packHeader, first)
	}
}

// hole reports bytes of a pack that no entry has. Where a multi-pack-index is all there
// is of indexes, what it leaves out has been told.
func (k *walker) hole(p *pack, from, to int) {
	if p.partly {
		return
	}
	k.opt.Skip(Problem{reasonHole, fmt.Sprintf("%s at byte %d", p.name, from), fmt.Errorf("%w: no object of its index has these %d bytes", errCorrupt, to-from)})
}
