package decode

import (
	"strings"
	"testing"
	"time"
)

// TestHuge decodes long values that try to make decoders slow. The limit is wide,
// as other programs run: what is quadratic takes minutes.
func TestHuge(t *testing.T) {
	if testing.Short() {
		t.Skip()
	}
	const size = maxValue / 4
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for name, value := range map[string]string{
		"begins":      fill("-----BEGIN A-----\n"),
		"begins, end": fill("-----BEGIN A-----\n")[:size-40] + "-----END A-----\n",
		"keys":        fill("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
		"one line":    fill(`-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`),
		"brackets":    "clusters users contexts " + fill("[")[:size-100],
		"yaml":        "clusters: users\ncontexts:\n" + fill("- {a: &a [*a]}\n")[:size-100],
		"json":        `{"terraform_version":` + fill("{\"a\":")[:size-100],
		"auths":       `{"auths":{` + fill(`"a.io":{"auth":"YTpi"},`)[:size-100] + `"b":{}}}`,
		"xml":         "<settings><server>" + fill("<a>")[:size-100],
		"xml text":    "<settings><server>" + fill("a<b/>")[:size-100],
		"colons":      fill("a:1:b:c:d\n"),
		"equals":      fill("aPassword=b\naUsername=c\n"),
		"npm":         fill("//h/:_authToken=b\n"),
		"machines":    fill("machine a login b password c\n"),
		"pgp":         "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n" + fill("mAAA")[:size-100],
		"age":         fill("AGE-SECRET-KEY-1QQ\n"),
		"seeds":       fill(nkey(20<<3, make([]byte, 32)) + "\n"),
		"slashes":     "postgres://" + fill("@/:")[:4000],
		"dots":        fill("."),
		"letters":     fill("A"),
		"ssh":         fill("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA a@b\n"),
		"certificate": fill("-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n"),
		"java":        "\xfe\xed\xfe\xed\x00\x00\x00\x02\xff\xff\xff\xff" + fill("\x00\x00\x00\x01\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")[:size-100],
		"der":         "\x30\x84\x00\x0f\xff\x00\x02\x01\x03\x30\x84\x00\x0f\xf0\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01" + fill("\x30\x00")[:size-100],
	} {
		begin := time.Now()
		Decode(Input{Value: value, Now: now})
		one := time.Since(begin)
		PublicKeys(value)
		t.Logf("%-12s %v, public keys %v", name, one.Round(time.Millisecond), (time.Since(begin) - one).Round(time.Millisecond))
	}
}
