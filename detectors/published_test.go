package detectors

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestPublished: a client secret that its maker publishes is no finding of any
// rule, whatever is called like it; any other is. No real one stands here.
func TestPublished(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	made := func() string {
		b := make([]byte, 24)
		for i := range b {
			b[i] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"[rng.IntN(56)]
		}
		return string(b)
	}
	ours, theirs := made(), made()
	sum := sha256.Sum256([]byte(theirs))
	published[hex.EncodeToString(sum[:])] = "acme"
	defer delete(published, hex.EncodeToString(sum[:]))
	set := NewSet(Builtin(nil)...)
	var found []string
	text := `{"client_id": "32555940559.apps.googleusercontent.com", "client_secret": "OURS"}` + "\n" + strings.Repeat(" \n", 400) + `{"client_id": "32555940559.apps.googleusercontent.com", "client_secret": "THEIRS"}` + "\n"
	set.Scan(&leak.Chunk{Data: []byte(strings.NewReplacer("OURS", ours, "THEIRS", theirs).Replace(text))}, func(m leak.Match) {
		found = append(found, m.Parts[leak.SecretPart].Reveal())
	})
	if len(found) == 0 {
		t.Error("the other one is not found")
	}
	for _, f := range found {
		if f != ours {
			t.Errorf("found %q of %q and %q", f, ours, theirs)
		}
	}
	key := "AIza" + "Sy" + made() + "abCd12-_Z"
	for _, want := range []int{1, 0} {
		n := 0
		set.Scan(&leak.Chunk{Data: []byte("api_key = \"" + key + "\"\n")}, func(leak.Match) { n++ })
		if n != want {
			t.Errorf("%d findings of a Google API key, want %d", n, want)
		}
		sum := sha256.Sum256([]byte(key))
		published[hex.EncodeToString(sum[:])] = "acme"
		defer delete(published, hex.EncodeToString(sum[:]))
	}
	for sum, by := range published {
		if len(sum) != 64 || by == "" {
			t.Errorf("%q: %q", sum, by)
		}
	}
}

// TestVectors: keys of test vectors, as every library of cryptography has them in its tests,
// are nobody's, and keys beside them are.
func TestVectors(t *testing.T) {
	counted := ""
	for i := range 32 {
		counted += fmt.Sprintf("%02x", 0x80+i)
	}
	for _, tt := range []struct {
		value string
		is    bool
	}{
		{"2b7e1516" + "28aed2a6" + "abf71588" + "09cf4f3c", true},
		{"AE6852F8" + "121067CC" + "4BF7A576" + "5577F39E", true},
		{"9d61b19deffd5a60ba844af492ec2cc4" + "4449c5697b326919703bac031cae7f60", true},
		{counted, true},
		{counted[:62] + "9e", false},
		{"2b7e1516" + "28aed2a6" + "abf71588" + "09cf4f3d", false},
		{"9f61b19deffd5a60ba844af492ec2cc4" + "4449c5697b326919703bac031cae7f60", false},
	} {
		if by := publishedBy(leak.NewSecret(tt.value)); by != "" != tt.is {
			t.Errorf("%s is by %q", tt.value, by)
		}
	}
}
