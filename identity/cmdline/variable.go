package cmdline

import (
	"bytes"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
)

const (
	// maxUses is how many places are looked at that may take a variable.
	maxUses = 64
	// maxUse is how far around one is read, in bytes.
	maxUse = 1 << 10
)

var (
	// taken is what stands before the name of a variable that is read: of shells, of
	// PowerShell, of GitHub's CI, of Windows.
	taken = lazy.New(`(?:\$\{?|\$\{\{ ?env\.|\$env:|\$\{env:|%)$`)
	// set is what stands behind the name of one that is given a value.
	set = lazy.New(`^["']?[ \t]*(?::?=[^=]|:[ \t])`)
	// inURL is a URL up to the password of its login, atHost what stands behind that.
	inURL  = lazy.New(`(?:^|[\s"'=(])((?:https?|postgres|postgresql|mysql|mongodb(?:\+srv)?|rediss?|amqps?)://)([^\s:/@"'${}]{1,64}):$`)
	atHost = lazy.New(`^@([A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(?::[0-9]{1,5})?)(?:[/?"'\s]|$)`)
)

// variable returns the login of a command, or of a URL, that takes the credential from
// the variable in which a text puts it: TOKEN=... and git clone https://ci:$TOKEN@host/.
// Where two of them say different users or servers it is neither, and of a variable that
// is set twice nobody knows which value is meant.
func variable(text []byte, name string) (best login, ok bool) {
	name = name[strings.LastIndexByte(name, '.')+1:]
	if len(name) < 3 || len(name) > 80 {
		return login{}, false
	}
	sets := 0
	for at, n := 0, 0; n < maxUses; n++ {
		i := bytes.Index(text[at:], []byte(name))
		if i < 0 {
			return best, ok && sets == 1
		}
		start, end := at+i, at+i+len(name)
		at = end
		if end < len(text) && wordByte(text[end]) || start > 0 && wordByte(text[start-1]) {
			continue
		}
		if set.Match(text[end:min(len(text), end+16)]) {
			sets++
			continue
		}
		open := taken.FindIndex(text[max(0, start-12):start])
		if open == nil {
			continue
		}
		start = max(0, start-12) + open[0]
		first, last := max(0, start-maxUse), min(len(text), end+maxUse)
		l, found := use(string(text[first:last]), start-first, end-first)
		switch {
		case !found:
		case !ok:
			best, ok = l, true
		case l.user != best.user || l.server != best.server && l.server != "" && best.server != "":
			return login{}, false
		case best.server == "":
			best = l
		}
	}
	return login{}, false
}

// use is the login that takes the variable whose name ends at end.
func use(text string, start, end int) (login, bool) {
	for _, closes := range []string{" }}", "}}", "}", "%"} {
		if strings.HasPrefix(text[end:], closes) {
			end += len(closes)
			break
		}
	}
	if m := inURL.FindStringSubmatch(text[:start]); m != nil {
		h := atHost.FindStringSubmatch(text[end:])
		if h == nil {
			return login{}, false
		}
		return login{tool: &tool{names: []string{"a URL"}, scheme: strings.TrimSuffix(m[1], "://")}, user: m[2], server: h[1]}, true
	}
	l, _, ok := find(text, start, end)
	return l, ok
}

func wordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
