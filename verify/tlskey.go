package verify

import (
	"context"
	"crypto"
	"crypto/x509"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// tlsKey looks for the certificate that a private key belongs to among those
// that were seen in the same scan (Query.Certificates), which says for whom it
// is and until when. Nobody is asked: whether the certificate was revoked, or is
// trusted by anybody, is not known, so that a key is expired or unknown. A key
// without a certificate is treated as one of SSH.
type tlsKey struct{ sshKey }

func (k tlsKey) Plan(q Query) ([]Call, error) {
	if key, err := privateKey(q.part(leak.SecretPart)); err == nil && certificateOf(&q, key) != nil {
		return nil, nil
	}
	return k.sshKey.Plan(q)
}

func (k tlsKey) Verify(ctx context.Context, q Query) leak.Verdict {
	key, err := privateKey(q.part(leak.SecretPart))
	if err != nil {
		return k.sshKey.Verify(ctx, q)
	}
	c := certificateOf(&q, key)
	if c == nil {
		return k.login(ctx, &q, key)
	}
	v := leak.Verdict{Facts: tidyFacts(&q, certificateFacts(c))}
	if over(c.NotAfter, q.Now) {
		return is(v, leak.Expired, "the certificate that it belongs to: "+endedAt(c.NotAfter))
	}
	end := c.NotAfter.UTC().Format(time.RFC3339)
	if q.Now.After(c.NotAfter) {
		return is(v, leak.Unknown, "it belongs to a certificate that stands nearby, which ended at "+end+", unless the clock of this machine is wrong")
	}
	return is(v, leak.Unknown, "it belongs to a certificate that stands nearby, which is valid until "+end)
}

// certificateOf returns the certificate of a key, the one that ends last if
// there are several; nil if none was seen.
func certificateOf(q *Query, key crypto.Signer) (last *x509.Certificate) {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || q.Certificates == nil {
		return nil
	}
	for _, c := range q.Certificates() {
		if public.Equal(c.PublicKey) && (last == nil || c.NotAfter.After(last.NotAfter)) {
			last = c
		}
	}
	return last
}

func certificateFacts(c *x509.Certificate) map[string]string {
	name := c.Subject.CommonName
	if len(c.DNSNames) > 0 {
		name = c.DNSNames[0]
	}
	return map[string]string{
		leak.FactKind: "certificate", leak.FactName: name, leak.FactTenantName: firstOf(c.Subject.Organization), leak.FactID: c.SerialNumber.Text(16),
		leak.FactCreated: c.NotBefore.UTC().Format(time.RFC3339), leak.FactExpires: c.NotAfter.UTC().Format(time.RFC3339),
	}
}

func firstOf(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}
