package detectors

import (
	"bytes"
	"strings"
)

// headings are the names that lines above the field at start consist of, the nearest first: a
// comment ("# Zoom settings"), a title of Markdown, or a line that is nothing else. Between
// them and the field stand lines without an empty one; one may follow the comment itself.
func (r *reader) headings(start int) (names []string) {
	from := max(0, start-sectionFar)
	text := r.data[from:start]
	r.byte(start - sectionFar - 1)
	for ended, commented := false, false; len(names) < mostSections; {
		i := bytes.LastIndexByte(text, '\n')
		if i < 0 {
			return names
		}
		text = text[:i]
		if from > 0 && bytes.IndexByte(text, '\n') < 0 {
			return names // the line may be cut off
		}
		line := view(bytes.TrimSpace(text[bytes.LastIndexByte(text, '\n')+1:]))
		switch name := titleOf(line); {
		case line == "" && ended:
			return names
		case line == "":
			ended = true
		case commented && strings.HasSuffix(line, ":"): // of what is commented out
		case name != "":
			names = append(names, strings.Clone(name))
		case ended && strings.Trim(line, titleMarks) != "":
			return names
		}
		commented = line != "" && strings.TrimLeft(line, titleMarks) != line
	}
	return names
}

// phrase are the words in front of the name at start in its line: of "New Relic key: ..." and
// of "set the Asana token = ...", the nearest first.
func (r *reader) phrase(start int) (names []string) {
	from := start
	for start-from < genericLine && (keyByte(r.byte(from-1)) || r.byte(from-1) == ' ') {
		from--
	}
	if start-from < 2 || start-from == genericLine || r.data[start-1] != ' ' {
		return nil
	}
	words := telling(string(r.data[from:start]))
	if n := len(words); n > 0 {
		names = append(names, words[n-1])
		if n > 1 {
			names = append(names, words[n-2]+words[n-1])
		}
	}
	return names
}

// titleMarks begin and end comments and titles.
const titleMarks = "#/*-;<!>=~_ \t"

// titleOf is the name that a line consists of beside words such as settings, as one word: zoom
// of "# Zoom API settings". Empty if it says more, or something else.
func titleOf(line string) string {
	title := strings.Trim(line, titleMarks)
	marked := len(title) < len(line)
	if marked {
		title = strings.TrimRight(title, ":")
	}
	if len(title) > genericKey || strings.ContainsAny(title, "=:\"'`(){}[],.$@") {
		return ""
	}
	words := telling(title)
	if len(words) > 3 || len(words) > 2 && !marked {
		return ""
	}
	return strings.Join(words, "")
}

// telling are the words of a text that are not ofSettings.
func telling(text string) (words []string) {
	for _, w := range strings.Fields(strings.ToLower(text)) {
		if !ofSettings[w] {
			words = append(words, w)
		}
	}
	return words
}

// ofSettings are what a heading says beside a name.
var ofSettings = wordsOf("settings setting config configuration credentials credential creds keys key api apis account accounts secret secrets token tokens auth oauth oauth2 login integration service services env environment variables vars section app application sdk client webhook webhooks bot cloud context details setup options params parameters the for our my your prod production dev development staging test")
