package tokensum

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"time"
)

// Annotated is what a common annotated security key of Azure says: 84 or
// 88 characters with JQQJ9 in them
// (https://github.com/microsoft/security-utilities,
// LegacyCommonAnnotatedSecurityKey.cs and IdentifiableSecrets.cs).
type Annotated struct {
	Provider string    // four characters: AZDO, ACOG, ...; lower case if the platform manages the key
	Kind     byte      // '9' a key, 'D' a derived key, 'H' a hash
	Month    time.Time // its first instant, in which the key was made
	Platform string    // 12 characters
	Data     string    // four characters of the provider's
}

const (
	annotatedMark = "JQQJ9"
	base64Std     = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	annotatedBody = 80 // characters that the checksum is of
)

// AnnotatedKey reads such a key. ok is false if its form or checksum is wrong.
func AnnotatedKey(key string) (a Annotated, ok bool) {
	if len(key) != 84 && len(key) != 88 || key[52:57] != annotatedMark || !strings.Contains("9DH", key[57:58]) {
		return a, false
	}
	year, month := strings.IndexByte(base64Std, key[58]), strings.IndexByte(base64Std, key[59])
	if year < 0 || month < 0 || month > 11 || !annotatedSum(key) {
		return a, false
	}
	return Annotated{
		Provider: key[76:80], Kind: key[57], Month: time.Date(2024+year, time.Month(month+1), 1, 0, 0, 0, 0, time.UTC),
		Platform: key[60:72], Data: key[72:76],
	}, true
}

// annotatedSum knows both ways in which the checksum was written: base 62 in
// newer keys, base64 in older ones.
func annotatedSum(key string) bool {
	sum, ok := annotatedBytes(key[:annotatedBody])
	if !ok {
		return false
	}
	have := key[annotatedBody:]
	bytes := 4
	if len(key) == 84 {
		bytes = 3
	}
	return base64.StdEncoding.EncodeToString(sum[:bytes]) == have ||
		strings.HasPrefix(annotatedText(sum), strings.TrimRight(have, "="))
}

func annotatedBytes(head string) (sum []byte, ok bool) {
	raw, ok := decodeKey(head)
	return marvinBytes(raw, Seed("Default0")), ok
}

// annotatedText is base 62 of the bytes as a big-endian number, with a 0 for each
// zero byte before it and zeros behind it, cut to what four bytes of base64 hold.
func annotatedText(sum []byte) string {
	text := ""
	for i := 0; i < len(sum)-1 && sum[i] == 0; i++ {
		text += "0"
	}
	text += digits(binary.BigEndian.Uint32(sum), base62, 1)
	text += strings.Repeat("0", max(0, sumLen-len(text)))
	raw, err := base64.RawStdEncoding.DecodeString(text[:sumLen])
	if err != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// AnnotatedSum is what is appended to the first 80 characters of such a key
// of 84.
func AnnotatedSum(head string) string {
	if sum, ok := annotatedBytes(head); ok && len(head) == annotatedBody {
		return annotatedText(sum)[:4]
	}
	return ""
}

// entraAlphabet are the digits of the checksum of an application's secret.
const entraAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~"

// EntraSecret looks at the secret of an application of Entra ID. checked is
// whether it has a checksum, which then is right: secrets with 8Q~ have one, of
// which three digits are kept, those with 7Q~ have none.
func EntraSecret(s string) (checked, ok bool) {
	if len(s) < 37 || len(s) > 40 || strings.Trim(s, entraAlphabet) != "" {
		return false, false
	}
	switch s[3:6] {
	case "7Q~":
		return false, true
	case "8Q~":
		ok = s[len(s)-3:] == EntraSum(s[:len(s)-3])
		return ok, ok
	}
	return false, false
}

// EntraForm reports whether a secret of an application is not one with 8Q~ and a wrong
// checksum.
func EntraForm(s string) bool {
	return len(s) > 9 && s[4:6] == "Q~" && (s[3] != '8' || s[len(s)-3:] == EntraSum(s[:len(s)-3]))
}

// EntraSum are the three digits that end a secret.
func EntraSum(head string) string {
	return digits(Marvin32([]byte(head), Seed("AadPwd00")), entraAlphabet, 6)[:3]
}

// Magic numbers of the checksums of Azure DevOps tokens (IdentifiableMetadata.cs).
const (
	devOpsUser = 0xE0B9692D
	devOpsApp  = 0x1019F92E
)

// DevOpsToken says whether a token of Azure DevOps in its older form, 52
// characters of base32, is that of a "user" or of an "application". The bytes of
// its checksum stand among the others (SEC101_102_AdoPat.cs).
func DevOpsToken(t string) (kind string, ok bool) {
	raw, ok := devOpsBytes(t)
	if !ok {
		return "", false
	}
	sum := binary.LittleEndian.Uint32([]byte{raw[22], raw[8], raw[7], raw[2]})
	switch sum ^ devOpsCRC(raw) {
	case devOpsUser:
		return "user", true
	case devOpsApp:
		return "application", true
	}
	return "", false
}

func devOpsBytes(t string) ([]byte, bool) {
	if len(t) != 52 || t != strings.ToLower(t) {
		return nil, false
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(t))
	return raw, err == nil && len(raw) == 32
}

func devOpsCRC(raw []byte) uint32 {
	body := append([]byte(nil), raw[0:2]...)
	body = append(append(append(body, raw[3:7]...), raw[9:22]...), raw[23:32]...)
	return crc32.ChecksumIEEE(body)
}

// DevOpsMake puts the checksum of a kind, "user" or "application", into a token.
func DevOpsMake(t, kind string) string {
	raw, ok := devOpsBytes(t)
	if !ok {
		return ""
	}
	magic := uint32(devOpsUser)
	if kind == "application" {
		magic = devOpsApp
	}
	sum := binary.LittleEndian.AppendUint32(nil, devOpsCRC(raw)^magic)
	raw[22], raw[8], raw[7], raw[2] = sum[0], sum[1], sum[2], sum[3]
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))
}
