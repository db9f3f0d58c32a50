package policy

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/scrypt"

	"github.com/whosekey/whosekey/internal/glob"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// BaselineName is how a baseline is called by custom.
const BaselineName = ".whosekey-baseline.jsonl"

// BaselineKey is the environment variable with a private key for baselines.
const BaselineKey = "WHOSEKEY_BASELINE_KEY"

// Baseline is a list of credentials that are known: what is on it is not
// reported again. It is a file of lines:
//
//	# whosekey-baseline v1 salt=6k2q...
//	{"id":"b1:3f7q...","rule":"aws-access-key-id","path":"test/**","reason":"an example","owner":"@acme/sec","expires":"2027-01-01"}
//
// The salt is the repository's. Ids are keyed with what scrypt makes of it, so that
// a list of them is no list of hashes to look up; a password that can be guessed can
// still be tried, slowly. If BaselineKey was set when the file was made, that key is
// needed too, and the head has a check of it. There are no times and no numbers of
// lines in it, and the order is that of the bytes: two branches that both add
// entries merge by keeping both lines.
type Baseline struct {
	File    string
	Entries []Entry
	// Comments are lines that begin with #, the head aside.
	Comments []string

	salt   string
	check  string // of the private key; empty for none
	secret string // the private key
	key    func() []byte
	places map[[2]string]int // of Add: id and path -> entry
	byID   map[string][]int
	used   map[int]bool
}

// Entry is a line of a baseline.
type Entry struct {
	// ID is leak.Secret.ListID of the credential. Entries that were taken over
	// from other scanners can have other ones, until they can be turned into that:
	// "sha1:HEX" and "sha256:HEX" of the value, or "at:COMMIT:LINE" of the file
	// in Path. A line without its commit is none: whatever came there next would be
	// ignored too.
	ID   string `json:"id"`
	Rule string `json:"rule,omitempty"` // for people; of entries with "at:" the other scanner's
	// Path says where the entry counts: a pattern as for exclude; empty for everywhere.
	Path    string `json:"path,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Owner   string `json:"owner,omitempty"`
	Expires string `json:"expires,omitempty"` // the last day on which it counts: 2027-01-31

	paths glob.Set
}

// Expired reports whether an entry's last day is over.
func (e *Entry) Expired(now time.Time) bool {
	return e.Expires != "" && now.UTC().Format(time.DateOnly) > e.Expires
}

// Legacy reports whether an entry is not one of our own, but stands for what
// another scanner wrote down.
func (e *Entry) Legacy() bool { return !strings.HasPrefix(e.ID, "b1:") }

var (
	baselineHead = lazy.New(`^# whosekey-baseline v(\d+) salt=([a-z2-7]{16,64})(?: key=([a-z2-7]{8}))?$`)
	entryID      = lazy.New(`^(b1:[a-z2-7]{26}|sha1:[0-9a-f]{40}|sha256:[0-9a-f]{64}|at:[0-9a-f]{7,64}:[0-9]{1,9})$`)
)

// NewBaseline makes an empty one. The same seed gives the same salt: it names the
// repository, so that two clones of it begin with the same file.
func NewBaseline(file, seed string) *Baseline {
	sum := sha256.Sum256([]byte("whosekey baseline of " + seed))
	b := &Baseline{File: file, salt: base32Text(sum[:20])}
	b.setKey(os.Getenv(BaselineKey))
	if b.secret != "" {
		b.check = b.checkOf()
	}
	return b
}

// ErrKey is in the error of a baseline that was made with another key, or with one
// where there is none: it is no damage, and a new one would not be the same.
var ErrKey = errors.New("key")

// Open reports whether the baseline was made without a key though there is one now:
// who has a guess of a credential can then find out from the file if it is right.
func (b *Baseline) Open() bool { return b.check == "" && os.Getenv(BaselineKey) != "" }

// LoadBaseline reads a baseline file.
func LoadBaseline(file string) (*Baseline, error) {
	data, err := ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the baseline: %w", err)
	}
	return ParseBaseline(file, data)
}

// ParseBaseline reads a baseline. name is what errors call it.
func ParseBaseline(name string, data []byte) (*Baseline, error) {
	b := &Baseline{File: name}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if err := b.line(strings.TrimRight(string(line), " \t\r\n")); err != nil {
			return nil, fmt.Errorf("baseline %s: line %d: %w", name, n, err)
		}
	}
	if b.salt == "" {
		return nil, fmt.Errorf("baseline %s: there is no line \"# whosekey-baseline v1 salt=...\" in it: is it one? Make one with \"whosekey baseline create\", and take over other scanners' files with \"whosekey baseline import\"", name)
	}
	b.setKey(os.Getenv(BaselineKey))
	switch {
	case b.check == "":
		b.setKey("") // it was made without
	case b.secret == "":
		return nil, fmt.Errorf("baseline %s: it was made with a private %w: set %s", name, ErrKey, BaselineKey)
	case b.checkOf() != b.check:
		return nil, fmt.Errorf("baseline %s: it was made with another %w than what %s holds", name, ErrKey, BaselineKey)
	}
	return b, nil
}

func (b *Baseline) line(line string) error {
	for _, mark := range []string{"<<<<<<<", "|||||||", "=======", ">>>>>>>"} {
		if line == mark || strings.HasPrefix(line, mark+" ") {
			return errors.New("a merge conflict: keep the lines of both sides, and take the marks out; \"*.jsonl merge=union\" in .gitattributes does that for you")
		}
	}
	if head := baselineHead.FindStringSubmatch(line); head != nil {
		return b.head(head[1], head[2], head[3])
	}
	switch {
	case line == "":
		return nil
	case strings.HasPrefix(line, "# whosekey-baseline"):
		return errors.New("the head is damaged: it must be \"# whosekey-baseline v1 salt=...\"")
	case b.salt == "":
		return errors.New("the file must begin with \"# whosekey-baseline v1 salt=...\"")
	case strings.HasPrefix(line, "#"):
		b.Comments = append(b.Comments, line)
		return nil
	}
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	var e Entry
	if err := d.Decode(&e); err != nil {
		return fmt.Errorf("not an entry: %w", err)
	}
	if d.More() {
		return errors.New("more than one entry on a line")
	}
	if err := e.compile(); err != nil {
		return err
	}
	b.Entries = append(b.Entries, e)
	return nil
}

func (b *Baseline) head(version, salt, check string) error {
	switch {
	case version != "1":
		return fmt.Errorf("this is version %s of the format, and this whosekey reads version 1", version)
	case b.salt != "" && (b.salt != salt || b.check != check):
		return errors.New("a second head with another salt: two baselines were merged. Keep one of the files, and run \"whosekey baseline create\" with it for the rest")
	}
	b.salt, b.check = salt, check
	return nil
}

// compile checks an entry.
func (e *Entry) compile() error {
	if strings.HasPrefix(e.ID, "at:*:") {
		return fmt.Errorf("id %.40q: would ignore whatever comes to that line; take the entry out, or import the other scanner's file again", e.ID)
	}
	if !entryID.MatchString(e.ID) {
		return fmt.Errorf("id %.40q: must be b1: and 26 characters", e.ID)
	}
	if e.Expires != "" {
		if _, err := time.Parse(time.DateOnly, e.Expires); err != nil {
			return fmt.Errorf("expires %.40q: must be a day such as 2027-01-31", e.Expires)
		}
	}
	if strings.HasPrefix(e.ID, "at:") {
		if e.Path == "" {
			return errors.New("an entry for a place needs a path")
		}
		return nil // its path is no pattern
	}
	if e.Path != "" {
		var err error
		if e.paths, err = glob.Parse([]string{e.Path}); err != nil {
			return fmt.Errorf("path: %w", err)
		}
	}
	return nil
}

func base32Text(b []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// setKey makes the key for ids. It is stretched when it is first needed: 32 MB and
// about 0.1 s, which most runs of a hook never need.
func (b *Baseline) setKey(secret string) {
	b.secret = secret
	salt := b.salt
	b.key = sync.OnceValue(func() []byte {
		key, err := scrypt.Key([]byte("whosekey baseline v1\x00"+secret), []byte(salt), 1<<15, 8, 1, 32)
		if err != nil {
			panic("policy: " + err.Error()) // the parameters are constants
		}
		return key
	})
}

// checkOf is the check of the private key.
func (b *Baseline) checkOf() string {
	h := hmac.New(sha256.New, b.key())
	h.Write([]byte("check of the key"))
	return base32Text(h.Sum(nil))[:8]
}

// Salt is what keys the ids of findings in reports, where no key file does.
func (b *Baseline) Salt() []byte { return []byte("whosekey baseline " + b.salt) }

// IDOf is the id of a credential in this baseline.
func (b *Baseline) IDOf(secret leak.Secret, rule string) string {
	return secret.ListID(b.key(), rule)
}

// Add adds an entry, unless there is one with this id and path. What is known of
// one that is there stays, and what it does not say is added.
func (b *Baseline) Add(e Entry) (added bool, err error) {
	if err := e.compile(); err != nil {
		return false, err
	}
	if b.places == nil {
		b.places = map[[2]string]int{}
		for i := range b.Entries {
			b.places[[2]string{b.Entries[i].ID, b.Entries[i].Path}] = i
		}
	}
	if i, ok := b.places[[2]string{e.ID, e.Path}]; ok {
		old := &b.Entries[i]
		old.Rule, old.Reason, old.Owner = cmp.Or(old.Rule, e.Rule), cmp.Or(old.Reason, e.Reason), cmp.Or(old.Owner, e.Owner)
		return false, nil
	}
	b.places[[2]string{e.ID, e.Path}] = len(b.Entries)
	if b.Entries = append(b.Entries, e); b.byID != nil {
		b.index(len(b.Entries) - 1)
	}
	return true, nil
}

// Bytes is the file: the head, comments, and the entries sorted, each once. Lines
// end with a line feed on all systems.
func (b *Baseline) Bytes() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# whosekey-baseline v1 salt=%s", b.salt)
	if b.check != "" {
		fmt.Fprintf(&out, " key=%s", b.check)
	}
	out.WriteByte('\n')
	comments := slices.Clone(b.Comments)
	for i, c := range comments {
		if slices.Index(comments, c) == i {
			out.WriteString(c + "\n")
		}
	}
	lines := make([]string, len(b.Entries))
	for i := range b.Entries {
		lines[i] = b.Entries[i].text()
	}
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		out.WriteString(line)
	}
	return out.Bytes()
}

// text is an entry's line.
func (e *Entry) text() string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		panic("policy: " + err.Error()) // they are strings
	}
	return out.String()
}
