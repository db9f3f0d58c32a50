package decode

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 old keys are what is looked for
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/whosekey/whosekey/leak"
)

// maxBlocks is how many keys and certificates of one file are looked at.
const maxBlocks = 32

// key is what is known of a private key. public is nil where it cannot be told,
// as in most encrypted ones.
type key struct {
	form      string // of the file: "PKCS 8"
	algorithm string
	bits      int
	encrypted bool
	public    crypto.PublicKey
	wire      []byte // the public key in SSH's form, if the file has that
	comment   string
}

// blocks are the PEM blocks of a text, which may stand in a string of JSON or be
// indented in YAML.
func blocks(text string) []*pem.Block {
	if !strings.Contains(text, "-----BEGIN ") {
		return nil
	}
	if !strings.Contains(text, "\n") {
		text = strings.NewReplacer(`\r`, "", `\n`, "\n").Replace(text)
		if strings.Contains(text, "-----BEGIN CERTIFICATE-----") { // fields of their own; a key alone is of what is in its file
			text = strings.ReplaceAll(text, `"`, "\n")
		}
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.Trim(line, " \t\r\n\"'`,"))
		b.WriteByte('\n')
	}
	var all []*pem.Block
	rest := []byte(b.String())
	for len(all) < maxBlocks {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		all = append(all, block)
	}
	return all
}

// pemKey reads a block with a private key.
func pemKey(b *pem.Block) (key, bool) {
	k := key{encrypted: strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED")}
	switch b.Type {
	case "RSA PRIVATE KEY":
		k.form, k.algorithm = "PKCS 1", "RSA"
		k.public = rsaPublic(b.Bytes)
	case "EC PRIVATE KEY", "ECDSA PRIVATE KEY":
		k.form, k.algorithm = "SEC 1", "EC"
		if private, err := x509.ParseECPrivateKey(b.Bytes); err == nil {
			k.public = private.Public()
		}
	case "DSA PRIVATE KEY":
		k.form, k.algorithm = "OpenSSL", "DSA"
		k.public = dsaPublic(b.Bytes)
	case "PRIVATE KEY", "ANY PRIVATE KEY", "ED25519 PRIVATE KEY":
		k.form = "PKCS 8"
		k.public, k.algorithm = pkcs8(b.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		k.form, k.encrypted = "PKCS 8", true
	case "ENCRYPTED COSIGN PRIVATE KEY", "ENCRYPTED SIGSTORE PRIVATE KEY":
		k.form, k.encrypted = "cosign", true
	case "OPENSSH PRIVATE KEY":
		return openSSH(b.Bytes)
	default:
		return key{}, false
	}
	k.measure()
	return k, true
}

// measure fills in what the public key tells.
func (k *key) measure() {
	if k.public == nil && k.wire != nil {
		if public, err := ssh.ParsePublicKey(k.wire); err == nil {
			if has, ok := public.(ssh.CryptoPublicKey); ok {
				k.public = has.CryptoPublicKey()
			}
		}
	}
	switch p := k.public.(type) {
	case *rsa.PublicKey:
		k.algorithm, k.bits = "RSA", p.N.BitLen()
	case *ecdsa.PublicKey:
		k.algorithm, k.bits = "ECDSA", p.Curve.Params().BitSize
	case ed25519.PublicKey:
		k.algorithm, k.bits = "Ed25519", 256
	case *dsa.PublicKey:
		k.algorithm, k.bits = "DSA", p.P.BitLen()
	}
}

// fingerprint is SHA256:... as ssh-keygen prints it; empty if the key is of a
// kind that SSH does not know, or not known.
func (k *key) fingerprint() string {
	if k.wire != nil {
		return wireFingerprint(k.wire)
	}
	if k.public == nil {
		return ""
	}
	public, err := ssh.NewPublicKey(k.public)
	if err != nil {
		return ""
	}
	return ssh.FingerprintSHA256(public)
}

// spki is the SHA-256 of the SubjectPublicKeyInfo in hex, by which certificates
// and key pins know a key.
func (k *key) spki() string {
	if k.public == nil {
		return ""
	}
	der, err := x509.MarshalPKIXPublicKey(k.public)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// pems reads private keys and certificates in PEM blocks. A key beside its certificate
// is that one's; of several, the first is what the evidence is about.
func pems(in *Input) []leak.Evidence {
	alone := in.Rule == "" || strings.HasPrefix(in.Rule, "private-key")
	var c *told
	spki := ""
	for _, b := range blocks(in.Value) {
		k, ok := pemKey(b)
		if !ok {
			continue
		}
		if c == nil {
			c, spki = k.claims(alone), k.spki()
		} else {
			c.add(leak.ClaimNote, "also in the file: "+k.title()+" "+k.fingerprint(), "another key in the file")
		}
	}
	cert, others := certificates(in, spki)
	switch {
	case cert == nil && c == nil:
		return nil
	case c == nil:
		c = cert
	case cert != nil:
		if alone {
			cert.list = slices.DeleteFunc(cert.list, func(e leak.Evidence) bool { return e.Claim == leak.ClaimProvider && e.Value == "x509" })
		}
		cert.join(c.list)
		c = cert
	}
	for _, name := range others {
		c.text(leak.ClaimNote, prefixed("also in the file: certificate of ", name), "another certificate in the file")
	}
	return c.list
}

func (k *key) title() string {
	title := k.algorithm + " private key"
	if k.algorithm == "" {
		title = "private key"
	}
	if k.bits > 0 && k.algorithm != "Ed25519" {
		title += fmt.Sprintf(" of %d bits", k.bits)
	}
	return title
}

// claims is what a key says. Where a rule knows better what it is for, alone is
// false.
func (k *key) claims(alone bool) *told {
	c := &told{weight: .7}
	provider, identity, likely := "privatekey", leak.Certificate, .35
	switch k.form {
	case "OpenSSH", "PuTTY", "SSH2":
		identity, likely = leak.SSHKey, .8
	case "PKCS 1", "OpenSSL":
		identity, likely = leak.SSHKey, .35
	case "cosign":
		provider, identity, likely = "sigstore", leak.SigningKey, .9
	}
	if alone {
		c.weigh(leak.ClaimProvider, provider, likely, k.form+" form")
		c.weigh(leak.ClaimType, string(identity), likely, "what keys in "+k.form+" form are mostly for")
	}
	c.add(leak.ClaimKind, k.title()+", in "+k.form+" form", "the key itself")
	c.weight = .95
	if f := k.fingerprint(); f != "" {
		c.add(leak.ClaimFingerprint, f, "the public key that belongs to it, as SSH prints it")
		if alone {
			c.add(leak.ClaimID, f, "the public key that belongs to it")
		}
	}
	if sum := k.spki(); sum != "" {
		c.add(leak.ClaimFingerprint, "spki-sha256:"+sum, "the public key that belongs to it, as certificates have it")
	}
	if k.encrypted {
		c.add(leak.ClaimNote, "encrypted with a passphrase", "the key itself")
	} else if k.public != nil {
		c.add(leak.ClaimNote, "not protected by a passphrase", "the key itself")
	}
	if k.algorithm == "DSA" || k.algorithm == "RSA" && k.bits > 0 && k.bits < 2048 {
		c.add(leak.ClaimNote, "weak: "+strings.TrimSpace(fmt.Sprintf("%s of %d bits", k.algorithm, k.bits)), "the key itself")
	}
	commentHints(c, k.comment)
	return c
}

// machines are users that are no person.
var machines = map[string]bool{
	"root": true, "ubuntu": true, "ec2-user": true, "admin": true, "administrator": true, "debian": true, "centos": true, "fedora": true, "core": true,
	"git": true, "jenkins": true, "deploy": true, "deployer": true, "ci": true, "runner": true, "gitlab-runner": true, "circleci": true, "travis": true,
	"ansible": true, "vagrant": true, "docker": true, "www-data": true, "nobody": true, "backup": true, "pi": true, "azureuser": true, "actions": true,
	"buildkite-agent": true, "bot": true, "automation": true, "service": true, "github-actions": true,
}

// commentHints reads the comment of an SSH key, which ssh-keygen sets to the
// user and host where it was made, and people to their address.
func commentHints(c *told, comment string) {
	comment = strings.TrimSpace(comment)
	if comment == "" || secretish(comment) {
		return
	}
	const reason = "the key's comment"
	local, domain, is := mailAddress(comment)
	user, host, at := strings.Cut(comment, "@")
	switch {
	case is && !privateDomain(domain):
		c.weigh(leak.ClaimEmail, comment, .7, reason)
		if machines[strings.ToLower(local)] {
			c.weigh(leak.ClaimName, local, .6, reason)
		} else {
			c.weigh(leak.ClaimHuman, local, .6, reason)
		}
	case at && user != "" && host != "" && !strings.ContainsAny(comment, " \t") && !hasAddress(comment) || is:
		c.weigh(leak.ClaimNote, "made by the user "+user+" on the host "+host, .7, reason)
		if machines[strings.ToLower(user)] {
			c.weigh(leak.ClaimName, user+" on "+host, .5, reason)
		} else {
			c.weigh(leak.ClaimHuman, user, .5, reason)
		}
	case !hasAddress(comment):
		c.weigh(leak.ClaimLabel, comment, .7, reason)
	}
}

// privateDomain reports whether a name is of a machine at home rather than of
// somebody's mail.
func privateDomain(domain string) bool {
	for _, end := range []string{".local", ".internal", ".lan", ".home", ".localdomain", ".corp", ".arpa", ".intranet", ".private"} {
		if strings.HasSuffix(domain, end) {
			return true
		}
	}
	return strings.Contains(domain, ".compute.") || strings.Contains(domain, ".ec2.")
}
