package cilog

import (
	"crypto/tls"
	"errors"
	"fmt"
)

// untrusted reports whether a server has no certificate that this machine trusts: to
// ask again does not help.
func untrusted(err error) bool { return errors.As(err, new(*tls.CertificateVerificationError)) }

// trusting adds to such an error what helps: Go reads authorities from the file that the
// variable names, too, but on Windows and macOS, where they stand in the system's store.
// https://pkg.go.dev/crypto/x509#SystemCertPool
func trusting(err error) error {
	if !untrusted(err) {
		return err
	}
	return fmt.Errorf("%w: if it is an authority of your own, name the file with its certificate in SSL_CERT_FILE", err)
}
