package inventory

import (
	"bytes"
	"io"
	"strings"
)

// maxNested is how deep lists may stand in lists: pages of an interface in a list of
// them are two.
const maxNested = 8

// nested reports whether the list that is read stands in another one, as the pages do
// that gh api --paginate --slurp writes: cli.github.com/manual/gh_api.
func (o *objects) nested() bool {
	n := len(o.where)
	return n > 1 && o.where[n-1] == '[' && o.where[n-2] == '['
}

// pageOf are the objects of an element that is a page: a list of them, or an object that
// has nothing but one, and numbers and links beside it.
func pageOf(v any, line int) (out []row, ok bool) {
	list, ok := v.([]any)
	if m, object := v.(map[string]any); object {
		list, ok = listIn(m)
	}
	if !ok {
		return nil, false
	}
	for _, e := range list {
		m, ok := e.(map[string]any)
		if !ok {
			return nil, false
		}
		out = append(out, row{line: line, cells: m})
	}
	return out, true
}

// listIn is the list of a page of an interface: {"value": [...], "@odata.nextLink": "..."}.
func listIn(m map[string]any) (list []any, ok bool) {
	for key, v := range m {
		inner, isList := v.([]any)
		switch {
		case isList && containers[strings.ToLower(key)]:
			if ok {
				return nil, false
			}
			list, ok = inner, true
		case !beside[plainHeading(key)]:
			return nil, false
		}
	}
	return list, ok
}

// beside are keys, as plainHeading writes them, that pages have beside their list: of
// GitHub, Microsoft Graph, Kubernetes.
var beside = map[string]bool{
	"totalcount": true, "incompleteresults": true, "odatacontext": true, "odatacount": true, "odatanextlink": true, "odatadeltalink": true,
	"kind": true, "apiversion": true, "metadata": true,
}

// queued is the next object of a page.
func (o *objects) queued() (r row, ok bool) {
	if len(o.queue) > 0 {
		r, o.queue, ok = o.queue[0], o.queue[1:], true
	}
	return r, ok
}

// start is the offset of the element that comes next, and its first byte, 0 if that is
// not read yet.
func (o *objects) start() (int64, byte) {
	at := o.dec.InputOffset()
	if b, ok := o.dec.Buffered().(io.ByteReader); ok {
		for {
			c, err := b.ReadByte()
			if err != nil {
				break
			}
			if !bytes.ContainsRune([]byte(" \t\r\n,"), rune(c)) {
				return at, c
			}
			at++
		}
	}
	return at, 0
}
