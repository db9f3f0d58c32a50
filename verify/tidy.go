package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

var answers = []leak.Status{leak.Live, leak.Dead, leak.Expired, leak.Restricted, leak.Unknown, leak.Unverifiable, leak.SkippedCheck}

// maxText is the longest reason or fact that is kept.
const maxText = 300

// tidy completes what a verifier says, and sees to it that nothing of the
// credential is in it.
func (e *Engine) tidy(v *leak.Verdict, j *job, at *visit) {
	if !slices.Contains(answers, v.Status) {
		v.Status, v.Reason = leak.Unknown, "a fault of ours: the verifier said nothing"
	}
	if v.Status == leak.Unknown && v.Reason == "" {
		v.Reason = "no clear answer"
	}
	if v.Reason == noTime {
		v.Reason = fmt.Sprintf("no answer within %v", e.door.opts.CallTimeout)
	}
	e.witness(v, j, at)
	var known leak.Redactor
	for _, f := range j.findings {
		known.Add(f.Parts)
	}
	known.Ready()
	clean := func(s string) string {
		s = known.Clean(strings.ToValidUTF8(s, "?"))
		s = strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return ' '
			}
			return r
		}, s)
		return strings.ToValidUTF8(s[:min(len(s), maxText)], "")
	}
	facts := known.Verdict(v, j.findings[0].Parts, nil).Facts
	*v = v.Map(clean)
	v.Facts = tidyFacts(&Query{Parts: j.findings[0].Parts}, facts)
}

// witness writes into a verdict what the Door knows: who was asked and when, and
// who was not.
func (e *Engine) witness(v *leak.Verdict, j *job, at *visit) {
	at.mu.Lock()
	defer at.mu.Unlock()
	said := v.Asked
	v.Asked, v.When = nil, time.Time{}
	if t, ok := parseTarget(v.Host, "443"); ok {
		v.Host = t.String()
	}
	if at.last != nil {
		v.Host, v.Class = cmp.Or(v.Host, at.last.host), cmp.Or(v.Class, j.kind.verifier.Class())
	}
	for _, r := range at.calls {
		c := leak.Call{Host: r.host, Code: r.code, When: utc(r.when), Sent: r.sent, Reason: r.why}
		for _, s := range said {
			if t, ok := parseTarget(s.Host, "443"); ok && t.String() == r.host {
				c.Status, c.Reason = s.Status, cmp.Or(c.Reason, s.Reason)
			}
		}
		if r.host == v.Host {
			v.Code, v.When = cmp.Or(v.Code, r.code), c.When
			c.Status = cmp.Or(c.Status, v.Status)
		}
		v.Asked = append(v.Asked, c)
	}
	if len(v.Asked) == 1 && v.Asked[0].Host == v.Host && (v.Asked[0].Sent || v.When.IsZero()) {
		v.Asked = nil // all of it stands in the verdict
	}
}

// utc is a time as reports show it.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Second)
}
