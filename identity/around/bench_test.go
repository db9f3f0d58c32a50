package around

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkRead reads what is around a credential in a text with many assignments.
func BenchmarkRead(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	for text.Len() < 2*around {
		fmt.Fprintf(&text, "%s%c", strconv.FormatUint(r.Uint64()>>uint(20+r.IntN(40)), 36), " \n=.,:_/"[r.IntN(8)])
	}
	data := []byte(text.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		Read(data, around, around+20, 2).Release()
	}
}
