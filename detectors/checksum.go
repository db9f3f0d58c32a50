package detectors

import (
	"crypto/ed25519"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
)

// checksum is a published algorithm by which a credential proves that it is
// one and not something that looks like it.
type checksum struct {
	title string
	// valid reports whether a whole credential satisfies the checksum.
	valid func(token string) bool
	// sum returns what has to be appended to the beginning of a credential.
	sum func(head string) string
}

// checksums are the algorithms that rules may name. Sources: reference pages of
// the providers, and for the Azure family microsoft/security-utilities.
var checksums = map[string]checksum{
	"github-crc32": {
		title: "CRC-32 in base 62, as GitHub and npm append it",
		valid: func(t string) bool { return len(t) > 10 && t[len(t)-6:] == crcBase62(t[:len(t)-6]) },
		sum:   crcBase62,
	},
	"gitlab-routable": {
		title: "CRC-32 in base 36 and length of a routable token",
		valid: gitlabRoutable,
		sum: func(head string) string {
			body := head[strings.IndexByte(head, '-')+1:]
			head += ".01." + pad(base(uint64(len(body)), base36), '0', 2)
			return head[len(head)-6:] + pad(base(uint64(crc32.ChecksumIEEE([]byte(head))), base36), '0', 7)
		},
	},
	"atlassian-crc32": {
		title: "CRC-32 in hex at the end",
		valid: func(t string) bool { return len(t) > 8 && strings.EqualFold(t[len(t)-8:], crcHex(t[:len(t)-8])) },
		sum:   func(head string) string { return strings.ToUpper(crcHex(head)) },
	},
	"grafana-crc32": {
		title: "CRC-32 in little-endian hex at the end",
		valid: func(t string) bool { return len(t) == 46 && t[38:] == crcHexLE(t[:37]) },
		sum:   func(head string) string { return crcHexLE(strings.TrimSuffix(head, "_")) },
	},
	"nkey-crc16": {title: "CRC-16 and prefix of an nkey seed", valid: nkeySeed, sum: nkeySum},
}

// Checksum returns what a rule's checksum appends to the head of a token; it
// is what ${sum} in examples stands for. nil if the rule names none.
func Checksum(name string) func(head string) string { return checksums[name].sum }

// Mend makes the checksum of a token right that is valid but for it. ok is
// false if there is no such algorithm, or it is no such token.
func Mend(name, token string) (mended string, ok bool) {
	c, known := checksums[name]
	if !known {
		return "", false
	}
	const shortest, longest = 4, 13 // checksums, in characters
	for n := shortest; n <= min(longest, len(token)-1); n++ {
		head := token[:len(token)-n]
		if made := head + c.sum(head); len(made) == len(token) && c.valid(made) {
			return made, true
		}
	}
	return "", false
}

const (
	base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	base36 = "0123456789abcdefghijklmnopqrstuvwxyz"
)

func base(n uint64, alphabet string) string {
	var out []byte
	for ; n > 0; n /= uint64(len(alphabet)) {
		out = append([]byte{alphabet[n%uint64(len(alphabet))]}, out...)
	}
	return string(out)
}

func pad(s string, with byte, width int) string {
	return strings.Repeat(string(with), max(0, width-len(s))) + s
}

// crcBase62 sums what is behind the prefix and its underscore.
func crcBase62(head string) string {
	body := head[strings.IndexByte(head, '_')+1:]
	return pad(base(uint64(crc32.ChecksumIEEE([]byte(body))), base62), '0', 6)
}

func crcHex(s string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(s))) }

func crcHexLE(s string) string {
	return hex.EncodeToString(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(s))))
}

// gitlabRoutable checks PREFIX-BASE64.01.LLCCCCCCC: LL is the length of
// BASE64 and C the checksum of all before it (gitlabhq, lib/authn).
func gitlabRoutable(t string) bool {
	if len(t) < 13 {
		return false
	}
	head, sum := t[:len(t)-7], t[len(t)-7:]
	if sum != pad(base(uint64(crc32.ChecksumIEEE([]byte(head))), base36), '0', 7) {
		return false
	}
	fields := strings.Split(head, ".")
	if len(fields) != 3 {
		return false
	}
	body := fields[0][strings.IndexByte(fields[0], '-')+1:]
	return fields[2] == pad(base(uint64(len(body)), base36), '0', 2)
}

// nkeySeed checks a NATS seed: base32 of two prefix bytes, 32 bytes and a
// little-endian CRC-16 (nats-io/nkeys).
func nkeySeed(t string) bool {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(t)
	if err != nil || len(raw) != 2+ed25519.SeedSize+2 {
		return false
	}
	body := raw[:len(raw)-2]
	return binary.LittleEndian.Uint16(raw[len(raw)-2:]) == crc16(body) && body[0]&248 == 18<<3
}

// nkeySum ignores the head's last characters, which would straddle the sum: it
// makes a seed of the head's first 54 and appends the rest of the encoding.
func nkeySum(head string) string {
	if len(head) > 56 {
		return ""
	}
	enc := base32.StdEncoding.WithPadding(base32.NoPadding)
	raw, err := enc.DecodeString(head + strings.Repeat("A", 56-len(head)))
	if err != nil {
		return ""
	}
	raw = raw[:34]
	return enc.EncodeToString(binary.LittleEndian.AppendUint16(raw, crc16(raw)))[len(head):]
}

func crc16(data []byte) (crc uint16) {
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
