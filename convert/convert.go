// Package convert reads what other scanners write: reports, baselines and ignore
// files. It says what stands in them, and looks at nothing else.
//
// A credential becomes a leak.Secret as it is read; errors quote nothing of a file.
package convert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// Hit is an entry of such a file. What the file does not say is empty.
type Hit struct {
	Tool string // the scanner: "gitleaks"
	Rule string // as the scanner calls it
	// Title is the rule for people.
	Title string
	// Secret is the credential. Match is the text around it that the scanner
	// shows, which has the credential in it.
	Secret, Match leak.Secret
	// Pieces are what the credential is made of, where the scanner says that it has
	// several: Secret may be one of them, such as the id of a key.
	Pieces []Piece
	// SHA1 and SHA256 are hashes of the credential, in hex, of files that have
	// nothing else.
	SHA1, SHA256 string
	// Word is all of the credential that was hashed, if that is only how its kind
	// begins: "ghp". The hash then tells nothing.
	Word string

	Commit       string // id of a commit, or the beginning of one
	Path         string // with slashes, relative to what was searched
	Line, Column int    // from 1
	EndLine      int
	EndColumn    int // of the character after the last; 0 if not known
	Author, Date string
	Repository   string
	Status       leak.Status // whether it works; empty if nobody asked
	StatusReason string
	Reason       string // why it was ignored
	Ignored      bool   // the file lists it as known or harmless
	Unfinished   bool   // it has no decision yet, or was found to be a leak
}

// Piece is a part of a credential, with what the scanner calls it.
type Piece struct {
	Name  string
	Value leak.Secret
}

// Is reports whether a credential is the one that the file has, or one of its pieces.
func (h *Hit) Is(s leak.Secret) bool {
	return h.HasSecret() && s.Equal(h.Secret) || slices.ContainsFunc(h.Pieces, func(p Piece) bool { return p.Value.Equal(s) })
}

// HasSecret reports whether the file has the credential itself.
func (h *Hit) HasSecret() bool { return h.Secret.Len() > 0 }

// ByPlace reports whether the credential is the one that stands at the place. Where
// the file has a hash that fits nothing there, it is another one: somebody has
// changed it. Of private keys detect-secrets hashes the first line, the same for all.
func (h *Hit) ByPlace() bool {
	return h.Path != "" && h.Line > 0 && (h.SHA1 == "" && h.SHA256 == "" || h.Rule == "Private Key" || h.Word != "")
}

// File is what was read.
type File struct {
	Format string // one of Formats
	Hits   []Hit
	Lost   int // entries that could not be understood
}

// Formats are the names of what Parse reads.
func Formats() []string {
	var out []string
	for _, f := range formats {
		out = append(out, f.name)
	}
	return out
}

// formats are tried in this order where nobody says which it is.
var formats = []struct {
	name  string
	is    func(name string, text []byte) bool
	parse func(text []byte, f *File) error
}{
	{"gitleaksignore", func(n string, t []byte) bool {
		return n == ".gitleaksignore" || n == ".betterleaksignore" || isIgnoreList(t)
	}, parseIgnoreList},
	{"detect-secrets", isDetectSecrets, parseDetectSecrets},
	{"trufflehog", isTrufflehog, parseTrufflehog},
	{"kingfisher", isKingfisher, parseKingfisher},
	{"kingfisher-baseline", isKingfisherBaseline, parseKingfisherBaseline},
	{"github", isGitHub, parseGitHub},
	{"gitleaks", isGitleaks, parseGitleaks},
}

// MaxFile is the size of the largest file that Parse takes, in bytes.
const MaxFile = 256 << 20

// Parse reads a file. format is one of Formats, or empty to tell from its name and
// content. betterleaks, betterleaksignore are names for the formats of gitleaks.
func Parse(format, name string, text []byte) (*File, error) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	switch format {
	case "betterleaks":
		format = "gitleaks"
	case "betterleaksignore":
		format = "gitleaksignore"
	}
	base := path.Base(strings.ReplaceAll(name, "\\", "/"))
	for _, f := range formats {
		if f.name != format && (format != "" || !f.is(base, text)) {
			continue
		}
		out := &File{Format: f.name}
		if err := f.parse(text, out); err != nil {
			return nil, fmt.Errorf("read it as %s: %w", f.name, err)
		}
		for i := range out.Hits {
			if h := &out.Hits[i]; !commitID.MatchString(h.Commit) {
				h.Commit = ""
			}
		}
		return out, nil
	}
	if format != "" {
		return nil, fmt.Errorf("unknown format %q: there are %s", format, strings.Join(Formats(), ", "))
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, errors.New("it is empty, so that nobody can tell whose it is: say so with --from")
	}
	return nil, fmt.Errorf("nobody can tell whose it is: say so with --from, one of %s", strings.Join(Formats(), ", "))
}

var commitID = lazy.New(`^[0-9a-f]{3,64}$`)

// secret reads a string of JSON into a leak.Secret at once.
type secret struct{ leak.Secret }

// UnmarshalJSON implements json.Unmarshaler.
func (s *secret) UnmarshalJSON(b []byte) error {
	var v *string
	if json.Unmarshal(b, &v) != nil || v == nil {
		return nil // a number or null: there is none
	}
	if !redacted(*v) {
		s.Secret = leak.NewSecret(*v)
	}
	return nil
}

// stars are what scanners put in the place of credentials, or of their ends: gitleaks
// --redact=20 leaves four fifths, and three dots.
var stars = lazy.New(`^(?:\**|(?i:\[?redacted\b.*)|.{0,8}(?:\*{3,}|\.\.\.).{0,4}|(?s:.*)\.\.\.|\[[a-z ]*secret[^\]]*\])$`)

func redacted(v string) bool { return stars.MatchString(strings.TrimSpace(v)) }

// number is one that may stand in quotes.
type number int

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(b []byte) error {
	var f float64
	if json.Unmarshal(bytes.Trim(b, `"`), &f) == nil && f > 0 && f < 1<<31 {
		*n = number(f)
	}
	return nil
}

// slashed is a path as it is in a repository.
func slashed(p string) string {
	p = strings.TrimPrefix(strings.ReplaceAll(p, "\\", "/"), "./")
	return strings.TrimPrefix(p, "/")
}

// maxTries bounds how often a value of several lines is looked for among other lines.
const maxTries = 100

// entries reads a list of values: JSON arrays, values that follow each other, or JSON
// lines with others between them. What is no value and values that do not fit are
// counted, but for what TruffleHog says first.
func entries(text []byte, f *File, each func(json.RawMessage) error) error {
	text = bytes.TrimSpace(text)
	understood, greeted := false, false
	value := func(raw json.RawMessage) {
		list := []json.RawMessage{raw}
		if raw[0] == '[' && json.Unmarshal(raw, &list) == nil {
			understood = true // it may be empty
		}
		for _, raw := range list {
			if each(raw) == nil {
				understood = true
			} else {
				f.Lost++
			}
		}
	}
	rest := stream(text, value)
	if len(rest) == len(text) && len(text) > 0 && text[0] == '[' {
		return jsonError(json.Unmarshal(text, new(json.RawMessage)))
	}
	for tries := 0; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			end = len(rest)
		}
		line := bytes.TrimSpace(plain(rest[:end]))
		switch {
		case len(line) == 0:
		case json.Valid(line):
			value(line)
		case bytes.HasPrefix(line, []byte("\U0001F437")): // on standard error, before all else
			greeted = true
		default:
			// A value of several lines may stand behind what is none.
			if tries++; (line[0] == '{' || line[0] == '[') && tries < maxTries {
				if after := stream(rest, value); len(after) < len(rest) {
					rest = after
					continue
				}
			}
			f.Lost++
		}
		rest = rest[end:]
	}
	if greeted && !understood && f.Lost == 0 {
		f.Lost++
	}
	return nil
}

// plain is a line without what docker run -it asks the terminal at its beginning:
// https://github.com/trufflesecurity/trufflehog/issues/4654.
func plain(line []byte) []byte {
	if i := bytes.IndexByte(line, '{'); i > 0 && line[0] == 0x1b {
		return line[i:]
	}
	return line
}

// stream reads objects and arrays that follow each other, and returns what comes after.
func stream(text []byte, each func(json.RawMessage)) (rest []byte) {
	for dec, end := json.NewDecoder(bytes.NewReader(text)), int64(0); ; end = dec.InputOffset() {
		var raw json.RawMessage
		if dec.Decode(&raw) != nil || raw[0] != '{' && raw[0] != '[' { // a line may begin with a number
			return text[end:]
		}
		each(raw)
	}
}

// jsonError says what is wrong without quoting anything.
func jsonError(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not JSON at byte %d: was it cut off?", syntax.Offset)
	}
	return errors.New("not JSON of that form")
}

// day is a date of RFC 3339 or the beginning of one, as RFC 3339; empty if it is
// none.
func day(s string) string {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 -0700 MST", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil && !t.IsZero() { // which Go writes for none
			return t.UTC().Format(time.RFC3339)
		}
	}
	return ""
}

// keysOf are the keys of the first JSON object in a text.
func keysOf(text []byte) map[string]json.RawMessage {
	text = bytes.TrimLeft(text, "[ \t\r\n")
	var keys map[string]json.RawMessage
	if json.NewDecoder(bytes.NewReader(text)).Decode(&keys) != nil {
		return nil
	}
	return keys
}

func has(keys map[string]json.RawMessage, names ...string) bool {
	for _, name := range names {
		if _, ok := keys[name]; !ok {
			return false
		}
	}
	return len(keys) > 0
}
