package detectors

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
)

const (
	base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	base36 = "0123456789abcdefghijklmnopqrstuvwxyz"
)

// in writes a number in an alphabet.
func in(n uint32, alphabet string, width int) (s string) {
	for ; n > 0; n /= uint32(len(alphabet)) {
		s = string(alphabet[n%uint32(len(alphabet))]) + s
	}
	return strings.Repeat("0", width-len(s)) + s
}

// vectors are credentials made as the providers make them: see reference page
// NHI, section 3. They are put together here, so that no file holds one.
func vectors() map[string][]string {
	crc := func(s string) uint32 { return crc32.ChecksumIEEE([]byte(s)) }
	le := func(v uint32) string {
		return fmt.Sprintf("%08x", binary.BigEndian.Uint32(binary.LittleEndian.AppendUint32(nil, v)))
	}
	a30 := strings.Repeat("A", 30)
	payload := "c:1\no:1\np:2a\nu:2s"
	enc := base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\x00", 16) + payload + string(rune(len(payload)))))
	routable := "glpat" + "-" + enc + ".01." + in(uint32(len(enc)), base36, 2)
	n := in(uint32(len(enc)), base36, 2)
	runner, first := "glr"+"t-t1_"+enc+".01."+n, "glr"+"tr-t3_"+enc+"."+n
	atlassian := "ATA" + "TT3" + strings.Repeat("x", 40)
	grafana := "gl" + "sa_" + strings.Repeat("A", 32)
	seed := append([]byte{18<<3 | 20<<3>>5, 20 << 3 & 31 << 3}, make([]byte, 32)...)
	crcX := uint16(0)
	for _, b := range seed { // XMODEM, bit by bit
		for i := 7; i >= 0; i-- {
			bit := crcX>>15 ^ uint16(b>>i&1)
			crcX = crcX<<1 ^ bit*0x1021
		}
	}
	synapse := "sy" + "t_ZGVwbG95_" + strings.Repeat("Ab", 10)
	return map[string][]string{
		"synapse-crc32":   {synapse + "_" + in(crc(synapse), base62, 6)},
		"github-crc32":    {"gh" + "p_" + a30 + "0u" + "CPlr" /* published */, "np" + "m_" + a30 + in(crc(a30), base62, 6), "gh" + "o_B" + a30[1:] + in(crc("B"+a30[1:]), base62, 6)},
		"gitlab-routable": {routable + in(crc(routable), base36, 7)},
		"gitlab-runner":   {runner + in(crc(runner), base36, 7), first + in(crc(first), base36, 7)},
		"atlassian-crc32": {atlassian + fmt.Sprintf("%08X", crc(atlassian))},
		"grafana-crc32":   {grafana + "_" + le(crc(grafana))},
		"bech32":          {"AGE-SECRET" + "-KEY-1N9JEPW6DWJ0ZQUDX63F5A03G" + "X8QUW7PXDE39N8UYF82VZ9PC8UFS3M7XA9" /* doc/age-keygen.1 of age */},
		"azure-key":       {strings.Repeat("a", 76) + "+AS" + "t5mnCaw==", strings.Repeat("a", 76) + "ACD" + "bt/cVzg==", strings.Repeat("a", 33) + "+AS" + "bfgk2JQ="},
		"azure-annotated": {strings.Repeat("a", 52) + "JQQ" + "J99CC" + strings.Repeat("A", 12) + "AAABACOG" + "4MML"},
		"entra-secret":    {"zzz8" + "Q~" + strings.Repeat("z", 31) + "blP" /* examples of microsoft/security-utilities */},
		"nkey-crc16":      {base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(binary.LittleEndian.AppendUint16(seed, crcX))},
	}
}

func TestChecksums(t *testing.T) {
	vs := vectors()
	for name, c := range checksums {
		if len(vs[name]) == 0 {
			t.Errorf("%s: no vector", name)
		}
		if c.title == "" || c.valid == nil || c.sum == nil {
			t.Errorf("%s lacks a part", name)
		}
		for _, v := range vs[name] {
			if !c.valid(v) {
				t.Errorf("%s: refuses %q", name, v)
			}
			for i := range v { // each changed character is noticed
				for _, r := range []string{"0", "x", "B"} {
					if w := v[:i] + r + v[i+1:]; c.valid(w) && !strings.EqualFold(w, v) && harmful(name, v, i) {
						t.Errorf("%s: takes %q for %q", name, w, v)
					}
				}
			}
			for n := range v { // and what is cut off
				if c.valid(v[:n]) {
					t.Errorf("%s: takes %q", name, v[:n])
				}
			}
			for _, bad := range []string{"", "a", "_", ".", "..", "-..", v + "x", "x" + v + "é", strings.ToLower(v) + "!", strings.Repeat("\xff", 56), strings.Repeat("A", 200)} {
				if c.valid(bad) {
					t.Errorf("%s: takes %q", name, bad)
				}
			}
		}
	}
	if Checksum("") != nil || Checksum("none") != nil {
		t.Error("a checksum that does not exist can be made")
	}
}

// harmful reports whether a change at v[i] must be noticed: prefixes are the
// pattern's business.
func harmful(name, v string, i int) bool {
	switch name {
	case "github-crc32":
		return i >= 4
	case "synapse-crc32":
		return i != len(v)-7 // the separator
	case "grafana-crc32":
		return i != 37 // the separator
	case "nkey-crc16":
		return i < len(v)-1 // two bits of padding
	case "entra-secret":
		return i < 3 || i > 5 // others than 8Q~ have none
	}
	return true
}

// TestSums: what examples append makes a valid credential.
func TestSums(t *testing.T) {
	for name, head := range map[string]string{
		"github-crc32": "gh" + "p_" + strings.Repeat("q7W", 10), "gitlab-routable": "glpat" + "-" + strings.Repeat("q7W", 9),
		"synapse-crc32":   "sy" + "t_ZGVwbG95_" + strings.Repeat("q", 20) + "_",
		"atlassian-crc32": "ATA" + "TT3" + strings.Repeat("q7W", 10), "grafana-crc32": "gl" + "sa_" + strings.Repeat("q7", 16) + "_",
		"nkey-crc16": "SU" + "A" + strings.Repeat("Q7W", 17), "bech32": "AGE-SECRET-KEY-1" + strings.Repeat("Q7Z", 17) + "S",
		"azure-key": strings.Repeat("q7Wz", 19) + "+AB" + "a", "entra-secret": "q7W8" + "Q~" + strings.Repeat("q", 31),
		"azure-annotated": strings.Repeat("q7Wz", 13) + "JQQ" + "J99CC" + strings.Repeat("A", 12) + "AAAB" + "ACOG",
	} {
		token := head + Checksum(name)(head)
		if name == "gitlab-routable" {
			body := head[strings.IndexByte(head, '-')+1:]
			token = head + ".01." + in(uint32(len(body)), base36, 2)
			token += in(crc32.ChecksumIEEE([]byte(token)), base36, 7)
		}
		if !checksums[name].valid(token) {
			t.Errorf("%s: the sum of %q is not valid: %q", name, head, token)
		}
	}
}

// TestMend: a changed token gets a checksum that is right, and keeps its
// shape.
func TestMend(t *testing.T) {
	for name, vs := range vectors() {
		for _, v := range vs {
			if got, ok := Mend(name, v); !ok || got != v {
				t.Errorf("%s: %q becomes %q", name, v, got)
			}
			at, other := len(v)/2, "B"
			if name == "bech32" {
				other = "Q" // B is none of its letters
			}
			changed := v[:at] + other + v[at+1:]
			got, ok := Mend(name, changed)
			if !ok || len(got) != len(v) || got[:at+1] != changed[:at+1] || !checksums[name].valid(got) {
				t.Errorf("%s: %q becomes %q, %t", name, changed, got, ok)
			}
			for n := range v { // whatever it is given
				Mend(name, v[:n])
				Mend(name, v+v[:n])
			}
		}
	}
	if _, ok := Mend("none", "abc"); ok {
		t.Error("mends what has no checksum")
	}
}
