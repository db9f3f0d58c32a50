package gitrepo

import (
	"bytes"
	"slices"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/leak"
)

// text places a match in the text of a commit, a tag or a ref's name.
func (l *locator) text(cred int, m leak.Match) {
	n, p := objectOf(m.Ref)
	if n == ofAddresses {
		l.out[cred] = append(l.out[cred], l.r.addressPlace(m))
		return
	}
	loc := leak.Location{Ref: m.Ref, Span: m.Span}
	if p == names {
		loc.Kind, loc.Path = leak.KindRefName, l.r.refAt(m.Span.Start)
		l.out[cred] = append(l.out[cred], loc)
		return
	}
	id := l.r.store.ID(n)
	loc.Blob = id.String()
	o, err := l.object(n)
	if err != nil {
		loc.Kind, loc.Problem = leak.KindCommit, err.Error()
		l.out[cred] = append(l.out[cred], loc)
		return
	}
	loc.Field = o.fieldAt(m.Span.Start, p)
	if o.Type == gitpack.Tag {
		loc.Kind = leak.KindTag
		if target, ok := gitpack.ParseTag(o.Data); ok {
			loc.Commit = target.String()
		}
		info := parseTag(o.Data)
		loc.Author, loc.Date = personName(info.Author), info.When
	} else {
		loc.Kind, loc.Commit = leak.KindCommit, loc.Blob
		l.describe(&loc, &o.Object)
		if l.g != nil && l.g.index[n] >= 0 { // the commits of a range are reachable
			loc.Unreachable = l.g.reach[l.g.index[n]] == 0
		}
	}
	l.out[cred] = append(l.out[cred], loc)
}

// textObject is a commit or tag, with the lines of its header: one message
// can hold thousands of matches.
type textObject struct {
	gitpack.Object
	starts []int64 // of the lines
	fields []string
}

// object reads a commit or tag, or returns the last one again.
func (l *locator) object(n int) (*textObject, error) {
	if l.last.Data != nil && l.last.N == n {
		return &l.last, nil
	}
	o, err := l.r.store.Read(n)
	if err != nil {
		return nil, err
	}
	l.last = textObject{Object: o}
	at, field := int64(0), ""
	for line := range bytes.Lines(o.Data[:gitpack.MessageStart(o.Data)]) {
		if key, _, ok := bytes.Cut(line, []byte(" ")); ok && len(key) > 0 {
			field = string(key) // lines that go on start with a space
		}
		l.last.starts, l.last.fields = append(l.last.starts, at), append(l.last.fields, field)
		at += int64(len(line))
	}
	return &l.last, nil
}

// fieldAt names the field that an offset is in.
func (o *textObject) fieldAt(at int64, p part) string {
	if p == message || len(o.starts) == 0 {
		return "message"
	}
	i, found := slices.BinarySearch(o.starts, at)
	if !found {
		i--
	}
	return o.fields[max(0, i)]
}
