package image

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// configTexts adds the texts of a configuration: its history, a step after the
// other, and the rest as a Dockerfile would have it. Their JSON itself is not
// searched: it escapes what connection strings are made of.
func (p *planner) configTexts(pic *picture, raw []byte) {
	if len(raw) == 0 {
		return
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil || !json.Valid(raw) { // something may follow
		p.skip(remark{"configuration of an image that is no JSON, searched as it is", rebuild}, p.name)
		p.texts("config", nil, raw, pic.ImagePlace)
		return
	}
	t := &configText{seen: map[string]bool{}}
	top, ok := tree.(map[string]any)
	if !ok {
		p.texts("config", nil, raw, pic.ImagePlace)
		return
	}
	t.settings(top["config"])
	t.settings(top["container_config"]) // older builders wrote both
	for _, key := range slices.Sorted(maps.Keys(top)) {
		switch key {
		case "config", "container_config", "history", "rootfs":
		default:
			t.leaves("config", key, top[key], 0)
		}
	}
	p.texts("config", t.segments, t.text, pic.ImagePlace)
	h := &configText{seen: map[string]bool{}}
	h.history(pic, top["history"])
	p.texts("history", h.segments, h.text, pic.ImagePlace).pic = pic
}

// configText is a text with a line for each thing.
type configText struct {
	text     []byte
	segments []segment
	seen     map[string]bool
}

// line adds one, unless the text has it already.
func (t *configText) line(field, line string) {
	if t.seen[line] {
		return
	}
	t.seen[line] = true
	if n := len(t.segments); n == 0 || t.segments[n-1].field != field {
		t.segments = append(t.segments, segment{start: len(t.text), field: field})
	}
	t.text = append(append(t.text, line...), '\n')
}

// settings adds what a container of the image is started with.
func (t *configText) settings(v any) {
	m, _ := v.(map[string]any)
	for _, e := range list(m["Env"]) {
		t.line("Env", "ENV "+word(e))
	}
	labels, _ := m["Labels"].(map[string]any)
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		t.line("Labels", "LABEL "+k+"="+word(labels[k]))
	}
	for _, key := range []string{"Entrypoint", "Cmd", "Shell"} {
		if words := list(m[key]); len(words) > 0 {
			t.line(key, strings.ToUpper(key)+" "+joined(words))
		}
	}
	if h, ok := m["Healthcheck"].(map[string]any); ok {
		if words := list(h["Test"]); len(words) > 0 {
			t.line("Healthcheck", "HEALTHCHECK "+joined(words))
		}
	}
	for _, e := range list(m["OnBuild"]) {
		t.line("OnBuild", "ONBUILD "+word(e))
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		switch key {
		case "Env", "Labels", "Entrypoint", "Cmd", "Shell", "OnBuild":
			if _, ok := m[key].(string); !ok {
				continue
			}
		case "Healthcheck":
			continue
		}
		t.leaves("config", key, m[key], 0)
	}
}

const maxConfigDepth = 64

// leaves adds a line for each text of a value.
func (t *configText) leaves(field, key string, v any, depth int) {
	switch v := v.(type) {
	case string:
		t.line(field, key+"="+v)
	case []any:
		for _, e := range v {
			if depth < maxConfigDepth {
				t.leaves(field, key, e, depth+1)
			}
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if depth < maxConfigDepth {
				t.line(field, k)
				t.leaves(field, k, v[k], depth+1)
			}
		}
	}
}

// history adds the steps, each with the layer that it made.
func (t *configText) history(pic *picture, v any) {
	layer := 0
	for i, e := range list(v) {
		m, _ := e.(map[string]any)
		made := 0
		if empty, _ := m["empty_layer"].(bool); !empty {
			layer++
			if layer <= len(pic.content) {
				made = layer
			}
		}
		t.segments = append(t.segments, segment{start: len(t.text), field: "history", step: i + 1, layer: made})
		for _, key := range []string{"created_by", "comment", "author"} {
			if s := word(m[key]); s != "" && !(key == "comment" && s == "buildkit.dockerfile.v0") {
				t.text = append(append(t.text, s...), '\n')
			}
		}
		for _, key := range slices.Sorted(maps.Keys(m)) {
			switch s, ok := m[key].(string); {
			case !ok || key == "created_by" || key == "comment" || key == "author" || key == "created":
			default:
				t.text = append(append(t.text, key+"="+s...), '\n')
			}
		}
	}
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// word is a value as a text.
func word(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return fmt.Sprint(v)
}

func joined(words []any) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = word(w)
	}
	return strings.Join(out, " ")
}
