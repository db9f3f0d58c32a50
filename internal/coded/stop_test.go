package coded

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// stopPlain says what Stop does without any tricks.
func stopPlain(text []byte) (at int, others uint32, mark int) {
	for ; at+Block <= len(text); at += Block {
		others = 0
		for i, c := range text[at : at+Block] {
			if strings.IndexByte(Chars+"-_", c) < 0 {
				others |= 1 << i
			}
		}
		mark = strings.IndexAny(string(text[at:at+8]), `%&\`)
		if mark >= 0 || others&0xffff == 0 || others>>16 == 0 {
			return at, others, mark
		}
	}
	return at, 1<<32 - 1, -1
}

func checkStop(t *testing.T, text []byte) {
	t.Helper()
	at, others, mark := stopPlain(text)
	if a, o, m := Stop(text); a != at || o != others || m != mark {
		t.Errorf("Stop(%q) = %d, %x, %d, want %d, %x, %d", text, a, o, m, at, others, mark)
	}
	a, o, found := stopSlow(text)
	if a != at || o != others || found != 0 != (mark >= 0) {
		t.Errorf("stopSlow(%q) = %d, %x, %x, want %d, %x, mark %d", text, a, o, found, at, others, mark)
	}
}

func TestStopKnowsEachByte(t *testing.T) {
	for c := range 256 {
		for _, at := range []int{0, 7, 8, 15, 16, 31, 40} {
			text := []byte(strings.Repeat("Az09+/-_", 9)) // with two bytes that are in no block
			text[at] = byte(c)
			checkStop(t, text[:len(text)-6])
			for i := range text {
				if i != at {
					text[i] = ' '
				}
			}
			checkStop(t, text[:len(text)-6])
		}
	}
}

func TestStopOfAnyText(t *testing.T) {
	const few = "aZ0+/-_ \n%&\\\"\x80\xff"
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := make([]byte, rng.IntN(200))
		other := 2 + rng.IntN(60)
		for i := range text {
			text[i] = Chars[rng.IntN(len(Chars))]
			if rng.IntN(other) == 0 {
				text[i] = few[rng.IntN(len(few))]
			}
		}
		checkStop(t, text)
	}
}

func FuzzStop(f *testing.F) {
	f.Add([]byte(strings.Repeat("abc ", 20) + strings.Repeat("abcd", 20)))
	f.Fuzz(func(t *testing.T, text []byte) { checkStop(t, text) })
}
