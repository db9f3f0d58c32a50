package keys

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"path"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/yamltree"
)

// kind says what a public key stands in.
type kind int

const (
	none kind = iota
	public
	private // PEM that may hold anything
	certificate
	sshCertificate
	request
	authorized
	host
	signers
	tokens
	images
	peer
	rules     // .sops.yaml
	encrypted // a file with sops' metadata
	gitcrypt
	declared // Terraform
)

// kindOf tells by its path what keys a file may hold.
func kindOf(p string) kind {
	dir, name := path.Split(strings.ToLower(p))
	switch ext := path.Ext(name); {
	case isSopsConfig(p):
		return rules
	case strings.Contains(dir, ".git-crypt/keys/") && ext == ".gpg":
		return gitcrypt
	case strings.HasPrefix(name, "authorized_keys"):
		return authorized
	case strings.HasPrefix(name, "known_hosts"), name == "ssh_known_hosts":
		return host
	case name == "allowed_signers":
		return signers
	case strings.HasPrefix(name, "cosign") && ext == ".pub":
		return images
	case ext == ".json" && strings.Contains(name, "jwk"), ext == ".jwks", ext == ".jwk":
		return tokens
	case ext == ".conf" && (strings.HasPrefix(name, "wg") || strings.Contains(name, "wireguard") || strings.Contains(dir, "wireguard") || strings.Contains(name, "nats")):
		return peer
	case ext == ".csr" || ext == ".req":
		return request
	case ext == ".pub", ext == ".asc", name == "secrets.nix", ext == ".creds":
		return public
	case slices.Contains([]string{".crt", ".cer", ".cert", ".pem", ".cacert", ".ovpn", ".key"}, ext):
		return private
	case ext == ".tf":
		return declared
	}
	return none
}

func isSopsConfig(p string) bool {
	name := path.Base(p)
	return name == ".sops.yaml" || name == ".sops.yml"
}

// mayBeSops reports whether sops encrypts such files.
func mayBeSops(p string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json", ".env", ".ini", ".enc", ".sops"}, path.Ext(p))
}

// namedSecret reports whether a file is called as encrypted ones are where
// nothing says which are.
func namedSecret(p string) bool {
	name := strings.ToLower(path.Base(p))
	return mayBeSops(p) && (strings.Contains(name, "secret") || strings.Contains(name, ".enc.") || strings.Contains(name, "sops") || strings.Contains(name, "encrypted"))
}

var (
	address     = lazy.New(`^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,200}\.[A-Za-z]{2,20}$`)
	anyAddress  = lazy.New(`[A-Za-z0-9._%+-]@[A-Za-z0-9-]+\.`)
	recipient   = lazy.New(`\bage1[02-9ac-hj-np-z]{58}\b`)
	fingerprint = lazy.New(`\b[0-9A-Fa-f]{40}\b`)
	comment     = lazy.New(`\sAAAA[A-Za-z0-9+/=]+[ \t]+([^\r\n]{1,100})`)
	resource    = lazy.New(`^\s*resource\s+"([a-z0-9_]{1,80})"\s+"([A-Za-z0-9_-]{1,80})"`)
)

// deployKeys are resources that make a key one.
var deployKeys = map[string]bool{"github_repository_deploy_key": true, "gitlab_deploy_key": true, "bitbucket_deploy_key": true, "gitea_repository_key": true}

// read notes the keys of a file.
func (b *builder) read(p string, k kind, text string) {
	switch k {
	case rules:
		b.sopsRules(p, text)
	case encrypted:
		if strings.Contains(text, "sops") {
			b.recipients(text, half{kind: encrypted, path: p, line: 1})
		}
	case gitcrypt:
		// The file is called by the fingerprint that it is for.
		if f := fingerprint.FindString(path.Base(p)); f != "" {
			b.add(decode.Public{Kind: "pgp", ID: strings.ToUpper(f)}, half{kind: gitcrypt, path: p, line: 1})
		}
	case tokens:
		b.keySet(p, text)
	case peer:
		b.lines(p, k, text)
	default:
		b.pems(p, k, text)
		b.lines(p, k, text)
	}
}

// maxBlocks bounds the blocks of one file.
const maxBlocks = 500

// pems notes keys and certificates in PEM.
func (b *builder) pems(p string, k kind, text string) {
	rest := []byte(text)
	line := 1
	for range maxBlocks {
		i := strings.Index(string(rest[:min(len(rest), maxFile)]), "-----BEGIN ")
		if i < 0 {
			return
		}
		line += strings.Count(string(rest[:i]), "\n")
		rest = rest[i:]
		block, after := pem.Decode(rest)
		if block == nil {
			return
		}
		whole := string(rest[:len(rest)-len(after)])
		h := half{kind: k, path: p, line: line}
		if h.kind == private || h.kind == public && block.Type != "PUBLIC KEY" {
			h.kind = private
		}
		switch block.Type {
		case "CERTIFICATE", "TRUSTED CERTIFICATE":
			h.kind, h.cert = certificate, whole
		case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
			b.request(block.Bytes, h)
		case "PUBLIC KEY", "RSA PUBLIC KEY", "PGP PUBLIC KEY BLOCK":
			h.kind = public
			if k == images {
				h.kind = images
			}
		}
		if !strings.Contains(block.Type, "PRIVATE KEY") { // that is the key itself, not its other half
			for _, id := range decode.PublicKeys(whole) {
				b.add(id, h)
			}
		}
		line += strings.Count(whole, "\n")
		rest = after
	}
}

func (b *builder) request(der []byte, h half) {
	r, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return
	}
	sum := sha256.Sum256(r.RawSubjectPublicKeyInfo)
	h.kind = request
	if len(r.Subject.CommonName) < 200 {
		h.label = r.Subject.CommonName
	}
	b.add(decode.Public{Kind: "spki", ID: hex.EncodeToString(sum[:])}, h)
}

// lines notes keys that are a line or a word.
func (b *builder) lines(p string, k kind, text string) {
	n, address := 0, ""
	for l := range strings.Lines(text) {
		n++
		if k == declared {
			if m := resource.FindStringSubmatch(l); m != nil {
				address = m[1] + "." + m[2]
			}
		}
		if len(l) < 40 || len(l) > 32<<10 || strings.HasPrefix(l, "-----") || !strings.ContainsAny(l, " =:\"") && len(l) > 63 {
			continue
		}
		if k == declared && !strings.Contains(l, "AAAA") {
			continue
		}
		h := half{kind: k, path: p, line: n}
		switch k {
		case declared:
			if h.label = address; address == "" {
				h.kind = public
			}
		case host:
			h.label = hostName(l)
		case private:
			h.kind = public
		case public, authorized, signers:
			if m := comment.FindStringSubmatch(l); m != nil {
				h.label = strings.TrimSpace(strings.Trim(m[1], `"`))
			}
			if k == public && strings.Contains(l, "-cert-v01@openssh.com ") {
				h.kind, h.cert = sshCertificate, strings.TrimSpace(l)
			}
		}
		for _, id := range decode.PublicKeys(strings.Trim(l, " \t\r\n\",;")) {
			b.add(id, h)
		}
	}
}

// hostName is the first name in a line of known_hosts; names can be hashed.
func hostName(line string) string {
	names, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	name, _, _ := strings.Cut(names, ",")
	if strings.HasPrefix(name, "|") || strings.HasPrefix(name, "@") {
		return ""
	}
	name, _, _ = strings.Cut(strings.TrimPrefix(name, "["), "]")
	return name
}

// keySet notes the keys of a JSON Web Key Set (RFC 7517).
func (b *builder) keySet(p, text string) {
	var set struct{ Keys []json.RawMessage }
	if json.Unmarshal([]byte(text), &set) != nil {
		return
	}
	if len(set.Keys) == 0 {
		set.Keys = []json.RawMessage{json.RawMessage(text)}
	}
	for _, k := range set.Keys[:min(len(set.Keys), maxBlocks)] {
		for _, id := range decode.PublicKeys(string(k)) {
			b.add(id, half{kind: tokens, path: p, line: 1})
		}
	}
}

// recipients notes whom a file is encrypted for.
func (b *builder) recipients(text string, h half) {
	for _, r := range recipient.FindAllString(text, maxBlocks) {
		b.add(decode.Public{Kind: "age", ID: r}, h)
	}
	for _, f := range fingerprint.FindAllString(text, maxBlocks) {
		b.add(decode.Public{Kind: "pgp", ID: strings.ToUpper(f)}, h)
	}
}

// sopsRules notes for whom .sops.yaml (getsops.io, "Selecting keys") has files
// encrypted: which files, says each rule.
func (b *builder) sopsRules(p, text string) {
	docs, err := yamltree.Parse([]byte(text))
	if err != nil {
		b.lose(p + ": " + err.Error())
	}
	for _, doc := range docs {
		for _, r := range yamltree.List(yamltree.Get(doc, "creation_rules")) {
			label := yamltree.Text(yamltree.Get(r, "path_regex"))
			if label == "" || len(label) > 200 {
				label = "any path"
			}
			yamltree.Scalars(r, 10_000, func(_ []string, v *yamltree.Node) bool {
				b.recipients(v.Value, half{kind: rules, path: p, line: v.Line, label: label})
				return true
			})
		}
	}
}

func before(s, sep string) string {
	s, _, _ = strings.Cut(s, sep)
	return s
}
