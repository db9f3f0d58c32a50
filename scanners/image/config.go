package image

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// step is a line of an image's history.
type step struct {
	CreatedBy  string `json:"created_by"`
	Comment    string `json:"comment"`
	Author     string `json:"author"`
	EmptyLayer bool   `json:"empty_layer"`
}

// instruction is a step as its Dockerfile had it, about: what builders write around
// it is left out.
func (s *step) instruction() string {
	t := strings.TrimSpace(s.CreatedBy)
	if after, ok := strings.CutPrefix(t, "/bin/sh -c #(nop) "); ok {
		return strings.TrimSpace(after)
	}
	t = strings.TrimSpace(strings.TrimSuffix(t, "# buildkit"))
	if after, ok := strings.CutPrefix(t, "/bin/sh -c "); ok {
		return "RUN " + after
	}
	return t
}

// configFile is what is read of an image's configuration; v1.ConfigFile refuses all
// of it if one field has another type.
type configFile struct {
	OS, Architecture, Variant string
	Config                    map[string]json.RawMessage
	History                   []json.RawMessage
	RootFS                    struct {
		DiffIDs []v1.Hash `json:"diff_ids"`
	} `json:"rootfs"`
}

// describe reads a configuration, as far as it can be read.
func (p *picture) describe(raw []byte) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return
	}
	var c configFile
	for key, to := range map[string]any{
		"os": &c.OS, "architecture": &c.Architecture, "variant": &c.Variant, "config": &c.Config, "history": &c.History, "rootfs": &c.RootFS,
	} {
		json.Unmarshal(fields[key], to) // what cannot be read is searched as text
	}
	if p.Platform == "" {
		p.Platform = platformName(&v1.Platform{OS: c.OS, Architecture: c.Architecture, Variant: c.Variant})
	}
	var labels map[string]any
	json.Unmarshal(c.Config["Labels"], &labels)
	p.labels = map[string]string{}
	for k, v := range labels {
		if s, ok := v.(string); ok {
			p.labels[k] = s
		}
	}
	for _, raw := range c.History {
		var s step
		json.Unmarshal(raw, &s)
		p.steps = append(p.steps, s)
	}
	p.content = c.RootFS.DiffIDs
}

func (p *picture) diffs() []v1.Hash { return p.content }

// match says which step of the history made which layer. If their numbers differ
// nobody knows.
func (p *picture) match(layers int) {
	p.made = make([]int, 0, layers)
	for i := range p.steps {
		if !p.steps[i].EmptyLayer {
			p.made = append(p.made, i)
		}
	}
	if len(p.made) != layers {
		p.made = slices.Repeat([]int{-1}, layers)
	}
}

// looksLikeIndex reports whether a manifest without a type lists others.
func looksLikeIndex(raw []byte) bool {
	var m struct {
		Manifests json.RawMessage `json:"manifests"`
		Layers    json.RawMessage `json:"layers"`
	}
	return json.Unmarshal(raw, &m) == nil && m.Manifests != nil && m.Layers == nil
}

// annotationText has a line for each annotation.
func annotationText(m map[string]string) []byte {
	var b bytes.Buffer
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "%s=%s\n", k, m[k])
	}
	return b.Bytes()
}

// manifestText has all annotations of a manifest, and what else people can write
// into it.
func manifestText(m *v1.Manifest) []byte {
	b := annotationText(m.Annotations)
	all := append([]v1.Descriptor{m.Config}, m.Layers...)
	if m.Subject != nil {
		all = append(all, *m.Subject)
	}
	for _, d := range all {
		b = append(b, annotationText(d.Annotations)...)
		if len(d.Data) > 0 && inline(d) == nil {
			b = append(append(b, d.Data...), '\n')
		}
		for _, u := range d.URLs {
			b = append(append(b, u...), '\n')
		}
	}
	return b
}
