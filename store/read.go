package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

const findingColumns = `f.id, f.rule, f.title, f.provider, f.severity, f.confidence, f.about, f.rotate, f.encoding, f.more, f.state, f.status, f.verdict,
	f.identity, f.owner, f.risk, f.band, f.first_seen, f.last_seen, f.live_since, f.closed_at, f.places, f.repositories`

// scanFinding reads findingColumns.
func scanFinding(scan func(...any) error) (*Finding, error) {
	f := &Finding{}
	var more, verdict, status string
	var first, last, live, closed int64
	r := &f.Rule
	if err := scan(&f.ID, &r.ID, &r.Title, &r.Provider, &r.Severity, &f.Confidence, &r.About, &r.Rotate, &f.Encoding, &more, &f.State, &status, &verdict,
		&f.IdentityID, &f.Owner, &f.Risk, &f.Band, &first, &last, &live, &closed, &f.Places, &f.Repositories); err != nil {
		return nil, err
	}
	var m findingMore
	if err := json.Unmarshal([]byte(more), &m); err != nil {
		return nil, fmt.Errorf("read the finding %s: %w", f.ID, err)
	}
	v, err := decodeVerdict(verdict)
	if err != nil {
		return nil, err
	}
	f.Why, f.Also, r.Sure, f.Verdict = m.Why, m.Also, m.Sure, v
	f.FirstSeen, f.LastSeen, f.LiveSince, f.ClosedAt = unstamp(first), unstamp(last), unstamp(live), unstamp(closed)
	return f, nil
}

// where is the condition of a filter.
func (x *Filter) where() (text string, args []any) {
	var parts []string
	add := func(part string, values ...any) {
		parts = append(parts, part)
		args = append(args, values...)
	}
	for _, p := range []struct{ column, value string }{
		{"f.state", x.State}, {"f.provider", x.Provider}, {"f.rule", x.Rule}, {"f.identity", x.Identity}, {"f.status", string(x.Status)}, {"f.band", x.Band},
	} {
		if p.value != "" {
			add(p.column+" = ?", p.value)
		}
	}
	switch x.Owner {
	case "":
	case "-":
		add("f.owner = ''")
	default:
		add("f.owner = ?", x.Owner)
	}
	if x.Repository != "" {
		add(`f.id in (select o.finding from occurrences o join repositories r on r.id = o.repository where r.name = ?)`, x.Repository)
	}
	if x.MinRisk > 0 {
		add("f.risk >= ?", x.MinRisk)
	}
	if !x.FirstSince.IsZero() {
		add("f.first_seen >= ?", stamp(x.FirstSince))
	}
	if !x.FirstUntil.IsZero() {
		add("f.first_seen < ?", stamp(x.FirstUntil))
	}
	if !x.LiveUntil.IsZero() {
		add("f.live_since > 0 and f.live_since < ?", stamp(x.LiveUntil))
	}
	if !x.ClosedFrom.IsZero() {
		add("f.closed_at > 0 and f.closed_at >= ?", stamp(x.ClosedFrom))
	}
	switch {
	case x.AfterID == "":
	case x.part == sameRisk:
		add("f.risk = ? and f.id > ?", x.AfterRisk, x.AfterID)
	case x.part == lessRisk:
		add("f.risk < ?", x.AfterRisk)
	default:
		add("(f.risk < ? or f.risk = ? and f.id > ?)", x.AfterRisk, x.AfterRisk, x.AfterID)
	}
	if len(parts) == 0 {
		return "", nil
	}
	return " where " + strings.Join(parts, " and "), args
}

// Findings returns those that a filter selects, the highest risk first, without
// Locations and Identity.
func (s *Store) Findings(ctx context.Context, x Filter) (out []*Finding, err error) {
	err = s.EachFinding(ctx, x, func(f *Finding) error {
		out = append(out, f)
		return nil
	})
	return out, err
}

// EachFinding calls visit for every finding that a filter selects, in the order of
// Findings, without holding them all. visit must not use the store.
func (s *Store) EachFinding(ctx context.Context, x Filter, visit func(*Finding) error) error {
	if x.AfterID == "" || x.part != whole {
		return s.eachFinding(ctx, x, visit)
	}
	n := 0
	for _, x.part = range []part{sameRisk, lessRisk} {
		if err := s.eachFinding(ctx, x, func(f *Finding) error { n++; return visit(f) }); err != nil {
			return err
		}
		if x.Limit > 0 {
			if x.Limit -= n; x.Limit <= 0 {
				return nil
			}
		}
		n = 0
	}
	return nil
}

func (s *Store) eachFinding(ctx context.Context, x Filter, visit func(*Finding) error) error {
	where, args := x.where()
	from := `findings f` + where
	if x.Limit > 0 { // which they are stands in an index; only those are read
		from = fmt.Sprintf(`(select f.id as id from findings f%s order by f.risk desc, f.id limit %d) w join findings f on f.id = w.id`, where, x.Limit)
	}
	return s.each(ctx, s.db, func(scan func(...any) error) error {
		f, err := scanFinding(scan)
		if err != nil {
			return err
		}
		return visit(f)
	}, `select `+findingColumns+` from `+from+` order by f.risk desc, f.id`, args...)
}

// CountFindings is how many a filter selects.
func (s *Store) CountFindings(ctx context.Context, x Filter) (n int, err error) {
	where, args := x.where()
	sum, from := x.counted()
	_, err = s.one(ctx, s.db, []any{&n}, `select `+sum+` from `+from+where, args...)
	return n, err
}

// Finding returns one by its id, with Locations (the first 1,000) and Identity; nil
// if there is none.
func (s *Store) Finding(ctx context.Context, id string) (*Finding, error) {
	var f *Finding
	err := s.each(ctx, s.db, func(scan func(...any) error) (err error) {
		f, err = scanFinding(scan)
		return err
	}, `select `+findingColumns+` from findings f where f.id = ?`, id)
	if err != nil || f == nil {
		return nil, err
	}
	return f, s.Fill(ctx, []*Finding{f}, 1000)
}

// Places returns where a finding was seen: at HEAD first, then by repository and
// path. limit 0 is for all.
func (s *Store) Places(ctx context.Context, id string, limit int) (out []Place, err error) {
	text := placeQuery + ` where o.finding = ?` + placeOrder
	if limit > 0 {
		text += fmt.Sprintf(" limit %d", limit)
	}
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		_, p, err := scanPlace(scan)
		out = append(out, p)
		return err
	}, text, id)
	return out, err
}

const (
	placeQuery = `select o.finding, r.id, r.name, o.path, o.commit_id, o.at_head, o.date, o.record, o.first_seen, o.last_seen from occurrences o join repositories r on r.id = o.repository`
	placeOrder = ` order by o.finding, o.at_head desc, r.name, o.path, o.line, o.place`
)

func scanPlace(scan func(...any) error) (finding string, p Place, err error) {
	var path, commit, record string
	var atHead int
	var date, first, last int64
	if err := scan(&finding, &p.RepositoryID, &p.Repository, &path, &commit, &atHead, &date, &record, &first, &last); err != nil {
		return "", p, err
	}
	p.Location, err = decodePlace(record, path, commit, atHead == 1, date)
	p.FirstSeen, p.LastSeen = unstamp(first), unstamp(last)
	p.Location.Repository = p.Repository
	return finding, p, err
}

// Identities returns all, the highest risk first.
func (s *Store) Identities(ctx context.Context, limit int) (out []*leak.Identity, err error) {
	text := `select record from identities order by risk desc, id`
	if limit > 0 {
		text += fmt.Sprintf(" limit %d", limit)
	}
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var record string
		if err := scan(&record); err != nil {
			return err
		}
		id := new(leak.Identity)
		out = append(out, id)
		return decodeIdentity(record, id)
	}, text)
	return out, err
}

// History returns what was answered about a finding, oldest first.
func (s *Store) History(ctx context.Context, finding string) (out []Verdict, err error) {
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var at int64
		var record string
		if err := scan(&at, &record); err != nil {
			return err
		}
		v, err := decodeVerdict(record)
		out = append(out, Verdict{unstamp(at), v})
		return err
	}, `select at, record from verdicts where finding = ? order by id`, finding)
	return out, err
}

// Days returns the trend of some days, the last of them today.
func (s *Store) Days(ctx context.Context, n int) ([]Day, error) {
	today := s.Now().UTC().Truncate(24 * time.Hour)
	first := today.AddDate(0, 0, 1-n)
	out := make([]Day, n)
	at := func(day int64) *Day {
		i := int(day - first.Unix()/86400)
		if i < 0 || i >= n {
			return nil
		}
		return &out[i]
	}
	err := s.each(ctx, s.db, func(scan func(...any) error) error {
		var day int64
		var opened, closed int
		err := scan(&day, &opened, &closed)
		if d := at(day); d != nil {
			d.New, d.Closed = opened, closed
		}
		return err
	}, `select day, opened, closed from days where day >= ?`, first.Unix()/86400)
	if err != nil {
		return nil, err
	}
	open, err := s.CountFindings(ctx, Filter{State: StateOpen})
	if err != nil {
		return nil, err
	}
	for i := n - 1; i >= 0; i-- {
		d := &out[i]
		d.Date, d.Still = first.AddDate(0, 0, i), open
		open += d.Closed - d.New
	}
	return out, nil
}
