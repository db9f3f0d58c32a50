package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DefaultTemplate is what Slack, Mattermost, Teams and Google Chat take.
const DefaultTemplate = `{"text": "{{text}}"}`

// FillTemplate makes the JSON that a webhook gets, of a template in JSON with words in
// it: {{text}} is the digest as plain text, {{markdown}} in Markdown, both as short as chats
// want them, {{json}} all of it as an object; {{since}},
// {{until}}, {{open}}, {{new}}, {{live}}, {{late}}, {{fixed}}, {{owners}} and
// {{troubles}} are times and numbers. What stands within quotes stays there, whatever
// is in it.
func FillTemplate(template string, d *Digest) ([]byte, error) {
	whole, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	var fresh, live, late, fixed int
	for _, o := range d.Owners {
		fresh, live, late, fixed = fresh+o.New.Count, live+o.Live.Count, late+o.Late.Count, fixed+o.Fixed.Count
	}
	number := strconv.Itoa
	values := map[string]string{
		"text": quoted(short(d, Plain)), "markdown": quoted(short(d, Markdown)), "json": string(whole), "since": d.Since.UTC().Format(time.RFC3339), "until": d.Until.UTC().Format(time.RFC3339),
		"open": number(d.Open), "new": number(fresh), "live": number(live), "late": number(late), "fixed": number(fixed), "owners": number(len(d.Owners)), "troubles": number(d.Troubles),
	}
	var out strings.Builder
	for rest := template; ; {
		before, after, ok := strings.Cut(rest, "{{")
		out.WriteString(before)
		if !ok {
			break
		}
		word, behind, ok := strings.Cut(after, "}}")
		value, known := values[strings.TrimSpace(word)]
		if !ok || !known {
			return nil, fmt.Errorf("the template has no word {{%.20s}}: there are %s", word, strings.Join(slices.Sorted(maps.Keys(values)), ", "))
		}
		out.WriteString(value)
		rest = behind
	}
	if body := out.String(); json.Valid([]byte(body)) {
		return []byte(body), nil
	}
	return nil, errors.New("the template does not make JSON: {{text}}, {{markdown}} and times stand within quotes, {{json}} and numbers may stand alone")
}

// quoted is a text as it stands within quotes in JSON.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic("sweep: a text is not JSON")
	}
	return string(b[1 : len(b)-1])
}

// maxText is how many bytes of text chats get. Google Chat takes messages of 32,000 bytes,
// Mattermost 16,383 characters, and Teams 28 KB, with two bytes for each character.
// https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create
// https://github.com/mattermost/mattermost/blob/master/server/public/model/post.go
// https://learn.microsoft.com/en-us/microsoftteams/limits-specifications-teams
const maxText = 12_000

// short writes a digest with as much of its lists, and then of its owners, as fits into
// maxText: the worst come first in both, and what is left out is counted.
func short(d *Digest, write func(*Digest) string) string {
	text := write(d)
	for most := 256; len(text) > maxText && most > 0; most /= 2 {
		text = write(d.shorter(most-1, len(d.Owners)))
	}
	for owners := len(d.Owners); len(text) > maxText && owners > 0; {
		owners /= 2
		text = write(d.shorter(0, owners))
	}
	return text
}

// shorter is a digest with so many findings in each list, and so many owners.
func (d *Digest) shorter(most, owners int) *Digest {
	out := *d
	out.omitted = len(d.Owners) - owners
	out.Owners = slices.Clone(d.Owners[:owners])
	for i := range out.Owners {
		o := &out.Owners[i]
		for _, p := range []*Part{&o.New, &o.Live, &o.Late, &o.Fixed} {
			p.Findings = p.Findings[:min(most, len(p.Findings))]
		}
	}
	return &out
}
