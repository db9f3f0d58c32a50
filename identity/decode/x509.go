package decode

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// maxCertificate is the longest certificate that is parsed, in bytes of DER.
const maxCertificate = 1 << 16

// certificates reads X.509 certificates in PEM blocks. The evidence is about the one of
// the key beside them, spki; if that is not known, about the first, as servers and clients
// put their own before those of authorities. It is nil if the key has none. The others are
// listed by their subjects.
func certificates(in *Input, spki string) (c *told, others []string) {
	for _, b := range blocks(in.Value) {
		if b.Type != "CERTIFICATE" && b.Type != "TRUSTED CERTIFICATE" || len(b.Bytes) > maxCertificate {
			continue
		}
		cert, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			continue
		}
		if c == nil && (spki == "" || spki == fingerprintOf(cert)) {
			c = certificate(cert, in)
		} else {
			others = append(others, subject(cert))
		}
	}
	return c, others
}

// fingerprintOf is the SHA-256 of a certificate's public key in hex.
func fingerprintOf(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

func subject(cert *x509.Certificate) string {
	if cert.Subject.CommonName != "" {
		return cert.Subject.CommonName
	}
	return strings.Join(cert.Subject.Organization, ", ")
}

func certificate(cert *x509.Certificate, in *Input) *told {
	identity, kind, provider := leak.Certificate, "X.509 certificate", "x509"
	if cert.IsCA {
		kind = "X.509 certificate of an authority"
	}
	c := &told{weight: .97}
	for i, uri := range cert.URIs {
		if uri.Scheme != "spiffe" || i > 8 {
			continue
		}
		identity, provider, kind = leak.WorkloadIdentity, "spiffe", "SPIFFE certificate (X.509-SVID)"
		c.add(leak.ClaimName, uri.String(), "SPIFFE id among the alternative names")
		c.tenant(uri.Host, "trust domain", "SPIFFE id among the alternative names")
	}
	c.join(about(provider, identity, kind, .97, "the certificate").list)
	if identity == leak.WorkloadIdentity {
		c.text(leak.ClaimLabel, cert.Subject.CommonName, "common name of the subject")
	} else {
		c.who(cert.Subject.CommonName, "common name of the subject")
	}
	groups(c, cert)
	c.text(leak.ClaimNote, prefixed("issued by ", issuer(cert)), "issuer of the certificate")
	c.add(leak.ClaimKeyID, fmt.Sprintf("%x", cert.SerialNumber), "serial number of the certificate")
	c.time(leak.ClaimIssued, cert.NotBefore, "not before")
	c.time(leak.ClaimExpires, cert.NotAfter, "not after")
	if !in.Now.IsZero() && in.Now.After(cert.NotAfter) {
		c.add(leak.ClaimNote, "expired", "not after")
	}
	altNames(c, cert)
	usages(c, cert)
	weaknesses(c, cert)
	c.add(leak.ClaimFingerprint, "spki-sha256:"+fingerprintOf(cert), "the public key in the certificate")
	return c
}

func issuer(cert *x509.Certificate) string {
	if cert.Issuer.CommonName != "" {
		return cert.Issuer.CommonName
	}
	return strings.Join(cert.Issuer.Organization, ", ")
}

// groups reads the organizations of the subject, which Kubernetes takes for
// groups: members of system:masters may do anything.
func groups(c *told, cert *x509.Certificate) {
	for _, group := range cert.Subject.Organization[:min(len(cert.Subject.Organization), 16)] {
		if !strings.HasPrefix(group, "system:") {
			if c.find(leak.ClaimTenant, len(c.list)) < 0 {
				c.tenant(group, "organization", "organization of the subject")
			} else {
				c.text(leak.ClaimNote, "organization "+group, "organization of the subject")
			}
			continue
		}
		c.add(leak.ClaimScope, "group "+group, "organization of the subject, a group in Kubernetes")
		c.add(leak.ClaimPermission, group, "organization of the subject, a group in Kubernetes")
		if group == "system:masters" {
			c.add(leak.ClaimPermission, "admin", "the group system:masters may do anything in a cluster")
		}
	}
}

func altNames(c *told, cert *x509.Certificate) {
	for _, name := range cert.DNSNames[:min(len(cert.DNSNames), 16)] {
		c.text(leak.ClaimServer, name, "DNS name among the alternative names")
	}
	for _, ip := range cert.IPAddresses[:min(len(cert.IPAddresses), 4)] {
		c.add(leak.ClaimServer, ip.String(), "address among the alternative names")
	}
	for _, mail := range cert.EmailAddresses[:min(len(cert.EmailAddresses), 4)] {
		c.add(leak.ClaimEmail, mail, "mail address among the alternative names")
	}
}

func usages(c *told, cert *x509.Certificate) {
	names := map[x509.ExtKeyUsage]string{
		x509.ExtKeyUsageServerAuth: "server authentication", x509.ExtKeyUsageClientAuth: "client authentication",
		x509.ExtKeyUsageCodeSigning: "code signing", x509.ExtKeyUsageEmailProtection: "mail", x509.ExtKeyUsageTimeStamping: "time stamping",
	}
	for _, use := range cert.ExtKeyUsage[:min(len(cert.ExtKeyUsage), 8)] {
		c.add(leak.ClaimPermission, names[use], "key usage in the certificate")
	}
	if cert.KeyUsage&x509.KeyUsageCertSign != 0 && cert.IsCA {
		c.add(leak.ClaimPermission, "sign certificates", "key usage in the certificate")
	}
}

func weaknesses(c *told, cert *x509.Certificate) {
	switch p := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if p.N.BitLen() < 2048 {
			c.add(leak.ClaimNote, fmt.Sprintf("weak: RSA of %d bits", p.N.BitLen()), "the public key in the certificate")
		}
	case *ecdsa.PublicKey:
	}
	switch cert.SignatureAlgorithm {
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1, x509.MD5WithRSA:
		c.add(leak.ClaimNote, "weak: signed with "+cert.SignatureAlgorithm.String(), "signature of the certificate")
	}
	if cert.NotAfter.Sub(cert.NotBefore).Hours() > 398*24 && !cert.IsCA {
		c.add(leak.ClaimNote, "valid for more than 398 days", "dates of the certificate")
	}
}
