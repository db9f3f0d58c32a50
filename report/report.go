// Package report writes findings for people and for machines. Every format is
// a Handler, and a run that was written as JSON lines can be played back into
// any other one (Replay).
//
// No format holds a secret unless Options.ShowSecrets is set, none of those
// for machines holds a time that differs between two runs over the same
// content, and none holds an e-mail address of an author.
package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// Handler receives the results of one run: Start once, Finding for every
// finding, Finish once. Calls do not overlap. Findings come sorted, and a
// Handler writes them as they come; it may keep them after it returned, and
// must not change them. Texts of a finding (paths, frames, authors) hold no
// secret: who calls has masked them with leak.Redactor.
//
// An error ends the run. If Finish was not called, what was written is cut
// off in a way that a reader notices.
type Handler interface {
	Start(Run) error
	Finding(*leak.Finding) error
	Finish(Summary) error
}

// Run says what is searched, and with what.
type Run struct {
	Tool, Version string
	Target        string // as the user gave it; credentials in a URL are removed
	Mode          string // "git", "dir", "stdin"
	Rules         int    // how many rules the run searches for
	RulesVersion  string // identifies their content
	// Catalog describes the rules that could be reported. A rule that is not
	// in it can still have findings.
	Catalog []leak.RuleInfo

	RepositoryURI string // of the remote; credentials in it are removed
	Revision      string // id of the commit that HEAD names
	Branch        string // its name, or that of the ref
	Root          string // absolute path of the checkout or of the scanned folder
	// Salted says that ids of findings are keyed by something private.
	// Otherwise they are guessable: somebody who has an id and an idea of the
	// secret can find out whether the idea is right.
	Salted bool
}

// Summary closes a run.
type Summary struct {
	Findings   int  // distinct credentials that were reported
	Places     int  // all their locations
	Failing    int  // findings that make the run fail
	Forgiven   bool // --exit-zero: those do not make it fail; only markdown and text say so, beside the notes
	Unsettled  int  // findings that may work for all that is known, where only such fail; told beside the notes as Forgiven is
	Suppressed int  // credentials that were found and left out; see Ignored
	// Ignored lists them, and those of which it dropped some places, sorted.
	Ignored []leak.Ignored

	Truncated int64 // credentials left out by --max-findings

	Counts     map[string]int64 // what was searched: "refs", "commits", "blobs", "files", "bytes"
	Skipped    []Gap            // should have been searched and was not
	LeftOut    []Gap            // was not meant to be searched
	Notes      []string         // remarks for people
	Incomplete bool             // there may be more: something was skipped

	// Took is how long the run took. Only text shows it: output for machines
	// is the same for the same content.
	Took time.Duration
}

// Gap is a kind of thing that was not searched.
type Gap struct {
	Reason string   // what and why: "unreadable file"
	Fix    string   // what the user can do about it; may be empty
	Count  int64    // how many there were
	First  []string // names of the first few, sorted
}

// Options say how to write a report. The zero value is safe everywhere.
type Options struct {
	// ShowSecrets writes the secrets themselves: in text, json, jsonl, sarif and
	// csv. The others are made to be published or shown, and never hold one.
	ShowSecrets bool
	// People says how people are shown; Salt is of their hashes.
	People record.People
	Salt   []byte
	// Unnamed leaves out owners that only git's history names. Formats that CI servers
	// publish do so where People is empty: more people read them than the repository.
	Unnamed bool

	// SARIFSplit keeps SARIF within what GitHub accepts. SARIFHistory says when a
	// credential's results go, SARIFSuppressed writes those that went, marked.
	SARIFSplit, SARIFSuppressed bool
	SARIFHistory                string // one of Histories; empty: HistoryKeep
	// Clock tells the time where a format demands one, which only gitlab does: when the
	// report was begun and when it ended. Nil stands for "not told".
	Clock func() time.Time
	// MaxBytes limits Markdown; 0: what a job summary holds.
	MaxBytes int
	// Page is for html only.
	Page Page
	// Prefix is where the checkout is, with a slash at the end, in the folder that a
	// CI server takes paths of remarks to be in.
	Prefix string

	// The rest is for text only.

	Color   bool // use ANSI colours
	Width   int  // of the terminal in columns; 0: do not wrap or cut lines
	Verbose bool // show every place, and low confidence in full
}

// TextOptions are the options of NewText, which heeds all of them.
type TextOptions = Options

// formats lists what there is, in the order of the documentation.
var formats = []struct {
	name string
	make func(io.Writer, Options) Handler
	// public: CI servers show it to all who may see the project.
	public bool
}{
	{"text", NewText, false},
	{"json", NewJSON, false},
	{"jsonl", NewJSONL, false},
	{"sarif", NewSARIF, true},
	{"csv", newCSV, false},
	{"junit", atEnd(junit), true},
	{"gitlab", atEnd(gitlab), true},
	{"gitlab-codequality", atEnd(codeQuality), true},
	{"markdown", atEnd(markdown), false},
	{"github", atEnd(github), true},
	{"azure", atEnd(azure), true},
	{"bitbucket", atEnd(bitbucket), true},
	{"html", NewHTML, false},
}

// Formats returns the names that New knows.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// New returns the Handler that writes the named format to w. The error is for
// the user: it lists the formats there are.
func New(format string, w io.Writer, opts Options) (Handler, error) {
	for _, f := range formats {
		if f.name == format {
			opts.Unnamed = opts.Unnamed || f.public && opts.People == ""
			return f.make(w, opts), nil
		}
	}
	return nil, fmt.Errorf("unknown format %q: there are %s", format, strings.Join(Formats(), ", "))
}
