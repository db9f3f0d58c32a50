package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/whosekey/whosekey/leak"
)

// JUnit's XML has no standard; what Jenkins, GitLab, Azure, CircleCI and
// Buildkite all read is a suite of cases with a class, a name, and a failure, an
// error or nothing in them. A case is known by class and name from one run to
// the next, so there is no line number in either.

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	junitCounts
	Suite junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	junitCounts
	Cases []junitCase `xml:"testcase"`
}

type junitCounts struct {
	Name     string `xml:"name,attr"`
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr"`
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	File    string       `xml:"file,attr,omitempty"`
	Line    string       `xml:"line,attr,omitempty"`
	Failure *junitResult `xml:"failure"`
	Error   *junitResult `xml:"error"`
	Skipped *junitResult `xml:"skipped"`
}

type junitResult struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
	Text    string `xml:",innerxml"` // escaped
}

// junit writes a case for every place of every credential, and one that says
// whether everything was searched: without a case many readers take the file for
// broken.
func junit(h *whole, s Summary) ([]byte, error) {
	suite := junitSuite{junitCounts: junitCounts{Name: "whosekey"}}
	add := func(c junitCase) {
		suite.Cases = append(suite.Cases, c)
		suite.Tests++
		switch {
		case c.Failure != nil:
			suite.Failures++
		case c.Error != nil:
			suite.Errors++
		case c.Skipped != nil:
			suite.Skipped++
		}
	}
	for _, f := range worstFirst(h.all) {
		names := keys(f)
		for i, l := range placesOf(f) {
			add(h.junitCase(f, l, names[i]))
		}
	}
	add(junitCoverage(s))
	out := bytes.NewBufferString(xml.Header)
	enc := xml.NewEncoder(out)
	enc.Indent("", "  ")
	err := enc.Encode(junitSuites{junitCounts: suite.junitCounts, Suite: suite})
	out.WriteByte('\n')
	return out.Bytes(), err
}

func (h *whole) junitCase(f *leak.Finding, l *leak.Location, key string) junitCase {
	c := junitCase{
		Class: "whosekey." + shown(f.Rule.ID),
		Name:  fmt.Sprintf("%s in %s [%s]", shown(f.Rule.Title), shown(locationPath(l)), short(key)),
		File:  shown(file(l)),
	}
	if line := checkoutPosition(l).Line; line > 0 && c.File != "" {
		c.Line = strconv.Itoa(line)
	}
	var b bytes.Buffer
	for _, x := range h.facts(f, l) {
		b.WriteString("\n" + x.name + ": ")
		xml.EscapeText(&b, []byte(x.text)) // a Buffer takes everything
	}
	r := &junitResult{Type: shown(string(f.Verdict.Status)), Message: shown(h.opts.sentences(f, l, true)), Text: b.String() + "\n"}
	if weight(f) == sarif.LevelNote {
		r.Type = "" // a skipped case has none
		c.Skipped = r
	} else {
		c.Failure = r
	}
	return c
}

// junitCoverage fails if there may be more.
func junitCoverage(s Summary) junitCase {
	c := junitCase{Class: "whosekey.coverage", Name: "everything was searched"}
	if gaps := missing(s); gaps != "" {
		c.Error = &junitResult{Type: "incomplete", Message: "Not searched: " + gaps}
	}
	return c
}
