package decode

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/whosekey/whosekey/leak"
)

// keyStores reads Java's and PKCS 12 files, as they are or in base64. Names,
// dates and certificates are not encrypted in the first; in the second the
// names of private keys mostly are not.
func keyStores(in *Input) []leak.Evidence {
	raw := []byte(in.Value)
	if !isKeyStore(raw) {
		if len(in.Value) < 60 || !strings.HasPrefix(in.Value, "/u3+7QAAA") && !strings.HasPrefix(in.Value, "zs7OzgAAA") && in.Value[0] != 'M' {
			return nil
		}
		var ok bool
		if raw, ok = unlines(in.Value); !ok || !isKeyStore(raw) {
			return nil
		}
	}
	if raw[0] == 0x30 {
		return pkcs12(raw)
	}
	return javaStore(raw, in)
}

// isKeyStore looks for the magic numbers of JKS and JCEKS with version 2 or less,
// and for a PFX: SEQUENCE { INTEGER 3, SEQUENCE { OID pkcs7-data ...
func isKeyStore(raw []byte) bool {
	if len(raw) < 32 {
		return false
	}
	magic := binary.BigEndian.Uint32(raw)
	if magic == 0xfeedfeed || magic == 0xcececece {
		return binary.BigEndian.Uint32(raw[4:]) <= 2
	}
	return raw[0] == 0x30 && strings.Contains(string(raw[:32]), "\x02\x01\x03\x30") &&
		strings.Contains(string(raw[:32]), "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07")
}

// javaStore reads entries: a tag, an alias, a date in milliseconds, and a
// private key with its chain, or a certificate (sun.security.provider.JavaKeyStore).
func javaStore(raw []byte, in *Input) []leak.Evidence {
	r := &wire{data: raw[8:]}
	count := r.number()
	c := about("java", leak.Certificate, "Java key store", .5, "its first bytes")
	c.weight = .8
	for i := uint32(0); i < min(count, maxBlocks) && !r.bad; i++ {
		tag, alias := r.number(), r.short()
		when := int64(r.number())<<32 | int64(r.number())
		chain := uint32(1)
		if tag == 1 {
			r.text() // the private key, encrypted
			chain = min(r.number(), 16)
		} else if tag != 2 {
			break
		}
		for n := range chain {
			r.short() // "X.509"
			der := r.text()
			if n == 0 && tag == 1 && !r.bad && len(der) < maxCertificate {
				if cert, err := x509.ParseCertificate(der); err == nil {
					c.join(certificate(cert, in).list)
				}
			}
		}
		if r.bad {
			break
		}
		if tag != 1 {
			c.text(leak.ClaimNote, "trusts the certificate "+alias, "entry of the store")
			continue
		}
		c.text(leak.ClaimLabel, alias, "alias of a private key")
		if c.find(leak.ClaimIssued, len(c.list)) < 0 {
			c.time(leak.ClaimIssued, time.UnixMilli(when), "date of a private key's entry")
		}
	}
	c.add(leak.ClaimNote, "in a Java key store", "its first bytes")
	return c.list
}

// short is a text with a length of two bytes.
func (w *wire) short() string {
	if len(w.data) < 2 {
		w.bad = true
		return ""
	}
	n := int(binary.BigEndian.Uint16(w.data))
	if n > len(w.data)-2 {
		w.bad = true
		return ""
	}
	s := string(w.data[2 : 2+n])
	w.data = w.data[2+n:]
	return s
}

var (
	oidFriendlyName = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 20}
	oidShroudedKey  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 2}
	oidKeyBag       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 1}
)

// pkcs12 looks for names in what is not encrypted (RFC 7292).
func pkcs12(raw []byte) []leak.Evidence {
	w := &pfx{c: about("x509", leak.Certificate, "PKCS 12 key store", .8, "its structure"), budget: 4096}
	w.walk(raw, 0)
	if w.shrouded > 0 {
		w.c.add(leak.ClaimNote, "its private key is encrypted with a password", "its structure")
	}
	if w.open > 0 {
		w.c.add(leak.ClaimNote, "its private key is not encrypted", "its structure")
	}
	return w.c.list
}

type pfx struct {
	c              *told
	shrouded, open int
	budget         int // values that may still be looked at
	next           bool
}

// walk looks at every value, and into the octet strings that hold more.
func (w *pfx) walk(der []byte, depth int) {
	for len(der) > 0 && depth < 24 {
		var v asn1.RawValue
		rest, err := asn1.Unmarshal(der, &v)
		if w.budget--; err != nil || w.budget < 0 {
			return
		}
		der = rest
		switch {
		case v.IsCompound:
			w.walk(v.Bytes, depth+1)
		case v.Class != asn1.ClassUniversal:
		case v.Tag == asn1.TagOID:
			var id asn1.ObjectIdentifier
			if _, err := asn1.Unmarshal(v.FullBytes, &id); err != nil {
				continue
			}
			w.next = id.Equal(oidFriendlyName)
			if id.Equal(oidShroudedKey) {
				w.shrouded++
			} else if id.Equal(oidKeyBag) {
				w.open++
			}
		case v.Tag == asn1.TagBMPString && w.next:
			w.next = false
			w.c.text(leak.ClaimLabel, bmp(v.Bytes), "friendly name of a key")
		case v.Tag == asn1.TagOctetString && len(v.Bytes) > 2 && v.Bytes[0] == 0x30:
			w.walk(v.Bytes, depth+1)
		}
	}
}

// bmp decodes UTF-16.
func bmp(raw []byte) string {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(raw[2*i:])
	}
	return string(utf16.Decode(units))
}
