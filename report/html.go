package report

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/whosekey/whosekey/leak"
)

// The page is one file: a shell written here, a script and a style that `make
// page` builds from page/src, and the run as data that the script reads. What
// was scanned stands in it as JSON or base64 only, never as HTML, and the script
// makes elements of it by text nodes; the policy of the page lets nothing else
// run, and lets nothing be fetched.

//go:embed page/dist/page.js
var pageScript string

//go:embed page/dist/page.css
var pageStyle string

const (
	// maxPageFindings is how many findings a page has at most, the worst: more of
	// them no browser holds with ease.
	maxPageFindings = 25_000
	// maxPagePlaces is how many places of a finding stand in it.
	maxPagePlaces = 100
	// blockFindings share one compressed block, which is unpacked when one of
	// them is opened. They repeat each other, so more of them take less room.
	blockFindings = 50
)

// Page says what of a page depends on how it is read.
type Page struct {
	// Live is for a page that `whosekey serve` shows: it asks its server every few
	// seconds whether there is something new than Version.
	Live    bool
	Version string
	// Trend has the runs so far, oldest first, this one too; nil for none.
	Trend *Trend
	// Limit is how many findings the page has at most; 0: maxPageFindings.
	Limit int
	// Totals are the numbers of all findings, if fewer are handed over.
	Totals *Totals
	// Events are what else is known of the past of findings, by their ids.
	Events map[string][]Event
}

// Totals count findings by band of risk and by state.
type Totals struct {
	Findings      int
	Bands, States map[string]int
}

// Event is something that happened to a finding.
type Event struct {
	At     time.Time
	What   string // "found", "asked: live"
	Detail string
	State  leak.Status // that it had from then on; empty if that is not what happened
}

// PagePolicy is the Content-Security-Policy of the page: only its own script and
// style, by their hashes, and no request to anywhere.
func PagePolicy(live bool) string {
	connect := "'none'"
	if live {
		connect = "'self'"
	}
	return "default-src 'none'; script-src " + cspHash(pageScript) + "; style-src " + cspHash(pageStyle) + "; img-src data:; connect-src " + connect +
		"; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
}

func cspHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// NewHTML returns a Handler that writes one self-contained page for people to
// look through. It holds no secret, whatever the options say.
func NewHTML(w io.Writer, opts Options) Handler {
	opts.ShowSecrets = false
	return &htmlPage{whole: whole{w: w, opts: opts}}
}

// htmlPage keeps the worst of the findings, as many as the page can have: there
// may be a million.
type htmlPage struct {
	whole
	totals Totals
	told   int // findings that it was given, and the places of those
	places int
}

func (p *htmlPage) limit() int {
	if n := p.opts.Page.Limit; n > 0 {
		return n
	}
	return maxPageFindings
}

func (p *htmlPage) Finding(f *leak.Finding) error {
	if p.totals.Bands == nil {
		p.totals.Bands, p.totals.States = map[string]int{}, map[string]int{}
	}
	p.totals.Findings++
	p.totals.Bands[bandOf(f)]++
	p.totals.States[string(statusOf(f))]++
	p.told++
	p.places += len(f.Locations)
	p.all = append(p.all, f)
	if len(p.all) >= 2*p.limit() {
		p.worst()
	}
	return nil
}

// worst leaves the worst, in order.
func (p *htmlPage) worst() {
	slices.SortStableFunc(p.all, func(a, b *leak.Finding) int { return cmp.Compare(rank(b), rank(a)) })
	if n := p.limit(); len(p.all) > n {
		clear(p.all[n:])
		p.all = p.all[:n]
	}
}

func (p *htmlPage) Finish(s Summary) error {
	if t := p.opts.Page.Totals; t != nil {
		p.totals = *t
	}
	p.worst()
	out := bufio.NewWriter(p.w)
	p.head(out, s)
	if err := p.data(out, s); err != nil {
		return err
	}
	fmt.Fprintf(out, "<script>%s</script>\n</body>\n</html>\n", pageScript)
	return out.Flush()
}

// head writes what is there without a script, and stands for the page until it
// runs.
func (p *htmlPage) head(w io.Writer, s Summary) {
	places := max(p.places, s.Places)
	if p.told < p.totals.Findings { // only the places of those in the page are known
		places = 0
	}
	title := "whosekey: " + headlineOf(p.totals.Findings, places, s)
	fmt.Fprintf(w, `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>%s</title>
<link rel="icon" href="data:,">
<style>%s</style>
</head>
<body>
<div id="app"><noscript><main><h1>%s</h1><p>%s</p><p>Findings, their owners and plans are shown by a script, which this browser does not run. The same is in the formats text, csv and json.</p></main></noscript></div>
`, html.EscapeString(PagePolicy(p.opts.Page.Live)), html.EscapeString(title), pageStyle,
		html.EscapeString(title), html.EscapeString(strings.ReplaceAll(p.searchedLine(s), "**", "")))
}

// data writes the run: what lists, filters and the graph need, and then all of
// each finding in blocks.
func (p *htmlPage) data(w io.Writer, s Summary) error {
	index := newPageIndex(&p.whole, &p.totals, toWireSummary(s))
	var blocks bytes.Buffer
	var block bytes.Buffer
	for i, f := range p.all {
		detail := p.detail(f)
		index.add(f, detail)
		if err := appendLine(&block, detail); err != nil {
			return err
		}
		if (i+1)%blockFindings == 0 || i == len(p.all)-1 {
			if err := writeBlock(&blocks, block.Bytes()); err != nil {
				return err
			}
			block.Reset()
		}
	}
	if t := p.opts.Page.Trend; t != nil {
		index.Trend, index.TrendOf = append(index.Trend, t.Points()...), t.Of
	}
	index.finish()
	// Marshal writes < as \u003c, so that nothing in it ends the element.
	data, err := json.Marshal(index)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "<script type=\"application/json\" id=\"index\">%s</script>\n", data)
	_, err = w.Write(blocks.Bytes())
	return err
}

// pageDetail is all of a finding.
type pageDetail struct {
	*wireFinding
	Links      []string    `json:"links"` // pages of the places at their forge; empty for none
	MorePlaces int         `json:"more_places,omitempty"`
	Events     []wireEvent `json:"events,omitempty"`
}

type wireEvent struct {
	At     string      `json:"at"`
	What   string      `json:"what"`
	Detail string      `json:"detail,omitempty"`
	State  leak.Status `json:"state,omitempty"`
}

func (p *htmlPage) detail(f *leak.Finding) *pageDetail {
	few := *f
	if len(few.Locations) > maxPagePlaces {
		few.Locations = few.Locations[:maxPagePlaces]
	}
	d := &pageDetail{wireFinding: toWireFinding(&few, p.opts), MorePlaces: len(f.Locations) - len(few.Locations), Links: []string{}}
	if d.Identity != nil {
		d.Identity = d.Identity.WithAddresses()
	}
	for i := range few.Locations {
		d.Links = append(d.Links, html.UnescapeString(placeURL(p.run, &few.Locations[i])))
	}
	for _, e := range p.opts.Page.Events[f.ID] {
		d.Events = append(d.Events, wireEvent{rfc3339(e.At), text(e.What), text(p.opts.people().Text(e.Detail)), e.State})
	}
	return d
}

func appendLine(b *bytes.Buffer, v any) error {
	text, err := encodeJSON(v)
	if err != nil {
		return err
	}
	b.Write(text)
	b.WriteByte('\n')
	return nil
}

func writeBlock(w *bytes.Buffer, lines []byte) error {
	w.WriteString("<script type=\"text/plain\" class=\"block\">")
	enc := base64.NewEncoder(base64.StdEncoding, w)
	z, err := gzip.NewWriterLevel(enc, 5)
	if err != nil {
		return err
	}
	if _, err := z.Write(lines); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := enc.Close(); err != nil {
		return err
	}
	w.WriteString("</script>\n")
	return nil
}
