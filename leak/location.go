package leak

import (
	"strings"
	"time"
)

// Kind says what sort of thing a Location is in.
type Kind string

// The kinds of places.
const (
	KindBlob    Kind = "blob"    // a file's content in a repository
	KindCommit  Kind = "commit"  // a commit object: message or author fields
	KindTag     Kind = "tag"     // an annotated tag object
	KindNote    Kind = "note"    // a git note; Commit says what introduced it
	KindRefName Kind = "refname" // the name of a branch or tag
	KindFile    Kind = "file"    // a file on disk
	KindStdin   Kind = "stdin"   // standard input
	KindLayer   Kind = "layer"   // a file in a layer of a container image
	KindImage   Kind = "image"   // what an image says of itself; Field says where: "Env", "history"
	KindLog     Kind = "log"     // what a job of a CI service printed
)

// Location says where a person would look for a credential.
type Location struct {
	Kind Kind
	// Repository names the one that the place is in, where a report is about
	// several: "acme/api". Empty for the one that was scanned.
	Repository string
	// Path is slash-separated and relative to the repository or to the
	// scanned folder. It is a file name as it is, so it need not be UTF-8.
	// Empty for commit and tag messages and for standard input.
	Path string
	// InArchive is the last part of Path, behind a "!": the way from a file, whose
	// path is the first part, through the archives in it. Empty if the credential
	// is not in an archive. See Outer.
	InArchive string
	Position
	// Head is the position in the file at HEAD, where that differs from the
	// one in the version that introduced the credential. Nil otherwise.
	Head *Position
	// Merge is the position in the merge that a server made of a proposal and its base,
	// where that is checked out and has the file in another version than the proposal.
	Merge *Position

	Commit      string // id of the commit that introduced it here
	Author      string // of that commit: a name, never an e-mail address
	Date        time.Time
	Cut         bool        // a parent of Commit is not there: what it has may be older
	AtHead      bool        // still there in the commit that HEAD names, or in the final image
	Staged      bool        // in the index, in no commit
	Unreachable bool        // in no commit that a ref leads to
	Field       string      // of a commit or tag: "message", "author", "committer", "tagger"; of an image: "Env", "history", ...
	NoteFor     string      // of a note: the object that it is about
	Problem     string      // why the place could not be found again
	Image       *ImagePlace // where in a container image; nil elsewhere
	Log         *Log        // of a KindLog: what printed it; nil if nothing is known

	// Ref and Span lead back to the bytes; Line and the like are made of them.
	Ref     Ref
	Span    Span
	HeadRef *Spot

	MergeRef *Spot // of Merge
}

// Outer is the path of the file that the place is in: Path, unless that leads
// into an archive.
func (l *Location) Outer() string {
	if l.InArchive == "" {
		return l.Path
	}
	return strings.TrimSuffix(l.Path, "!"+l.InArchive)
}

// ImagePlace says where in a container image a place is.
type ImagePlace struct {
	Name     string // "docker.io/acme/app:1.2", or what the file was called that it came from
	Digest   string // of its manifest; empty where there is none
	Platform string // "linux/amd64"
	// Layer counts from 1, the lowest, to Layers; 0 for what is in no layer.
	Layer, Layers int
	LayerDigest   string
	Instruction   string // that made the layer, as the image's history has it
	RemovedIn     int    // the layer that took the file away again; 0 for none
	RemovedBy     string // its instruction
	Replaced      bool   // RemovedIn put something else in its place
}

// Spot is a place in a blob of a source.
type Spot struct {
	Ref  Ref
	Span Span
}

// Position is a place in a text. Lines and columns count from 1, columns in
// unicode code points; EndColumn is that of the character after the last.
type Position struct {
	Blob               string // id of the git object that the numbers are about
	Line, Column       int
	EndLine, EndColumn int
	LineHash           string     // primaryLocationLineHash of Line, as GitHub computes it
	Frame              *Frame     // the lines around it, masked
	NoText             bool       // found in a binary file; Column counts its bytes
	Allowed            *Allowance // what a comment beside it says; nil for none
	Fits               []string   // conditions of the settings that the text around it meets, in their own words
	Wrapped            bool       // part of a line of base64 that goes on before or behind it
}

// Frame is an excerpt of the text around a finding in which every credential
// is masked.
type Frame struct {
	First int      // number of the first line
	Lines []string // masked, shortened
	// MarkStart and MarkEnd give, on the finding's first line, the columns
	// (in code points of the shortened line, from 1) that are the credential.
	MarkStart, MarkEnd int
}

// Log says which job of a CI service printed a text. What is not known is empty.
type Log struct {
	Service    string // github, gitlab, jenkins, circleci, buildkite, azure, bitbucket
	Repository string // as the service names it: acme/api
	Workflow   string // or pipeline
	Job, Step  string
	Attempt    int    // from 1; 0 if it is not known
	Run        string // id or number of the run
	RunURL     string // of its page, without credentials
	// Printed says how it came into the log: "set -x", "environment dump",
	// "environment of the step", "echoed command".
	Printed string
	// Readers are the identities of the CI itself that had the log, or what
	// printed it, before them: the job's token with its permissions, the runner.
	Readers []string
	// Source and SourceLine are the file of the workflow and the line of it that
	// printed the text.
	Source     string
	SourceLine int
}
