package identity

import (
	"slices"

	"github.com/whosekey/whosekey/leak"
)

// pair reports whether it is a pair of keys, which is itself the identity: anybody can
// make one for any name, and write any organization into a certificate. The user of a
// server who has a key is none.
func (c *Conclusion) pair() bool {
	switch c.identityType() {
	case leak.SigningKey, leak.EncryptionKey, leak.Certificate, leak.SSHKey, leak.DeployKey:
	default:
		return false
	}
	if c.get(leak.ClaimTenant, Likely) != "" && !slices.Contains([]string{"organization", "certificate authority"}, c.get(leak.ClaimTenantKind, Possible)) {
		return false
	}
	return c.get(leak.ClaimFingerprint, Likely) != ""
}
