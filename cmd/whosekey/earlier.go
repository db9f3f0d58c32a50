package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/pipeline"
	"github.com/whosekey/whosekey/store"
)

// earlier is what memories of earlier runs have in common. How something was searched has to
// be the same, and where something was found in it, what decides whether it is reported, too.
type earlier struct {
	ctx         context.Context
	store       *store.Store
	how, policy string
	// needsText says that the secrets themselves are wanted: then only what nothing was
	// found in needs no search.
	needsText bool
	asked     bool // providers are asked

	known []*store.Layer
}

// memory is what a scan has of earlier runs.
type memory interface {
	pipeline.Memory
	asks(on bool)
}

// hashOf is a short hash of texts.
func hashOf(texts ...string) string {
	h := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(h, "%d:%s", len(t), t)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// remember makes the memory of a scan. form changes when what is kept means something else.
func (s *scan) remember(ctx context.Context, db *store.Store, form int) (*earlier, error) {
	f := s.flags
	how := hashOf(fmt.Sprint(form), version(), s.digest, fmt.Sprintf("%q", s.off), fmt.Sprintf("%+v", f.archives), fmt.Sprint(f.maxBlob))
	texts := []string{string(s.salt), fmt.Sprintf("%+v", f.ignore), fmt.Sprintf("%+v", f.identity), f.failOn, s.ignores.Inline, string(s.ignores.Least)}
	files := append([]string{s.config.File, cmp.Or(f.ignore.baseline, s.config.Baseline.File), f.identity.Leavers}, f.identity.Inventory...)
	for _, name := range files {
		if name == "" {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, usage(fmt.Errorf("read %s: %w", name, err), "")
		}
		texts = append(texts, string(b))
	}
	if f.identity.Leavers != "" {
		texts = append(texts, new(leavingDays).over(f.identity.Leavers, ""))
	}
	return &earlier{ctx: ctx, store: db, how: how, policy: hashOf(texts...), needsText: f.out.showSecrets}, nil
}

// asks says whether providers are asked.
func (e *earlier) asks(on bool) {
	e.asked = on
	e.needsText = e.needsText || on
}

// toKeep is a finding without what only this run has.
func (e *earlier) toKeep(f *leak.Finding) *leak.Finding {
	one := *f
	one.Parts, one.Loose, one.Locations = nil, nil, nil
	if e.asked && one.Verdict.Status != leak.Canary { // an answer gets old; dates do not
		one.Verdict = leak.Verdict{Status: leak.Unchecked}
	}
	return &one
}
