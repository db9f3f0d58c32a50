package main

import (
	"testing"

	"github.com/whosekey/whosekey/convert"
	"github.com/whosekey/whosekey/leak"
)

// TestRequiredOfWhatWasKept: a finding that was kept for later, without its text, is not
// dropped because nobody can see what stands near it.
func TestRequiredOfWhatWasKept(t *testing.T) {
	g, err := convert.ReadGitleaksConfig("[[rules]]\nid = 'acme'\nregex = 'acme_x'\n[[rules.required]]\nid = 'id'\n[[rules]]\nid = 'id'\nregex = 'id=.'", nil)
	if err != nil {
		t.Fatal(err)
	}
	gate := newGate(g)
	f := &leak.Finding{Rule: leak.RuleInfo{ID: "acme"}}
	for _, tt := range []struct {
		fits []string
		want string
	}{
		{nil, ""},
		{gate.fits(f, []byte("x = "), []byte("acme_x"), nil), notRequired},
		{gate.fits(f, []byte("id=1 x = "), []byte("acme_x"), nil), ""},
	} {
		if got := gate.reason(f, &leak.Location{Position: leak.Position{Fits: tt.fits}}); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.fits, got, tt.want)
		}
	}
}
