package pipeline

import (
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestOthersOfACredential: what stands beside it in other places is told once each.
func TestOthersOfACredential(t *testing.T) {
	hit := func(host string) *leak.Hit {
		return &leak.Hit{Rule: "acme-url", Parts: leak.Parts{"secret": leak.NewSecret("x" + "y"), "host": leak.NewSecret(host)}}
	}
	a, b, c := hit("a.example"), hit("b.example"), hit("a.example")
	cred := &credential{}
	for _, h := range []*leak.Hit{a, b, a, c, b, hit("d.example")} {
		cred.matches = append(cred.matches, leak.Match{Hit: h})
	}
	got := cred.others()
	if len(got) != 2 || got[0].Parts["host"].Equal(got[1].Parts["host"]) {
		t.Errorf("%d others", len(got))
	}
	for i := range 100 {
		cred.matches = append(cred.matches, leak.Match{Hit: hit(string(rune('e' + i)))})
	}
	if got := len(cred.others()); got != 0 {
		t.Errorf("%d others, more than can be asked about", got)
	}
}
