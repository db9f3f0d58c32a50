package tokensum

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestMarvin holds it against the vectors of SymCrypt's own test.
func TestMarvin(t *testing.T) {
	for text, v := range map[string]struct{ seed, want uint64 }{
		"abc":                        {0xd53cd9cecd0893b7, 0x22c74339492769bf},
		"abcdefghijklmnopqrstuvwxyz": {0xddddeeeeffff000, 0xa128eb7e7260aca2},
	} {
		if got := Marvin([]byte(text), v.seed); got != v.want {
			t.Errorf("Marvin(%q) = %x, want %x", text, got, v.want)
		}
	}
	if Marvin(nil, 1) == Marvin([]byte{0}, 1) {
		t.Error("a zero byte changes nothing")
	}
}

// TestSeeds holds them against the numbers in IdentifiableMetadata.cs.
func TestSeeds(t *testing.T) {
	for name, want := range map[string]uint64{
		"Default0": 0x44656661756c7430, "Send0000": 0x53656e6430303030, "Listen00": 0x4c697374656e3030, "Manage00": 0x4d616e6167653030,
		"System00": 0x53797374656d3030, "MastRO00": 0x4d617374524f3030, "MastRW00": 0x4d61737452573030, "SystRO00": 0x53797374524f3030,
		"SystRW00": 0x5379737452573030, "SysAll00": 0x537973416c6c3030, "Resour00": 0x5265736f75723030, "Encryp00": 0x456e637279703030,
		"Functi00": 0x46756e6374693030, "Master00": 0x4d61737465723030, "Access00": 0x4163636573733030, "Query000": 0x5175657279303030,
		"PAdmin00": 0x5041646d696e3030, "AbAcct00": 0x4162416363743030, "ACRDflt0": 0x41435244666c7430, "Classic0": 0x436c617373696330,
		"UsrPwd00": 0x5573725077643030, "IoTHub00": 0x496f544875623030, "DpsKey00": 0x4470734b65793030, "Device00": 0x4465766963653030,
		"Tenant00": 0x54656e616e743030, "Gatewy00": 0x4761746577793030, "GitKey00": 0x4769744b65793030, "AadPwd00": 0x4161645077643030,
		"SendRecv": 0x53656e6452656376,
	} {
		if got := Seed(name); got != want {
			t.Errorf("Seed(%q) = %x, want %x", name, got, want)
		}
	}
	known := map[string]bool{}
	for _, k := range AzureKinds {
		known[k.Seed] = true
	}
	if len(known) < 25 {
		t.Errorf("%d seeds are in use", len(known))
	}
}

var random = rand.New(rand.NewPCG(1, 2))

func word(alphabet string, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[random.IntN(len(alphabet))])
	}
	return b.String()
}

// azureHeads are how many characters stand before the signature, and the total.
var azureHeads = map[string][2]int{"AzFu": {44, 56}, "AzSe": {42, 52}, "+ACR": {42, 52}}

func headOf(k AzureKind) string {
	n := 76
	switch k.Sign {
	case "+ASb", "+AEh", "+ARm", "AIoT", "AzCa", "AZEG":
		n = 33
	}
	if h, ok := azureHeads[k.Sign]; ok {
		n = h[0]
	}
	return word(base62, n) + k.Sign
}

func TestAzureKeysNameTheirKind(t *testing.T) {
	for _, k := range AzureKinds {
		for range 20 {
			head := headOf(k)
			key := head + AzureKeySum(head, k, k.Sign == "AzFu")
			if n := len(key); n != 44 && n != 52 && n != 56 && n != 88 {
				t.Fatalf("%s: %d characters", k.Name, n)
			}
			if got, ok := AzureKey(key); !ok || got != k {
				t.Fatalf("a %s with seed %s is read as %+v, %v", k.Name, k.Seed, got, ok)
			}
			wrong := string('a'+byte(key[0]+1)%26) + key[1:]
			if _, ok := AzureKey(wrong); ok && wrong != key {
				t.Fatalf("%s: a changed key passes", k.Name)
			}
		}
	}
}

func TestRedisKeysWithoutSpecialCharacters(t *testing.T) {
	k := AzureKind{"AzCa", "Access00", "Cache for Redis access key", "read-write"}
	for {
		head := headOf(k)
		key := head + AzureKeySum(head, k, false)
		made := strings.NewReplacer("+", "P", "/", "F").Replace(key)
		if made == key {
			continue
		}
		if got, ok := AzureKey(made); !ok || got != k {
			t.Errorf("%v %v", got, ok)
		}
		return
	}
}

func TestAnnotatedKeys(t *testing.T) {
	for range 200 {
		head := word(base62, 52) + "JQQJ99" + "CC" + word(base62, 12) + "AAAB" + "ACOG"
		a, ok := AnnotatedKey(head + AnnotatedSum(head))
		want := Annotated{"ACOG", '9', time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), head[60:72], "AAAB"}
		if !ok || a != want {
			t.Fatalf("got %+v %v, want %+v", a, ok, want)
		}
		sum, _ := annotatedBytes(head)
		long := head + annotatedText(sum)
		if a, ok := AnnotatedKey(long); !ok || a != want || len(long) != 88 {
			t.Fatalf("88 characters: got %+v %v", a, ok)
		}
		if _, ok := AnnotatedKey(head + base64.StdEncoding.EncodeToString(sum[:3])); !ok {
			t.Fatal("the checksum in base64 is not known")
		}
		if _, ok := AnnotatedKey(head + base64.StdEncoding.EncodeToString(sum)); !ok {
			t.Fatal("the checksum of four bytes in base64 is not known")
		}
		if _, ok := AnnotatedKey(head + "0000"); ok && AnnotatedSum(head) != "0000" {
			t.Fatal("a wrong checksum passes")
		}
	}
	if got := annotatedText([]byte{0, 0, 0, 0}); got != "000000==" && !strings.HasPrefix(got, "0000") {
		t.Errorf("zero is written %q", got)
	}
	head := strings.Repeat("a", 52) + "JQQJ99" + "zL" + strings.Repeat("A", 12) + "AAAA" + "msql"
	if a, ok := AnnotatedKey(head + AnnotatedSum(head)); !ok || a.Month.Year() != 2075 || a.Month.Month() != 12 {
		t.Errorf("z is read as %v %v, want 2075", a.Month, ok)
	}
}

func TestEntraSecrets(t *testing.T) {
	// Two examples that microsoft/security-utilities generates.
	if checked, ok := EntraSecret("yyy7Q~" + strings.Repeat("y", 31)); checked || !ok {
		t.Errorf("7Q~: %v %v", checked, ok)
	}
	if sum := EntraSum("zzz8Q~" + strings.Repeat("z", 31)); sum != "blP" {
		t.Errorf("the sum is %q, want blP", sum)
	}
	s := word(entraAlphabet, 3) + "8Q~" + word(entraAlphabet, 31)
	if checked, ok := EntraSecret(s + EntraSum(s)); !checked || !ok {
		t.Errorf("8Q~: %v %v", checked, ok)
	}
	if _, ok := EntraSecret(s + "~~~"); ok {
		t.Error("a wrong checksum passes")
	}
	if _, ok := EntraSecret("abc9Q~" + strings.Repeat("a", 34)); ok {
		t.Error("9Q~ passes")
	}
}

func TestDevOpsTokens(t *testing.T) {
	const lower = "abcdefghijklmnopqrstuvwxyz234567"
	for range 50 {
		raw := word(lower, 51) + "a"
		for _, kind := range []string{"user", "application"} {
			token := DevOpsMake(raw, kind)
			if got, ok := DevOpsToken(token); !ok || got != kind {
				t.Fatalf("the token of a %s is read as %q, %v", kind, got, ok)
			}
		}
		if _, ok := DevOpsToken(raw); ok {
			t.Fatal("random text passes")
		}
	}
	// The vector of the reference decoder: bytes 0 to 27, and their checksum.
	d, raw := make([]byte, 28), make([]byte, 32)
	for i := range d {
		d[i] = byte(i)
	}
	copy(raw, d[:2])
	copy(raw[3:], d[2:6])
	copy(raw[9:], d[6:19])
	copy(raw[23:], d[19:])
	text := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))
	if got, ok := DevOpsToken(DevOpsMake(text, "application")); !ok || got != "application" {
		t.Errorf("got %q %v", got, ok)
	}
	if !bytes.Equal(d[:2], raw[:2]) {
		t.Error("the vector is wrong")
	}
}

func TestPublishedChecksums(t *testing.T) {
	if got := GitHubSum("ghp" + "_" + strings.Repeat("A", 30)); got != "0uCPlr" {
		t.Errorf("GitHub: %q", got)
	}
	head := "glpat" + "-" + base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\x00", 16)+"c:1\no:1\np:2a\nu:2s\x10"))
	if full := head + ".01." + GitLabLength(len(head)-6); !GitLabRoutable(full + GitLabSum(full)) {
		t.Error("GitLab")
	}
	if a := "ATA" + "TT3" + strings.Repeat("x", 40); !Atlassian(a + AtlassianSum(a)) {
		t.Error("Atlassian")
	}
	if g := "glsa" + "_" + strings.Repeat("A", 32); !Grafana(g + "_" + GrafanaSum(g)) {
		t.Error("Grafana")
	}
	if n := "SU" + word("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 52); !NKeySeed(n[:2] + "A" + n[3:] + NKeySum(n[:2]+"A"+n[3:])) {
		t.Error("NATS")
	}
}

func FuzzAll(f *testing.F) {
	f.Add("a" + strings.Repeat("A", 83))
	f.Add(strings.Repeat("a", 52) + "JQQJ99CC" + strings.Repeat("A", 15) + "BACOG0000")
	f.Add(strings.Repeat("A", 33) + "+ASb" + "AAAAAA=")
	f.Add(strings.Repeat("\n", 33) + "+ASb" + strings.Repeat("\n", 6))
	f.Add("a.b.0100")
	f.Fuzz(func(t *testing.T, s string) {
		AzureKey(s)
		AnnotatedKey(s)
		EntraSecret(s)
		DevOpsToken(s)
		GitHub(s)
		GitLabRoutable(s)
		Atlassian(s)
		Grafana(s)
		NKeySeed(s)
		NKeySum(s)
		GitLabRoutableSum(s)
		AnnotatedSum(s)
		DevOpsMake(s, "user")
		for _, k := range AzureKinds {
			AzureKeySum(s+k.Sign, k, false)
		}
	})
}

// TestDigitsTwin compares what is written with what is only compared.
func TestDigitsTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 20_000 {
		n := rng.Uint32() >> rng.IntN(32)
		width := 1 + rng.IntN(8)
		s := digits(n, base36, width)
		other := s
		switch rng.IntN(4) {
		case 0:
			other = "0" + s
		case 1:
			other = s[1:]
		case 2:
			b := []byte(s)
			b[rng.IntN(len(b))] = base36[rng.IntN(36)]
			other = string(b)
		}
		if got := isDigits(other, n, base36, width); got != (other == s) {
			t.Fatalf("%q is said to be %v as %d in %d digits, which is %q", other, got, n, width, s)
		}
		if crc(s) != crc32.ChecksumIEEE([]byte(s)) {
			t.Fatalf("the sum of %q is %08x", s, crc(s))
		}
	}
}
