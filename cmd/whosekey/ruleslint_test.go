package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestLintIsClean: there is nothing to say of the rules that ship.
func TestLintIsClean(t *testing.T) {
	var out, stderr bytes.Buffer
	if code := run(t.Context(), []string{"rules", "lint", "--all"}, strings.NewReader(""), &out, &stderr); code != 0 {
		t.Errorf("exit code %d\n%s%s", code, out.String(), stderr.String())
	}
}
