package pipeline

import (
	"context"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
)

// Decided is what a run reports of a text: a match that counts, and the rules that find the
// same bytes.
type Decided struct {
	leak.Match
	Also []string
}

// Decide returns what counts of all that a set finds in a text, as Run does before policy.
func Decide(ctx context.Context, set *detectors.Set, data []byte) ([]Decided, error) {
	col := newCollector(set)
	col.scan(&leak.Chunk{Ref: 1, Data: data})
	creds, err := col.credentials(ctx)
	if err != nil {
		return nil, err
	}
	var out []Decided
	for _, c := range creds {
		for _, m := range c.matches {
			out = append(out, Decided{m, c.also})
		}
	}
	return out, nil
}
