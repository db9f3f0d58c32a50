package pipeline

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// remembering is a Memory that knows another place of what was found, and another
// credential.
type remembering struct{ secret string }

func (r remembering) Recall(found []*leak.Finding) ([]*leak.Finding, error) {
	place := leak.Location{Kind: leak.KindLayer, Path: "lib/" + r.secret, Image: &leak.ImagePlace{
		Name: "acme/app:" + r.secret, Instruction: "|1 T=" + r.secret + " make", RemovedBy: "RUN rm x # " + r.secret,
	}}
	again := place
	image := *place.Image
	again.Image = &image
	for _, f := range found {
		f.Locations = append(f.Locations, place)
	}
	return []*leak.Finding{{ID: "other", Rule: leak.RuleInfo{ID: "a"}, Locations: []leak.Location{again}}}, nil
}

func (remembering) Learn(context.Context, []*leak.Finding, func(string) string) error { return nil }

// TestRecalledPlacesAreMasked: with a finding of this run beside them, and without.
func TestRecalledPlacesAreMasked(t *testing.T) {
	secret := "key_" + strings.Repeat("x7", 4)
	for _, text := range []string{"a: nothing", "a: it is key_" + strings.Repeat("y3", 4)} {
		k := run(t, blobs(text), ruleSet(t, `a high 2.0 \b(?P<secret>key_[a-z0-9]{8})\b`), func(cfg *Config) { cfg.Memory = remembering{secret} })
		recalled := 0
		for _, f := range k.findings {
			for _, l := range f.Locations {
				if l.Image == nil {
					continue
				}
				recalled++
				got := fmt.Sprintf("%s, %s, %s, %s", l.Path, l.Image.Name, l.Image.Instruction, l.Image.RemovedBy)
				if want := "lib/********, acme/app:********, |1 T=******** make, RUN rm x # ********"; got != want {
					t.Errorf("%s: got %s, want %s", f.ID, got, want)
				}
			}
		}
		if recalled != len(k.findings) {
			t.Errorf("%q: %d places of %d findings", text, recalled, len(k.findings))
		}
	}
}
