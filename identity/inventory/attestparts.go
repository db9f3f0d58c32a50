package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// rotations are the credentials that changed since they leaked: by their own
// dates, by what providers answered, and by what an earlier run found.
func (t *Attest) rotations() {
	now := map[string]bool{}
	for _, r := range t.records {
		for _, c := range r.Credentials {
			now[c.ID] = true
			x := Rotation{Identity: r.ID, Owner: r.Owner, ID: c.ID, Kind: c.Kind, Now: string(c.State)}
			old, known := t.before[c.ID]
			x.Before = string(old.State)
			switch {
			case c.LastRotatedAt != "" && c.FirstExposedAt != "" && c.LastRotatedAt > c.FirstExposedAt:
				x.When, x.Why = c.LastRotatedAt, "it was rotated after it leaked"
			case known && works(string(old.State)) && !works(string(c.State)):
				x.When, x.Why = c.StateAt, "it worked, or nobody knew, in the earlier run"
			case !known && (c.State == leak.Dead || c.State == leak.Expired):
				x.When, x.Why = c.StateAt, "it leaked and does not work any more"
			default:
				continue
			}
			t.a.Rotated = append(t.a.Rotated, x)
		}
	}
	for id, old := range t.before {
		if r := t.owners[id]; !now[id] {
			t.a.Rotated = append(t.a.Rotated, Rotation{
				Identity: r.ID, Owner: r.Owner, ID: id, Kind: old.Kind, Before: string(old.State), Now: "not found",
				Why: "it is no longer found; that it was revoked this does not show",
			})
		}
	}
	slices.SortFunc(t.a.Rotated, func(a, b Rotation) int {
		return cmp.Or(strings.Compare(a.Identity, b.Identity), strings.Compare(a.ID, b.ID))
	})
}

// scopeOf takes from a run what it says of itself.
func scopeOf(run *Run, o record.Options) Scope {
	var s Scope
	if run == nil {
		return s
	}
	get := func(key string) string { return o.Text(text(run.Run[key])) }
	s.Tool = strings.TrimSpace(get("tool") + " " + get("version"))
	s.Mode, s.Target, s.Repository, s.Revision = get("mode"), get("target"), get("repository_uri"), get("revision")
	s.Rules = strings.TrimSpace(get("rules") + " rules, version " + get("rules_version"))
	if run.Summary == nil {
		s.Incomplete, s.Skipped = true, []string{"the run has no summary: it was cut off"}
		return s
	}
	s.Incomplete = text(run.Summary["incomplete"]) == "true"
	s.Findings = whole64(run.Summary["findings"])
	s.Searched = map[string]int64{}
	if counts, ok := run.Summary["counts"].(map[string]any); ok {
		for k, v := range counts {
			s.Searched[k] = int64(whole64(v))
		}
	}
	s.Skipped, s.LeftOut = gaps(run.Summary["skipped"]), gaps(run.Summary["left_out"])
	return s
}

func gaps(v any) (out []string) {
	list, _ := v.([]any)
	for _, g := range list {
		if m, ok := g.(map[string]any); ok && len(out) < 100 {
			out = append(out, clip(fmt.Sprintf("%d × %s", whole64(m["count"]), text(m["reason"]))))
		}
	}
	return out
}

func whole64(v any) int {
	n := 0
	fmt.Sscan(text(v), &n)
	return n
}
