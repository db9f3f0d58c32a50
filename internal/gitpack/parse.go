package gitpack

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// Modes of tree entries that matter to a reader.
const (
	ModeTree    = 0o040000
	ModeLink    = 0o120000
	ModeGitlink = 0o160000
)

// TreeEntry is an entry of a tree. Name and ID point into the tree's data.
type TreeEntry struct {
	Mode     uint32
	Name, ID []byte
}

// NextEntry reads the entry at the start of data and returns how many bytes it
// has. hash is the length of an ID.
func NextEntry(data []byte, hash int) (e TreeEntry, n int, err error) {
	i := 0
	for ; i < len(data) && data[i] != ' '; i++ {
		if data[i] < '0' || data[i] > '7' || i > 6 {
			return e, 0, fmt.Errorf("%w: a tree entry has no mode", errCorrupt)
		}
		e.Mode = e.Mode<<3 | uint32(data[i]-'0')
	}
	if i == len(data) {
		return e, 0, fmt.Errorf("%w: a tree entry is cut off", errCorrupt)
	}
	end := bytes.IndexByte(data[i+1:], 0)
	if n = i + 1 + end + 1 + hash; end < 0 || n > len(data) {
		return e, 0, fmt.Errorf("%w: a tree entry is cut off", errCorrupt)
	}
	switch kind := e.Mode & 0o170000; kind { // as git, which looks at no other bits of these
	case ModeTree, ModeGitlink:
		e.Mode = kind
	}
	e.Name, e.ID = data[i+1:i+1+end], data[n-hash:n]
	return e, n, nil
}

// ParseTree calls entry for each entry of a tree until it returns false.
func ParseTree(data []byte, hash int, entry func(mode uint32, name, id []byte) bool) error {
	for len(data) > 0 {
		e, n, err := NextEntry(data, hash)
		if err != nil {
			return err
		}
		if !entry(e.Mode, e.Name, e.ID) {
			return nil
		}
		data = data[n:]
	}
	return nil
}

// CommitInfo is what a commit object says.
type CommitInfo struct {
	Tree      ID
	Parents   []ID
	Author    string // as written: a name and an address in angle brackets
	When      time.Time
	Committed time.Time
	Message   int // where the message starts
}

// maxParents bounds what a hostile commit can make us follow. Git takes as many as a
// commit has room for, though nobody merges more than some dozen.
const maxParents = 1 << 17

// ParseCommit reads a commit object. A commit without a tree is an error;
// dates that are missing or absurd are left zero.
func ParseCommit(data []byte) (c CommitInfo, err error) {
	c.Message = headerEnd(data)
	for line := range bytes.Lines(data[:c.Message]) {
		key, value, _ := bytes.Cut(bytes.TrimRight(line, "\n"), []byte(" "))
		switch string(key) {
		case "tree":
			c.Tree, _ = ParseID(string(value))
		case "parent":
			id, ok := ParseID(string(value))
			switch {
			case !ok:
				return c, errParent
			case len(c.Parents) == maxParents:
				return c, errParents
			}
			c.Parents = append(c.Parents, id)
		case "author":
			c.Author, c.When = person(value)
		case "committer":
			_, c.Committed = person(value)
		}
	}
	if c.Tree.IsZero() {
		return c, errNoTree
	}
	return c, nil
}

// Links is what the graph of commits needs of one. It is ParseCommit without
// the rest, and allocates nothing but Parents.
type Links struct {
	Tree      []byte // its raw ID, nil if there is none
	Parents   []byte // raw IDs in a row
	Committed int64  // seconds since 1970, 0 if unknown

	tree [32]byte
}

// Parse reads a commit object of a repository whose IDs have hash bytes, over
// what l held. Its errors are those of ParseCommit.
func (l *Links) Parse(data []byte, hash int) error {
	l.Tree, l.Parents, l.Committed = nil, l.Parents[:0], 0
	header := data[:headerEnd(data)]
	for len(header) > 0 {
		line := header
		if i := bytes.IndexByte(header, '\n'); i >= 0 {
			line = header[:i]
		}
		header = header[min(len(line)+1, len(header)):]
		key, value, _ := bytes.Cut(line, space)
		switch string(key) {
		case "tree":
			l.Tree = nil
			if len(value) != 2*hash {
				continue
			}
			if n, err := hex.Decode(l.tree[:], value); err == nil && l.tree != [32]byte{} {
				l.Tree = l.tree[:n]
			}
		case "parent":
			switch {
			case len(value) != 2*hash:
				return errParent
			case len(l.Parents) == maxParents*hash:
				return errParents
			}
			var err error
			if l.Parents, err = hex.AppendDecode(l.Parents, value); err != nil {
				return errParent
			}
		case "committer":
			l.Committed = seconds(value)
		}
	}
	if l.Tree == nil {
		return errNoTree
	}
	return nil
}

var (
	space      = []byte{' '}
	errParent  = fmt.Errorf("%w: a commit with a bad parent", errCorrupt)
	errParents = fmt.Errorf("a commit with more than %d parents", maxParents)
	errNoTree  = fmt.Errorf("%w: a commit without a tree", errCorrupt)
)

// headerEnd returns where the message of a commit or tag starts.
func headerEnd(data []byte) int {
	if i := bytes.Index(data, []byte("\n\n")); i >= 0 {
		return i + 2
	}
	return len(data)
}

// MessageStart returns where the message of a commit or tag object starts.
func MessageStart(data []byte) int { return headerEnd(data) }

// ParseTag returns the object that a tag object is about.
func ParseTag(data []byte) (ID, bool) {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	value, ok := bytes.CutPrefix(line, []byte("object "))
	if !ok {
		return ID{}, false
	}
	return ParseID(string(value))
}

// maxDate is the last day of the year 9999: JSON has no later dates.
const maxDate = 253402214400

// person splits "Name <address> seconds zone".
func person(value []byte) (who string, when time.Time) {
	end := bytes.LastIndexByte(value, '>')
	if end < 0 {
		return string(value), time.Time{}
	}
	who = string(value[:end+1])
	fields := bytes.Fields(value[end+1:])
	if len(fields) == 0 {
		return who, time.Time{}
	}
	sec, ok := parseSeconds(fields[0])
	if !ok {
		return who, time.Time{}
	}
	zone := time.UTC
	if len(fields) > 1 {
		zone = parseZone(string(fields[1]))
	}
	return who, time.Unix(sec, 0).In(zone)
}

func parseSeconds(field []byte) (int64, bool) {
	sec, err := strconv.ParseInt(string(field), 10, 64)
	return sec, err == nil && sec >= 0 && sec <= maxDate
}

// seconds is the time of person, 0 if it has none.
func seconds(value []byte) int64 {
	end := bytes.LastIndexByte(value, '>')
	for field := range bytes.FieldsSeq(value[end+1:]) {
		if sec, ok := parseSeconds(field); ok && end >= 0 {
			return sec
		}
		break
	}
	return 0
}

// parseZone reads "+0530".
func parseZone(s string) *time.Location {
	n, err := strconv.Atoi(s)
	if err != nil || len(s) != 5 || n < -1400 || n > 1400 {
		return time.UTC
	}
	return time.FixedZone("", (n/100*60+n%100)*60)
}
