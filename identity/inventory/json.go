package inventory

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// containers are the keys under which exports keep their list, by where they
// come from: Microsoft Graph, Kubernetes, ServiceNow, and the usual words.
var containers = map[string]bool{
	"value": true, "items": true, "records": true, "result": true, "results": true, "data": true, "entries": true, "identities": true,
	"accounts": true, "serviceaccounts": true, "service_accounts": true, "inventory": true, "nhi": true, "nhis": true, "findings": true,
	"applications": true, "apps": true, "users": true, "roles": true, "resources": true, "serviceprincipals": true,
	"accesskeymetadata": true, "userdetaillist": true, "roledetaillist": true,
}

// counted counts the bytes and lines that went through it, and ends where one
// element takes too many.
type counted struct {
	r     io.Reader
	n     int64
	limit int64 // of n
	ends  []int64
	first int // lines that were forgotten
}

var errLargeElement = errors.New("an element is larger than 16 MiB")

func (c *counted) Read(p []byte) (int, error) {
	if c.n >= c.limit {
		return 0, errLargeElement
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.limit-c.n)])
	for i := 0; ; {
		j := bytes.IndexByte(p[i:n], '\n')
		if j < 0 {
			break
		}
		i += j + 1
		c.ends = append(c.ends, c.n+int64(i))
	}
	c.n += int64(n)
	return n, err
}

// line is that of an offset, which must not go back.
func (c *counted) line(offset int64) int {
	i := 0
	for i < len(c.ends) && c.ends[i] <= offset {
		i++
	}
	c.first += i
	c.ends = append(c.ends[:0], c.ends[i:]...)
	return c.first + 1
}

// objects reads the objects of a JSON file: those of its lists, one after
// another, or the one that it is.
type objects struct {
	in    *counted
	dec   *json.Decoder
	where []byte         // what is open: '[' a list of objects, '{' an object with such lists
	extra map[string]any // what stands beside the lists: run and summary
	ended error

	objects bool // there was one: a text among them is none
	keys    bool // the list is Vault's

	queue []row // of a page that was read at once
}

func newObjects(r io.Reader) *objects {
	in := &counted{r: r, limit: maxLine + sniffed}
	o := &objects{in: in, dec: json.NewDecoder(in)}
	o.dec.UseNumber()
	return o
}

func (o *objects) next() (row, error) {
	if r, ok := o.queued(); ok {
		return r, nil
	}
	if o.ended != nil {
		return row{}, o.ended
	}
	r, err := o.step()
	if bad := new(badRow); err == nil || errors.As(err, &bad) {
		return r, err
	}
	o.ended = io.EOF
	if errors.Is(err, io.EOF) && len(o.where) == 0 {
		return row{}, io.EOF
	}
	why := "it is no JSON from here on, and the rest is not read"
	if errors.Is(err, errLargeElement) {
		why = errLargeElement.Error() + ", and the rest is not read"
	} else if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		why = "the file is cut off"
	}
	return row{}, &badRow{o.in.line(o.dec.InputOffset()), why}
}

func (o *objects) step() (row, error) {
	for {
		o.in.limit = o.dec.InputOffset() + maxLine + sniffed
		if len(o.where) > 0 && !o.dec.More() {
			if _, err := o.dec.Token(); err != nil {
				return row{}, err
			}
			o.where = o.where[:len(o.where)-1]
			continue
		}
		switch {
		case len(o.where) == 0:
			if err := o.top(); err != nil {
				return row{}, err
			}
		case o.where[len(o.where)-1] == '{':
			if err := o.member(); err != nil {
				return row{}, err
			}
		default:
			if r, ok, err := o.element(); ok || err != nil {
				return r, err
			}
		}
	}
}

// top begins a value of the file.
func (o *objects) top() error {
	t, err := o.dec.Token()
	if d, ok := t.(json.Delim); ok {
		o.where = append(o.where, byte(d))
	}
	return err
}

// member goes into a list that a container has, and over anything else.
func (o *objects) member() error {
	key, err := o.dec.Token()
	if err != nil {
		return err
	}
	name, _ := key.(string)
	if containers[strings.ToLower(name)] || name == vaultKeys {
		t, err := o.dec.Token()
		switch {
		case err != nil:
			return err
		case t == json.Delim('['):
			o.where, o.keys = append(o.where, '['), name == vaultKeys
			return nil
		case t == json.Delim('{'):
			o.where = append(o.where, '{')
			return nil
		}
		return nil
	}
	if name != "run" && name != "summary" {
		var raw json.RawMessage
		return o.dec.Decode(&raw)
	}
	var v any
	if err := o.dec.Decode(&v); err != nil {
		return err
	}
	if o.extra == nil {
		o.extra = map[string]any{}
	}
	o.extra[name] = v
	return nil
}

func (o *objects) element() (row, bool, error) {
	at, begins := o.start()
	line := o.in.line(at)
	if begins == '[' && len(o.where) < maxNested {
		_, err := o.dec.Token()
		o.where = append(o.where, '[')
		return row{}, false, err
	}
	var v any
	if err := o.dec.Decode(&v); err != nil {
		return row{}, false, err
	}
	if rows, ok := pageOf(v, line); ok {
		o.queue = rows
		r, ok := o.queued()
		return r, ok, nil
	}
	if m, ok := v.(map[string]any); ok {
		o.objects = true
		return row{line: line, cells: m}, true, nil
	}
	if name, ok := v.(string); ok && !o.objects && !o.nested() { // a list of names, such as vault list's
		key := "name"
		if o.keys {
			key = vaultName
		}
		return row{line: line, cells: map[string]any{key: name}}, true, nil
	}
	return row{}, false, &badRow{line, "an element is no object"}
}

// jsonLines reads an object per line; a line that is none costs only itself.
type jsonLines struct{ l *lines }

func (j *jsonLines) next() (row, error) {
	for {
		s, err := j.l.next()
		if errors.Is(err, errLongLine) {
			return row{}, &badRow{j.l.n, err.Error()}
		} else if err != nil {
			return row{}, err
		}
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		if e := ownEntry(s); e != nil {
			return row{line: j.l.n, cells: hasEntry, entry: e}, nil
		}
		m, err := oneObject(s)
		if err != nil {
			return row{}, &badRow{j.l.n, "it is no JSON object"}
		}
		return row{line: j.l.n, cells: m}, nil
	}
}

// hasEntry is what a row has that was read as an entry at once; nobody changes it.
var hasEntry = map[string]any{"entry": map[string]any{}}

// ownEntry is the entry of a line as whosekey writes them, nil for other lines. To make
// a map of it first would cost as much again.
func ownEntry(line string) *Entry {
	inner, ok := strings.CutPrefix(line, `{"entry":`)
	if !ok || !strings.HasSuffix(inner, "}") {
		return nil
	}
	e := &Entry{}
	if json.Unmarshal([]byte(inner[:len(inner)-1]), e) != nil {
		return nil
	}
	return e
}

func oneObject(s string) (m map[string]any, err error) {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	err = dec.Decode(&m)
	if err == nil && (m == nil || dec.More()) {
		err = errors.New("not one object")
	}
	return m, err
}

// whole reads a file that is one JSON object and no container.
type whole struct {
	r    io.Reader
	done bool
}

func (w *whole) next() (row, error) {
	if w.done {
		return row{}, io.EOF
	}
	w.done = true
	data, err := io.ReadAll(io.LimitReader(w.r, maxLine+1))
	if err != nil {
		return row{}, err
	}
	m, err := oneObject(string(data))
	if err != nil || len(data) > maxLine {
		return row{}, &badRow{1, "it is no JSON object"}
	}
	for key, v := range m { // {"result": {...}}
		if inner, ok := v.(map[string]any); ok && len(m) == 1 && containers[strings.ToLower(key)] {
			m = inner
		}
	}
	return row{line: 1, cells: m}, nil
}

// jsonShape says how to read a JSON file by its beginning.
func jsonShape(head []byte) string {
	dec := json.NewDecoder(bytes.NewReader(head))
	t, err := dec.Token()
	if err != nil || t == json.Delim('[') {
		return "list"
	}
	// Runs of whosekey: their first line alone can be longer than head.
	for _, key := range []string{`{"run":`, `{"inventory":`, `{"finding":`, `{"entry":`} {
		if bytes.HasPrefix(head, []byte(key)) {
			return "lines"
		}
	}
	if hasVaultKeys(head) {
		return "list"
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			break
		}
		name, _ := key.(string)
		if name == "run" {
			return "list"
		}
		rest := bytes.TrimLeft(head[dec.InputOffset():], ": \t\r\n")
		if name == "data" && hasVaultKeys(rest) {
			return "list"
		}
		if containers[strings.ToLower(name)] && len(rest) > 0 && rest[0] == '[' {
			if rest = bytes.TrimSpace(rest[1:]); len(rest) == 0 || rest[0] == '{' || rest[0] == ']' {
				return "list"
			}
		}
		var raw json.RawMessage
		if dec.Decode(&raw) != nil {
			break
		}
	}
	if line, _, found := bytes.Cut(head, []byte("\n")); found {
		if _, err := oneObject(string(line)); err == nil {
			return "lines"
		}
	}
	return "one"
}
