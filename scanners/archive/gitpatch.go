package archive

import (
	"bytes"
	"compress/zlib"
	"io"
	"strings"
)

// Binary files in what `git diff --binary` and `git format-patch` write: below the mark,
// "literal SIZE" or "delta SIZE" and lines of base85 up to an empty one, for the new and
// then for the old content; inside is zlib, and in it the content or a delta of packs.
//   - https://github.com/git/git/blob/v2.51.0/apply.c (parse_binary_hunk)
//   - https://github.com/git/git/blob/v2.51.0/base85.c
//   - https://git-scm.com/docs/gitformat-pack#_deltified_representation
var (
	gitPatchMark  = []byte("GIT binary patch")
	gitPatchStart = []byte("diff --git ")
)

// isGitPatch reports whether a text begins as what git prints of changes does: a diff, a
// commit, or a patch for mail.
func isGitPatch(head []byte) bool {
	if bytes.HasPrefix(head, gitPatchStart) {
		return true
	}
	rest, ok := bytes.CutPrefix(head, []byte("commit "))
	if !ok {
		rest, ok = bytes.CutPrefix(head, boxMark)
	}
	n := 0
	for n < len(rest) && (isDigit(rest[n]) || rest[n] >= 'a' && rest[n] <= 'f') {
		n++
	}
	return ok && (n == 40 || n == 64)
}

// gitPatch emits the binary files in a text. Its own bytes are the caller's.
func (w *walker) gitPatch(at string, text []byte, depth int) error {
	name := ""
	for len(text) > 0 {
		i := bytes.Index(text, gitPatchMark)
		if i < 0 {
			return nil
		}
		before, rest, _ := bytes.Cut(text[i:], []byte("\n"))
		if named := gitPatchName(text[:i]); named != "" {
			name = named
		}
		begins := text[max(0, i-1)]
		text = rest
		if i > 0 && begins != '\n' || len(bytes.TrimRight(before, "\r")) != len(gitPatchMark) || name == "" {
			continue
		}
		for _, state := range []string{"", " (before)"} {
			kind, packed, after := gitHunk(text)
			if kind == "" {
				break
			}
			text = after
			if err := w.gitFile(join(at, name+state), kind, packed, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// gitPatchName is the name of the file that a mark is about: what stands behind the last
// " b/" of its head.
func gitPatchName(before []byte) string {
	i := bytes.LastIndex(before, gitPatchStart)
	if i < 0 {
		return ""
	}
	line, _, _ := bytes.Cut(before[i:], []byte("\n"))
	line = bytes.TrimRight(line, "\r\"")
	for _, b := range []string{" b/", ` "b/`, " "} {
		if j := bytes.LastIndex(line, []byte(b)); j >= 0 {
			return clean(string(line[j+len(b):]))
		}
	}
	return ""
}

// gitHunk reads one content: "literal" or "delta", what is packed, and what follows. kind
// is empty if there is none.
func gitHunk(text []byte) (kind string, packed, rest []byte) {
	line, rest, ok := bytes.Cut(text, []byte("\n"))
	kind, _, _ = strings.Cut(string(line[:min(len(line), 20)]), " ")
	if !ok || kind != "literal" && kind != "delta" {
		return "", nil, text
	}
	for len(rest) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			return kind, packed, after
		}
		if packed, ok = gitLine(packed, line); !ok {
			break
		}
		rest = after
	}
	return kind, packed, rest
}

// gitLine appends what a line says: its first letter is the number of bytes, of which five
// characters are four.
func gitLine(to, line []byte) (out []byte, ok bool) {
	n := 0
	switch c := line[0]; {
	case c >= 'A' && c <= 'Z':
		n = int(c-'A') + 1
	case c >= 'a' && c <= 'z':
		n = int(c-'a') + 27
	}
	digits := line[1:]
	if most := len(digits) / 5 * 4; n == 0 || len(digits)%5 != 0 || n > most || n <= most-4 {
		return to, false
	}
	for ; len(digits) > 0; digits = digits[5:] {
		v := uint64(0)
		for _, c := range digits[:5] {
			d := strings.IndexByte(gitDigits, c)
			if d < 0 {
				return to, false
			}
			v = v*85 + uint64(d)
		}
		if v > 1<<32-1 {
			return to, false
		}
		four := [4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}
		to = append(to, four[:min(n, 4)]...)
		n -= 4
	}
	return to, true
}

const gitDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"

// gitFile looks into one content.
func (w *walker) gitFile(at, kind string, packed []byte, depth int) error {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		w.leaveOut(badDocument, at)
		return nil
	}
	if err := w.entry(); err != nil {
		return err
	}
	inner := w.stream(at, &meter{r: z, w: w})
	defer w.close(inner)
	if kind == "literal" {
		return w.visit(inner, depth)
	}
	delta, err := io.ReadAll(io.LimitReader(inner.reader(), maxDocument))
	if isStop(err) || w.over != nil {
		return err
	}
	if err != nil {
		w.leaveOut(badDocument, at)
	}
	if added := gitAdded(delta); len(added) > 0 {
		return w.text(join(at, "(added)"), bytes.NewReader(added))
	}
	return nil
}

// gitAdded is what a delta adds to its base, each piece a line: what it copies is not at
// hand.
func gitAdded(delta []byte) (added []byte) {
	at := 0
	for range 2 { // the sizes of base and result
		for at < len(delta) && delta[at]&0x80 != 0 {
			at++
		}
		at++
	}
	for at < len(delta) {
		op := delta[at]
		at++
		if op&0x80 != 0 { // a bit for each byte of the offset and the size
			for bits := op & 0x7f; bits != 0; bits &= bits - 1 {
				at++
			}
			continue
		}
		end := min(at+int(op), len(delta))
		if end <= at {
			return added
		}
		added = append(append(added, delta[at:end]...), '\n')
		at = end
	}
	return added
}
