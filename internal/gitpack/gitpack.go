// Package gitpack reads git's object databases: packfiles with their indexes,
// and loose objects. It reads each object once, in the order in which that is
// cheapest, and trusts nothing: whoever wrote the files may want us to crash,
// to hang or to run out of memory.
//
// It knows neither refs nor work trees. File formats: git's
// Documentation/gitformat-pack.txt.
package gitpack

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
)

// Type is the type of an object, as in a pack entry's header.
type Type uint8

// The types of objects.
const (
	Commit Type = 1
	Tree   Type = 2
	Blob   Type = 3
	Tag    Type = 4

	ofsDelta Type = 6
	refDelta Type = 7
)

func (t Type) String() string {
	switch t {
	case Commit:
		return "commit"
	case Tree:
		return "tree"
	case Blob:
		return "blob"
	case Tag:
		return "tag"
	}
	return fmt.Sprintf("type %d", uint8(t))
}

// typeOf is the inverse of String.
func typeOf(name []byte) (Type, bool) {
	for _, t := range []Type{Commit, Tree, Blob, Tag} {
		if t.String() == string(name) {
			return t, true
		}
	}
	return 0, false
}

// ID is the name of an object: 20 bytes in SHA-1 repositories, 32 in SHA-256.
type ID struct {
	b [32]byte
	n uint8
}

// MakeID makes an ID of 20 or 32 bytes.
func MakeID(raw []byte) (id ID) {
	id.n = uint8(copy(id.b[:], raw))
	return id
}

// ParseID reads a whole hexadecimal ID.
func ParseID(s string) (ID, bool) { return ParseIDBytes([]byte(s)) }

// ParseIDBytes is ParseID for what a list of a million refs has.
func ParseIDBytes(b []byte) (id ID, ok bool) {
	if len(b) != 40 && len(b) != 64 {
		return ID{}, false
	}
	n, err := hex.Decode(id.b[:], b)
	if err != nil {
		return ID{}, false
	}
	id.n = uint8(n)
	return id, true
}

// Compare orders IDs as their hexadecimal forms.
func (id ID) Compare(other ID) int { return bytes.Compare(id.Bytes(), other.Bytes()) }

// Bytes returns the raw ID.
func (id *ID) Bytes() []byte { return id.b[:id.n] }

// IsZero reports whether the ID is unset or git's null ID.
func (id ID) IsZero() bool { return id.b == [32]byte{} }

func (id ID) String() string { return hex.EncodeToString(id.b[:id.n]) }

// Object is what Walk and Read deliver.
type Object struct {
	N    int // number in the store
	Type Type
	Size int64
	Data []byte // valid until the callback returns; nil if Stream is set
	// Base is what the Visit of the object that this one is a delta of left in
	// its Keep; nil if there is none. Then Copies are the runs of Data that the
	// delta copies from there, in the order of To; they do not overlap.
	Base   any
	Copies []Copy
	// Keep is Visit's to set if HasDeltas.
	Keep      any
	HasDeltas bool
	// Stream yields the content of a blob that is too large to hold. Reading
	// it can fail in the middle.
	Stream interface{ Read([]byte) (int, error) }
}

// Copy says that Len bytes from To on are the base's from From on.
type Copy struct{ From, To, Len int }

// Problem is something that could not be read.
type Problem struct {
	Reason string // a kind: "corrupt object"
	Name   string // of the object or file
	Err    error
}

func (p Problem) String() string { return fmt.Sprintf("%s %s: %v", p.Reason, p.Name, p.Err) }

// Errors about single objects. Walk wraps them in Problems.
var (
	errCorrupt  = errors.New("corrupt data")
	errTooBig   = errors.New("too large to rebuild from deltas")
	errNoBase   = errors.New("its delta base is not in the pack")
	errMisnamed = errors.New("its content is not what its name says")
	errCycle    = errors.New("its delta bases form a cycle")
	errNoRoom   = errors.New("no room for a temporary file")
)

// maxDelta is the size of the largest object that is rebuilt from deltas, or
// that others are rebuilt from. Git itself makes no deltas of files over 512 MiB
// (core.bigFileThreshold).
const maxDelta = 512 << 20

// maxMeta is the size of the largest commit, tag or tree. They are always
// delivered as a whole, and a tree of a million files has 40 MB.
const maxMeta = 64 << 20
