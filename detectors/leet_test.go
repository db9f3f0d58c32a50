package detectors

import (
	"strings"
	"testing"
)

// TestDigitsAsLetters: digits stand for letters in what people make up, and in a
// random token they spell a word by chance.
func TestDigitsAsLetters(t *testing.T) {
	for v, want := range map[string]bool{
		"my" + "S3cr3t9": true, "p4ssw0" + "rd#77": true, "ch4nge" + "Me!22": true,
		"q8Zk3nt3r" + "Vw7Lp2Jd5Mt": false, "X7f4dm1n" + "kQ2vB9sLr0Tz": false,
	} {
		if got := weak(v, strings.ToLower(v)); got != want {
			t.Errorf("%s: weak is %v", v, got)
		}
	}
}
