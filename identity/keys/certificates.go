package keys

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/decode"
)

// maxBeside is how many certificates of one text are looked at.
const maxBeside = 32

var (
	certBegin = []byte("-----BEGIN CERTIFICATE-----")
	certEnd   = []byte("-----END CERTIFICATE-----")
	// certBase64 is what certBegin is in base64, but for its last bytes: so they stand in a
	// Secret of Kubernetes.
	certBase64 = []byte(base64.StdEncoding.EncodeToString(certBegin[:24]))
)

// certificates finds certificates of the key in the text that it stands in: behind it in a
// file that nobody calls .pem, in another field of settings or of a Secret, on standard
// input. seen has the places that were told of already.
func certificates(q *identity.Query, own []decode.Public, seen map[string]bool) (a identity.Answer) {
	own = slices.DeleteFunc(slices.Clone(own), func(p decode.Public) bool { return p.Kind != "spki" })
	if len(own) == 0 {
		return a
	}
	for i := range q.Places {
		p := &q.Places[i]
		for _, c := range certificatesIn(p.Text) {
			if !slices.ContainsFunc(decode.PublicKeys(c.pem), func(k decode.Public) bool { return slices.Contains(own, k) }) {
				continue
			}
			ref := fmt.Sprintf("%s:%d", p.Path, p.FirstLine+bytes.Count(p.Text[:c.at], []byte("\n")))
			if !seen[ref] {
				seen[ref] = true
				h := half{kind: certificate, path: p.Path, cert: c.pem}
				h.tell(&a, ref, q)
			}
		}
	}
	return a
}

// found is a certificate in a text, which may have its line breaks written as \n.
type found struct {
	pem string
	at  int
}

// certificatesIn are the certificates in PEM of a text, and those in base64.
func certificatesIn(text []byte) (all []found) {
	for at := 0; len(all) < maxBeside; {
		i := bytes.Index(text[at:], certBegin)
		if i < 0 {
			break
		}
		at += i
		end := bytes.Index(text[at:min(len(text), at+maxFile)], certEnd)
		if end < 0 {
			at += len(certBegin)
			continue
		}
		all = append(all, found{string(text[at : at+end+len(certEnd)]), at})
		at += end
	}
	for at := 0; len(all) < maxBeside; {
		i := bytes.Index(text[at:], certBase64)
		if i < 0 {
			break
		}
		at += i
		n := 0
		for at+n < len(text) && n < maxFile && isBase64(text[at+n]) {
			n++
		}
		if raw, err := base64.RawStdEncoding.DecodeString(string(text[at : at+n])); err == nil {
			for _, c := range certificatesIn(raw) {
				all = append(all, found{c.pem, at})
			}
		}
		at += n
	}
	return all[:min(len(all), maxBeside)]
}

func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}
