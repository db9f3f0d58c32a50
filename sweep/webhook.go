package sweep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DefaultTemplate is what Slack, Mattermost, Teams and Google Chat take.
const DefaultTemplate = `{"text": "{{text}}"}`

// FillTemplate makes the JSON that a webhook gets, of a template in JSON with words in
// it: {{text}} is the digest as plain text, {{markdown}} in Markdown, {{json}} all of it as an object; {{since}},
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
		"text": quoted(Plain(d)), "markdown": quoted(Markdown(d)), "json": string(whole), "since": d.Since.UTC().Format(time.RFC3339), "until": d.Until.UTC().Format(time.RFC3339),
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

// PostDigest sends JSON to a webhook. The address is a secret: no error has it.
func PostDigest(ctx context.Context, address string, text []byte) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(text))
	if err != nil {
		return errors.New("the address of the webhook cannot be read")
	}
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if e := new(url.Error); errors.As(err, &e) {
		return fmt.Errorf("send the digest to %s: %w", req.URL.Host, e.Err)
	}
	if err != nil {
		return err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("send the digest to %s: %s", req.URL.Host, res.Status)
	}
	return nil
}
