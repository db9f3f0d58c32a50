package sweep

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// ruleChange says which rules a repository was not searched for.
type ruleChange struct {
	all       bool
	providers []string
}

func (k *searching) changedRules(ctx context.Context) (c ruleChange, err error) {
	if k.r.Rules == k.w.cfg.Rules {
		return c, nil
	}
	text, err := k.w.s.Ruleset(ctx, k.r.Rules)
	if err != nil {
		return c, fmt.Errorf("read the rules of the last scan: %w", err)
	}
	var then map[string]string
	if text == "" || json.Unmarshal([]byte(text), &then) != nil {
		return ruleChange{all: true}, nil
	}
	for _, p := range slices.Sorted(maps.Keys(k.w.cfg.Providers)) {
		if then[p] != k.w.cfg.Providers[p] {
			c.providers = append(c.providers, p)
		}
	}
	c.all = len(c.providers) > len(k.w.cfg.Providers)/2
	return c, nil
}

func encodeProviders(m map[string]string) string {
	b, err := json.Marshal(m)
	if err != nil {
		panic("sweep: a map of texts is not JSON")
	}
	return string(b)
}
