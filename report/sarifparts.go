package report

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/whosekey/whosekey/leak"
)

// GitHub's limits for a log that is uploaded (docs.github.com, "SARIF results
// exceed one or more limits"): 20 runs a file, 25,000 results a run of which it
// keeps 5,000, 10 MB after gzip. So a run gets 5,000; more would be accepted and
// never be shown. Two runs of one log must have different categories.
var githubTakes = sarifLimits{
	results: 5000,
	runs:    20,
	bytes:   9_000_000, // of 10 MB: the tools of the runs still come, and gzip holds some back
}

// sarifLimits are those of a log: results of a run, runs, and bytes after gzip.
type sarifLimits struct{ results, runs, bytes int }

// sarifParts keeps the results of a run and writes them worst first, in runs
// that GitHub takes. What is too much is counted, and the log says so.
type sarifParts struct {
	w    io.Writer
	opts Options
	run  Run
	all  []*leak.Finding
	max  sarifLimits
}

func (s *sarifParts) Start(r Run) error { s.run = r; return nil }

func (s *sarifParts) Finding(f *leak.Finding) error { s.all = append(s.all, f); return nil }

func (s *sarifParts) Finish(sum Summary) error {
	var life lifecycle
	parts, cut, err := s.split(&life, sum)
	if err != nil {
		return err
	}
	out := bytes.NewBufferString(sarifHead)
	for i, p := range parts {
		if i > 0 {
			out.WriteString(",\n")
		}
		p.life, p.cut = life, cut
		if err := p.end(sum); err != nil {
			return err
		}
		out.Write(p.buf.Bytes())
	}
	out.WriteString(sarifTail)
	_, err = s.w.Write(out.Bytes())
	return err
}

// sarifPart is one run of the log. The bytes of all go through one gzip.Writer,
// as those of the file will.
type sarifPart struct {
	*sarifLog
	buf     bytes.Buffer
	results int
}

func (s *sarifParts) newPart(n int, packed io.Writer) (*sarifPart, error) {
	p := &sarifPart{}
	p.sarifLog = newSARIFLog(io.MultiWriter(&p.buf, packed), s.opts)
	p.run = s.run
	if n > 1 {
		p.category = fmt.Sprintf("%s%d/", category, n)
		return p, p.begin()
	}
	for _, rule := range sortedCatalog(s.run.Catalog) {
		p.addRule(rule)
	}
	return p, p.begin()
}

// split encodes as many results as fit. cut says what did not; it is empty if
// everything did.
func (s *sarifParts) split(life *lifecycle, sum Summary) (parts []*sarifPart, cut string, err error) {
	var packed counter
	zip := gzip.NewWriter(&packed)
	p, err := s.newPart(1, zip)
	if err != nil {
		return nil, "", err
	}
	parts = append(parts, p)
	left, full := 0, false
	for _, it := range s.items(life) {
		full = full || int(packed) > s.max.bytes || len(parts) == s.max.runs && p.results == s.max.results
		if full {
			left++
			continue
		}
		if p.results == s.max.results {
			if p, err = s.newPart(len(parts)+1, zip); err != nil {
				return nil, "", err
			}
			parts = append(parts, p)
		}
		if err := p.place(it.f, it.l); err != nil {
			return nil, "", err
		}
		p.results++
	}
	for i := range sum.Ignored { // those that still fit: they are not news
		if p.results == s.max.results || int(packed) > s.max.bytes {
			break
		}
		if err := p.ignored(&sum.Ignored[i]); err != nil {
			return nil, "", err
		}
		p.results++
	}
	if left > 0 {
		cut = fmt.Sprintf("%d more results are not in this file, as GitHub would not take it: those that are the least bad. "+
			"-f jsonl has them all.", left)
	}
	return parts, cut, nil
}

// items are the results, worst first.
func (s *sarifParts) items(life *lifecycle) []item {
	var out []item
	for _, f := range worstFirst(s.all) {
		for _, l := range life.places(f, s.opts) {
			out = append(out, item{f, l})
		}
	}
	return out
}

// counter counts the bytes that are written to it.
type counter int

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }
