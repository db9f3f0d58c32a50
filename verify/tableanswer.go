package verify

import (
	"bytes"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// maxTake is the length of what a step may take out of an answer.
const maxTake = 16 << 10

// takeFrom puts what the step takes into values, and reports whether all of it
// was there.
func (s *step) takeFrom(answers []*answer, parts leak.Parts, values map[string]string) bool {
	for name, from := range s.take {
		text, ok := from.read(answers, parts)
		if !ok || len(text) > maxTake {
			return false
		}
		values[name] = text
	}
	return true
}

// source is where a fact comes from.
type source struct {
	kind string // "json", "header", "part", "="
	step int    // whose answer; 0: the last
	text string // the header, the part, the constant
	path jsonPath
}

func compileSources(in map[string]string) map[string]source {
	out := map[string]source{}
	for name, from := range in {
		if constant, ok := strings.CutPrefix(from, "="); ok {
			out[name] = source{kind: "=", text: constant}
			continue
		}
		kind, text, _ := strings.Cut(from, ":")
		s := source{kind: strings.TrimRight(kind, "0123456789"), text: text}
		s.step, _ = strconv.Atoi(strings.TrimPrefix(kind, s.kind))
		if s.kind == "json" {
			s.path = parsePath(text)
		}
		out[name] = s
	}
	return out
}

// read returns the text, and whether there is one.
func (s source) read(answers []*answer, parts leak.Parts) (string, bool) {
	if s.kind == "=" {
		return s.text, true
	}
	if s.kind == "part" {
		text := parts[s.text].Reveal()
		return text, text != ""
	}
	step := s.step
	if step == 0 {
		step = len(answers)
	}
	if step > len(answers) {
		return "", false
	}
	a := answers[step-1]
	text := strings.Join(a.Header.Values(s.text), ", ")
	if s.kind == "json" {
		if a.notJSON {
			return "", false
		}
		text = strings.Join(texts(s.path.get(a.json)), " ")
	}
	return text, text != ""
}

// answer is an Answer whose body was looked at.
type answer struct {
	*Answer
	json    any
	notJSON bool
	kind    string // its media type; "" if it is called none, or several
	page    bool   // of HTML
	typed   bool   // it is called JSON
}

// newAnswer looks at an answer. What its server does not call JSON is none,
// except by the further names of types.
func newAnswer(got *Answer, types ...string) *answer {
	a := &answer{Answer: got}
	if a.Header == nil {
		a.Header = http.Header{}
	}
	if called := a.Header.Values("Content-Type"); len(called) == 1 {
		a.kind, _, _ = mime.ParseMediaType(called[0])
	}
	head := bytes.ToLower(bytes.TrimSpace(a.Body[:min(len(a.Body), 512)]))
	a.page = a.kind == "text/html" && len(head) > 0 || bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
	var err error
	a.json, err = decodeJSON(a.Body)
	a.typed = isJSON(a.kind) || slices.Contains(types, a.kind)
	a.notJSON = err != nil || a.Cut || !a.typed
	return a
}

// empty reports whether there is no body, and surely none.
func (a *answer) empty() bool {
	return len(bytes.TrimSpace(a.Body)) == 0 && !a.Cut && !a.Open
}

// whole reports whether what is not JSON is surely all that was sent, as a
// length or an end mark says, and a page's own end.
func (a *answer) whole() bool {
	return !a.Cut && !a.Open && len(a.Body) > 0 && (!a.page || bytes.HasSuffix(bytes.ToLower(bytes.TrimSpace(a.Body)), []byte("</html>")))
}

// isJSON reports whether a media type is one of JSON (RFC 6839, section 3.1).
func isJSON(kind string) bool {
	main, sub, _ := strings.Cut(kind, "/")
	return kind == "application/json" || kind == "text/json" || main == "application" && strings.HasSuffix(sub, "+json")
}

// useless says why an answer says nothing about any credential, or "".
func (a *answer) useless() string {
	switch {
	case a.Status < 200 || a.Status >= 500 || a.Status == http.StatusTooManyRequests:
		return statusText(a.Status)
	case a.Status < 400 && a.Status >= 300:
		return statusText(a.Status) + ": redirects are not followed"
	case a.Status >= 400 && a.proxied():
		return statusText(a.Status) + ": a proxy in between says that, not the provider"
	}
	return ""
}

// proxied reports whether a refusal is one of a proxy, which wants a log-in of
// its own.
func (a *answer) proxied() bool {
	return a.Header.Get("Proxy-Authenticate") != "" || bytes.Contains(bytes.ToLower(a.Body), []byte("proxy"))
}

// wordless reports whether there is JSON that has no word in it: {}, [], null.
func (a *answer) wordless() bool {
	switch v := a.json.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return a.json == nil
}

// unexpected says of an answer that no row fits what was wrong with it.
func (a *answer) unexpected() string {
	text := "unexpected answer: " + statusText(a.Status)
	switch {
	case a.Cut:
		text += ", longer than 64 KiB"
	case len(a.Header.Values("Content-Type")) > 1:
		text += ", with more than one Content-Type"
	case a.page:
		text += ", a page of HTML"
	case a.Open && a.notJSON:
		text += ", perhaps not whole"
	case len(bytes.TrimSpace(a.Body)) == 0:
		text += ", empty"
	case !a.typed:
		text += ", not JSON by its Content-Type"
	case a.notJSON:
		text += ", not JSON"
	}
	return text
}
