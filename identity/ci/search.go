package ci

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/names"
	"github.com/whosekey/whosekey/leak"
)

// called are the names of the credential where it stands, but for those of a CI's
// own tokens.
func called(q *identity.Query) []names.Called {
	return slices.DeleteFunc(names.Of(q), func(c names.Called) bool { return slices.Contains(own, c.Plain) })
}

// paths are the files that the credential is in.
func paths(q *identity.Query) []string {
	all, _ := q.Paths()
	return slices.DeleteFunc(all, func(p string) bool { return kindOf(p) != "" })
}

// own are names that a CI gives to tokens of its own.
var own = []string{"githubtoken", "cijobtoken", "systemaccesstoken"}

// byUsual is the weight of what a job says that is found by a name that many
// credentials have.
const byUsual = 0.3

// How sure it is that a job uses a credential that stands in its configuration, or
// in a file that it names, or has the same name: each environment's secret has that,
// and of what a service's own name finds no more is right than of what a usual one does.
const (
	written = 0.95
	byFile  = 0.85
	byName  = 0.5
)

// search is the search for one credential's jobs.
type search struct {
	q      *identity.Query
	index  *names.Index
	called []names.Called
	paths  []string
	envs   []string
	hits   []hit
	within string // the file of a CI that it stands in, and the line
}

// hit is a job that uses the credential.
type hit struct {
	*job
	ref
	literal bool
	called  string  // the plain name of the secret that the job uses; empty for none
	weight  float64 // of what the job says of the credential
	sure    float64 // that it is the one
}

// inside notes where the credential stands in the configuration of a CI, whichever
// job that is for.
func (s *search) inside(files map[string]bool) {
	for i := range s.q.Finding.Locations {
		l := &s.q.Finding.Locations[i]
		if p := s.q.In(l); files[p] && now(l) && s.within == "" {
			s.within = fmt.Sprintf("%s:%d", p, lineNow(l))
		}
	}
}

// now reports whether a place is one of the configuration that was read.
func now(l *leak.Location) bool { return l.AtHead || l.Kind == leak.KindFile }

// lineNow is the line of a place at HEAD.
func lineNow(l *leak.Location) int {
	if l.Head != nil {
		return l.Head.Line
	}
	return l.Line
}

// job looks whether a job uses the credential, and how.
func (s *search) job(j *job) {
	for i := range s.q.Finding.Locations {
		l := &s.q.Finding.Locations[i]
		if line := lineNow(l); s.q.In(l) == j.file && now(l) && j.stands(line) {
			s.hits = append(s.hits, hit{j, ref{line: line, via: "written in " + j.file}, true, "", sure, written})
			return
		}
	}
	for _, name := range s.called {
		r, ok := j.refs[name.Plain]
		e := names.Environment(j.environment)
		if !ok || j.shadowed[name.Plain] || e != "" && len(s.envs) > 0 && !slices.Contains(s.envs, e) {
			continue // another environment's credential has the same name
		}
		weight := sure
		if name.Usual {
			if weight = byUsual; s.index.Shared(s.q, name.Plain, e) {
				continue // which of them is meant nobody can say
			}
		}
		s.hits = append(s.hits, hit{j, r, false, name.Plain, weight, byName})
		return
	}
	for _, t := range j.texts {
		for _, p := range s.paths {
			if i := mentions(t.text, p); i >= 0 {
				s.hits = append(s.hits, hit{j, ref{line: t.line + strings.Count(t.text[:i], "\n"), via: "file " + p}, false, "", sure, byFile})
				return
			}
		}
	}
}

// mentions returns where a text has a path, and not as a part of another one;
// -1 for nowhere.
func mentions(text, p string) int {
	if len(p) < 4 {
		return -1
	}
	for from := 0; ; {
		i := strings.Index(text[from:], p)
		if i < 0 {
			return -1
		}
		i += from
		end := i + len(p)
		if before := strings.TrimSuffix(text[:i], "./"); (before == "" || !partOfPath(before[len(before)-1])) && (end == len(text) || !partOfPath(text[end])) {
			return i
		}
		from = i + 1
	}
}

func partOfPath(c byte) bool {
	return c == '/' || c == '-' || c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (s *search) answer() (a identity.Answer) {
	slices.SortStableFunc(s.hits, func(x, y hit) int {
		return cmp.Or(strings.Compare(x.file, y.file), cmp.Compare(x.ref.line, y.ref.line), strings.Compare(x.name, y.name))
	})
	if s.within != "" && !slices.ContainsFunc(s.hits, func(h hit) bool { return h.literal }) {
		a.Evidence = append(a.Evidence, leak.Evidence{Class: leak.FromIaC, Claim: leak.ClaimNote, Value: identity.NoteCILiteral, Weight: sure, Reason: "it stands in the file of a CI", Ref: s.within})
	}
	for _, h := range s.hits[:min(len(s.hits), maxConsumers)] {
		where := fmt.Sprintf("%s:%d", h.file, h.ref.line)
		c := leak.Consumer{Kind: h.kind, Ref: where, Name: h.name, Via: h.via, Weak: h.weight == byUsual, Confidence: h.sure}
		if h.kind == "workflow" && h.environment != "" && strings.Contains(h.via, "secrets.") {
			c.Via += identity.OfEnvironment + h.environment // which may have its own value
		}
		if what, line := h.needs(h.called); what != "" {
			c.Needs, c.NeedsAt = what, fmt.Sprintf("%s:%d", h.file, line)
		}
		a.Consumers = append(a.Consumers, c)
		say := func(claim, value, reason string) {
			a.Evidence = append(a.Evidence, leak.Evidence{Class: leak.FromIaC, Claim: claim, Value: value, Weight: h.weight, Reason: reason, Ref: where})
		}
		who := fmt.Sprintf("the job %s uses it", h.name)
		if h.weight == byUsual {
			who = fmt.Sprintf("the job %s uses a secret with this name", h.name)
		}
		if h.literal {
			say(leak.ClaimNote, identity.NoteCILiteral, who)
		}
		if h.token != noToken && s.cloudKey() {
			reason := who + ", and is not set up for tokens of its own"
			if h.token == hasToken {
				reason = who + ", which may ask for a token of its own already"
			}
			say(leak.ClaimNote, identity.NoteStaticCloudKey, reason)
		}
		if e := names.Environment(h.environment); e != "" {
			say(leak.ClaimEnvironment, e, who+" in the environment "+h.environment)
		}
		for _, set := range h.settings {
			if set.group != h.group || h.group == 0 {
				continue
			}
			for _, e := range names.Beside(s.q.Finding.Rule.Provider, set.name, set.value) {
				e.Class, e.Weight, e.Ref = leak.FromIaC, h.weight, fmt.Sprintf("%s:%d", h.file, set.line)
				e.Reason = set.name + " beside the reference to it"
				a.Evidence = append(a.Evidence, e)
			}
		}
	}
	return a
}

// cloudKey reports whether the credential is a long-lived key of a cloud that
// takes a CI's tokens instead.
func (s *search) cloudKey() bool {
	switch id := s.q.Finding.Rule.ID; s.q.Finding.Rule.Provider {
	case "aws":
		return strings.HasPrefix(id, "aws-access-key") || id == "aws-secret-access-key"
	case "google":
		return id == "google-service-account-key"
	case "azure":
		return id == "entra-client-secret"
	}
	return false
}
