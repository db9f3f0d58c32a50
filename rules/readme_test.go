package rules

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// TestReadme: the README says how many kinds of credentials of how many providers are
// known, in numbers that hold and are not far behind.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`More than ([0-9]+) kinds of credentials of more than ([0-9]+) providers`).FindSubmatch(text)
	if said == nil {
		t.Fatal("README.md does not say how many kinds of credentials are known")
	}
	ps, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	for _, p := range ps {
		kinds += len(p.Rules)
	}
	for i, has := range []int{kinds, len(ps)} {
		n, err := strconv.Atoi(string(said[i+1]))
		if err != nil {
			t.Fatal(err)
		}
		if n >= has || has-n > has/10 {
			t.Errorf("README.md says %q, and there are %d kinds of %d providers", said[0], kinds, len(ps))
		}
	}
}
