package fault_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/fault"
)

func TestOfHasNoWordsButGos(t *testing.T) {
	const word = "hunter2"
	for name, do := range map[string]func(){
		"text":  func() { panic(word) },
		"error": func() { panic(errors.New(word)) },
	} {
		if got := recovered(do); strings.Contains(got, word) || got == "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	var none []int
	if got := recovered(func() { none[len(word)]++ }); !strings.Contains(got, "out of range [7]") {
		t.Errorf("what the runtime says is missing: %q", got)
	}
}

func recovered(do func()) (said string) {
	defer func() { said = fault.Of(recover()) }()
	do()
	return ""
}
