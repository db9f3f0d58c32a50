package rules

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

const maxSteps = 3

func (v *Verify) check(p *Provider) error {
	for _, id := range v.Rules {
		if !slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.ID == id }) {
			return fmt.Errorf("there is no rule %q in this file", id)
		}
	}
	ways := 0
	for _, w := range []string{v.Request, v.Go, v.None} {
		if w != "" {
			ways++
		}
	}
	switch {
	case ways != 1:
		return fmt.Errorf("needs one of request, go and none")
	case v.Docs != "" && !urlForm.MatchString(v.Docs):
		return fmt.Errorf("docs %q: must be an https address", v.Docs)
	case v.Checked != "" && !isDay(v.Checked):
		return fmt.Errorf("checked %q: must be a day: \"2026-01-31\"", v.Checked)
	case v.None != "":
		return nil
	case !slices.Contains([]leak.Class{leak.S0, leak.S1, leak.S2}, v.Class):
		return fmt.Errorf("class %q: must be S0, S1 or S2; what changes anything is never called", v.Class)
	case v.Docs == "" && v.Class != leak.S2:
		return fmt.Errorf("class %s without docs: a call that is not documented is S2", v.Class)
	case !(v.Rate >= 0 && v.Rate <= 50):
		return fmt.Errorf("rate %v: must be from 0 to 50 calls a second", v.Rate)
	case v.Go != "" && len(v.Hosts) > 0:
		return v.checkServers()
	case v.Go != "":
		return nil
	case slices.ContainsFunc(v.JSONTypes, func(s string) bool { return !mediaType.MatchString(s) || s == "text/html" }):
		return fmt.Errorf("json_types: must be media types such as text/javascript, and no pages")
	case len(v.Steps) >= maxSteps:
		return fmt.Errorf("more than %d requests", maxSteps)
	case len(v.Verdicts) == 0 || len(v.Exchanges) == 0:
		return fmt.Errorf("needs at least one [[verify.verdict]] and one [[verify.exchange]]")
	}
	return v.checkParts()
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func (v *Verify) checkParts() error {
	if err := v.checkSteps(); err != nil {
		return err
	}
	for i := range v.Verdicts {
		if err := v.checkRow(&v.Verdicts[i]); err != nil {
			return fmt.Errorf("verdict %d: %w", i+1, err)
		}
	}
	for name, from := range v.Facts {
		if !slices.Contains(leak.Facts, name) {
			return fmt.Errorf("fact %q: must be one of %s", name, strings.Join(leak.Facts, ", "))
		}
		if err := v.checkSource(from); err != nil {
			return fmt.Errorf("fact %s: %w", name, err)
		}
	}
	for i, x := range v.Exchanges {
		if err := v.checkExchange(&x); err != nil {
			return fmt.Errorf("exchange %d: %w", i+1, err)
		}
	}
	return nil
}

func (v *Verify) checkServers() error {
	for _, h := range v.Servers() {
		if !serverForm.MatchString(h) {
			return fmt.Errorf("hosts: %q: must be a name, or a dot and a name for all of its labels", h)
		}
	}
	return nil
}

func (v *Verify) checkSteps() error {
	if err := v.checkServers(); err != nil {
		return err
	}
	for _, h := range v.Aliases {
		if !serverForm.MatchString(h) || len(v.Servers()) == 0 || strings.HasPrefix(v.Servers()[0], ".") {
			return fmt.Errorf("aliases: %q: must be a name, or a dot and a name, and stand for hosts", h)
		}
	}
	for _, h := range v.APIBelow {
		if !serverForm.MatchString(h) || !strings.HasPrefix(h, ".") {
			return fmt.Errorf("api_below: %q: must be a dot and a name", h)
		}
	}
	if v.NamedPath != "" && !basePath.MatchString(v.NamedPath) {
		return fmt.Errorf("named_path %q: must be constant: \"/api/v3\"", v.NamedPath)
	}
	if v.Extended {
		return fmt.Errorf("request 1: the first request decides; it cannot be extended")
	}
	whole := false
	for i, s := range v.All() {
		if err := s.check(); err != nil {
			return fmt.Errorf("request %d: %w", i+1, err)
		}
		if s.Extended && i+1 < len(v.All()) && !v.Steps[i].Extended {
			return fmt.Errorf("request %d: one that is extended must not be followed by one that is not", i+1)
		}
		for name, from := range s.Take {
			if !nameForm.MatchString("${" + name + "}") {
				return fmt.Errorf("request %d: take %q: must be lower-case letters, digits and underscores", i+1, name)
			}
			if err := v.checkSource(from); err != nil {
				return fmt.Errorf("request %d: take %s: %w", i+1, name, err)
			}
		}
		whole = whole || strings.Contains(s.Request, " https://${") && !labelForm.MatchString(s.Request)
	}
	if len(v.Servers()) > 0 && !whole {
		return fmt.Errorf("hosts without a request whose whole host is ${part}")
	}
	return nil
}

// decisive are the states that an answer may lead to.
var decisive = []leak.Status{leak.Live, leak.Dead, leak.Expired, leak.Restricted, leak.Unknown}

// checkRow refuses rows that any answer of a proxy, a load balancer or a new
// version of the service would fit.
func (v *Verify) checkRow(row *VerdictRow) error {
	detail := len(row.JSON) > 0 || len(row.Header) > 0 || row.Contains != ""
	switch {
	case !slices.Contains(decisive, row.Is):
		return fmt.Errorf("%q is none of live, dead, expired, restricted, unknown", row.Is)
	case len(row.Status) == 0 && !detail:
		return fmt.Errorf("every answer fits it")
	case row.Step < 0 || row.Step > len(v.Steps)+1:
		return fmt.Errorf("at_step %d: there are %d requests", row.Step, len(v.Steps)+1)
	}
	if err := row.checkForm(); err != nil {
		return err
	}
	for path, want := range row.JSON {
		if !pathForm.MatchString(path) {
			return fmt.Errorf("json %q: must be a path such as user.emails[0].address", path)
		}
		if err := checkValue(want); err != nil {
			return fmt.Errorf("json %s: %w", path, err)
		}
	}
	for _, status := range row.Status {
		switch {
		case status < 200 || status >= 300 && status < 400 || status == 429 || status >= 500:
			return fmt.Errorf("status %d says nothing about a credential; such answers are always unknown", status)
		case detail || row.Is == leak.Unknown || row.Is == leak.Restricted:
		case row.Is == leak.Live || row.Is == leak.Expired:
			return fmt.Errorf("%s by status %d alone, which a page of a proxy has too: name a json path, a header or a text of the answer", row.Is, status)
		case row.Is == leak.Dead && status != 401 && status != 410:
			return fmt.Errorf("dead by status %d alone: only an explicit refusal is; name a json path, a header or a text of the answer", status)
		}
	}
	return nil
}

// checkForm looks at what an answer must be like to be read at all.
func (row *VerdictRow) checkForm() error {
	text := false
	for _, kind := range row.Types {
		if !mediaType.MatchString(kind) {
			return fmt.Errorf("types %q: must be a media type such as text/plain", kind)
		}
		text = text || !strings.HasSuffix(kind, "json")
	}
	switch {
	case row.Empty && (len(row.JSON) > 0 || row.Contains != ""):
		return fmt.Errorf("empty: nothing can be read in no body")
	case text && len(row.JSON) > 0:
		return fmt.Errorf("types: there is no JSON in %s", strings.Join(row.Types, ", "))
	case text && row.Contains == "" && row.Is != leak.Unknown:
		return fmt.Errorf("types: any text fits it; name a text of the answer with contains")
	}
	return nil
}

func checkValue(want any) error {
	switch want := want.(type) {
	case string, bool, int64, float64:
		return nil
	case []any:
		for _, w := range want {
			if _, list := w.([]any); list || checkValue(w) != nil {
				return fmt.Errorf("a list must hold texts, numbers and booleans")
			}
		}
		return nil
	}
	return fmt.Errorf("must be a text, a number, a boolean or a list of them; a path with dots stands in quotes")
}

func (v *Verify) checkExchange(x *Exchange) error {
	switch {
	case !slices.Contains(decisive, x.Want):
		return fmt.Errorf("want %q is none of live, dead, expired, restricted, unknown", x.Want)
	case x.Status < 100 || x.Status > 599:
		return fmt.Errorf("status %d is none", x.Status)
	case len(x.Before) > len(v.Steps):
		return fmt.Errorf("%d answers before the last, but %d requests", len(x.Before), len(v.Steps)+1)
	}
	for name := range x.Facts {
		if !slices.Contains(leak.Facts, name) {
			return fmt.Errorf("fact %q: must be one of %s", name, strings.Join(leak.Facts, ", "))
		}
	}
	return nil
}

const (
	jsonKey  = `(?:[A-Za-z0-9_@$:/-]+|\["[^"\]]+"\])`
	jsonPath = `(?:` + jsonKey + `|\[(?:[0-9]{1,4}|\*)\])(?:\.` + jsonKey + `|\["[^"\]]+"\]|\[(?:[0-9]{1,4}|\*)\]){0,15}`
)

var (
	pathForm = lazy.New(`^` + jsonPath + `$`)
	// A source is a path in the JSON of the last answer (json2: of the second),
	// a header of it, a part of the credential that may be shown, or a constant.
	sourceForm = lazy.New(`^(json[1-3]?:` + jsonPath + `|header[1-3]?:[A-Za-z0-9-]+|part:[a-z][a-z0-9_]*|=.+)$`)
)

func (v *Verify) checkSource(from string) error {
	if !sourceForm.MatchString(from) {
		return fmt.Errorf("%q: must be json:PATH, header:NAME, part:NAME or =CONSTANT", from)
	}
	kind, name, _ := strings.Cut(from, ":")
	if kind == "part" && !leak.PublicPart(name) {
		return fmt.Errorf("part %q is not public", name)
	}
	if step := kind[len(kind)-1]; !strings.HasPrefix(from, "=") && step >= '1' && step <= '9' && int(step-'0') > len(v.Steps)+1 {
		return fmt.Errorf("%q: there are %d requests", from, len(v.Steps)+1)
	}
	return nil
}

var (
	placeForm = lazy.New(`\$\{[^}]*\}`)
	nameForm  = lazy.New(`^\$\{[a-z][a-z0-9_]*\}$`)
	// A host is constant, or one label is a part of the credential, or all of it is.
	hostForm   = lazy.New(`^((\$\{[a-z][a-z0-9_]*\}\.)?[a-z0-9-]+(\.[a-z0-9-]+)+|\$\{[a-z][a-z0-9_]*\})(:[0-9]{2,5})?$`)
	labelForm  = lazy.New(` https://\$\{[a-z0-9_]+\}\.`)
	basePath   = lazy.New(`^(/[a-z0-9_-]+)+$`)
	serverForm = lazy.New(`^\.?[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{2,5})?$`)
	headerForm = lazy.New(`^[A-Za-z0-9-]+$`)
)

// methods are those that only read. A POST must declare why it does.
var methods = []string{"GET", "HEAD", "POST"}

func (s *Step) check() error {
	method, target, _ := strings.Cut(s.Request, " ")
	rest, secure := strings.CutPrefix(target, "https://")
	host := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host = rest[:i]
	}
	switch {
	case !slices.Contains(methods, method):
		return fmt.Errorf("method %q: must be GET, HEAD, or a POST that only reads", method)
	case !secure:
		return fmt.Errorf("%q: must be an https address", target)
	case !hostForm.MatchString(host):
		return fmt.Errorf("host %q: must be constant, or ${part} and a dot before a constant, or only ${part}", host)
	case strings.ContainsAny(target, "# \t\r\n\"<>\\"):
		return fmt.Errorf("%q: must have no spaces, quotes or #", target)
	case s.Body != "" && s.Type != "json" && s.Type != "form":
		return fmt.Errorf("type %q: must be json or form", s.Type)
	case s.Body == "" && s.Type != "":
		return fmt.Errorf("a type without a body")
	case method == "POST" && s.OnlyReads == "":
		return fmt.Errorf("a POST needs only_reads: why it changes nothing")
	case s.Body != "" && method != "POST":
		return fmt.Errorf("a body in a %s", method)
	case method != "POST" && s.OnlyReads != "":
		return fmt.Errorf("only_reads is for a POST")
	case s.Type == "json" && !json.Valid([]byte(placeForm.ReplaceAllString(s.Body, "x"))):
		return fmt.Errorf("the body is no JSON with every ${...} inside quotes")
	case s.Basic != "" && !strings.Contains(s.Basic, ":"):
		return fmt.Errorf("basic %q: must be USER:PASSWORD", s.Basic)
	}
	texts := []string{target, s.Basic, s.Body}
	for name, value := range s.Header {
		if !headerForm.MatchString(name) {
			return fmt.Errorf("header %q: its name must be constant", name)
		}
		texts = append(texts, value)
	}
	for _, text := range texts {
		for _, place := range placeForm.FindAllString(text, -1) {
			if !nameForm.MatchString(place) {
				return fmt.Errorf("%s: must be the name of a part", place)
			}
		}
		if strings.Contains(placeForm.ReplaceAllString(text, ""), "${") {
			return fmt.Errorf("%q: a ${ is not closed", text)
		}
	}
	_, err := url.Parse(placeForm.ReplaceAllString(target, "x"))
	return err
}
