package report

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// wireVerdict is what came of asking a provider, and how. The verdict itself is
// a word beside it.
type wireVerdict struct {
	Class   leak.Class        `json:"class,omitempty"`
	Host    string            `json:"host,omitempty"`
	Status  int               `json:"status,omitempty"`
	Time    string            `json:"time,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	Control string            `json:"control,omitempty"`
	Asked   []wireCall        `json:"asked,omitempty"`
	Facts   map[string]string `json:"facts,omitempty"`
}

// wireCall is what became of one of several hosts, or of one that was not
// reached.
type wireCall struct {
	Host    string      `json:"host"`
	Verdict leak.Status `json:"verdict,omitempty"`
	Status  int         `json:"status,omitempty"`
	Time    string      `json:"time,omitempty"`
	Sent    bool        `json:"sent"`
	Reason  string      `json:"reason,omitempty"`
}

// toWireVerdict returns nil if nobody has anything to say.
func toWireVerdict(v *leak.Verdict, opts Options) *wireVerdict {
	w := &wireVerdict{
		Class: v.Class, Host: text(v.Host), Status: v.Code, Time: rfc3339(v.When),
		Reason: text(v.Reason), Control: text(v.Control),
	}
	for _, c := range v.Asked {
		w.Asked = append(w.Asked, wireCall{text(c.Host), c.Status, c.Code, rfc3339(c.When), c.Sent, text(c.Reason)})
	}
	for _, name := range shownFacts(v, opts) {
		if w.Facts == nil {
			w.Facts = map[string]string{}
		}
		w.Facts[text(name)] = text(opts.people().Text(v.Facts[name]))
	}
	if w.Class == "" && w.Host == "" && w.Reason == "" && w.Facts == nil {
		return nil
	}
	return w
}

func fromWireVerdict(status leak.Status, w *wireVerdict) (leak.Verdict, error) {
	v := leak.Verdict{Status: status}
	if w == nil {
		return v, nil
	}
	v.Class, v.Host, v.Code, v.Reason, v.Control, v.Facts = w.Class, w.Host, w.Status, w.Reason, w.Control, w.Facts
	var err error
	if v.When, err = verdictTime(w.Time); err != nil {
		return v, err
	}
	for _, c := range w.Asked {
		when, err := verdictTime(c.Time)
		if err != nil {
			return v, err
		}
		v.Asked = append(v.Asked, leak.Call{Host: c.Host, Status: c.Verdict, Reason: c.Reason, Code: c.Status, When: when, Sent: c.Sent})
	}
	return v, nil
}

func verdictTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	when, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return when, errors.New("the time of its verdict is not one of RFC 3339")
	}
	return when, nil
}

// shownFacts are the names of the facts that may be shown, those that are known
// in the order of leak.Facts.
func shownFacts(v *leak.Verdict, opts Options) []string {
	var out []string
	for _, name := range leak.Facts {
		if v.Facts[name] != "" && (name != leak.FactEmail || opts.People != record.Handles && opts.People != "") {
			out = append(out, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v.Facts)) { // of a newer version
		if !slices.Contains(leak.Facts, name) && v.Facts[name] != "" {
			out = append(out, name)
		}
	}
	return out
}

// verdictColour is that of a state.
func verdictColour(s leak.Status) string {
	switch s {
	case leak.Live, leak.Canary:
		return alarm
	case leak.Restricted:
		return red
	case leak.Dead, leak.Expired:
		return green
	case leak.Unknown:
		return yellow
	}
	return faint
}

// verdict writes what came of asking, and what is known of the identity.
func (t *textReport) verdict(f *leak.Finding) {
	if !asked(f) {
		return
	}
	v := &f.Verdict
	word := visible(string(v.Status))
	line := visible(text(v.Reason))
	how := evidence(v, false)
	if v.Control != "" {
		how = append(how, "control: "+visible(text(v.Control)))
	}
	if len(how) > 0 {
		line = strings.TrimSpace(line + " (" + strings.Join(how, ", ") + ")")
	}
	if line != "" { // the word alone stands in the first line
		t.paintedRow(verdictColour(v.Status), "verdict", word+": "+line)
	}
	for _, c := range v.Asked {
		if c.Host != v.Host {
			t.row("others", visible(text(callText(&c))))
		}
	}
	label := "identity"
	if f.Identity != nil {
		label = "facts"
	}
	t.row(label, visible(factsLine(v, t.opts, ", ")))
}

// factsLine writes what a provider said: "name app, scopes read write".
func factsLine(v *leak.Verdict, opts Options, between string) string {
	var facts []string
	for _, name := range shownFacts(v, opts) {
		facts = append(facts, strings.ReplaceAll(text(name), "_", " ")+" "+text(opts.people().Text(v.Facts[name])))
	}
	return strings.Join(facts, between)
}

// evidence says who was asked, with which class of call and when, and with code
// what its status was, which most reasons begin with.
func evidence(v *leak.Verdict, code bool) (how []string) {
	switch {
	case v.Host == "":
	case v.Sent():
		how = append(how, "asked "+shown(v.Host))
	case !v.When.IsZero():
		how = append(how, "tried "+shown(v.Host))
	default:
		how = append(how, "of "+shown(v.Host))
	}
	if v.Class != "" {
		how = append(how, "class "+shown(string(v.Class)))
	}
	if code && v.Code > 0 {
		how = append(how, fmt.Sprint("status ", v.Code))
	}
	if !v.When.IsZero() {
		how = append(how, v.When.UTC().Format("2006-01-02 15:04 UTC"))
	}
	return how
}

// callText says what became of a host that did not decide.
func callText(c *leak.Call) string {
	did := "asked"
	switch {
	case c.When.IsZero():
		did = "not asked:"
	case !c.Sent:
		did = "tried"
	}
	line := did + " " + c.Host
	if c.Status != "" && !c.When.IsZero() {
		line += ": " + string(c.Status)
	}
	if c.Reason != "" {
		line += ": " + strings.TrimPrefix(c.Reason, c.Host+": ")
	}
	if !c.When.IsZero() {
		line += " (" + c.When.UTC().Format("2006-01-02 15:04 UTC") + ")"
	}
	return line
}

// verdictOrder is that of the summary.
var verdictOrder = []leak.Status{
	leak.Live, leak.Restricted, leak.Unknown, leak.Expired, leak.Dead, leak.Canary, leak.SkippedCheck, leak.Unverifiable, leak.Unchecked,
}

// verified sums the verdicts up; "" if nobody was asked.
func (t *textReport) verified() string {
	var list []string
	any := false
	for _, s := range verdictOrder {
		if n := t.verdicts[s]; n > 0 {
			list = append(list, fmt.Sprintf("%s %s", thousands(int64(n)), s))
			any = any || s != leak.Unchecked && s != leak.Canary // nobody is asked about traps
		}
	}
	if !any {
		return ""
	}
	return strings.Join(list, ", ")
}
