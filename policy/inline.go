package policy

import (
	"bytes"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// directive is a comment that says that what stands on its line, or on the next
// one, is no leak.
type directive struct {
	name string   // how reports call it
	word string   // in lower case; it is on every such line
	form *lazy.RE // of the word and what belongs to it; the rest is the reason
	// about says whether what follows is about secrets; nil for always.
	about func(rest string) bool
	// dashes: names of checks follow, and the reason after "--".
	dashes bool
	// comment: it counts only behind the mark of a comment. Those of peers with a colon
	// in them do not stand in a text by accident; gitleaks, too, takes them anywhere.
	comment bool
	here    bool // it counts on the line of the credential
	above   bool // it counts on the line before, if nothing but a comment is there
	// through: of a credential on a line of its own in a string over several lines, it
	// counts beside the string as beside the credential.
	through bool
}

// directives are those of whosekey and of its peers. Where each is documented:
//
//	gitleaks:allow             github.com/gitleaks/gitleaks, README; Betterleaks takes both
//	trufflehog:ignore          github.com/trufflesecurity/trufflehog, README
//	kingfisher:ignore          github.com/mongodb/kingfisher, inline_ignore.rs; :allow until 2025; also on the line before, and beside
//	                           the quotes of a string over several lines
//	pragma: allowlist secret   github.com/Yelp/detect-secrets, filters/allowlist.py; ripsecrets takes it as well
//	ggignore                   ggshield's documentation
//	HashiCorpIgnore            HCP Vault Radar, "Write inline ignore rules"
//	nosec                      bandit (B105 to B107 are passwords) and gosec (G101)
//	nosecret                   trufflehog3
//	nosemgrep                  Semgrep, of all rules or of those with "secret" in their name
//	secretlint-disable-line    secretlint
//	checkov:skip=CKV_SECRET_n  Checkov
var directives = []directive{
	{name: "whosekey:allow", word: "whosekey:", form: lazy.New(`(?i)\bwhosekey:(?:allow|ignore)\b`), here: true},
	{name: "whosekey:allow-next-line", word: "whosekey:", form: lazy.New(`(?i)\bwhosekey:(?:allow|ignore)-next-?line\b`), above: true},
	{name: "gitleaks:allow", word: "leaks:allow", form: lazy.New(`(?i)\bgitleaks:allow\b`), here: true},
	{name: "betterleaks:allow", word: "leaks:allow", form: lazy.New(`(?i)\bbetterleaks:allow\b`), here: true},
	{name: "trufflehog:ignore", word: "trufflehog:ignore", form: lazy.New(`(?i)\btrufflehog:ignore\b`), here: true},
	{name: "kingfisher:ignore", word: "kingfisher:", form: lazy.New(`(?i)\bkingfisher:(?:ignore|allow)\b`), here: true, above: true, through: true},
	{name: "pragma: allowlist secret", word: "pragma:", form: lazy.New(`(?i)pragma: ?(?:allow|white)list[ -]secret\b`), comment: true, here: true},
	{name: "pragma: allowlist nextline secret", word: "pragma:", form: lazy.New(`(?i)pragma: ?(?:allow|white)list[ -]nextline[ -]secret\b`), comment: true, above: true},
	{name: "ggignore", word: "ggignore", form: lazy.New(`(?i)\bggignore\b`), comment: true, here: true},
	{name: "HashiCorpIgnore", word: "hashicorpignore", form: lazy.New(`(?i)\bhashicorpignore\b`), comment: true, here: true},
	{name: "nosec", word: "nosec", form: lazy.New(`(?i)\bnosec\b`), about: secretCheck, dashes: true, comment: true, here: true},
	{name: "nosecret", word: "nosecret", form: lazy.New(`(?i)\bnosecrets?\b`), comment: true, here: true},
	{name: "nosemgrep", word: "nosemgrep", form: lazy.New(`(?i)\bnosemgrep\b`), about: secretRule, dashes: true, comment: true, here: true, above: true},
	{name: "secretlint-disable-line", word: "secretlint-disable-", form: lazy.New(`(?i)\bsecretlint-disable-line\b`), dashes: true, comment: true, here: true},
	{name: "secretlint-disable-next-line", word: "secretlint-disable-", form: lazy.New(`(?i)\bsecretlint-disable-next-line\b`), dashes: true, comment: true, above: true},
	{name: "checkov:skip", word: "checkov:skip", form: lazy.New(`(?i)\bcheckov:skip=ckv_secret_\d+\b`), comment: true, here: true, above: true},
}

// hints are in every line with a directive.
var hints = [][]byte{[]byte(":allow"), []byte(":ignore"), []byte("ignore"), []byte("pragma:"), []byte("nosec"), []byte("nosemgrep"), []byte("secretlint-"), []byte(":skip=")}

// Allowance reads what comments beside a credential say of it: before and after
// are the text around it, up to whole lines that matter. Nil if they say nothing.
// Of a credential over several lines the first and the last count.
//
// A comment on the line before counts only if it is alone there: one that follows
// something is about that.
func Allowance(before, after []byte) *leak.Allowance {
	first, before := lastLine(before)
	last, after := nextLine(after)
	// The text after it comes first: that is where such comments stand.
	for i, part := range [][]byte{last, first} {
		if a := allowance(part, i == 0, func(d *directive) bool { return d.here }); a != nil {
			return a
		}
	}
	above, before := lastLine(before)
	if comment(above) {
		return allowance(above, false, func(d *directive) bool { return d.above })
	}
	return besideString(first, before, above, last, after)
}

// besideString reads the comments of a string over several lines, in which a credential
// has its lines for itself: behind the quotes that end it, or alone on the line after them,
// or on the line before the one that begins it. first and last are what else stands on its
// lines, above is the line before it, and before and after is what is further away.
func besideString(first, before, above, last, after []byte) *leak.Allowance {
	through := func(d *directive) bool { return d.through }
	if len(bytes.TrimSpace(first)) > 0 || len(bytes.TrimSpace(last)) > 0 {
		return nil
	}
	if before, _ := lastLine(before); quoted(above, bytes.HasSuffix) && comment(before) {
		if a := allowance(before, false, through); a != nil {
			return a
		}
	}
	end, after := nextLine(after)
	if !quoted(end, bytes.HasPrefix) {
		return nil
	}
	if a := allowance(bytes.TrimLeft(end, " \t\"'`"), false, through); a != nil {
		return a
	}
	if next, _ := nextLine(after); comment(next) {
		return allowance(next, false, through)
	}
	return nil
}

// quoted reports whether a line begins or ends with the quotes of a string over
// several lines.
func quoted(line []byte, has func(line, quotes []byte) bool) bool {
	line = bytes.TrimSpace(line)
	return has(line, []byte(`"""`)) || has(line, []byte("'''")) || has(line, []byte("`"))
}

// lastLine cuts the last line off a text, and what ends the one before it.
func lastLine(text []byte) (line, before []byte) {
	i := bytes.LastIndexByte(text, '\n')
	return bytes.TrimSuffix(text[i+1:], []byte("\r")), text[:max(i, 0)]
}

// nextLine cuts the first line off a text.
func nextLine(text []byte) (line, after []byte) {
	line, after, _ = bytes.Cut(text, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), after
}

// comment reports whether a line is nothing but a comment.
func comment(line []byte) bool {
	line = bytes.TrimSpace(line)
	for _, mark := range []string{"#", "//", "/*", "*", "--", ";", "<!--", "'", "%", "{{!", "{#"} {
		if bytes.HasPrefix(line, []byte(mark)) {
			return true
		}
	}
	return false
}

// allowance reads a part of a line. follows: the credential stands right before it.
func allowance(line []byte, follows bool, counts func(*directive) bool) *leak.Allowance {
	lower := bytes.ToLower(line)
	if !hinted(lower) {
		return nil
	}
	for i := range directives {
		d := &directives[i]
		if !counts(d) || !bytes.Contains(lower, []byte(d.word)) {
			continue
		}
		at := d.find(line)
		own := strings.HasPrefix(d.name, "whosekey:")
		if at == nil || d.comment && !marked(line[:at[0]], follows) || own && !commented(line[:at[0]], follows) {
			continue
		}
		if own {
			return ownAllowance(d.name, reason(line[at[1]:]))
		}
		text := line[at[1]:]
		if d.about != nil && !d.about(string(text)) {
			continue
		}
		if d.dashes {
			_, text, _ = bytes.Cut(text, []byte("--"))
		}
		return &leak.Allowance{By: d.name, Reason: reason(text)}
	}
	return nil
}

// maxSpelled is how many of one spelling are looked at in a line.
const maxSpelled = 16

// find returns where in a line the directive is, nil for nowhere. A word that goes on
// behind a dash, or before one, is another one; two dashes begin or end a comment.
func (d *directive) find(line []byte) []int {
	word := func(i int) bool {
		return i >= 0 && i < len(line) && inName(line[i])
	}
	for _, at := range d.form.FindAllIndex(line, maxSpelled) {
		before := at[0] > 0 && line[at[0]-1] == '-' && word(at[0]-2)
		after := at[1] < len(line) && line[at[1]] == '-' && word(at[1]+1)
		if !before && !after {
			return at
		}
	}
	return nil
}

// inName reports whether a byte may be in a word: of UTF-8, too.
func inName(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

// secretCheck reports whether a nosec is one for hard-coded credentials, or for
// everything: it names checks of bandit or gosec, or none.
func secretCheck(rest string) bool {
	names := checkName.FindAllString(rest, -1)
	for _, name := range names {
		switch strings.ToUpper(name) {
		case "B105", "B106", "B107", "G101":
			return true
		}
	}
	return len(names) == 0
}

var checkName = lazy.New(`(?i)\b[BG]\d{3}\b`)

// secretRule reports whether a nosemgrep is one for rules about secrets, or for all.
func secretRule(rest string) bool {
	ids, named := strings.CutPrefix(rest, ":")
	return !named || strings.Contains(strings.ToLower(ids), "secret")
}

func hinted(lower []byte) bool {
	for _, h := range hints {
		if bytes.Contains(lower, h) {
			return true
		}
	}
	return false
}

// marks are what marks of comments consist of.
const marks = "#/*-;'!%"

// marked reports whether a text ends with the mark of a comment.
func marked(before []byte, follows bool) bool {
	before = bytes.TrimRight(before, " \t")
	text := bytes.TrimRight(before, marks)
	return len(text) < len(before) && !inWord(text, follows)
}

// commented reports whether there is the mark of a comment in a text.
func commented(before []byte, follows bool) bool {
	for i, c := range before {
		switch {
		case strings.IndexByte(marks, c) < 0, i > 0 && strings.IndexByte(marks, before[i-1]) >= 0:
		case !inWord(before[:i], follows):
			return true
		}
	}
	return false
}

// inWord reports whether what comes after a text belongs to an address, or to the
// credential: behind those a # begins no comment.
func inWord(text []byte, follows bool) bool {
	start := bytes.LastIndexAny(text, " \t") + 1
	word := text[start:]
	return bytes.HasSuffix(word, []byte(":")) || bytes.Contains(word, []byte("://")) ||
		follows && start == 0 && !bytes.ContainsAny(word, "\"'`)]}>,;")
}

// maxReason is how much of a reason is kept, in bytes.
const maxReason = 200

// reason is the text of a comment behind a directive.
func reason(b []byte) string {
	s := strings.ToValidUTF8(string(b), "")
	for _, end := range []string{"*/", "-->", "#}", "}}"} {
		s, _, _ = strings.Cut(s, end)
	}
	s = strings.Trim(s, " \t\r\n:-–—=\"',;")
	if len(s) > maxReason {
		s = strings.ToValidUTF8(s[:maxReason], "") + "…"
	}
	return s
}

// ownAllowance reads what follows our own directive: a reason, or
// [RULE] reason=TEXT [until=DATE], in which the text may be quoted.
func ownAllowance(name, text string) *leak.Allowance {
	a := &leak.Allowance{By: name}
	rest := text
	if i := strings.Index(rest, "until="); i >= 0 {
		day, _, _ := strings.Cut(rest[i+len("until="):], " ")
		a.Until = strings.Trim(day, `"',;`)
		rest = rest[:i] + strings.TrimPrefix(rest[i+len("until="):], day)
	}
	if rule, why, ok := strings.Cut(rest, "reason="); ok {
		a.Rule, rest = strings.Trim(strings.TrimPrefix(strings.TrimSpace(rule), "rule="), " ,:"), why
	} else if word, why, ok := strings.Cut(rest, " "); ok && strings.HasPrefix(word, "rule=") {
		a.Rule, rest = strings.TrimPrefix(word, "rule="), why
	}
	a.Reason = strings.Trim(rest, " \t\"'")
	return a
}
