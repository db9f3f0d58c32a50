package report

import (
	"fmt"
	"html"
	"net/url"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// Markdown as GitHub and GitLab read it. Names that were scanned stand in code
// spans: there nothing is a link, a picture, a mention of somebody or a command.

// inlineCode is a code span with s in it. A span of Markdown cannot hold every
// text, and in a table a backslash before a bar means something else; such a text
// becomes an element of HTML in which every sign is an entity, which no part of
// the syntax sees.
func inlineCode(s string) string {
	s = shown(s)
	if s == "" {
		return ""
	}
	if !strings.ContainsAny(s, "`\\|") {
		return "`" + s + "`"
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < 0x80 && strings.ContainsRune("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", r):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return "<code>" + b.String() + "</code>"
}

// inlineText is s as running text.
func inlineText(s string) string { return markdownText.Replace(shown(s)) }

// An @ with a comment after it mentions nobody.
var markdownText = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`,
	"&", `\&`, "|", `\|`, "~", `\~`, "$", `\$`, "#", `\#`, "!", `\!`, "@", "@<!-- -->",
)

// linked is a label with a link to the place, if the repository is on a host
// whose addresses are known.
func linked(label string, r Run, l *leak.Location) string {
	if page := placeURL(r, l); page != "" && label != "" {
		return "[" + label + "](<" + page + ">)"
	}
	return label
}

// commitID is the name of a commit in full.
var commitName = lazy.New(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)

// repoPath is that of a repository on a forge.
var repoPath = lazy.New(`^(?:/[A-Za-z0-9_.-]+){2,}$`)

// placeURL is the page that shows a place; empty if none is known to.
func placeURL(r Run, l *leak.Location) string {
	u, err := url.Parse(absoluteURL(cleanURL(text(r.RepositoryURI))))
	if err != nil || !repoPath.MatchString(strings.TrimSuffix(u.Path, ".git")) {
		return ""
	}
	base := "https://" + u.Hostname() + strings.TrimSuffix(u.Path, ".git")
	commit, pos := l.Commit, &l.Position
	if l.AtHead {
		commit, pos = r.Revision, checkoutPosition(l)
	}
	if !commitName.MatchString(commit) {
		return ""
	}
	name, form := escapePath(relativePath(l.Outer())), forges[u.Hostname()]
	switch {
	case form == nil:
		return ""
	case l.Kind == leak.KindCommit:
		return base + form[0] + commit
	case l.Kind != leak.KindBlob || name == "":
		return ""
	case pos.Line > 0 && !pos.NoText && l.InArchive == "":
		return base + form[1] + commit + "/" + html.EscapeString(name) + form[2] + fmt.Sprint(pos.Line)
	}
	return base + form[1] + commit + "/" + html.EscapeString(name)
}

// forges are the parts of addresses before a commit, before a file's commit, and
// before a line.
var forges = map[string][]string{
	"github.com":    {"/commit/", "/blob/", "#L"},
	"gitlab.com":    {"/-/commit/", "/-/blob/", "#L"},
	"bitbucket.org": {"/commits/", "/src/", "#lines-"},
}
