// Package tokensum computes the checksums that providers put into their
// credentials. It knows nothing of rules or findings.
package tokensum

import (
	"crypto/ed25519"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
)

const (
	base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	base36 = "0123456789abcdefghijklmnopqrstuvwxyz"
)

// digits writes a number in an alphabet, with zeros in front up to a width.
func digits(n uint32, alphabet string, width int) string {
	var out [32]byte
	i := len(out)
	for ; n > 0 || len(out)-i < width; n /= uint32(len(alphabet)) {
		i--
		out[i] = alphabet[n%uint32(len(alphabet))]
	}
	return string(out[i:])
}

// isDigits reports whether s is what digits writes, without writing it.
func isDigits(s string, n uint32, alphabet string, width int) bool {
	if len(s) < width || len(s) > width && s[0] == '0' {
		return false
	}
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] != alphabet[n%uint32(len(alphabet))] {
			return false
		}
		n /= uint32(len(alphabet))
	}
	return n == 0
}

// crc is the CRC-32 of what takes too few bytes for crc32's assembly to pay for the copy
// that it would need.
func crc(s string) uint32 {
	sum := ^uint32(0)
	for i := range len(s) {
		sum = crc32.IEEETable[byte(sum)^s[i]] ^ sum>>8
	}
	return ^sum
}

// GitHub reports whether the last six characters of a token of GitHub or npm
// are its CRC-32 in base 62
// (https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/).
func GitHub(t string) bool {
	return len(t) > 10 && isDigits(t[len(t)-6:], githubCRC(t[:len(t)-6]), base62, 6)
}

// GitHubSum sums what is behind the prefix and its last underscore, as Polar (polar_oat_) does too.
func GitHubSum(head string) string {
	return digits(githubCRC(head), base62, 6)
}

func githubCRC(head string) uint32 { return crc(head[strings.LastIndexByte(head, '_')+1:]) }

// Synapse reports whether what stands behind the last underscore of a token of
// Synapse is the CRC-32 in base 62 of all that stands before it
// (generate_access_token in synapse/handlers/auth.py).
func Synapse(t string) bool {
	i := strings.LastIndexByte(t, '_')
	return i > 0 && isDigits(t[i+1:], crc(t[:i]), base62, 6)
}

// SynapseSum sums what is before the last underscore, with which head ends.
func SynapseSum(head string) string {
	return digits(crc(strings.TrimSuffix(head, "_")), base62, 6)
}

// GitLabRoutable checks PREFIX-BASE64.01.LLCCCCCCC: LL is the length of
// BASE64 and C the checksum of all before it (gitlabhq, lib/authn).
func GitLabRoutable(t string) bool {
	if len(t) < 13 {
		return false
	}
	head, sum := t[:len(t)-7], t[len(t)-7:]
	if !isDigits(sum, crc(head), base36, 7) {
		return false
	}
	fields := strings.Split(head, ".")
	if len(fields) != 3 {
		return false
	}
	body := fields[0][strings.IndexByte(fields[0], '-')+1:]
	return fields[2] == digits(uint32(len(body)), base36, 2)
}

// GitLabRoutableSum is what follows the base64 of a token: .01.LLCCCCCCC.
func GitLabRoutableSum(head string) string {
	body := head[strings.IndexByte(head, '-')+1:]
	head += ".01." + digits(uint32(len(body)), base36, 2)
	return head[len(head)-6:] + GitLabSum(head)
}

// GitLabRunner checks the routable token of a runner: glrt-t1_BASE64.01.LLCCCCCCC, first without .01, where
// t1_ is the kind of the runner. GitLab's own reader checks the sum of all that stands before it
// (lib/authn/token_field/decoders/v1/routable_payload.rb); that of a part which begins behind a prefix, and the length
// with the kind, pass too, as what makes the token has had them at different times.
func GitLabRunner(t string) bool {
	if len(t) < 13 {
		return false
	}
	head, sum := t[:len(t)-7], t[len(t)-7:]
	fields := strings.Split(head, ".")
	if len(fields) < 2 || len(fields) > 3 {
		return false
	}
	_, body, _ := strings.Cut(fields[0], "-")
	_, payload, _ := strings.Cut(body, "_")
	n := fields[len(fields)-1]
	if n != GitLabLength(len(payload)) && n != GitLabLength(len(body)) {
		return false
	}
	rest := head[len(fields[0]):]
	return slices.ContainsFunc([]string{fields[0], body, payload}, func(begin string) bool { return isDigits(sum, crc(begin+rest), base36, 7) })
}

// GitLabRunnerSum is what follows the base64 of a runner's token: .01.LLCCCCCCC.
func GitLabRunnerSum(head string) string {
	head += ".01." + GitLabLength(len(head)-strings.IndexByte(head, '_')-1)
	return head[len(head)-6:] + GitLabSum(head)
}

// GitLabSum is the checksum of all that stands before it in a routable token.
func GitLabSum(head string) string { return digits(crc(head), base36, 7) }

// GitLabLength writes the length of a routable token's base64.
func GitLabLength(n int) string { return digits(uint32(n), base36, 2) }

// Atlassian reports whether a token ends in its CRC-32 in hex.
func Atlassian(t string) bool {
	return len(t) > 8 && strings.EqualFold(t[len(t)-8:], AtlassianSum(t[:len(t)-8]))
}

// AtlassianSum is the CRC-32 in upper-case hex.
func AtlassianSum(head string) string { return fmt.Sprintf("%08X", crc(head)) }

// Grafana reports whether the end of a service account's token is the
// little-endian CRC-32, in hex, of what stands before the last underscore.
func Grafana(t string) bool { return len(t) == 46 && t[38:] == GrafanaSum(t[:37]) }

// GrafanaSum sums a head with or without the last underscore.
func GrafanaSum(head string) string {
	return hex.EncodeToString(binary.LittleEndian.AppendUint32(nil, crc(strings.TrimSuffix(head, "_"))))
}

var base32Raw = base32.StdEncoding.WithPadding(base32.NoPadding)

// NKeySeed checks a NATS seed: base32 of two prefix bytes, 32 bytes and a
// little-endian CRC-16 (nats-io/nkeys).
func NKeySeed(t string) bool {
	raw, err := base32Raw.DecodeString(t)
	if err != nil || len(raw) != 2+ed25519.SeedSize+2 {
		return false
	}
	body := raw[:len(raw)-2]
	return binary.LittleEndian.Uint16(raw[len(raw)-2:]) == CRC16(body) && body[0]&248 == 18<<3
}

// NKeySum ignores the head's last characters, which would straddle the sum: it
// makes a seed of the head's first 54 and appends the rest of the encoding.
func NKeySum(head string) string {
	if len(head) > 56 {
		return ""
	}
	raw, err := base32Raw.DecodeString(head + strings.Repeat("A", 56-len(head)))
	if err != nil {
		return ""
	}
	raw = raw[:34]
	return base32Raw.EncodeToString(binary.LittleEndian.AppendUint16(raw, CRC16(raw)))[len(head):]
}

// CRC16 is the checksum of XMODEM, polynomial 0x1021.
func CRC16(data []byte) (crc uint16) {
	for _, b := range data {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
