package main

import (
	"context"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
)

type brokenResolver struct{}

func (brokenResolver) Resolve(context.Context, *identity.Query) (identity.Answer, error) {
	return identity.Answer{}, []error{}[len([]int{1})]
}

// TestResolverThatFails: a bug that one finding brings to light costs that one its identity,
// and is told.
func TestResolverThatFails(t *testing.T) {
	var lost []string
	q := &identity.Query{Lose: func(what string) { lost = append(lost, what) }}
	if _, err := ask(t.Context(), brokenResolver{}, q); err != nil || len(lost) != 1 || !strings.Contains(lost[0], "bug") {
		t.Errorf("%v %q", err, lost)
	}
}
