package pipeline

import (
	"context"
	"fmt"
	"slices"
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

// TestRecalledSecretsInInstructions: a password that only its fingerprint tells.
func TestRecalledSecretsInInstructions(t *testing.T) {
	secret, salt := "blue"+"-horse!9", []byte("s")
	id := leak.NewSecret(secret).Fingerprint(salt, "a")
	for text, want := range map[string]string{
		"RUN setup %s":                  "RUN setup ********",
		"RUN setup \"%s\" now\nx %[1]s": "RUN setup \"********\" now\nx ********",
		"RUN x --p=%s\t'%[1]s',%[1]s":   "RUN x --p=********\t'********',********",
		"RUN curl u:%s@db/x ü":          "RUN curl u:********@db/x ü",
		"COPY . /app  # blue-horse":     "COPY . /app  # blue-horse",
	} {
		if strings.Contains(text, "%") {
			text = fmt.Sprintf(text, secret)
		}
		f := &leak.Finding{ID: id, Rule: leak.RuleInfo{ID: "a"}, Locations: []leak.Location{{Image: &leak.ImagePlace{Instruction: text, RemovedBy: text}}, {}}}
		hideRecalled(salt, []*leak.Finding{f}, []*leak.Finding{f})
		if at := f.Locations[0].Image; at.Instruction != want || at.RemovedBy != want {
			t.Errorf("%q: got %q and %q, want %q", text, at.Instruction, at.RemovedBy, want)
		}
	}
	f := &leak.Finding{ID: "found", Rule: leak.RuleInfo{ID: "b"}, Locations: []leak.Location{{Position: leak.Position{Line: 8, Frame: &leak.Frame{
		First: 7, Lines: []string{"# was " + secret, "ü " + secret + " ******** " + secret, "db: u:" + secret + "@db", "nothing"}, MarkStart: 16, MarkEnd: 24,
	}}}}}
	hideRecalled(salt, []*leak.Finding{{ID: id, Rule: leak.RuleInfo{ID: "a"}}}, []*leak.Finding{f})
	at := f.Locations[0].Frame
	if want := []string{"# was ********", "ü ******** ******** ********", "db: u:********@db", "nothing"}; !slices.Equal(at.Lines, want) {
		t.Errorf("the lines around a finding are %q, want %q", at.Lines, want)
	}
	if got := string([]rune(at.Lines[1])[at.MarkStart-1 : at.MarkEnd-1]); got != leak.Mask || at.MarkStart != 12 {
		t.Errorf("marked is %q at %d", got, at.MarkStart)
	}
	long := strings.Repeat("a-b.c/", 4000*4)
	f = &leak.Finding{ID: id, Rule: leak.RuleInfo{ID: "a"}, Locations: []leak.Location{{Image: &leak.ImagePlace{Instruction: long}}}}
	if hideRecalled(salt, []*leak.Finding{f}, []*leak.Finding{f}); f.Locations[0].Image.Instruction != leak.Mask {
		t.Error("what was not compared is shown")
	}
}
