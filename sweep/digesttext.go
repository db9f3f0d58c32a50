package sweep

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/whosekey/whosekey/internal/lazy"
)

// DigestFormats are what WriteDigest knows.
var DigestFormats = []string{"markdown", "json", "html"}

// WriteDigest writes a digest. Names, paths and titles are other people's text: in
// no format do they become more than that.
func WriteDigest(w io.Writer, format string, d *Digest) error {
	switch format {
	case "json":
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(d)
	case "markdown":
		_, err := io.WriteString(w, Markdown(d))
		return err
	case "html":
		_, err := io.WriteString(w, htmlDigest(d))
		return err
	}
	return fmt.Errorf("unknown format %q: there are %s", format, strings.Join(DigestFormats, ", "))
}

// markup is how a format writes a digest.
type markup struct {
	text                    func(string) string // other people's
	title, owner, list, end func(string) string
	line                    func(string) string // gets markup
}

// Markdown writes a digest as that.
func Markdown(d *Digest) string {
	return d.render(markup{
		text:  escapeMarkdown,
		title: func(s string) string { return "# " + s + "\n\n" },
		owner: func(s string) string { return "## " + s + "\n\n" },
		list:  func(s string) string { return "**" + s + "**\n\n" },
		line:  func(s string) string { return "- " + s + "\n" },
		end:   func(string) string { return "\n" },
	})
}

// escapeMarkdown makes a text one that Markdown, as GitHub, GitLab and Slack read
// it, shows as it is: no links, no mentions, no HTML, one line.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '.' && i >= 3 && strings.EqualFold(s[i-3:i], "www"): // GitHub makes links of those
			b.WriteString("&#46;")
		case r == ':' && plainColon.MatchString(s[i:]):
			b.WriteByte(':')
		case oneLine(r) != r:
			b.WriteByte(' ')
		case strings.ContainsRune("<>&@:\"'", r):
			fmt.Fprintf(&b, "&#%d;", r)
		case strings.ContainsRune("\\`*_{}[]#|~$^", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// plainColon is one that makes no link and no emoji, as ":100:" is: before a space, or a
// number that ends there.
var plainColon = lazy.New(`^:( |[0-9]+([ ,;)]|$))`)

// Plain writes a digest as text for chats, which read one or another Markdown: there is
// none in it.
func Plain(d *Digest) string {
	return d.render(markup{
		text:  neutral,
		title: func(s string) string { return s + "\n\n" },
		owner: func(s string) string { return s + "\n\n" },
		list:  func(s string) string { return s + ":\n" },
		line:  func(s string) string { return "- " + s + "\n" },
		end:   func(string) string { return "\n" },
	})
}

// joiner is a character without width, at which nothing is broken.
const joiner = "\u2060"

var neutrals = strings.NewReplacer("<", "‹", ">", "›", "`", "'", "*", "∗", "~", "∼", "|", "¦", "@", "@"+joiner, "](", "]"+joiner+"(", "://", ":"+joiner+"//")

var webAddress = lazy.New(`(?i)www\.`)

// neutral makes a text one that people read as it is, and no chat makes a link, a mention
// or an element of: without words that stand for characters, as chats show those.
func neutral(s string) string {
	s = neutrals.Replace(strings.Map(oneLine, s))
	return webAddress.ReplaceAllStringFunc(s, func(w string) string { return w[:3] + joiner + "." })
}

// oneLine makes spaces of what breaks lines, commands terminals or turns text around.
func oneLine(r rune) rune {
	if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) {
		return ' '
	}
	return r
}

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1d21;background:#fff}` +
	`h2{border-bottom:1px solid #ccd;margin-top:2rem}li{margin:.2rem 0}@media(prefers-color-scheme:dark){body{color:#e6e8eb;background:#15181c}h2{border-color:#334}}`

func htmlDigest(d *Digest) string {
	body := d.render(markup{
		text:  escapeHTML,
		title: func(s string) string { return "<h1>" + s + "</h1>\n" },
		owner: func(s string) string { return "<h2>" + s + "</h2>\n" },
		list:  func(s string) string { return "<h3>" + s + "</h3>\n<ul>\n" },
		line:  func(s string) string { return "<li>" + s + "</li>\n" },
		end: func(s string) string {
			if s == "list" {
				return "</ul>\n"
			}
			return ""
		},
	})
	// Nothing may be loaded, and no script may run, whatever stands in it.
	return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><title>whosekey digest</title><style>` + style + `</style></head><body>
` + body + `</body></html>
`
}

func escapeHTML(s string) string {
	return html.EscapeString(strings.Map(oneLine, s))
}

func (d *Digest) render(m markup) string {
	var b strings.Builder
	span := "until " + d.Until.Format(time.DateOnly)
	if !d.Since.IsZero() {
		span = d.Since.Format(time.DateOnly) + " to " + d.Until.Format(time.DateOnly)
	}
	b.WriteString(m.title(m.text("whosekey: " + span)))
	intro := []string{fmt.Sprintf("%s open, %s fixed.", counted(d.Open, "credential is", "credentials are"), counted(d.Fixed, "is", "are"))}
	intro = append(intro, d.gaps()...)
	if d.omitted > 0 {
		intro = append(intro, fmt.Sprintf("There is no room for %s more: whosekey sweep digest has all.", counted(d.omitted, "owner", "owners")))
	} else if len(d.Owners) == 0 {
		intro = append(intro, "Nothing has happened since.")
	}
	b.WriteString(m.list(m.text("In short")))
	for _, s := range intro {
		b.WriteString(m.line(m.text(s)))
	}
	b.WriteString(m.end("list"))
	for i := range d.Owners {
		w := &d.Owners[i]
		name := w.Owner
		if name == "" {
			name = "nobody known"
		}
		b.WriteString(m.owner(m.text(name)))
		for _, p := range []struct {
			title string
			part  *Part
		}{{"should have been fixed by now", &w.Late}, {"new", &w.New}, {"still live", &w.Live}, {"fixed", &w.Fixed}} {
			p.part.render(&b, p.title, m)
		}
	}
	return b.String()
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (p *Part) render(b *strings.Builder, title string, m markup) {
	if p.Count == 0 {
		return
	}
	b.WriteString(m.list(m.text(fmt.Sprintf("%d %s", p.Count, title))))
	for i := range p.Findings {
		b.WriteString(m.line(p.Findings[i].render(m)))
	}
	if more := p.Count - len(p.Findings); more > 0 {
		b.WriteString(m.line(m.text(fmt.Sprintf("and %d more: whosekey sweep digest -f json, or the page of whosekey serve", more))))
	}
	b.WriteString(m.end("list"))
}

func (l *Line) render(m markup) string {
	place := l.Repository
	if l.Path != "" {
		place += ": " + l.Path
		if l.Line > 0 {
			place += fmt.Sprintf(":%d", l.Line)
		}
	}
	if l.Places > 1 {
		place += fmt.Sprintf(" and %d more", l.Places-1)
	}
	parts := []string{fmt.Sprintf("%s (%s", l.Title, l.Verdict)}
	if l.Band != "" {
		parts[0] += fmt.Sprintf(", risk %d %s", l.Risk, l.Band)
	}
	parts[0] += ")"
	if l.Identity != "" {
		parts = append(parts, "of "+l.Identity)
	}
	parts = append(parts, "in "+place)
	switch {
	case l.FixedAt != nil:
		parts = append(parts, "fixed "+l.FixedAt.Format(time.DateOnly))
	case l.Due != nil:
		parts = append(parts, "due since "+l.Due.Format(time.DateOnly))
	case l.LiveSince != nil:
		parts = append(parts, "live since "+l.LiveSince.Format(time.DateOnly))
	default:
		parts = append(parts, "first seen "+l.FirstSeen.Format(time.DateOnly))
	}
	return m.text(strings.Join(parts, ", ") + " [" + l.ID[:min(12, len(l.ID))] + "]")
}
