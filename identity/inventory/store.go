package inventory

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"
	"strings"
)

// Limits of an inventory in memory.
const (
	inMemory   = 32 << 20   // bytes of entries; more go to a temporary file
	maxEntries = 10_000_000 // 1 GB of hashes and offsets
	maxGroup   = 100_000    // rows that are joined into one
	maxNotes   = 10_000     // problems that are kept
)

// Inventory is what was read: entries by what they are called. The entries
// themselves are in a spool.
type Inventory struct {
	Rows     int       // that became entries, before those of one identity were joined
	Lost     int       // rows that could not be read
	Joined   int       // rows that were joined to another one
	Problems []Problem // the first of them, in the order of the files

	Providers map[string]int // entries by provider; "" for those that do not say

	run    *Run
	seed   maphash.Seed
	spool  spool
	starts []int64 // of the entries in the spool
	index  []slot  // sorted by hash once it is built
	parent []int32 // entries of the same identity: the first one
	next   []int32 // the next entry of the same identity, 0 for none
	sorted bool
	enc    *json.Encoder
	counts map[string]int  // of keys that many entries have; see common
	off    map[string]bool // addresses of people whose account is disabled
}

// slot says that an entry has a key with a hash, which is in two halves: a slot has 12
// bytes and not 16, and there are ten million.
type slot struct {
	high, low uint32
	entry     int32
}

func (s slot) hash() uint64 { return uint64(s.high)<<32 | uint64(s.low) }

// New makes an empty inventory. It must be closed.
func New() *Inventory {
	return &Inventory{seed: maphash.MakeSeed(), Providers: map[string]int{}}
}

// Close removes the spool.
func (inv *Inventory) Close() error { return inv.spool.close() }

// Load reads a file into the inventory; several files are one inventory.
func (inv *Inventory) Load(name string, r io.Reader, o Options) error {
	return Read(name, r, o, inv.Add, inv.Note)
}

// LoadFile opens a file and loads it.
func (inv *Inventory) LoadFile(name string, o Options) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return inv.Load(name, f, o)
}

// Note adds a problem.
func (inv *Inventory) Note(p Problem) {
	if p.Lost {
		inv.Lost++
	}
	if len(inv.Problems) < maxNotes {
		inv.Problems = append(inv.Problems, p)
	}
}

// Add adds an entry.
func (inv *Inventory) Add(e *Entry) error {
	if len(inv.starts) >= maxEntries {
		inv.Note(Problem{first(e.source(), "?"), fmt.Sprintf("an inventory has at most %d entries", maxEntries), true})
		return nil
	}
	n := int32(len(inv.starts))
	inv.starts = append(inv.starts, inv.spool.size)
	if inv.enc == nil {
		inv.enc = json.NewEncoder(&inv.spool)
		inv.enc.SetEscapeHTML(false)
	}
	if err := inv.enc.Encode(e); err != nil {
		return fmt.Errorf("keep an inventory's entry: %w", err)
	}
	inv.Rows++
	inv.Providers[e.Provider]++
	inv.person(e)
	for _, k := range e.keys() {
		if h := inv.hash(k); !inv.common(k) {
			inv.index = append(inv.index, slot{uint32(h >> 32), uint32(h), n})
		}
	}
	inv.sorted = false
	return nil
}

func (e *Entry) source() string {
	if len(e.Sources) > 0 {
		return e.Sources[0]
	}
	return ""
}

// build sorts the index and joins the entries that are the same identity: those
// that share an id or an alias. Circles of aliases are nothing special.
func (inv *Inventory) build() error {
	if inv.sorted {
		return nil
	}
	if err := inv.spool.flush(); err != nil {
		return err
	}
	slices.SortFunc(inv.index, func(a, b slot) int {
		return cmp.Or(cmp.Compare(a.hash(), b.hash()), cmp.Compare(a.entry, b.entry))
	})
	inv.index = slices.Compact(inv.index)
	inv.parent = make([]int32, len(inv.starts))
	for i := range inv.parent {
		inv.parent[i] = int32(i)
	}
	inv.sorted = true
	inv.join()
	return nil
}

// join unites entries that share a key that names but one identity. Names alone
// do not.
func (inv *Inventory) join() {
	for i := 0; i < len(inv.index); {
		j := i + 1
		for j < len(inv.index) && inv.index[j].hash() == inv.index[i].hash() {
			j++
		}
		for _, s := range inv.index[i+1 : j] {
			if s.low&1 == 1 {
				a, b := inv.root(inv.index[i].entry), inv.root(s.entry)
				inv.parent[max(a, b)] = min(a, b)
			}
		}
		i = j
	}
	inv.next = make([]int32, len(inv.starts))
	last := make([]int32, len(inv.starts)) // of a group, by its first entry
	for i := range inv.parent {
		root := inv.root(int32(i))
		if root == int32(i) {
			last[root] = root
			continue
		}
		inv.next[last[root]] = int32(i)
		last[root] = int32(i)
		inv.Joined++
		inv.noteJoined(int32(i), root)
	}
}

// maxDecided is how many joined rows are looked at for decisions that differ.
const maxDecided = 10_000

// noteJoined reports the first rows that were joined, and those that a review decided
// otherwise; the rest is a number.
func (inv *Inventory) noteJoined(i, root int32) {
	if inv.Joined > maxDecided {
		return
	}
	a, err1 := inv.read(i)
	b, err2 := inv.read(root)
	if err1 != nil || err2 != nil {
		return
	}
	there := first(b.source(), b.ID)
	switch {
	case a.Review != nil && b.Review != nil && !strings.EqualFold(a.Review.Decision, b.Review.Decision):
		inv.Note(Problem{a.source(), fmt.Sprintf("%q is decided for the identity that %s has decided %q for: what stands here counts; ask who decided", a.Review.Decision, there, b.Review.Decision), false})
	case inv.Joined <= 20:
		inv.Note(Problem{a.source(), "the same identity as " + there + ": joined, what stands here counts", false})
	}
}

// hash is the hash of a key; its last bit says whether the key joins entries.
// Collisions of 63 bits under a random seed do not happen to anybody.
func (inv *Inventory) hash(key string) uint64 {
	h := maphash.String(inv.seed, key) &^ 1
	if joins(key) {
		h |= 1
	}
	return h
}

func (inv *Inventory) root(i int32) int32 {
	for inv.parent[i] != i {
		inv.parent[i] = inv.parent[inv.parent[i]]
		i = inv.parent[i]
	}
	return i
}

// raw reads the JSON of one entry back.
func (inv *Inventory) raw(i int32) ([]byte, error) {
	end := inv.spool.size
	if int(i)+1 < len(inv.starts) {
		end = inv.starts[i+1]
	}
	line := make([]byte, end-inv.starts[i])
	if _, err := inv.spool.ReadAt(line, inv.starts[i]); err != nil {
		return nil, fmt.Errorf("read an inventory's entry again: %w", err)
	}
	return line, nil
}

// read reads one entry back.
func (inv *Inventory) read(i int32) (*Entry, error) {
	line, err := inv.raw(i)
	if err != nil {
		return nil, err
	}
	e := &Entry{}
	if err := json.Unmarshal(line, e); err != nil {
		return nil, fmt.Errorf("read an inventory's entry again: %w", err)
	}
	return e, nil
}

// group reads an identity with all the rows about it.
func (inv *Inventory) group(root int32) (*Entry, error) {
	e, err := inv.read(root)
	for i, n := inv.next[root], 0; err == nil && i != 0 && n < maxGroup; i, n = inv.next[i], n+1 {
		var more *Entry
		if more, err = inv.read(i); err == nil {
			e = merge(e, more)
		}
	}
	if err == nil {
		e.reviewed()
		err = inv.oktaPeople(e)
	}
	return e, err
}

// Len is the number of identities.
func (inv *Inventory) Len() (int, error) {
	if err := inv.build(); err != nil {
		return 0, err
	}
	return len(inv.starts) - inv.Joined, nil
}

// lines writes the identities as they are in the spool: what no other row was
// joined to, no review took an owner off and no list of people names need not be taken apart.
func (inv *Inventory) lines(w io.Writer, joined func(*Entry) error) error {
	for i := range inv.parent {
		root := int32(i)
		if inv.root(root) != root {
			continue
		}
		line, err := inv.raw(root)
		if err != nil {
			return err
		}
		if inv.next[root] == 0 && !bytes.Contains(line, []byte(`"decision":"not mine"`)) && !bytes.Contains(line, []byte(`"provider":"okta"`)) {
			if _, err := fmt.Fprintf(w, "{\"entry\":%s}\n", bytes.TrimSuffix(line, []byte("\n"))); err != nil {
				return err
			}
			continue
		}
		e, err := inv.group(root)
		if err == nil {
			err = joined(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Each hands out the identities, in the order in which they came first.
func (inv *Inventory) Each(visit func(*Entry) error) error {
	return inv.each(func(int32) bool { return true }, visit)
}

// each hands out the identities that are wanted, by their first entries; others are not
// read back.
func (inv *Inventory) each(wanted func(root int32) bool, visit func(*Entry) error) error {
	if err := inv.build(); err != nil {
		return err
	}
	for i := range inv.parent {
		if inv.root(int32(i)) != int32(i) || !wanted(int32(i)) {
			continue
		}
		e, err := inv.group(int32(i))
		if err != nil {
			return err
		}
		if err := visit(e); err != nil {
			return err
		}
	}
	return nil
}
