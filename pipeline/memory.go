package pipeline

import (
	"context"
	"slices"

	"github.com/whosekey/whosekey/leak"
)

// Memory knows what earlier runs found in what the source did not search again
// because of that. It holds no secret, so that what it has is not asked for again.
type Memory interface {
	// Recall gets all that was found now, and adds to it the places that it knows
	// of the same credentials. It returns the findings of others: those that the
	// policy of this run kept before, with their identities.
	Recall(found []*leak.Finding) ([]*leak.Finding, error)
	// Learn gets what is reported, all of it, in the end.
	Learn(ctx context.Context, reported []*leak.Finding, mask func(string) string) error
}

// recall asks the memory, if there is one. What the source says of the places that
// it knows, such as the instruction that made a layer, is of this run, and was not
// masked before.
func (cfg *Config) recall(found []*leak.Finding, known *leak.Redactor) ([]*leak.Finding, error) {
	if cfg.Memory == nil {
		return nil, nil
	}
	recalled, err := cfg.Memory.Recall(found)
	cfg.redact(found, known)
	cfg.redact(recalled, known)
	hideRecalled(cfg.Salt, recalled, slices.Concat(found, recalled))
	return recalled, err
}

// joined are findings of this run and of earlier ones, in the order of the report.
func joined(kept, known []*leak.Finding) []*leak.Finding {
	if len(known) == 0 {
		return kept
	}
	kept = append(slices.Clip(kept), known...)
	slices.SortStableFunc(kept, order)
	return kept
}
