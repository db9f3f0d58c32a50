package main

import (
	"crypto/x509"
	"fmt"

	"github.com/whosekey/whosekey/policy"
)

// authorities are those of the system and of some files; nil if there are none.
func authorities(files []string) (*x509.CertPool, error) {
	if len(files) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	for _, name := range files {
		b, err := policy.ReadFile(name)
		if err != nil {
			return nil, usage(fmt.Errorf("read --verify-ca: %w", err), "")
		}
		if !pool.AppendCertsFromPEM(b) {
			return nil, usage(fmt.Errorf("--verify-ca %s: there is no certificate in it", name), "it must be in PEM; in a kubeconfig it is certificate-authority-data, in base64")
		}
	}
	return pool, nil
}
