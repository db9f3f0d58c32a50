// Package identity links a credential to the non-human identity that it belongs
// to and to the people who own that. Resolvers gather evidence; Conclude, which
// does no I/O, weighs it. Nothing here uses the network.
package identity

import (
	"context"
	"io"
	"time"

	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/leak"
)

// Resolver contributes what it knows about one credential. It draws no
// conclusion and may return nothing. What it cannot read it leaves out and notes
// in Query.Lose; an error ends the run, and is for ctx.
//
// Resolvers are made for a run and get all of its findings one after the
// other, so that they can keep what they parsed. They must bound what they read:
// everything in a repository was written by an enemy.
type Resolver interface {
	Resolve(ctx context.Context, q *Query) (Answer, error)
}

// Query is one credential, and where to look.
type Query struct {
	Finding *leak.Finding
	// Repo is the repository or folder that was scanned, nil for none.
	Repo Repository
	// Path turns the path of a location into that of the file in Repo, where
	// the two differ; nil where they do not.
	Path func(shown string) (path string, ok bool)
	// Around is the text of one place with the credential in it, for the best
	// Places of the finding (at most MaxPlaces).
	Places []Place
	// Known, Declared and Consumers are what resolvers before this one said.
	Known     []leak.Evidence
	Declared  []leak.Declaration
	Consumers []leak.Consumer
	// All are the queries of the run, this one among them: a name that two
	// credentials have says of neither whose it is. It may be nil.
	All []*Query
	// Lose notes what could not be read: "docs/x.tf: line 3: ...". It never
	// makes a scan incomplete.
	Lose func(what string)
	// Now is the time of the run.
	Now time.Time
}

// In is the path in Repo of a location; empty for none.
func (q *Query) In(l *leak.Location) string {
	if q.Path == nil || l.Path == "" {
		return l.Outer()
	}
	p, _ := q.Path(l.Outer())
	return p
}

// MaxPlaces is how many places of a finding are looked at.
const MaxPlaces = 8

// MaxText is how much of a file a Place has, in bytes.
const MaxText = 1 << 20

// Place is a place of the finding with the file that it is in.
type Place struct {
	leak.Location
	// Text is the file, or the part of it around the credential. Start and End
	// give the credential within it. It holds secrets: only their
	// surroundings may get into an Answer.
	Text       []byte
	Start, End int
	FirstLine  int // number of the line that Text begins with, from 1

	read *around.Text
}

// Around is what the text says around the credential. It is read when it is first
// asked for.
func (p *Place) Around() *around.Text {
	if p.read == nil {
		p.read = around.Read(p.Text, p.Start, p.End, p.FirstLine)
	}
	return p.read
}

// Forget frees what Around has read: what it returned is not to be used any more.
func (p *Place) Forget() {
	if p.read != nil {
		p.read.Release()
		p.read = nil
	}
}

// Answer is what a Resolver found out.
type Answer struct {
	Evidence  []leak.Evidence
	Owners    []leak.Owner
	Consumers []leak.Consumer
	Declared  []leak.Declaration
	Inventory *leak.InventoryMatch
}

// Add appends what another answer says.
func (a *Answer) Add(b Answer) {
	a.Evidence = append(a.Evidence, b.Evidence...)
	a.Owners = append(a.Owners, b.Owners...)
	a.Consumers = append(a.Consumers, b.Consumers...)
	a.Declared = append(a.Declared, b.Declared...)
	if a.Inventory == nil {
		a.Inventory = b.Inventory
	}
}

// Repository is what was scanned, as far as resolvers need it. Revisions are
// commit ids; "" is HEAD, or what lies on disk in a plain folder. Paths are
// slash-separated and relative.
type Repository interface {
	// Name is what reports call it: "acme/api", or the folder's name.
	Name() string
	// Files lists the files of a revision, sorted by path, at most MaxFiles.
	Files(ctx context.Context, rev string) ([]File, error)
	// ReadFile returns at most limit bytes of a file, in UTF-8 if they are text of
	// UTF-16 or UTF-32, and whether that is all. fs.ErrNotExist if there is none.
	ReadFile(ctx context.Context, rev, path string, limit int64) (data []byte, whole bool, err error)
	// Commit describes a commit, its people through the mailmap of HEAD.
	Commit(ctx context.Context, id string) (Commit, error)
	// Recent counts who committed to a path in the time before now, the most
	// active first. It looks at no more than some thousand commits.
	Recent(ctx context.Context, path string, since time.Time) ([]Activity, error)
	// LastCommit is when HEAD was committed to; zero where there are no commits.
	LastCommit(ctx context.Context) time.Time
}

// MaxFiles is how many files of a revision are listed.
const MaxFiles = 500_000

// File is an entry of a tree. Size is -1 where it is not known without reading.
type File struct {
	Path string
	Size int64
}

// Person is somebody in a commit.
type Person struct{ Name, Email string }

// Commit is what is known of one.
type Commit struct {
	ID        string
	Author    Person
	CoAuthors []Person
	Date      time.Time
	Message   string // the beginning
	Cut       bool   // a parent is not there: what its files have may be older
}

// Activity is how much somebody did.
type Activity struct {
	Person
	Commits int
	Last    time.Time
}

// Reader opens blobs again, as scanners.Source does.
type Reader interface {
	Open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error)
}
