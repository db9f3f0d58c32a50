package tokensum

import "strings"

const bech32Letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// UnBech32 decodes a Bech32 string (BIP 173) without its limit of 90
// characters, which age lifts.
func UnBech32(s string) (hrp string, data []byte, ok bool) {
	if strings.ToLower(s) != s && strings.ToUpper(s) != s {
		return "", nil, false
	}
	s = strings.ToLower(s)
	at := strings.LastIndexByte(s, '1')
	if at < 1 || len(s)-at < 7 || len(s) > 4096 {
		return "", nil, false
	}
	hrp = s[:at]
	values, ok := valuesOf(s[at+1:])
	if !ok {
		return "", nil, false
	}
	if polymod(append(expand(hrp), values...)) != 1 {
		return "", nil, false
	}
	data, ok = regroup(values[:len(values)-6], 5, 8, false)
	return hrp, data, ok
}

// Bech32 encodes in lower case.
func Bech32(hrp string, data []byte) string {
	values, _ := regroup(data, 8, 5, true)
	return hrp + "1" + letters(append(values, bech32Sum(hrp, values)...))
}

// bech32Sum are the six values that end what begins with these.
func bech32Sum(hrp string, values []byte) []byte {
	sum := polymod(append(append(expand(hrp), values...), 0, 0, 0, 0, 0, 0)) ^ 1
	out := make([]byte, 6)
	for i := range out {
		out[i] = byte(sum >> (5 * (5 - i)) & 31)
	}
	return out
}

func letters(values []byte) string {
	out := make([]byte, len(values))
	for i, v := range values {
		out[i] = bech32Letters[v]
	}
	return string(out)
}

// valuesOf are the numbers of letters; false if one is no letter of Bech32.
func valuesOf(s string) ([]byte, bool) {
	out := make([]byte, len(s))
	for i := range out {
		v := strings.IndexByte(bech32Letters, s[i])
		if v < 0 {
			return nil, false
		}
		out[i] = byte(v)
	}
	return out, true
}

// AgeKey reports whether a secret key of age (age-encryption.org/v1) has the checksum
// that it must have, and holds 32 bytes.
func AgeKey(key string) bool {
	hrp, data, ok := UnBech32(key)
	return ok && strings.HasPrefix(hrp, "age-secret-key-") && len(data) == 32
}

// AgeSum is the checksum that follows the beginning of such a key, in upper case.
func AgeSum(head string) string {
	at := strings.LastIndexByte(head, '1')
	if at < 1 {
		return ""
	}
	lower := strings.ToLower(head)
	values, ok := valuesOf(lower[at+1:])
	if !ok {
		return ""
	}
	return strings.ToUpper(letters(bech32Sum(lower[:at], values)))
}

func expand(hrp string) []byte {
	out := make([]byte, 0, 2*len(hrp)+1)
	for i := range len(hrp) {
		out = append(out, hrp[i]>>5)
	}
	out = append(out, 0)
	for i := range len(hrp) {
		out = append(out, hrp[i]&31)
	}
	return out
}

func polymod(values []byte) uint32 {
	generator := [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
	sum := uint32(1)
	for _, v := range values {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ uint32(v)
		for i, g := range generator {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	return sum
}

// regroup turns groups of from bits into groups of to bits.
func regroup(data []byte, from, to uint, fill bool) ([]byte, bool) {
	var out []byte
	acc, bits := uint32(0), uint(0)
	for _, v := range data {
		acc = acc<<from | uint32(v)
		for bits += from; bits >= to; {
			bits -= to
			out = append(out, byte(acc>>bits&(1<<to-1)))
		}
	}
	if fill && bits > 0 {
		out = append(out, byte(acc<<(to-bits)&(1<<to-1)))
	}
	return out, fill || bits < from && acc&(1<<bits-1) == 0
}
