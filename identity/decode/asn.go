package decode

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 old keys are what is looked for
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
)

// maxBits is the longest RSA or DSA modulus that is looked at.
const maxBits = 1 << 15

var (
	oidRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidDSA = asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1}
	oidEC  = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
)

// oidNames are algorithms of PKCS 8 by their arc.
var oidNames = map[string]string{
	oidRSA.String(): "RSA", oidDSA.String(): "DSA", oidEC.String(): "EC", "1.2.840.113549.1.1.10": "RSA-PSS",
	"1.3.101.110": "X25519", "1.3.101.111": "X448", "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448",
	"2.16.840.1.101.3.4.3.17": "ML-DSA-44", "2.16.840.1.101.3.4.3.18": "ML-DSA-65", "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
	"2.16.840.1.101.3.4.4.1": "ML-KEM-512", "2.16.840.1.101.3.4.4.2": "ML-KEM-768", "2.16.840.1.101.3.4.4.3": "ML-KEM-1024",
}

// rsaPublic reads modulus and exponent of a PKCS 1 key (RFC 8017, A.1.2). The
// library's parser checks the primes too, which takes milliseconds.
func rsaPublic(der []byte) crypto.PublicKey {
	list := integers(der, 3)
	if len(list) < 3 {
		return nil
	}
	n, e := list[1], list[2]
	if n.Sign() <= 0 || n.BitLen() > maxBits || !e.IsInt64() || e.Int64() < 2 || e.Int64() > 1<<31-1 {
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}

// integers are the first numbers of a sequence of them, at most most.
func integers(der []byte, most int) []*big.Int {
	var seq asn1.RawValue
	if _, err := asn1.Unmarshal(der, &seq); err != nil || seq.Tag != asn1.TagSequence {
		return nil
	}
	var list []*big.Int
	for rest := seq.Bytes; len(rest) > 0 && len(list) < most; {
		var n *big.Int
		var err error
		if rest, err = asn1.Unmarshal(rest, &n); err != nil {
			break
		}
		list = append(list, n)
	}
	return list
}

// dsaPublic reads OpenSSL's form: version, p, q, g, y, x.
func dsaPublic(der []byte) crypto.PublicKey {
	n := integers(der, 5)
	if len(n) < 5 || n[1].BitLen() > maxBits {
		return nil
	}
	return &dsa.PublicKey{Parameters: dsa.Parameters{P: n[1], Q: n[2], G: n[3]}, Y: n[4]}
}

// pkcs8 reads a key and its algorithm (RFC 5958). Of those that the library
// does not know it tells the algorithm only.
func pkcs8(der []byte) (crypto.PublicKey, string) {
	var k struct {
		Version   int
		Algorithm struct {
			ID         asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		Key  []byte
		Rest asn1.RawValue `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(der, &k); err != nil {
		return nil, ""
	}
	name := oidNames[k.Algorithm.ID.String()]
	if k.Algorithm.ID.Equal(oidRSA) {
		return rsaPublic(k.Key), name
	}
	private, err := x509.ParsePKCS8PrivateKey(der)
	if has, ok := private.(interface{ Public() crypto.PublicKey }); err == nil && ok && len(der) < 1024 {
		return has.Public(), name
	}
	return nil, name
}
