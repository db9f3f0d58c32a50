package verify

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"sync"
)

// Certificates keeps those that a scan comes by, in PEM, or in base64 of that as
// manifests of Kubernetes have them, for private keys that belong to one, and what
// kubeconfigs say of their servers. A
// certificate that an edge between two chunks cuts through is not seen. It may be
// used by several goroutines.
type Certificates struct {
	mu   sync.Mutex
	seen map[[32]byte]bool
	all  []*x509.Certificate

	servers map[string][]authority // of clusters: see lookClusters
	kube    []clusters             // of several clusters: see lookContexts
}

const (
	pemBegin = "-----BEGIN CERTIFICATE-----"
	pemEnd   = "-----END CERTIFICATE-----"
	// maxCertificate bounds one in PEM or base64, and manyCertificates how many
	// are kept: a repository may be made of them.
	maxCertificate   = 32 << 10
	manyCertificates = 10_000
)

// pemBase64 is how pemBegin begins in base64.
var pemBase64 = []byte(base64.StdEncoding.EncodeToString([]byte(pemBegin)))

// Look reads the certificates in a text.
func (c *Certificates) Look(text []byte) {
	c.lookClusters(text)
	c.lookContexts(text)
	for rest := text; ; {
		i := bytes.Index(rest, []byte(pemBegin))
		if i < 0 {
			break
		}
		rest = rest[i:]
		// The next dashes must be those of its end; so each byte is looked at once.
		body := rest[len(pemBegin):]
		end := bytes.Index(body, []byte("-----"))
		if end < 0 {
			break
		}
		if end <= maxCertificate && bytes.HasPrefix(body[end:], []byte(pemEnd)) {
			c.read(rest[:len(pemBegin)+end+len(pemEnd)])
		}
		rest = body[end:]
	}
	for rest := text; ; {
		i := bytes.Index(rest, pemBase64)
		if i < 0 {
			return
		}
		rest = rest[i:]
		run := rest[:min(len(rest), maxCertificate)]
		if end := bytes.IndexFunc(run, func(r rune) bool {
			return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '+' && r != '/'
		}); end >= 0 {
			run = run[:end]
		}
		b := make([]byte, base64.RawStdEncoding.DecodedLen(len(run)))
		n, _ := base64.RawStdEncoding.Decode(b, run)
		for block, more := pem.Decode(b[:n]); block != nil; block, more = pem.Decode(more) {
			c.keep(block)
		}
		rest = rest[max(len(run), len(pemBase64)):]
	}
}

// read takes a block as it may stand in a text: indented, with carriage returns,
// or on one line with \n for its ends.
func (c *Certificates) read(text []byte) {
	text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte(`\r`), nil), []byte(`\n`), []byte("\n"))
	var out []byte
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		out = append(append(out, bytes.TrimSpace(line)...), '\n')
	}
	if block, _ := pem.Decode(out); block != nil {
		c.keep(block)
	}
}

func (c *Certificates) keep(block *pem.Block) {
	sum := sha256.Sum256(block.Bytes)
	c.mu.Lock()
	defer c.mu.Unlock()
	if block.Type != "CERTIFICATE" || c.seen[sum] || len(c.all) >= manyCertificates {
		return
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return
	}
	if c.seen == nil {
		c.seen = map[[32]byte]bool{}
	}
	c.seen[sum] = true
	c.all = append(c.all, cert)
}

// All returns those that were seen so far.
func (c *Certificates) All() []*x509.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[:len(c.all):len(c.all)]
}
