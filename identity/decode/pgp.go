package decode

import (
	"crypto/sha1" //nolint:gosec // fingerprints of version 4 are defined with it
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/whosekey/whosekey/leak"
)

// maxPackets is how many packets of a PGP file are looked at.
const maxPackets = 200

// pgpKey is what the packets of one key say (RFC 9580).
type pgpKey struct {
	fingerprint string
	algorithm   string
	bits        int
	created     time.Time
	expires     time.Time
	private     bool
	protected   bool // with a passphrase
	dummy       bool // the private half is elsewhere: a card, another computer
	users       []string
	flags       byte
	subkeys     []string // their fingerprints
}

// pgpNames are the public key algorithms.
var pgpNames = map[byte]string{
	1: "RSA", 2: "RSA", 3: "RSA", 16: "Elgamal", 17: "DSA", 18: "ECDH", 19: "ECDSA", 22: "EdDSA", 25: "X25519", 26: "X448", 27: "Ed25519", 28: "Ed448",
}

// pgp reads private keys, in ASCII armor or as their packets.
func pgp(in *Input) []leak.Evidence {
	armored := strings.Contains(in.Value, "-----BEGIN PGP PRIVATE KEY BLOCK-----")
	var keys []pgpKey
	if armored {
		keys = pgpKeys(unarmor(in.Value))
	} else if tag, _, _, ok := packet([]byte(in.Value)); ok && tag == 5 {
		keys = pgpKeys([]byte(in.Value))
	}
	if !armored && (len(keys) == 0 || keys[0].algorithm == "") {
		return nil
	}
	if len(keys) == 0 {
		return about("privatekey", leak.SigningKey, "PGP private key", .5, "its first line").list
	}
	k := keys[0]
	c := about("privatekey", leak.SigningKey, "PGP private key ("+k.algorithm+bitsOf(k.bits)+")", .95, "its packets")
	c.add(leak.ClaimID, k.fingerprint, "fingerprint of the key")
	c.add(leak.ClaimFingerprint, k.fingerprint, "fingerprint of the key")
	for _, sub := range k.subkeys {
		c.add(leak.ClaimFingerprint, sub, "fingerprint of a subkey")
	}
	c.time(leak.ClaimIssued, k.created, "creation time in the key")
	c.time(leak.ClaimExpires, k.expires, "expiration in the key's self-signature")
	for i, user := range k.users {
		pgpUser(c, user, i == 0)
	}
	switch {
	case k.dummy:
		c.add(leak.ClaimNote, "the private half of the primary key is not in the file", "its packets")
	case k.protected:
		c.add(leak.ClaimNote, "encrypted with a passphrase", "its packets")
	default:
		c.add(leak.ClaimNote, "not protected by a passphrase", "its packets")
	}
	for _, may := range pgpFlags {
		if k.flags&may.bit != 0 {
			c.add(leak.ClaimPermission, may.word, "flags of the key")
		}
	}
	for _, other := range keys[1:] {
		c.add(leak.ClaimNote, "also in the file: PGP key "+other.fingerprint, "another key in the file")
	}
	return c.list
}

// pgpFlags say what a key is for (RFC 9580, 5.2.3.29).
var pgpFlags = []struct {
	bit  byte
	word string
}{{1, "certify"}, {2, "sign"}, {4, "encrypt"}, {32, "authenticate"}}

func bitsOf(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d bits", n)
}

// pgpUser reads "Name (comment) <address>".
func pgpUser(c *told, user string, first bool) {
	const reason = "user id of the key"
	name, mail, _ := strings.Cut(user, "<")
	mail = strings.TrimSuffix(strings.TrimSpace(mail), ">")
	if _, _, bare := mailAddress(user); bare {
		name, mail = "", user
	}
	name = strings.TrimSpace(name)
	if _, _, is := mailAddress(mail); is {
		c.add(leak.ClaimEmail, mail, reason)
	}
	if first && name == "" {
		name, _, _ = strings.Cut(mail, "@")
	}
	if first && !hasAddress(name) {
		c.add(leak.ClaimName, name, reason)
		if !automatic(name) {
			c.weigh(leak.ClaimHuman, name, .6, reason)
		}
	}
}

// automatic reports whether a name has a word for what is no person.
func automatic(name string) bool {
	for word := range strings.FieldsFuncSeq(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) }) {
		switch word {
		case "bot", "ci", "cd", "release", "releases", "build", "builder", "signing", "automatic", "automation", "key", "archive", "packages", "team", "repository", "deploy":
			return true
		}
	}
	return false
}

// pgpKeys reads the keys of a file, private and public ones.
func pgpKeys(raw []byte) []pgpKey {
	var keys []pgpKey
	inSubkey := false
	for range maxPackets {
		tag, body, rest, ok := packet(raw)
		if !ok {
			break
		}
		raw = rest
		switch last := len(keys) - 1; {
		case tag == 5 || tag == 6:
			if k, ok := pgpHalf(body, tag == 5); ok {
				keys, inSubkey = append(keys, k), false
			}
		case last < 0:
		case tag == 7 || tag == 14:
			if k, ok := pgpHalf(body, tag == 7); ok {
				keys[last].subkeys = append(keys[last].subkeys, k.fingerprint)
				inSubkey = true
			}
		case tag == 13 && len(body) < 512:
			keys[last].users = append(keys[last].users, string(body))
		case tag == 2 && !inSubkey:
			keys[last].selfSigned(body)
		}
	}
	return keys
}

// pgpHalf reads the packet of a key: version, time, algorithm, the public
// numbers, and how the private ones are protected.
func pgpHalf(body []byte, private bool) (pgpKey, bool) {
	if len(body) < 6 || body[0] < 4 || body[0] > 6 {
		return pgpKey{}, false
	}
	version, algorithm, head := body[0], body[5], 6
	k := pgpKey{created: time.Unix(int64(binary.BigEndian.Uint32(body[1:])), 0), algorithm: pgpNames[algorithm], private: private}
	length, bits, ok := publicLength(body[head:], algorithm)
	if version > 4 {
		if len(body) < 10 {
			return pgpKey{}, false
		}
		head = 10
		length, ok = int(binary.BigEndian.Uint32(body[6:])), true
		_, bits, _ = publicLength(body[head:], algorithm)
	}
	if !ok || length < 0 || length > len(body)-head {
		return pgpKey{}, false
	}
	k.bits = bits
	public, secret := body[:head+length], body[head+length:]
	k.fingerprint = pgpFingerprint(version, public)
	if private && len(secret) > 0 {
		k.protected = secret[0] != 0
		// GnuPG's own kind 101 of S2K: there is no private half here.
		k.dummy = len(secret) > 6 && secret[0] >= 254 && secret[2] == 101 && string(secret[4:7]) == "GNU"
	}
	return k, true
}

func pgpFingerprint(version byte, public []byte) string {
	n := len(public)
	var sum []byte
	switch version {
	case 4:
		s := sha1.Sum(append([]byte{0x99, byte(n >> 8), byte(n)}, public...))
		sum = s[:]
	default:
		mark := byte(0x95 + version) // 0x9a for version 5, 0x9b for 6
		s := sha256.Sum256(append(binary.BigEndian.AppendUint32([]byte{mark}, uint32(n)), public...))
		sum = s[:]
	}
	return strings.ToUpper(hex.EncodeToString(sum))
}

// publicLength is how many bytes the public numbers take, and how many bits the
// first of them has.
func publicLength(b []byte, algorithm byte) (length, bits int, ok bool) {
	numbers, curve, extra := 0, false, false
	switch algorithm {
	case 1, 2, 3:
		numbers = 2
	case 16:
		numbers = 3
	case 17:
		numbers = 4
	case 18:
		numbers, curve, extra = 1, true, true
	case 19, 22:
		numbers, curve = 1, true
	case 25, 27:
		return 32, 0, len(b) >= 32
	case 26:
		return 56, 0, len(b) >= 56
	case 28:
		return 57, 0, len(b) >= 57
	default:
		return 0, 0, false
	}
	if curve {
		if len(b) < 1 {
			return 0, 0, false
		}
		length = 1 + int(b[0])
	}
	for i := range numbers {
		if len(b) < length+2 {
			return 0, 0, false
		}
		n := int(binary.BigEndian.Uint16(b[length:]))
		if i == 0 && !curve {
			bits = n
		}
		length += 2 + (n+7)/8
	}
	if extra {
		if len(b) <= length {
			return 0, 0, false
		}
		length += 1 + int(b[length])
	}
	return length, bits, length <= len(b)
}

// selfSigned reads the hashed subpackets of a signature over the key or a user
// id: 9 is how long the key is valid, 27 what it is for.
func (k *pgpKey) selfSigned(body []byte) {
	if len(body) < 6 || body[0] != 4 && body[0] != 6 || body[1] != 0x1f && (body[1] < 0x10 || body[1] > 0x13) {
		return
	}
	head, n := 6, int(binary.BigEndian.Uint16(body[4:]))
	if body[0] == 6 {
		if len(body) < 8 {
			return
		}
		head, n = 8, int(binary.BigEndian.Uint32(body[4:]))
	}
	if n < 0 || n > len(body)-head {
		return
	}
	for area := body[head : head+n]; len(area) > 1; {
		length, skip := int(area[0]), 1
		if area[0] >= 192 && area[0] < 255 {
			length, skip = int(area[0]-192)<<8+int(area[1])+192, 2
		}
		if area[0] == 255 || length < 1 || length > len(area)-skip {
			return
		}
		sub := area[skip : skip+length]
		area = area[skip+length:]
		switch sub[0] & 127 {
		case 9:
			if len(sub) == 5 {
				if sec := binary.BigEndian.Uint32(sub[1:]); sec > 0 {
					k.expires = k.created.Add(time.Duration(sec) * time.Second)
				}
			}
		case 27:
			if len(sub) > 1 {
				k.flags |= sub[1]
			}
		}
	}
}
