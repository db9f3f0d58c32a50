package store

import "context"

// Breakdown counts the findings that a filter selects, by band of risk and by
// status.
func (s *Store) Breakdown(ctx context.Context, x Filter) (n int, bands, statuses map[string]int, err error) {
	bands, statuses = map[string]int{}, map[string]int{}
	where, args := x.where()
	sum, from := x.counted()
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var band, status string
		var k int
		if err := scan(&band, &status, &k); err != nil {
			return err
		}
		n += k
		bands[band] += k
		statuses[status] += k
		return nil
	}, `select f.band, f.status, `+sum+` from `+from+where+` group by f.band, f.status`, args...)
	return n, bands, statuses, err
}
