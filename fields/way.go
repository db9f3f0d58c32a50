package fields

import (
	"fmt"
	"strings"
)

// way is the steps to a place, outermost first.
type way []step

// find is the first step from i on whose key is one of some, or -1.
func (w way) find(i int, keys ...string) int {
	for ; i < len(w); i++ {
		for _, k := range keys {
			if w[i].index < 0 && w[i].key == k {
				return i
			}
		}
	}
	return -1
}

// is reports whether the step at i is one of some keys.
func (w way) is(i int, keys ...string) bool { return w.find(i, keys...) == i && i >= 0 && i < len(w) }

// said is what the object of step i says of itself.
func (w way) said(i int, keys ...string) string {
	if i < 0 || i >= len(w) {
		return ""
	}
	for _, k := range keys {
		if s := short(w[i].said[k]); s != "" {
			return s
		}
	}
	return ""
}

// element is the number of the element that step i leads to, from 1; 0 if it leads to
// none.
func (w way) element(i int) int {
	if i < 0 || i >= len(w) {
		return 0
	}
	return w[i].index + 1
}

// last is the key of the innermost object; the name of a pair if the place is its
// value.
func (w way) last() string {
	for i := len(w) - 1; i >= 0; i-- {
		if w[i].index >= 0 {
			continue
		}
		if strings.EqualFold(w[i].key, "value") {
			if name := w.said(i, "key", "name", "id"); name != "" {
				return name
			}
		}
		return short(w[i].key)
	}
	return ""
}

// describe says what a place is, by the first kind of file that has such a way.
func describe(f *file, w way) string {
	for _, kind := range []func(*file, way) string{harField, postmanField, serverField, stateField, secretField, registryField, notebookField, clusterField, composeField, jobField, settingsField} {
		if said := kind(f, w); said != "" {
			return said
		}
	}
	return plain(w)
}

// plain is the keys that lead to a place: "key spring.datasource.password".
func plain(w way) string {
	var keys []string
	for i := range w {
		switch {
		case w[i].index < 0 && i == len(w)-1 && strings.EqualFold(w[i].key, "value"):
			keys = append(keys, w.last())
		case w[i].index < 0:
			keys = append(keys, w[i].key)
		case i+1 < len(w) && w.said(i+1, "name", "id") != "" && !(i+2 == len(w) && strings.EqualFold(w[i+1].key, "value")):
			keys = append(keys, w.said(i+1, "name", "id"))
		}
	}
	for _, k := range keys {
		if short(k) == "" || strings.ContainsAny(k, "\n\"<>") {
			return ""
		}
	}
	if len(keys) == 0 {
		return ""
	}
	return Key + strings.Join(keys[max(0, len(keys)-3):], ".")
}

// harField is for recorded traffic: http://www.softwareishard.com/blog/har-12-spec/
func harField(f *file, w way) string {
	if !w.is(0, "log") || !w.is(1, "entries") || w.element(2) == 0 {
		return ""
	}
	whose := fmt.Sprintf("entry %d", w.element(2))
	if w.is(3, "response") {
		whose = "the response of " + whose
	}
	what := ""
	switch name := w.last(); {
	case w.is(4, "headers"):
		what = called("header", name)
	case w.is(4, "cookies"):
		what = called("cookie", name)
	case w.is(4, "queryString"):
		what = called("parameter", name)
	case w.is(5, "params"):
		what = called("field", name)
	case w.is(4, "url"):
		what = "URL"
	case w.is(4, "postData", "content"):
		what = "body"
	default:
		what = called("key", name)
	}
	return of(what, whose)
}

// postmanField is for collections and environments: https://schema.postman.com/
func postmanField(f *file, w way) string {
	if !strings.Contains(f.base, "postman") && w.find(0, "request") < 0 {
		return ""
	}
	if w.is(0, "values", "variable", "variables") && w.element(1) > 0 {
		return called("variable", w.last())
	}
	whose, i := "", 0
	for w.is(i, "item") && w.element(i+1) > 0 {
		whose, i = w.said(i+2, "name"), i+2
	}
	auth := w.find(i, "auth")
	if whose == "" && auth != 0 {
		return ""
	}
	switch name := w.last(); {
	case auth >= 0:
		what := name
		if auth+1 < len(w) {
			what = strings.TrimSpace(name + " of " + w[auth+1].key + " authorization")
		}
		if whose == "" {
			return what
		}
		return what + " in request " + whose
	case w.find(i, "header") >= 0:
		return of(called("header", name), called("request", whose))
	case w.find(i, "url") >= 0:
		return of("URL", called("request", whose))
	case w.find(i, "body") >= 0:
		return of("body", called("request", whose))
	default:
		return of(called("key", name), called("request", whose))
	}
}

// serverField is for the settings of AI tools that name servers of the Model Context
// Protocol. Each program has a key of its own for their list.
func serverField(f *file, w way) string {
	i := w.find(0, "mcpServers", "mcp_servers", "context_servers")
	if i < 0 && (strings.Contains(f.base, "mcp") || w.is(0, "mcp")) {
		i = w.find(0, "servers")
	}
	if i < 0 && w.is(0, "mcp", "extensions") && (strings.Contains(f.base, "opencode") || strings.Contains(f.base, "crush") || f.folder == "goose") {
		i = 0
	}
	if i < 0 || i+2 >= len(w) {
		return ""
	}
	name, rest := w[i+1].key, i+2
	if w[i+1].index >= 0 {
		name = w.said(i+2, "name", "id")
	}
	if w.is(rest, "command", "transport", "requestOptions") && rest+1 < len(w) { // Zed, Continue
		rest++
	}
	whose, last := called("server", name), w.last()
	switch {
	case whose == "":
		return ""
	case w.is(rest, "env", "environment", "envs"):
		return of(called("env", last), whose)
	case w.is(rest, "headers", "http_headers"):
		return of(called("header", last), whose)
	case w.is(rest, "args", "command") && w.element(rest+1) > 0:
		return of(fmt.Sprintf("argument %d", w.element(rest+1)), whose)
	case w.is(rest, "url", "serverUrl", "httpUrl"):
		return of("URL", whose)
	}
	return of(called("key", last), whose)
}
