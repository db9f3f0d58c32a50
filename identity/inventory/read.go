package inventory

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Options say how to read a file. The zero value finds out.
type Options struct {
	// Map says which column is which field: {"owner": "Support Group"}. A
	// column of nested objects is "tags.owner".
	Map map[string]string
	// Dialect is the name of a dialect; empty to find out.
	Dialect string
	// Dates says how to read 03/04/2025.
	Dates DateOrder
}

// Check says what is wrong with the options.
func (o Options) Check() error {
	for name := range o.Map {
		if !slices.Contains(fields, field(name)) {
			return fmt.Errorf("there is no field %q: there are %s", name, list(fields))
		}
	}
	if o.Dialect != "" && !slices.ContainsFunc(dialects, func(d dialect) bool { return d.name == o.Dialect }) {
		return fmt.Errorf("there is no dialect %q: there are %s", o.Dialect, strings.Join(Dialects(), ", "))
	}
	if o.Dates != "" && o.Dates != DayFirst && o.Dates != MonthFirst {
		return fmt.Errorf("dates are %s or %s, not %q", DayFirst, MonthFirst, o.Dates)
	}
	return nil
}

func list(names []field) string {
	var out []string
	for _, n := range names {
		out = append(out, string(n))
	}
	return strings.Join(out, ", ")
}

// Problem is what could not be read.
type Problem struct {
	Source string // "nhi.csv:44"
	Why    string
	Lost   bool // the row is not in the inventory; else a part of it
}

func (p Problem) String() string { return p.Source + ": " + p.Why }

// Read hands out the entries of a file, which is only called by its name. What
// cannot be read goes to problem, and the rest goes on. The entry is the
// caller's. An error is one of r or of visit.
func Read(name string, r io.Reader, o Options, visit func(*Entry) error, problem func(Problem)) error {
	src, err := open(asUTF8(r))
	if err != nil {
		problem(Problem{path.Base(name), err.Error(), true})
		return nil
	}
	c := newConverter(path.Base(name), o, problem)
	_, c.table = src.(*table)
	for {
		row, err := src.next()
		bad := new(badRow)
		switch {
		case errors.As(err, &bad):
			problem(Problem{fmt.Sprintf("%s:%d", c.name, bad.line), bad.why, true})
			continue
		case errors.Is(err, io.EOF):
			c.finish()
			return nil
		case err != nil:
			return fmt.Errorf("read %s: %w", name, err)
		}
		e := c.entry(row)
		if e == nil {
			continue
		}
		if err := visit(e); err != nil {
			return err
		}
	}
}

// converter makes entries of rows.
type converter struct {
	name    string
	o       Options
	problem func(Problem)
	keys    map[string]string // plainHeading of keys that were seen
	mapped  []mapping
	line    int
	ignored int  // rows that are of a known kind, and no identities
	open    int  // rows of a review sheet without a decision
	table   bool // all rows have the same columns
	rows    int
	columns []column // that are understood: by field, the better name first
	dialect *dialect
	plain   map[string]any // the row, by plain keys; reused
	cells   map[string]any // the row
	made    *Entry         // the row, if it was read as an entry at once
}

// column is a key of rows that is understood.
type column struct {
	rank
	key string
}

type mapping struct {
	field field
	path  []string
}

func newConverter(name string, o Options, problem func(Problem)) *converter {
	c := &converter{name: name, o: o, problem: problem, keys: map[string]string{}, plain: map[string]any{}}
	for _, f := range fields {
		if col, ok := o.Map[string(f)]; ok {
			c.mapped = append(c.mapped, mapping{f, strings.Split(col, ".")})
		}
	}
	for i := range dialects {
		if dialects[i].name == o.Dialect {
			c.dialect = &dialects[i]
		}
	}
	return c
}

func (c *converter) finish() {
	if c.ignored > 0 {
		c.problem(Problem{c.name, describe(c.ignored, "row") + " of another kind left out", false})
	}
	if c.open > 0 {
		c.problem(Problem{c.name, describe(c.open, "row") + " not decided yet", false})
	}
}

// note says that a part of the row is not taken over.
func (c *converter) note(format string, args ...any) {
	c.problem(Problem{c.source(), fmt.Sprintf(format, args...), false})
}

func (c *converter) source() string { return fmt.Sprintf("%s:%d", c.name, c.line) }

// entry makes an entry, or says why there is none.
func (c *converter) entry(r row) *Entry {
	c.line, c.cells, c.made = r.line, r.cells, r.entry
	clear(c.plain)
	for k, v := range r.cells {
		p, ok := c.keys[k]
		if !ok {
			p = c.newKey(k)
		}
		if _, there := c.plain[p]; !there {
			c.plain[p] = v
		}
	}
	d := c.recognise()
	e, err := d.read(c)
	if errors.Is(err, errSilent) {
		return nil
	}
	if errors.Is(err, errOpen) {
		c.open++
		return nil
	}
	if errors.Is(err, errIgnored) {
		c.ignored++
		return nil
	}
	if err == nil {
		err = c.applyMap(e)
	}
	if err == nil && first(e.Name, e.ProviderID, e.Email, e.ID) == "" {
		err = errors.New("it has neither a name nor an id")
	}
	if err != nil {
		c.problem(Problem{c.source(), err.Error(), true})
		return nil
	}
	e.Provider = asProvider(e.Provider)
	if len(e.Sources) == 0 || d.name != "whosekey" {
		e.Sources = []string{c.source()}
	}
	if e.Review != nil && e.Review.Source == "" {
		e.Review.Source = e.source()
	}
	e.finish()
	return e
}

// newKey notes a key that was not seen before: a column, or a field of an object.
func (c *converter) newKey(k string) string {
	p := plainHeading(k)
	if len(c.keys) < 10*maxColumns {
		c.keys[k] = p
	}
	r, ok := byHeading[p]
	if own, custom := strings.CutPrefix(strings.ToLower(k), "u_"); custom && !ok { // a field that somebody added to ServiceNow
		r, ok = byHeading[plainHeading(own)]
		r.order += maxColumns
	}
	if ok && !slices.ContainsFunc(c.columns, func(x column) bool { return x.key == p }) {
		c.columns = append(c.columns, column{r, p})
		slices.SortFunc(c.columns, func(a, b column) int {
			return cmp.Or(strings.Compare(string(a.field), string(b.field)), cmp.Compare(a.order, b.order))
		})
	}
	return p
}

// recognise finds out what the row is. All rows of a table are of one kind.
func (c *converter) recognise() *dialect {
	if c.dialect != nil {
		return c.dialect
	}
	i := slices.IndexFunc(dialects, func(d dialect) bool { return d.knows(c.plain) })
	d := &dialects[i] // the last one knows all
	if c.rows++; c.table && (i < len(dialects)-1 || c.rows > 10) {
		c.dialect = d
	}
	return d
}

// applyMap sets what --map says, over what the dialect knows.
func (c *converter) applyMap(e *Entry) error {
	for _, m := range c.mapped {
		v := c.plain[plainHeading(strings.Join(m.path, "."))]
		if len(m.path) > 1 && v == nil {
			v = at(c.cells, m.path...)
		}
		if v == nil {
			continue
		}
		switch m.field {
		case fOwner:
			e.Owner, e.Owners = "", nil
		case fPerms:
			e.Permissions = nil
		case fState, fDisabled:
			e.State = ""
		}
		if err := c.set(e, m.field, v); err != nil {
			return err
		}
	}
	return nil
}

// errIgnored is returned for rows that are no identities, such as events of
// other kinds in an audit log.
var errIgnored = errors.New("not an identity")

// date reads a date of the row; what is none is noted.
func (c *converter) date(what field, v any) string {
	s := text(v)
	d, kind := asDate(s, c.o.Dates)
	switch kind {
	case noReason:
		if t, ok := parseDate(s); ok && what == fExpires && t.Year() > latest {
			break // 2299-12-31: as good as never
		}
		c.note("%s %q is no date that can be", what, short(s))
	case twoWays:
		c.note("%s %q may have the day or the month first: say --dates dmy or mdy", what, short(s))
	}
	return d
}

func short(s string) string {
	if s = clip(s); len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

// personType is what an account is that logs in with a password.
func personType(yes bool) leak.IdentityType {
	if yes {
		return leak.HumanAccount
	}
	return leak.ServiceAccount
}
