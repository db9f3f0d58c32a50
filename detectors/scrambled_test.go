package detectors_test

import (
	"math/rand/v2"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestScrambled: nearly all passwords of 16 characters and more that were made by chance of
// letters, digits and signs are found, whatever they begin with and have in them.
func TestScrambled(t *testing.T) {
	const signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*()-_=+.?~"
	set, r, missed := everything(t), rand.New(rand.NewPCG(1, 2)), 0
	const tries = 2000
	for n := range tries {
		v := make([]byte, 16+n%17)
		for i := range v {
			v[i] = signs[r.IntN(len(signs))]
		}
		for i := range n % 3 { // what means something elsewhere
			v[i*len(v)/2] = ".?$@%~"[r.IntN(6)]
		}
		found := false
		set.Scan(&leak.Chunk{Data: []byte("DB_PASSWORD = \"" + string(v) + "\"\n")}, func(leak.Match) { found = true })
		if !found {
			missed++
		}
	}
	if missed*100 > tries*4 {
		t.Errorf("%d of %d are missed", missed, tries)
	}
}
