package store

import (
	"context"
	"encoding/json"
	"fmt"
)

// schema8 says of a gap what was searched then ("issues"; empty for the repository
// itself), and whether somebody chose to leave that out.
const schema8 = `
alter table gaps add column kind text not null default '';
alter table gaps add column chosen integer not null default 0
`

// Gap is something of a repository that could not be searched.
type Gap struct {
	Repository  string
	Reason, Fix string
	Count       int64
	First       []string // names of the first few
	Chosen      bool     // it was not meant to be searched: the repository is complete without
}

// gaps writes down what was not searched.
func (tx *Tx) gaps(ctx context.Context, o *Outcome) error {
	if o.Whole {
		if _, err := tx.s.exec(ctx, tx, `delete from gaps where repository = ?`, o.Repository); err != nil {
			return err
		}
	}
	forgot := int64(0)
	if o.Renews != "" {
		n, err := tx.s.exec(ctx, tx, `delete from gaps where repository = ? and kind = ?`, o.Repository, o.Renews)
		if err != nil {
			return err
		}
		forgot = n
	}
	for _, g := range o.Gaps {
		first, err := encode(g.First)
		if err != nil {
			return err
		}
		_, err = tx.s.exec(ctx, tx, `insert into gaps (repository, reason, fix, count, first, kind, chosen) values (?, ?, ?, ?, ?, ?, ?)
			on conflict (repository, reason, fix) do update set count = excluded.count, first = excluded.first, kind = excluded.kind, chosen = excluded.chosen`,
			o.Repository, clean(g.Reason), clean(g.Fix), g.Count, first, o.Renews, flag(g.Chosen))
		if err != nil {
			return err
		}
	}
	if forgot == 0 {
		return nil
	}
	_, err := tx.s.exec(ctx, tx, `update repositories set incomplete = case when exists (select 1 from gaps where repository = ? and chosen = 0) then 1 else 0 end where id = ?`, o.Repository, o.Repository)
	return err
}

// Gaps returns what could not be searched, the most frequent first.
func (s *Store) Gaps(ctx context.Context, limit int) (out []Gap, err error) {
	text := `select r.name, g.reason, g.fix, g.count, g.first, g.chosen from gaps g join repositories r on r.id = g.repository order by g.count desc, r.name, g.reason`
	if limit > 0 {
		text += fmt.Sprintf(" limit %d", limit)
	}
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var g Gap
		var first string
		var chosen int
		if err := scan(&g.Repository, &g.Reason, &g.Fix, &g.Count, &first, &chosen); err != nil {
			return err
		}
		g.Chosen = chosen == 1
		if err := json.Unmarshal([]byte(first), &g.First); err != nil {
			return err
		}
		out = append(out, g)
		return nil
	}, text)
	return out, err
}

// GapsByReason returns what could not be searched, or was not meant to be, of all
// repositories that are there, with the names of some of them.
func (s *Store) GapsByReason(ctx context.Context, names int) (out []Gap, err error) {
	type key struct {
		reason, fix string
		chosen      int
	}
	at := map[key]int{}
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var g Gap
		var k key
		if err := scan(&g.Repository, &k.reason, &k.fix, &g.Count, &k.chosen); err != nil {
			return err
		}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, Gap{Reason: k.reason, Fix: k.fix, Chosen: k.chosen == 1})
		}
		out[i].Count += g.Count
		if len(out[i].First) < names {
			out[i].First = append(out[i].First, g.Repository)
		}
		return nil
	}, `select r.name, g.reason, g.fix, g.count, g.chosen from gaps g join repositories r on r.id = g.repository where r.state <> ? order by g.reason, g.fix, g.chosen, r.name`, Gone)
	return out, err
}
