package verify

import (
	"cmp"
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
	at.mu.Lock()
	last := at.last
	at.mu.Unlock()
	if !slices.Contains(answers, v.Status) {
		v.Status, v.Reason = leak.Unknown, "a fault of ours: the verifier said nothing"
	}
	if v.Status == leak.Unknown && v.Reason == "" {
		v.Reason = "no clear answer"
	}
	if last.host != "" {
		v.Host, v.Class = cmp.Or(v.Host, last.host), cmp.Or(v.Class, j.kind.verifier.Class())
		v.Code, v.When = cmp.Or(v.Code, last.code), time.Time{}
		if !last.when.IsZero() {
			v.When = last.when.UTC().Truncate(time.Second)
		}
	}
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
	v.Reason, v.Host = clean(v.Reason), clean(v.Host)
	for name, fact := range v.Facts {
		v.Facts[name] = known.Clean(fact)
	}
	v.Facts = tidyFacts(&Query{Parts: j.findings[0].Parts}, v.Facts)
}
