package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// table is a Verifier that a provider file describes.
type table struct {
	verify    *rules.Verify
	provider  string
	endpoints []server
	steps     []step
	rows      []row
	facts     map[string]source
}

// Class implements Verifier.
func (t *table) Class() leak.Class { return t.verify.Class }

// Control implements Verifier.
func (t *table) Control() string { return t.verify.NoControl }

// Rate is how many calls a second a host of it may get; 0 if the file does not
// say.
func (t *table) Rate() float64 { return t.verify.Rate }

// Hosts implements Verifier.
func (t *table) Hosts() []string { return t.hostsOf(true, true) }

// FurtherHosts are those of the questions in the mode extended alone.
func (t *table) FurtherHosts() []string {
	first := t.hostsOf(true, false)
	return slices.DeleteFunc(t.hostsOf(false, true), func(h string) bool { return slices.Contains(first, h) })
}

// hostsOf are the hosts of the steps that decide, that only add facts, or both.
func (t *table) hostsOf(deciding, extended bool) (out []string) {
	for i := range t.steps {
		if s := &t.steps[i]; s.extended && !extended || !s.extended && !deciding {
			continue
		}
		switch h := t.steps[i].host; {
		case len(h.names) == 0:
			out = append(out, h.text[0])
		case !t.steps[i].whole():
			out = append(out, h.text[1])
		default:
			out = append(out, t.verify.Servers()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Plan implements Verifier. The error is why nobody can be asked.
func (t *table) Plan(q Query) ([]Call, error) {
	servers, err := t.servers(&q)
	if err != nil {
		return nil, err
	}
	var out []Call
	values := reveal(q.Parts)
	for _, s := range servers {
		for i := range t.steps {
			st := &t.steps[i]
			class := t.verify.Class
			if st.extended {
				if !q.Extended || q.Control {
					continue
				}
				class = leak.S2
			}
			for name := range st.take { // stands for what an answer will give
				values[name] = "taken"
			}
			req, err := st.request(context.Background(), s, values)
			if err != nil {
				return nil, err
			}
			out = append(out, Call{Class: class, Method: st.method, Host: req.URL.Host, Path: s.base + st.target()})
		}
	}
	return out, nil
}

func reveal(parts leak.Parts) map[string]string {
	values := make(map[string]string, len(parts)+2)
	for name, s := range parts {
		values[name] = s.Reveal()
	}
	return values
}

// Verify implements Verifier. Where it is not known which server a credential
// belongs to, they are asked until one does not refuse it.
func (t *table) Verify(ctx context.Context, q Query) leak.Verdict {
	servers, err := t.servers(&q)
	if err != nil {
		return leak.Verdict{Status: leak.Unknown, Reason: err.Error(), Class: t.verify.Class}
	}
	known := false
	v := inTurn(ctx, servers, func(s server) leak.Verdict {
		v, r := t.ask(ctx, &q, s)
		known = known || r != nil && r.Known
		return v
	})
	if v.Status == leak.Dead && !known && t.verify.SelfHosted && servers[0].from == ours && !q.Control && !t.saysOurs(&q) {
		v.Status, v.Facts = leak.Unknown, nil
		v.Reason = fmt.Sprintf("%s refused it, and it may belong to another server: name yours as an endpoint of %s in your settings", v.Host, t.provider)
	}
	return v
}

// ask makes the requests to one server. The row is the one that decided, nil if
// none did.
func (t *table) ask(ctx context.Context, q *Query, s server) (leak.Verdict, *row) {
	values := reveal(q.Parts)
	var answers []*answer
	for i := range t.steps {
		st := &t.steps[i]
		if st.extended {
			break
		}
		a, v := t.call(ctx, q, s, i, values)
		if a == nil {
			return v, nil
		}
		answers = append(answers, a)
		if a.useless() != "" {
			v.Status, v.Reason = leak.Unknown, a.useless()
			return v, nil
		}
		last := i+1 == len(t.steps) || t.steps[i+1].extended
		r := t.row(a, i+1, last)
		if r == nil && !last && a.Status < 300 && st.takeFrom(answers, q.Parts, values) {
			continue
		}
		if r == nil && !last {
			r = t.row(a, i+1, true) // it ends here
		}
		if r == nil {
			v.Status, v.Reason = leak.Unknown, a.unexpected()
			return v, nil
		}
		v.Status, v.Reason = r.Is, r.Reason
		if v.Reason == "" {
			v.Reason = statusText(a.Status)
		}
		if v.Status != leak.Unknown {
			if q.Extended && !q.Control && v.Status == leak.Live && last {
				answers = t.further(ctx, q, s, answers, values)
			}
			v.Facts = t.read(q, answers)
		}
		return v, r
	}
	return leak.Verdict{Status: leak.Unknown, Reason: "nothing was asked"}, nil // not reached: the first step is never extended
}

// call makes the request of step i. If there is no answer, the verdict says why.
func (t *table) call(ctx context.Context, q *Query, s server, i int, values map[string]string) (*answer, leak.Verdict) {
	v := leak.Verdict{Status: leak.Unknown, Class: t.verify.Class, When: q.Now}
	if t.steps[i].extended {
		v.Class = leak.S2
	}
	req, err := t.steps[i].request(ctx, s, values)
	if err != nil {
		v.Reason = err.Error()
		return nil, v
	}
	v.Host = req.URL.Host
	got, err := q.Door.Do(ctx, v.Class, req)
	if err != nil {
		return nil, failed(ctx, v, err)
	}
	v.Code = got.Status
	return newAnswer(got, t.verify.JSONTypes...), v
}

// failed says in a verdict why there was no answer.
func failed(ctx context.Context, v leak.Verdict, err error) leak.Verdict {
	v.Reason = Reason(err)
	if errors.As(err, new(*Refused)) {
		v.Status = leak.SkippedCheck
	}
	if ctx.Err() != nil {
		v.Reason = "interrupted"
	}
	return v
}

// further makes the requests that only add facts. One that fails adds none.
func (t *table) further(ctx context.Context, q *Query, s server, answers []*answer, values map[string]string) []*answer {
	for i := len(answers); i < len(t.steps); i++ {
		if !t.steps[i-1].takeFrom(answers, q.Parts, values) {
			break
		}
		a, _ := t.call(ctx, q, s, i, values)
		if a == nil || a.Status >= 300 || a.useless() != "" {
			break
		}
		answers = append(answers, a)
	}
	return answers
}

// row returns the first row that fits the answer of a step, or nil. Nil, too, if
// an earlier row could fit: if what it wants to know of the JSON cannot be read.
func (t *table) row(a *answer, step int, last bool) *row {
	for i := range t.rows {
		r := &t.rows[i]
		if r.Step != step && (r.Step != 0 || !last) {
			continue
		}
		if r.fits(a) {
			return r
		}
		if a.notJSON && !a.page && len(a.Body) > 0 && len(r.JSON) > 0 && r.outside(a) {
			return nil
		}
	}
	return nil
}

// read collects the facts.
func (t *table) read(q *Query, answers []*answer) map[string]string {
	raw := map[string]string{}
	for name, from := range t.facts {
		if text, ok := from.read(answers, q.Parts); ok {
			raw[name] = text
		}
	}
	return tidyFacts(q, raw)
}

// row is a rules.VerdictRow with its paths read.
type row struct {
	rules.VerdictRow
	paths map[string]jsonPath
}

func compileRow(r rules.VerdictRow) row {
	out := row{r, map[string]jsonPath{}}
	for path := range r.JSON {
		out.paths[path] = parsePath(path)
	}
	return out
}

func (r *row) fits(a *answer) bool {
	for path, want := range r.JSON {
		if a.notJSON || !r.paths[path].fits(a.json, want) {
			return false
		}
	}
	bare := len(r.JSON)+len(r.Header)+len(r.Contains) == 0
	if r.Is == leak.Dead && !a.notJSON && a.wordless() || bare && r.Empty && !a.empty() {
		return false // the provider says more, or nothing at all
	}
	return r.outside(a)
}

// outside reports whether all fits that is not JSON.
func (r *row) outside(a *answer) bool {
	if len(r.Status) > 0 && !slices.Contains(r.Status, a.Status) {
		return false
	}
	if r.Is != leak.Unknown && !r.expects(a) || a.page && len(r.Types) == 0 && r.Contains == "" {
		return false
	}
	for name, want := range r.Header {
		if got := strings.Join(a.Header.Values(name), ", "); got == "" || want != "*" && !strings.Contains(got, want) {
			return false
		}
	}
	return bytes.Contains(a.Body, []byte(r.Contains))
}

// expects reports whether an answer has the form that the provider's have. All
// others may be of somebody in between, or half of what was said.
func (r *row) expects(a *answer) bool {
	switch {
	case a.empty():
		return r.Empty
	case len(r.Types) > 0 && !isJSON(a.kind):
		return slices.Contains(r.Types, a.kind) && a.whole()
	case len(r.Types) > 0 && !slices.Contains(r.Types, a.kind):
		return false
	}
	return !a.notJSON
}

// statusText is "401 Unauthorized".
func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprint(status, " ", http.StatusText(status)))
}
