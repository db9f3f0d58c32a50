package inflate

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// benchText makes text that deflates about as well as source code.
func benchText(seed uint64, size int) []byte {
	words := strings.Fields("if return func err nil for range string int64 struct package import const var type data size offset " +
		"count value name path entry object header buffer index reader writer length commit branch file line word test want got")
	rng := rand.New(rand.NewPCG(seed, 7))
	out := make([]byte, 0, size+32)
	for len(out) < size {
		// Some words are frequent, most are not.
		w := words[min(rng.IntN(len(words)), rng.IntN(len(words)))]
		out = append(out, w...)
		switch rng.IntN(12) {
		case 0:
			out = fmt.Appendf(out, "%d", rng.IntN(1000))
		case 1:
			out = append(out, "(); "...)
		case 2:
			out = append(out, "\n\t"...)
		default:
			out = append(out, ' ')
		}
	}
	return out[:size]
}
