package gitpack

import (
	"bytes"
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

// maxParents bounds what a hostile commit can make us follow; git's own limit
// for merging is far below.
const maxParents = 1 << 12

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
			if !ok || len(c.Parents) == maxParents {
				return c, fmt.Errorf("%w: a commit with a bad parent", errCorrupt)
			}
			c.Parents = append(c.Parents, id)
		case "author":
			c.Author, c.When = person(value)
		case "committer":
			_, c.Committed = person(value)
		}
	}
	if c.Tree.IsZero() {
		return c, fmt.Errorf("%w: a commit without a tree", errCorrupt)
	}
	return c, nil
}

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
	sec, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil || sec < 0 || sec > maxDate {
		return who, time.Time{}
	}
	zone := time.UTC
	if len(fields) > 1 {
		zone = parseZone(string(fields[1]))
	}
	return who, time.Unix(sec, 0).In(zone)
}

// parseZone reads "+0530".
func parseZone(s string) *time.Location {
	n, err := strconv.Atoi(s)
	if err != nil || len(s) != 5 || n < -1400 || n > 1400 {
		return time.UTC
	}
	return time.FixedZone("", (n/100*60+n%100)*60)
}
