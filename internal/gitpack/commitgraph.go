package gitpack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
)

// Graph is a commit-graph: what git noted of commits so that it need not read
// them. It may be forged, and callers must not believe what would make them
// look at less. Format: git's Documentation/gitformat-commit-graph.txt.
//
// Of what stands there, trees and corrected dates are not read: nobody who
// believes nothing has a use for them.
type Graph struct {
	hash   int
	layers []*graphLayer // the base first
	maps   [][]byte
}

// GraphCommit is what a Graph says of a commit.
type GraphCommit struct {
	Parents    []ID
	Committed  int64  // seconds since 1970
	Generation uint32 // one more than that of any parent; 0 for unknown
}

// graphLayer is one file. Commits are numbered through all of them.
type graphLayer struct {
	ids     *index
	commits []byte // for each ID: tree, two parents, generation and date
	edges   []byte // further parents
	bases   []byte // checksums of the files below
	sum     []byte // its own checksum, as it stands there
	before  int64  // commits in the files below
}

// What stands in the place of parents.
const (
	noParent  = 0x70000000
	manyEdges = 1 << 31 // the rest is the place of a list of edges
	lastEdge  = 1 << 31
)

// OpenGraph opens the commit-graph of the store's folders; the first that has
// one counts, as in git. It returns nil if there is none that can be used.
func (s *Store) OpenGraph() *Graph {
	for _, dir := range s.dirs {
		g := &Graph{hash: s.hash}
		if g.open(filepath.Join(dir, "info", "commit-graph"), nil) || g.openChain(s.dirs, filepath.Join(dir, "info", "commit-graphs")) {
			return g
		}
		g.Close()
	}
	return nil
}

// Close unmaps the files.
func (g *Graph) Close() {
	for _, m := range g.maps {
		unmap(m)
	}
	g.layers, g.maps = nil, nil
}

// openChain opens the layers that a chain lists, up to the first that does not
// fit. A layer may be in any of the folders.
func (g *Graph) openChain(dirs []string, dir string) bool {
	list, err := ReadFile(filepath.Join(dir, "commit-graph-chain"), 1<<16)
	if err != nil {
		return false
	}
	var bases []byte
	for line := range bytes.Lines(list) {
		id, ok := ParseID(string(bytes.TrimSpace(line)))
		if !ok || len(id.Bytes()) != g.hash || len(g.layers) == maxLayers {
			break
		}
		if !slices.ContainsFunc(dirs, func(dir string) bool {
			return g.open(filepath.Join(dir, "info", "commit-graphs", "graph-"+id.String()+".graph"), bases)
		}) {
			break
		}
		bases = append(bases, id.Bytes()...)
	}
	return len(g.layers) > 0
}

// open adds a file on top of those that are there, which have the checksums
// bases.
func (g *Graph) open(name string, bases []byte) bool {
	data, err := mapFile(name)
	if err != nil || data == nil {
		return false
	}
	g.maps = append(g.maps, data)
	err = g.guard(func() error {
		l, err := parseGraph(data, g.hash)
		if err == nil {
			err = g.add(l, bases)
		}
		return err
	})
	return err == nil
}

// parseGraph checks that all tables lie within data and that their sizes
// agree, so that lookups need no further checks.
func parseGraph(data []byte, hash int) (*graphLayer, error) {
	c, err := parseChunks(data, "CGPH", 8, hash)
	if err != nil {
		return nil, err
	}
	if c.header[4] != 1 {
		return nil, fmt.Errorf("%w: a commit-graph of version %d", errCorrupt, c.header[4])
	}
	l := &graphLayer{commits: c.chunks["CDAT"], edges: c.chunks["EDGE"], bases: c.chunks["BASE"], sum: data[len(data)-hash:]}
	if l.ids, err = c.names(hash); err != nil {
		return nil, err
	}
	if len(l.commits) != l.ids.count*(hash+16) {
		return nil, fmt.Errorf("%w: a table of commits of the wrong size", errCorrupt)
	}
	return l, nil
}

// add puts a layer on top, if it was made for those that are there: the
// numbers in it mean nothing without them.
func (g *Graph) add(l *graphLayer, bases []byte) error {
	if !bytes.Equal(l.bases, bases) {
		return fmt.Errorf("%w: a commit-graph on top of others", errCorrupt)
	}
	if n := len(g.layers); n > 0 {
		below := g.layers[n-1]
		if !bytes.Equal(below.sum, bases[len(bases)-g.hash:]) {
			return fmt.Errorf("%w: a commit-graph by a wrong name", errCorrupt)
		}
		l.before = below.before + int64(below.ids.count)
	}
	g.layers = append(g.layers, l)
	return nil
}

// Len is the number of commits.
func (g *Graph) Len() int {
	n := 0
	for _, l := range g.layers {
		n += l.ids.count
	}
	return n
}

// Commit reads what the graph says of a commit over what c held, and reports
// whether it says something that could be true.
func (g *Graph) Commit(id []byte, c *GraphCommit) (ok bool) {
	*c = GraphCommit{Parents: c.Parents[:0]}
	if len(id) != g.hash {
		return false
	}
	err := g.guard(func() error {
		for _, l := range slices.Backward(g.layers) {
			var i int
			if i, ok = l.ids.find(id); ok {
				ok = g.commit(l, i, c)
				break
			}
		}
		return nil
	})
	return ok && err == nil
}

func (g *Graph) commit(l *graphLayer, i int, c *GraphCommit) bool {
	row := l.commits[i*(g.hash+16)+g.hash : (i+1)*(g.hash+16)]
	high := binary.BigEndian.Uint32(row[8:])
	c.Generation = high >> 2
	c.Committed = int64(high&3)<<32 | int64(binary.BigEndian.Uint32(row[12:]))
	first, second := binary.BigEndian.Uint32(row), binary.BigEndian.Uint32(row[4:])
	switch {
	case first == noParent:
		return true
	case second == noParent:
		return g.parent(first, c)
	case second&manyEdges == 0:
		return g.parent(first, c) && g.parent(second, c)
	}
	if !g.parent(first, c) {
		return false
	}
	for at := 4 * int64(second&^manyEdges); at+4 <= int64(len(l.edges)); at += 4 {
		e := binary.BigEndian.Uint32(l.edges[at:])
		if !g.parent(e&^lastEdge, c) {
			return false
		}
		if e&lastEdge != 0 {
			return true
		}
	}
	return false
}

// parent adds the commit with a number.
func (g *Graph) parent(n uint32, c *GraphCommit) bool {
	for _, l := range slices.Backward(g.layers) {
		i := int64(n) - l.before
		if i >= int64(l.ids.count) || len(c.Parents) == maxParents {
			return false
		}
		if i >= 0 {
			c.Parents = append(c.Parents, MakeID(l.ids.name(int(i))))
			return true
		}
	}
	return false
}

func (g *Graph) guard(f func() error) error {
	return guard(func(addr uintptr) bool {
		return slices.ContainsFunc(g.maps, func(m []byte) bool { return within(m, addr) })
	}, f)
}
