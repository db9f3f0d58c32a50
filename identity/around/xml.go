package around

import "strings"

// xml opens and closes what the tags of a line do. An element with nothing but text
// is a field of the one around it; its attributes are a record.
func (g *grower) xml(l *line) {
	text := l.text
	for i := 0; i < len(text); i++ {
		if text[i] != '<' {
			continue
		}
		end := tagEnd(text, i)
		name := tagName(text[i+1 : end])
		switch {
		case strings.HasPrefix(text[i:], "</"):
			g.closeTag(l.at+end, tagName(text[i+2:end]))
		case name == "": // a comment, a declaration
		case strings.HasSuffix(text[i:end], "/>"), strings.HasPrefix(behind(text[end:]), "</"+name):
			if strings.Contains(text[i:end], "=") {
				g.push(l.at+i, level{kind: tag})
				g.open = g.open[:len(g.open)-1]
				g.goOn(l.at + end)
			}
			if n := strings.Index(text[end:], "</"+name); n >= 0 && !strings.HasSuffix(text[i:end], "/>") {
				end = tagEnd(text, end+n)
			}
		default:
			g.push(l.at+i, level{kind: tag, name: name})
		}
		i = end - 1
	}
}

// tagEnd is behind the tag that begins at i.
func tagEnd(text string, i int) int {
	if n := strings.IndexByte(text[i:], '>'); n >= 0 {
		return i + n + 1
	}
	return len(text)
}

// tagName is the name that a tag begins with.
func tagName(inner string) string {
	i := 0
	for i < len(inner) && (isName(inner[i]) || inner[i] == ':') {
		i++
	}
	return inner[:i]
}

// behind is a text from its next tag on.
func behind(text string) string { return text[max(0, strings.IndexByte(text, '<')):] }

func (g *grower) closeTag(at int, name string) {
	for k := len(g.open) - 1; k > 0; k-- {
		if g.open[k].name == name {
			g.open = g.open[:k]
			g.goOn(at)
			return
		}
	}
	g.wrap(at)
}
