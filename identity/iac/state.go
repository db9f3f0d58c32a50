package iac

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// readState reads a Terraform state by its structure, token by token: version 4
// (resources is a list; internal/states/statefile/version4.go) and version 3 (modules with
// maps of resources). Of the attributes it keeps those in wanted: none is secret.
func readState(ix *index, path string, data []byte) {
	// A folder's Terraform is read together.
	ix.enterFolder(dir(path))
	r := &stateReader{dec: json.NewDecoder(bytes.NewReader(data)), data: data, line: 1}
	err := r.read(func(res *resource) {
		res.format, res.path = "terraform-state", path
		t := &tfResource{resource: *res, folder: dir(path)}
		t.offers = append(t.offers, token("state:"+dir(path)+":"+res.address))
		ix.tf.resources = append(ix.tf.resources, t)
	})
	switch {
	case errors.Is(err, io.EOF) && len(bytes.TrimSpace(data)) == 0:
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		ix.note(path, "line %d: the state of Terraform ends here, in the middle", r.at())
	case err != nil:
		ix.note(path, "line %d: no state of Terraform", r.at())
	}
}

type stateReader struct {
	dec  *json.Decoder
	data []byte
	line int // of offset pos
	pos  int64
}

// at is the line of the next token.
func (r *stateReader) at() int {
	to := min(r.dec.InputOffset(), int64(len(r.data)))
	for to < int64(len(r.data)) && strings.IndexByte(" \t\r\n,:", r.data[to]) >= 0 {
		to++
	}
	if to > r.pos {
		r.line += bytes.Count(r.data[r.pos:to], []byte("\n"))
		r.pos = to
	}
	return r.line
}

// read calls each for every instance of a resource.
func (r *stateReader) read(each func(*resource)) error {
	return r.object(func(key string) error {
		switch key {
		case "resources":
			return r.array(func() error { return r.resource4(each) })
		case "modules":
			return r.array(func() error {
				return r.object(func(key string) error {
					if key != "resources" {
						return r.skip()
					}
					return r.object(func(address string) error { return r.resource3(address, each) })
				})
			})
		}
		return r.skip()
	})
}

// resource4 reads one element of "resources". The module, type and name stand
// before the instances, as Terraform writes them.
func (r *stateReader) resource4(each func(*resource)) error {
	var module, mode, kind, name string
	start := r.at()
	fields := map[string]*string{"module": &module, "mode": &mode, "type": &kind, "name": &name}
	return r.object(func(key string) error {
		if f := fields[key]; f != nil {
			return r.text(f)
		}
		if key != "instances" {
			return r.skip()
		}
		n := 0
		return r.array(func() error {
			res := newResource(kind, name, module, mode)
			res.line = r.at()
			if n == 0 {
				res.line = start
			}
			n++
			err := r.object(func(key string) error {
				switch key {
				case "attributes":
					return r.attributes(res, "", 0)
				case "index_key":
					return r.index(res)
				case "dependencies":
					return r.needs(res)
				}
				return r.skip()
			})
			res.end = r.at()
			each(res)
			return err
		})
	})
}

func newResource(kind, name, module, mode string) *resource {
	address := kind + "." + name
	if mode == "data" {
		address = "data." + address
	}
	if module != "" {
		address = module + "." + address
	}
	return &resource{kind: kind, address: address, attr: map[string][]string{}, refs: map[string][]token{}}
}

func (r *stateReader) index(res *resource) error {
	t, err := r.dec.Token()
	switch v := t.(type) {
	case string:
		res.address += fmt.Sprintf("[%q]", cut(v))
	case float64:
		res.address += fmt.Sprintf("[%d]", int(v))
	case json.Delim:
		err = errors.New("an index is no value")
	}
	return err
}

// resource3 reads a resource of version 3, whose attributes are flat.
func (r *stateReader) resource3(address string, each func(*resource)) error {
	kind, name, _ := strings.Cut(strings.TrimPrefix(address, "data."), ".")
	mode := ""
	if strings.HasPrefix(address, "data.") {
		mode = "data"
	}
	res := newResource(cut(kind), cut(name), "", mode)
	res.line = r.at()
	err := r.object(func(key string) error {
		if key != "primary" {
			return r.skip()
		}
		return r.object(func(key string) error {
			if key != "attributes" {
				return r.skip()
			}
			return r.attributes(res, "", 0)
		})
	})
	res.end = r.at()
	each(res)
	return err
}

// attributes keeps what is wanted of an object.
func (r *stateReader) attributes(res *resource, prefix string, depth int) error {
	return r.object(func(key string) error {
		key = cut(key)
		switch {
		case slices.Contains([]string{"tags", "labels", "tags_all"}, key) && depth < 2:
			return r.tags(res)
		case strings.HasPrefix(key, "tags.") || strings.HasPrefix(key, "labels."):
			var v string
			line := r.at()
			err := r.text(&v)
			res.tags = append(res.tags, tag{key: key[strings.IndexByte(key, '.')+1:], value: v, line: line})
			return err
		case key == "metadata" && depth == 0: // a list of one object
			return r.array(func() error { return r.attributes(res, "metadata.", 1) })
		case depth == 0 && slices.Contains(policyOf(res.kind), key):
			return r.policy(res)
		case wanted[prefix+key]:
			return r.values(res, prefix+key)
		}
		return r.skip()
	})
}

// policy reads what a policy of AWS allows, which is a text here.
func (r *stateReader) policy(res *resource) error {
	line := r.at()
	t, err := r.dec.Token()
	switch v := t.(type) {
	case string:
		res.rights.policyText(v, line)
	case json.Delim:
		return r.rest(v, nil)
	}
	return err
}

func policyOf(kind string) []string {
	k, _ := kindOf(kind)
	return k.policy
}

func (r *stateReader) tags(res *resource) error {
	return r.object(func(key string) error {
		var v string
		line := r.at()
		err := r.text(&v)
		if len(res.tags) < maxFacts {
			res.tags = append(res.tags, tag{key: cut(key), value: v, line: line})
		}
		return err
	})
}

// needs keeps the addresses that an instance depends on.
func (r *stateReader) needs(res *resource) error {
	return r.array(func() error {
		var address string
		err := r.text(&address)
		if len(res.needs) < maxFacts {
			res.needs = append(res.needs, address)
		}
		return err
	})
}

// values keeps a string, a number, or the strings of a list.
func (r *stateReader) values(res *resource, name string) error {
	t, err := r.dec.Token()
	if err != nil {
		return err
	}
	keep := func(v string) {
		if v != "" && len(v) <= maxText && len(res.attr[name]) < maxFacts {
			res.attr[name] = append(res.attr[name], v)
		}
	}
	switch v := t.(type) {
	case string:
		keep(v)
	case float64:
		keep(fmt.Sprintf("%.0f", v))
	case json.Delim:
		return r.rest(v, func(t json.Token) {
			if s, ok := t.(string); ok && v == '[' {
				keep(s)
			}
		})
	}
	return nil
}

// text reads a string; anything else is skipped.
func (r *stateReader) text(into *string) error {
	t, err := r.dec.Token()
	switch v := t.(type) {
	case string:
		*into = cut(v)
	case json.Delim:
		return r.rest(v, nil)
	}
	return err
}

// skip passes over one value.
func (r *stateReader) skip() error {
	t, err := r.dec.Token()
	if d, ok := t.(json.Delim); ok && err == nil {
		return r.rest(d, nil)
	}
	return err
}

// rest passes over what is left of an object or array that d began.
func (r *stateReader) rest(d json.Delim, each func(json.Token)) error {
	if d == '}' || d == ']' {
		return errors.New("a value is missing")
	}
	for depth := 1; depth > 0; {
		t, err := r.dec.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		default:
			if each != nil && depth == 1 {
				each(t)
			}
		}
	}
	return nil
}

// object reads an object; entry reads the value of each key.
func (r *stateReader) object(entry func(key string) error) error {
	t, err := r.dec.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		if d, ok := t.(json.Delim); ok {
			return r.rest(d, nil)
		}
		return nil
	}
	for r.dec.More() {
		k, err := r.dec.Token()
		if err != nil {
			return err
		}
		key, _ := k.(string)
		if err := entry(key); err != nil {
			return err
		}
	}
	_, err = r.dec.Token()
	return err
}

func (r *stateReader) array(element func() error) error {
	t, err := r.dec.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('[') {
		if d, ok := t.(json.Delim); ok {
			return r.rest(d, nil)
		}
		return nil
	}
	for r.dec.More() {
		if err := element(); err != nil {
			return err
		}
	}
	_, err = r.dec.Token()
	return err
}

// cut shortens what an enemy made long.
func cut(s string) string { return s[:min(len(s), maxText)] }
