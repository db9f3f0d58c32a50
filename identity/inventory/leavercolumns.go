package inventory

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/whosekey/whosekey/internal/lazy"
)

// role is what a column of a list of leavers says.
type role int

const (
	noRole    role = iota
	ofOther        // of another person: the manager has not left
	isPerson       // the address of the person
	isHandle       // a login
	isName         // a name
	isLeft         // the day of leaving
	isState        // whether the account is in use
	isStopped      // whether it is not
)

// roleWords are parts of headings, as plainHeading writes them; the first that is in
// one counts.
var roleWords = []struct {
	role  role
	words string
}{
	{ofOther, "manager supervisor boss owner approve successor replace delegate forward contact request createdby updatedby modifiedby assistant sponsor reportsto backup handover transferred hrbp"},
	{isPerson, "mail upn userprincipal principalname proxyaddress smtp"},
	{noRole, "reason comment note type hire hiring startdate joined createdat birth country company department phone"},
	{isLeft, "lastday lastworking left leave leaving terminat depart exit offboard separat enddate contractend"},
	{isStopped, "disabled inactive deactivated suspended"},
	{isState, "status state enabled isactive"},
	{isHandle, "login handle username userid accountname samaccount nickname alias github gitlab bitbucket"},
	{isName, "name person employee leaver"},
}

// roleNames are whole headings.
var roleNames = map[string]role{
	"user": isHandle, "uid": isHandle, "account": isHandle, "who": isName, "cn": isName, "people": isName, "active": isState, "hr": ofOther, "users": isHandle, "departed": isLeft,
	"employeeid": noRole, "employeenumber": noRole, "leavers": isName,
}

// roleOf is what a heading promises.
func roleOf(heading string) role {
	p := plainHeading(heading[strings.LastIndexByte(heading, '.')+1:])
	if r, ok := roleNames[p]; ok {
		return r
	}
	for _, w := range roleWords {
		for _, part := range strings.Fields(w.words) {
			if strings.Contains(p, part) {
				return w.role
			}
		}
	}
	return noRole
}

// leaverColumns are those of a list.
type leaverColumns struct {
	persons []int
	day     int // -1 for none, as the others
	state   int
	stopped int
}

// isHeading reports whether the first of these rows names columns: it has no address,
// and words for columns or addresses below it.
func isHeading(sample []sampled) bool {
	for _, c := range sample[0].cells {
		if addressIn(c) != "" || strings.HasPrefix(c, "@") {
			return false
		}
	}
	for i, c := range sample[0].cells {
		if roleOf(c) != noRole || mostly(sample[1:], i, isSurely) {
			return true
		}
	}
	return false
}

// columnsOf finds out which columns say what, by their headings, nil for none, and by
// what stands in them.
func columnsOf(header []string, sample []sampled) leaverColumns {
	c := leaverColumns{day: -1, state: -1, stopped: -1}
	roles := make([]role, len(header))
	for _, s := range sample {
		for len(roles) < len(s.cells) {
			roles = append(roles, noRole)
		}
	}
	for i := range header {
		roles[i] = roleOf(header[i])
	}
	c.persons = where(roles, isPerson, isHandle)
	if !slices.ContainsFunc(c.persons, func(i int) bool { return some(sample, i) }) {
		c.persons = nil
	}
	if !slices.ContainsFunc(c.persons, func(i int) bool { return mostly(sample, i, isAddressCell) }) {
		// Of several that have other names, the first: the manager's is often behind it.
		for i, r := range roles {
			if r != ofOther && r != isPerson && mostly(sample, i, isAddressCell) {
				c.persons = append(c.persons, i)
				break
			}
		}
	}
	if len(c.persons) == 0 {
		c.persons = where(roles, isName)
	}
	if len(c.persons) == 0 && len(roles) == 1 {
		c.persons = []int{0}
	}
	for i := 0; len(c.persons) == 0 && i < len(roles); i++ {
		if roles[i] == noRole && mostly(sample, i, isSurely) {
			c.persons = []int{i}
		}
	}
	c.days(header, roles, sample)
	return c
}

// days finds the columns that say whether somebody has left already.
func (c *leaverColumns) days(header []string, roles []role, sample []sampled) {
	first := func(r role) int {
		if list := where(roles, r); len(list) > 0 {
			return list[0]
		}
		return -1
	}
	c.day, c.state, c.stopped = first(isLeft), first(isState), first(isStopped)
	if list := where(roles, isLeft); len(list) > 1 { // the last day before the end of the contract
		c.day = slices.MinFunc(list, func(a, b int) int { return leftOrder(header[a]) - leftOrder(header[b]) })
	}
	if header != nil {
		return
	}
	for i := range roles {
		if c.day < 0 && mostly(sample, i, func(s string) bool { _, kind := asDate(s, ""); return kind == aDate || kind == twoWays }) {
			c.day = i
		}
	}
}

func leftOrder(heading string) int {
	p := plainHeading(heading)
	for _, w := range roleWords {
		if w.role == isLeft {
			return slices.IndexFunc(strings.Fields(w.words), func(part string) bool { return strings.Contains(p, part) })
		}
	}
	return 0
}

func where(roles []role, want ...role) (out []int) {
	for i, r := range roles {
		if slices.Contains(want, r) {
			out = append(out, i)
		}
	}
	return out
}

// some reports whether a column has anybody.
func some(sample []sampled, column int) bool {
	return slices.ContainsFunc(sample, func(s sampled) bool { return column < len(s.cells) && len(peopleIn(s.cells[column])) > 0 })
}

// mostly reports whether half of the cells of a column, and at least one, are so.
func mostly(sample []sampled, column int, is func(string) bool) bool {
	filled, hits := 0, 0
	for _, s := range sample {
		if column < len(s.cells) && s.cells[column] != "" {
			filled++
			if is(s.cells[column]) {
				hits++
			}
		}
	}
	return hits > 0 && 2*hits >= filled
}

// who are the people that a row names: one, under several names.
func (c *leaverColumns) who(cells []string) (out []string) {
	for _, i := range c.persons {
		if i >= len(cells) {
			continue
		}
		for _, name := range peopleIn(cells[i]) {
			if !slices.Contains(out, name) && len(out) < maxPeople {
				out = append(out, name)
			}
		}
	}
	return out
}

// left is when somebody leaves, the zero time for some time ago; stays is set for who
// is still there. why tells what could not be read.
func (c *leaverColumns) left(cells []string) (day time.Time, stays bool, why string) {
	cell := func(i int) string {
		if i < 0 || i >= len(cells) {
			return ""
		}
		return cells[i]
	}
	if s := cell(c.day); s != "" {
		switch plainHeading(s) {
		case "no", "false", "n":
			return day, true, ""
		case "yes", "true", "y", "x":
			return day, false, ""
		}
		if t, ok := parseDate(s); ok && t.Year() > latest || never[plainHeading(s)] && s != "0" {
			return day, true, ""
		}
		d, kind := asDate(s, "")
		if kind == twoWays { // the later one: nobody has left before both are over
			a, _ := asDate(s, DayFirst)
			b, _ := asDate(s, MonthFirst)
			d = max(a, b)
		} else if kind == noReason && !isYear(s) {
			why = "the day " + short(s) + " is none that can be read: it counts as over"
		}
		day, _ = time.Parse(time.DateOnly, d[:min(len(d), len(time.DateOnly))])
		return day, false, why
	}
	stays = asState(cell(c.state)) == Active || asState(cell(c.stopped)) == Retired
	return day, stays, ""
}

// isYear reports whether a text is a year: somebody left in it.
func isYear(s string) bool {
	return len(s) == 4 && strings.Trim(s, "0123456789") == ""
}

// addresses finds those of mail, also in "Jane Doe <jane@acme.example>" and
// "SMTP:jane@acme.example".
var addresses = lazy.New(`[^\s<>"'(),;:\[\]]+@[^\s<>"'(),;:\[\]@]+\.[^\s<>"'(),;:\[\]@.]+`)

func addressIn(s string) string {
	if !strings.Contains(s, "@") {
		return ""
	}
	return addresses.FindString(s)
}

// isSurely reports whether a cell names somebody, whatever its column is called.
func isSurely(s string) bool { return isAddressCell(s) || strings.HasPrefix(s, "@") }

func isAddressCell(s string) bool { return addressIn(s) != "" }

// peopleIn are the people that a cell names: its addresses, else the handle or name
// that it is.
func peopleIn(s string) []string {
	s = strings.TrimSpace(s)
	if len(s) > maxText || s == "" {
		return nil
	}
	if strings.Contains(s, "@") {
		if list := addresses.FindAllString(s, maxPeople); len(list) > 0 {
			return list
		}
	}
	if nothing[strings.ToLower(s)] || !strings.ContainsFunc(s, unicode.IsLetter) || strings.ContainsFunc(s, notOfName) {
		return nil
	}
	return []string{s}
}

// notOfName are characters that neither handles nor names of people have.
func notOfName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune(" .,'’-_@/\\+", r)
}
