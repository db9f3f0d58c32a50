package decode

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/whosekey/whosekey/leak"
)

// wire reads SSH's binary form: texts with a big-endian length in front.
type wire struct {
	data []byte
	bad  bool
}

func (w *wire) number() uint32 {
	if len(w.data) < 4 {
		w.bad = true
		return 0
	}
	n := binary.BigEndian.Uint32(w.data)
	w.data = w.data[4:]
	return n
}

func (w *wire) text() []byte {
	n := w.number()
	if w.bad || uint64(n) > uint64(len(w.data)) {
		w.bad = true
		return nil
	}
	s := w.data[:n]
	w.data = w.data[n:]
	return s
}

// fieldsOf is how many texts stand between type and comment in an unencrypted
// private key, per type (openssh, PROTOCOL.key and sshkey.c).
var fieldsOf = map[string]int{
	"ssh-rsa": 6, "ssh-dss": 5, "ssh-ed25519": 2,
	"ecdsa-sha2-nistp256": 3, "ecdsa-sha2-nistp384": 3, "ecdsa-sha2-nistp521": 3,
	// Keys of a token: the application, flags as one byte, handle, reserved.
	"sk-ssh-ed25519@openssh.com": -1, "sk-ecdsa-sha2-nistp256@openssh.com": -2,
}

// openSSH reads openssh-key-v1: cipher, key derivation, its options, the number
// of keys, the public key, which is never encrypted, and the private part.
func openSSH(raw []byte) (key, bool) {
	const magic = "openssh-key-v1\x00"
	k := key{form: "OpenSSH"}
	if !strings.HasPrefix(string(raw), magic) {
		return k, true // the first line says what it is
	}
	w := &wire{data: raw[len(magic):]}
	cipher := string(w.text())
	w.text()
	w.text()
	count := w.number()
	public := w.text()
	private := w.text()
	if w.bad && public == nil || count < 1 {
		return k, true
	}
	k.encrypted, k.wire = cipher != "none", public
	k.algorithm = strings.TrimPrefix(string((&wire{data: public}).text()), "ssh-")
	k.measure()
	if k.encrypted {
		return k, true
	}
	p := &wire{data: private}
	p.number()
	p.number()
	n := fieldsOf[string(p.text())]
	for i := 0; i < n; i++ {
		p.text()
	}
	if n < 0 {
		for range 1 - n { // the curve's name, the point, the application
			p.text()
		}
		if !p.bad && len(p.data) > 0 {
			p.data = p.data[1:]
		}
		p.text()
		p.text()
	}
	if comment := p.text(); n != 0 && !p.bad {
		k.comment = string(comment)
	}
	return k, true
}

func wireFingerprint(public []byte) string {
	sum := sha256.Sum256(public)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// putty reads PuTTY's files, whose public half and comment are never encrypted.
func putty(text string) (key, bool) {
	if !strings.HasPrefix(text, "PuTTY-User-Key-File-") {
		return key{}, false
	}
	k := key{form: "PuTTY"}
	if !strings.Contains(text, "\n") { // PuTTY reads those too: the.earth.li/~sgtatham/putty/0.79/htmldoc/AppendixC.html
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines) && i < 400; i++ {
		name, value, ok := strings.Cut(strings.TrimSpace(lines[i]), ":")
		value = strings.TrimSpace(value)
		switch {
		case !ok:
		case name == "Encryption":
			k.encrypted = value != "none"
		case name == "Comment":
			k.comment = value
		case name == "Public-Lines":
			n, err := strconv.Atoi(value)
			if err == nil && n > 0 && n < 200 && i+n < len(lines) {
				k.wire, _ = unlines(strings.Join(lines[i+1:i+1+n], ""))
				i += n
			}
		}
	}
	if k.wire == nil {
		return k, true
	}
	k.algorithm = strings.TrimPrefix(string((&wire{data: k.wire}).text()), "ssh-")
	k.measure()
	return k, true
}

// ssh2 reads the headers of RFC 4716-like private keys of ssh.com.
func ssh2(text string) (key, bool) {
	if !strings.HasPrefix(text, "---- BEGIN SSH2 ") || !strings.Contains(text[:min(len(text), 64)], "PRIVATE KEY") {
		return key{}, false
	}
	k := key{form: "SSH2"}
	for line := range strings.Lines(text[:min(len(text), 8192)]) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "Comment:"); ok {
			k.comment = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return k, true
}

// sshFiles reads keys that are in no PEM block.
func sshFiles(in *Input) []leak.Evidence {
	k, ok := putty(in.Value)
	if !ok {
		k, ok = ssh2(in.Value)
	}
	if !ok {
		return sshPublic(in.Value)
	}
	return k.claims(true).list
}

// sshPublic reads a certificate or a public key in the form of authorized_keys.
func sshPublic(text string) []leak.Evidence {
	if !sshLine(text) {
		return nil
	}
	public, comment, _, _, err := ssh.ParseAuthorizedKey([]byte(text[:min(len(text), 1<<16)]))
	if err != nil {
		return nil
	}
	if cert, ok := public.(*ssh.Certificate); ok {
		return sshCertificate(cert)
	}
	c := about("privatekey", leak.SSHKey, "SSH public key, which is no secret", .8, "the form of authorized_keys")
	c.add(leak.ClaimFingerprint, ssh.FingerprintSHA256(public), "the key itself")
	c.add(leak.ClaimID, ssh.FingerprintSHA256(public), "the key itself")
	commentHints(c, comment)
	return c.list
}

func sshLine(text string) bool {
	for _, start := range []string{"ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-", "rsa-sha2-"} {
		if strings.HasPrefix(text, start) {
			return strings.Contains(text[:min(len(text), 80)], " AAAA")
		}
	}
	return false
}

// sshCertificate reads what a certificate lets its key do.
func sshCertificate(cert *ssh.Certificate) []leak.Evidence {
	kind := "SSH user certificate"
	if cert.CertType == ssh.HostCert {
		kind = "SSH host certificate"
	}
	c := about("privatekey", leak.Certificate, kind, .8, "the certificate")
	c.text(leak.ClaimLabel, cert.KeyId, "key id in the certificate")
	if _, _, is := mailAddress(cert.KeyId); is {
		c.add(leak.ClaimEmail, cert.KeyId, "key id in the certificate")
	}
	for i, name := range cert.ValidPrincipals[:min(len(cert.ValidPrincipals), 16)] {
		if i == 0 {
			c.who(name, "first principal in the certificate")
		}
		c.text(leak.ClaimScope, "log in as "+name, "principals in the certificate")
	}
	c.add(leak.ClaimKeyID, strconv.FormatUint(cert.Serial, 10), "serial number of the certificate")
	if cert.ValidAfter < 1<<40 {
		c.unix(leak.ClaimIssued, int64(cert.ValidAfter), "valid after")
	}
	if cert.ValidBefore < 1<<40 {
		c.time(leak.ClaimExpires, time.Unix(int64(cert.ValidBefore), 0), "valid before")
	} else {
		c.add(leak.ClaimNote, "never expires", "valid before")
	}
	c.add(leak.ClaimFingerprint, ssh.FingerprintSHA256(cert.Key), "the key that it is for")
	c.add(leak.ClaimID, ssh.FingerprintSHA256(cert.Key), "the key that it is for")
	if cert.SignatureKey != nil {
		c.tenant(ssh.FingerprintSHA256(cert.SignatureKey), "certificate authority", "who signed it")
	}
	if command := cert.CriticalOptions["force-command"]; command != "" {
		c.text(leak.ClaimPermission, "only the command "+command, "options of the certificate")
	}
	return c.list
}
