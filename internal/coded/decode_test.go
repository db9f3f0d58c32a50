package coded

import (
	"encoding/base64"
	"math/rand/v2"
	"testing"
)

func TestDecode64(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		want := make([]byte, n)
		for i := range want {
			want[i] = byte(r.Uint32())
		}
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if got := Decode64(nil, []byte(enc.EncodeToString(want))); string(got) != string(want) {
				t.Fatalf("%d bytes: %x, want %x", n, got, want)
			}
		}
	}
}

func TestText64(t *testing.T) {
	for text, want := range map[string][2]bool{
		"a text of ASCII\n": {false, true}, "twelve bytes": {false, true}, "eleven byte": {false, false},
		"t\x00e\x00x\x00t\x00s\x00!\x00": {true, true}, "\x00t\x00e\x00x\x00t\x00s\x00!": {true, true},
		"not text at\x00 all": {false, false}, "not text at\xff all": {false, false}, "\x01ot text at all": {false, false},
	} {
		wide, ok := Text64([]byte(base64.RawStdEncoding.EncodeToString([]byte(text))))
		if wide != want[0] || ok != want[1] {
			t.Errorf("Text64 of %q in base64 = %v, %v, want %v", text, wide, ok, want)
		}
	}
}

// TestText64AsItIsSaid: what is text is said byte by byte.
func TestText64AsItIsSaid(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	yes, widely := 0, 0
	for range 200_000 {
		text := make([]byte, tried)
		for i := range text {
			switch r.IntN(40) {
			case 0:
				text[i] = byte(r.Uint32())
			default:
				text[i] = byte(' ' + r.IntN(95))
			}
		}
		if from := r.IntN(4); from < 2 {
			for i := from; i < tried; i += 2 {
				text[i] = 0
			}
		}
		zeros, odd, fine := 0, 0, true
		for i, c := range text {
			if c == 0 {
				zeros++
				odd += i & 1
			}
			fine = fine && (c == 0 || plain(c))
		}
		wantWide := fine && zeros == tried/2 && (odd == 0 || odd == zeros)
		wide, ok := Text64([]byte(base64.StdEncoding.EncodeToString(text)))
		if want := fine && zeros == 0 || wantWide; ok != want || ok && wide != wantWide {
			t.Fatalf("Text64 of %q in base64 = %v, %v, want %v, %v", text, wide, ok, wantWide, want)
		}
		if ok {
			yes++
		}
		if wide {
			widely++
		}
	}
	if yes < 1000 || widely < 1000 {
		t.Errorf("only %d are text, %d of them wide", yes, widely)
	}
}
