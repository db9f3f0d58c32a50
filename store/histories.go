package store

import "context"

// Histories is History for many findings at once, by their ids.
func (s *Store) Histories(ctx context.Context, ids []string) (map[string][]Verdict, error) {
	out := map[string][]Verdict{}
	for len(ids) > 0 {
		part := ids[:min(chunk, len(ids))]
		ids = ids[len(part):]
		args := make([]any, len(part))
		for i, id := range part {
			args[i] = id
		}
		err := s.each(ctx, s.db, func(scan func(...any) error) error {
			var finding, record string
			var at int64
			if err := scan(&finding, &at, &record); err != nil {
				return err
			}
			v, err := decodeVerdict(record)
			out[finding] = append(out[finding], Verdict{unstamp(at), v})
			return err
		}, `select finding, at, record from verdicts where finding in (`+marks(len(args))+`) order by id`, args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
