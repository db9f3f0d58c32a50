package detectors

import (
	"strings"
	"testing"
)

// TestServiceForms: every form in services.txt can be read, and says something.
func TestServiceForms(t *testing.T) {
	n := 0
	for line := range strings.Lines(servicesText) {
		if line[0] == '#' {
			continue
		}
		for i, word := range strings.Fields(line) {
			if word[0] != '=' {
				continue
			}
			chars, least, most := formOf(word[1:])
			if n++; i == 0 || chars == "" || least < 1 || most < least || most > genericValue {
				t.Errorf("%q: %q, %d to %d", strings.TrimSpace(line), chars, least, most)
			}
		}
	}
	if n < 800 {
		t.Errorf("%d forms", n)
	}
}

func TestJudgeForm(t *testing.T) {
	f := serviceForms{"a": {"hex:32"}, "b": {"alnum-_:20-40", "lower:64"}}
	for _, tt := range []struct {
		service, value string
		fits, broken   bool
	}{
		{"a", strings.Repeat("3f9ac07d", 4), true, false},
		{"a", strings.Repeat("3f9ac07d", 4) + "1", false, true},
		{"a", strings.Repeat("3f9ac07d", 3), false, true},
		{"a", strings.Repeat("3f9ac07z", 4), false, true},
		{"a", strings.Repeat("3f9ac07d", 5), false, false}, // may be another kind
		{"b", "ab_3f-9ac07d3f9ac07dX", true, false},
		{"b", strings.Repeat("3f9ac07z", 8), true, false},
		{"b", strings.Repeat("3f9ac07Z", 8), false, true},
		{"b", strings.Repeat("3f9ac07z", 6) + "ab", false, false},
		{"c", "3f9ac07d", false, false},
	} {
		if fits, broken := f.judge(tt.service, tt.value); fits != tt.fits || broken != tt.broken {
			t.Errorf("%s %s: %v, %v", tt.service, tt.value, fits, broken)
		}
	}
}

func TestBrokenJWT(t *testing.T) {
	for v, want := range map[string]bool{
		"eyJhbGciOi" + "JIUzI1NiJ9.eyJzdWIiOiJhIn0.k7wq3zt9m4xcv8b2n6": false,
		"eyJhbGciOiJIUzI1N.eyJzdWIiOiJhIn0.k7wq3zt9m4xcv8b2n6":         true,
		"eyJhbGciOiJIUzI1N.k7wq3zt9m4xcv8b2n6":                         false,
		"k7wq3.zt9m4.xcv8b2n6":                                         false,
	} {
		if brokenJWT(v) != want {
			t.Errorf("%s: %v", v, !want)
		}
	}
}
