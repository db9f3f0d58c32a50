package leak

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// TestPublicID compares with the regular expression that it stands for.
func TestPublicID(t *testing.T) {
	form := regexp.MustCompile(`^(?:A(?:KIA|SIA|BIA|CCA)[0-9A-Z]{16}|SK[0-9a-f]{32})$`)
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(from string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(from[rnd.IntN(len(from))])
		}
		return b.String()
	}
	ids := []string{"", "A", "SK", "AKIA", "SK\n"}
	for range 2000 {
		start := []string{"AKIA", "ASIA", "ABIA", "ACCA", "SK", "AROA", "sk"}[rnd.IntN(7)]
		alphabet := []string{"0123456789", "ABCXYZ0189", "0123456789abcdef", "abcfg0", "AZaz09 \n-"}[rnd.IntN(5)]
		ids = append(ids, start+pick(alphabet, []int{15, 16, 17, 31, 32, 33}[rnd.IntN(6)]))
	}
	yes := 0
	for _, id := range ids {
		if want := form.MatchString(id); PublicID(id) != want {
			t.Errorf("%q: %v", id, !want)
		} else if want {
			yes++
		}
	}
	if yes < 50 {
		t.Errorf("only %d ids are such", yes)
	}
}
