package store

import (
	"time"

	"github.com/whosekey/whosekey/leak"
)

// The states of a finding.
const (
	StateOpen  = "open"
	StateFixed = "fixed" // the provider refuses it, or it has expired
	// StateIgnored is one that policy leaves out, with all its places. A scan that
	// sees it again, at a place that policy keeps, opens it.
	StateIgnored = "ignored"
)

// Finding is a credential as the store knows it. Of the embedded Finding, Parts are
// never set; Locations and Identity only where a method says so.
type Finding struct {
	leak.Finding
	State               string // StateOpen, StateFixed or StateIgnored
	IdentityID          string
	Owner               string // of the identity, as reports show it
	Risk                int
	Band                string // "critical", "high", "medium", "low", "info"; empty if nobody judged
	FirstSeen, LastSeen time.Time
	LiveSince           time.Time // the first answer that it works; zero if it does not, or nobody asked
	ClosedAt            time.Time // when it was fixed
	Places              int
	Repositories        int
}

// Place is where a finding was seen.
type Place struct {
	leak.Location
	Repository          string
	RepositoryID        int64
	FirstSeen, LastSeen time.Time
}

// Verdict is one in the history of a finding: the first, and each that differs
// from the one before.
type Verdict struct {
	At time.Time
	leak.Verdict
}

// Filter selects findings. The zero value selects all.
type Filter struct {
	State      string // StateOpen, StateFixed, StateIgnored; empty for all
	Repository string
	Owner      string // "-" for those without
	Provider   string
	Rule       string
	Identity   string
	Status     leak.Status
	Band       string
	MinRisk    int
	FirstSince time.Time // found at or after
	FirstUntil time.Time // found before
	LiveUntil  time.Time // known to work since before
	ClosedFrom time.Time // fixed at or after
	Limit      int       // 0 for all
	// AfterRisk and AfterID go on behind a finding that was the last of a page. They
	// count if AfterID is set.
	AfterRisk int
	AfterID   string
	part      part // of what is behind
}

// part divides what is behind a finding: an index finds the begin of either half.
type part int

const (
	whole part = iota
	sameRisk
	lessRisk
)

// Count is how many of a kind there are.
type Count struct {
	Name string
	N    int
}

// Overview is what a status says first.
type Overview struct {
	Open, Fixed  int
	Ignored      int
	ByStatus     []Count // of open findings; largest first, as are the others
	ByBand       []Count
	ByProvider   []Count
	ByOwner      []Count // the largest 50; Name is empty for nobody
	Identities   int
	Scans        int     // of all repositories, since the store was made
	Repositories []Count // by state
	Incomplete   int     // repositories of which something could not be searched
	NeverScanned int
	Bytes        int64     // searched, of all repositories, in their last full scans and since
	LastScan     time.Time // end of the last one
	Oldest       time.Time // when the repository was searched that it is the longest ago for
}

// Day is a point of a trend: what was open at its end, and what changed in it.
type Day struct {
	Date               time.Time // midnight, UTC
	New, Closed, Still int
}

// Repository is one that sweeps know.
type Repository struct {
	ID             int64
	Name           string // "acme/api", or a path
	Source         string // that listed it: "dir:/srv/git", "github:acme"
	Address        string // to clone from, without credentials, or a folder
	Native         string // id that the forge knows it by: it stays if the name changes
	Branch         string // the default one
	Exposure       string // "public", "internal", "private"; empty if it is not known
	Archived, Fork bool
	Pushed         string // what the forge says of the last push, in its words
	Searched       string // Pushed, when it was last searched
	State          RepositoryState
	Problem        string // of the last attempt, for people
	Refs           string // hash of the refs that were searched
	Rules          string // digest of the rules that it was searched for
	Whose          string // digest of what was known of the organisation when identities were concluded: inventory, leavers
	Owners         string // digest of the files that name owners, of the same time
	Stat           string // how the source tells that nothing has changed; in its words, empty if it cannot
	SeenAt         time.Time
	AddedAt        time.Time
	ScannedAt      time.Time // end of the last scan that succeeded
	WantedAt       time.Time // since when a scan is due; zero if none is
	FailedAt       time.Time
	Failures       int // in a row
	Bytes          int64
	Incomplete     bool
	Was            int64  // for See: the ID of the one that it is, under another name; 0 if that is not known
	Worker         string // that searches it now
	Fence          int64  // of the lease
}

// RepositoryState is a word of a closed list.
type RepositoryState string

// The states of a repository.
const (
	New     RepositoryState = "new"     // never searched
	Done    RepositoryState = "done"    // searched, and nothing is due
	Due     RepositoryState = "due"     // a scan waits
	Failed  RepositoryState = "failed"  // the last attempt failed; it is tried again
	Gone    RepositoryState = "gone"    // the forge has it no more
	Skipped RepositoryState = "skipped" // empty, or left out by choice
)

// Gap is what a summary says of repositories of a state, and what can be done; empty for
// those that were searched, or are not to be.
func (s RepositoryState) Gap() (reason, fix string) {
	switch s {
	case Failed:
		return "repository that could not be searched", "whosekey sweep status says why"
	case Gone:
		return "repository that is gone, or not listed any more; what was found in it stays", ""
	case Due:
		return "repository of which what is new was not searched yet", ""
	case New:
		return "repository that was not searched yet", ""
	}
	return "", ""
}

// Scan is one search of a repository.
type Scan struct {
	ID             int64
	Repository     int64
	Kind           string // "full", "increment", "rules"
	Started, Ended time.Time
	Worker         string
	Rules, Refs    string
	Commits, Blobs int64
	Bytes          int64
	Findings       int // that it saw
	Added          int // of these, new to the store
	Incomplete     bool
	Problem        string // empty if it succeeded
}
