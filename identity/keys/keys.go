// Package keys finds what a leaked private key opens: public keys, certificates
// and recipients in the same repository that are its other half.
package keys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/leak"
)

// sure is the weight of a match: nobody else has a key with that fingerprint.
const sure = 0.95

// Bounds on one repository and one credential.
const (
	maxFiles   = 5000
	maxBytes   = 64 << 20
	maxFile    = 256 << 10
	maxPublics = 200_000
	maxMatches = 50
)

// New returns the Resolver.
func New() identity.Resolver { return &resolver{} }

type resolver struct {
	repo  identity.Repository
	index map[decode.Public][]half
	uses  []use
}

// half is a place where the other half of a key stands.
type half struct {
	kind  kind
	path  string
	line  int
	label string // comment, host, resource: by its kind
	cert  string // the certificate's PEM, or its line
}

// Resolve implements identity.Resolver. Nothing is read before a credential
// comes that is a private key.
func (r *resolver) Resolve(ctx context.Context, q *identity.Query) (a identity.Answer, err error) {
	own := halves(q)
	if len(own) == 0 && !strings.Contains(q.Finding.Parts[leak.SecretPart].Reveal(), "PRIVATE KEY") {
		return a, nil
	}
	if strings.Contains(q.Finding.Parts[leak.SecretPart].Reveal(), "PRIVATE KEY") {
		a = beside(q)
	}
	a.Add(made(q))
	seen := map[string]bool{}
	a.Add(certificates(q, own, seen))
	if q.Repo == nil {
		return a, nil
	}
	if r.repo != q.Repo {
		b := builder{ctx: ctx, q: q, index: map[decode.Public][]half{}}
		if err := b.build(); err != nil {
			return a, err
		}
		r.repo, r.index, r.uses = q.Repo, b.index, b.uses
	}
	a.Add(r.users(q))
	n := 0
	for _, p := range own {
		for _, h := range r.index[p] {
			ref := fmt.Sprintf("%s:%d", h.path, h.line)
			// The place where the key leaked is not news, and ssh and spki
			// name the same key.
			if seen[ref] || n >= maxMatches || (h.kind == private || h.kind == public) && holds(q, h.path) {
				continue
			}
			seen[ref] = true
			n++
			h.tell(&a, ref, q)
		}
	}
	return a, nil
}

// halves are the public halves of the credential. Any 32 bytes are a private key
// of WireGuard: those count only where it is spoken of.
func halves(q *identity.Query) []decode.Public {
	own := decode.PublicKeys(q.Finding.Parts[leak.SecretPart].Reveal())
	return slices.DeleteFunc(own, func(p decode.Public) bool {
		return p.Kind == "wireguard" && !slices.ContainsFunc(q.Places, func(p identity.Place) bool {
			return bytes.Contains(p.Text, []byte("PrivateKey")) || strings.Contains(strings.ToLower(p.Path), "wireguard")
		})
	})
}

// holds reports whether the credential is in a file.
func holds(q *identity.Query, path string) bool {
	return slices.ContainsFunc(q.Finding.Locations, func(l leak.Location) bool { return q.In(&l) == path })
}

// builder reads the files of HEAD that can hold public keys.
type builder struct {
	ctx            context.Context
	q              *identity.Query
	index          map[decode.Public][]half
	files, publics int
	bytes          int
	full           bool
	uses           []use
	useFiles       int
	useBytes       int
}

func (b *builder) lose(what string) {
	if b.q.Lose != nil {
		b.q.Lose(what)
	}
}

func (b *builder) build() error {
	files, err := b.q.Repo.Files(b.ctx, "")
	if b.ctx.Err() != nil {
		return b.ctx.Err()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		b.lose("files: " + err.Error())
	}
	sops := slices.ContainsFunc(files, func(f identity.File) bool { return isSopsConfig(f.Path) })
	// First those whose names say what they are: the bounds are for the rest.
	for _, rest := range []bool{false, true} {
		for _, f := range files {
			k := kindOf(f.Path)
			if k == none && rest && (sops && mayBeSops(f.Path) || namedSecret(f.Path)) {
				k = encrypted
			}
			if k == none || rest != (k == encrypted) || f.Size > 4*maxFile {
				continue
			}
			if err := b.file(f.Path, k); err != nil {
				return err
			}
		}
	}
	for _, f := range files {
		if kind := useKind(f.Path); kind != "" && f.Size <= maxFile {
			if err := b.users(f.Path, kind); err != nil {
				return err
			}
		}
	}
	if b.full {
		b.lose("keys: there are more files that can hold public keys than are read")
	}
	return nil
}

func (b *builder) file(path string, k kind) error {
	if b.files >= maxFiles || b.bytes > maxBytes || b.publics > maxPublics {
		b.full = true
		return nil
	}
	b.files++
	data, err := b.data(path)
	b.bytes += len(data)
	b.read(path, k, string(data))
	return err
}

// users reads a file that may name keys' files.
func (b *builder) users(path, kind string) error {
	if b.useFiles >= maxUseFiles || b.useBytes > maxUseBytes {
		b.full = true
		return nil
	}
	b.useFiles++
	data, err := b.data(path)
	b.useBytes += len(data)
	b.uses = append(b.uses, readUses(path, kind, string(data))...)
	return err
}

// data is the beginning of a file; what cannot be read is told, and empty. An error is the
// context's.
func (b *builder) data(path string) ([]byte, error) {
	data, _, err := b.q.Repo.ReadFile(b.ctx, "", path, maxFile)
	if b.ctx.Err() != nil {
		return nil, b.ctx.Err()
	}
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			b.lose(path + ": " + err.Error())
		}
		return nil, nil
	}
	return data, nil
}

func (b *builder) add(p decode.Public, h half) {
	if b.publics++; b.publics <= maxPublics {
		b.index[p] = append(b.index[p], h)
	}
}

// tell says what a match means.
func (h *half) tell(a *identity.Answer, ref string, q *identity.Query) {
	say := func(claim, value string, weight float64, reason string) {
		if value != "" {
			a.Evidence = append(a.Evidence, leak.Evidence{Class: leak.FromNeighbour, Claim: claim, Value: value, Weight: weight, Reason: reason, Ref: ref})
		}
	}
	const same = "the public key is the other half"
	switch h.kind {
	case certificate:
		say(leak.ClaimScope, "the certificate in "+h.path, sure, "the certificate is for this key")
		h.certificate(say, q)
	case sshCertificate:
		say(leak.ClaimScope, "the certificate in "+h.path, sure, "the certificate is for this key")
		h.sshCertificate(say, q)
	case request:
		say(leak.ClaimScope, "the certificate that "+h.path+" asks for", sure, "the request is signed with this key")
		say(leak.ClaimName, h.label, sure, "subject of the request for a certificate")
	case authorized:
		say(leak.ClaimScope, identity.ScopeLogsIn+h.path+" is installed", sure, same)
		h.comment(say)
	case host:
		say(leak.ClaimScope, "is the host "+h.label, sure, "the public key is that of a known host")
		say(leak.ClaimServer, h.label, sure, "the public key is that of a known host")
		say(leak.ClaimType, string(leak.Device), 0.8, "the key of a host")
	case signers:
		say(leak.ClaimScope, "signs what "+h.path+" allows", sure, same)
		say(leak.ClaimType, string(leak.SigningKey), 0.8, "an allowed signer has this key")
		h.comment(say)
	case tokens:
		say(leak.ClaimScope, "signs tokens that are checked with "+h.path, sure, same)
		say(leak.ClaimType, string(leak.SigningKey), 0.9, "a set of keys for tokens has this key")
	case images:
		say(leak.ClaimScope, "signs what is checked with "+h.path, sure, same)
		say(leak.ClaimType, string(leak.SigningKey), 0.9, "a key to check signatures is the other half")
	case peer:
		say(leak.ClaimScope, "is a peer in "+h.path, sure, same)
	case rules:
		say(leak.ClaimScope, "decrypts files that match "+h.label, sure, "a recipient in "+h.path)
		say(leak.ClaimType, string(leak.EncryptionKey), 0.9, "files are encrypted for it")
	case encrypted:
		say(leak.ClaimScope, "decrypts "+h.path, sure, "the file is encrypted for it")
		say(leak.ClaimType, string(leak.EncryptionKey), 0.9, "files are encrypted for it")
	case gitcrypt:
		say(leak.ClaimScope, "unlocks what git-crypt encrypts in this repository", sure, "a key is encrypted for it")
		say(leak.ClaimType, string(leak.EncryptionKey), 0.9, "files are encrypted for it")
	case declared:
		say(leak.ClaimScope, "opens what "+h.label+" gives it", sure, same)
		a.Declared = append(a.Declared, leak.Declaration{Kind: "terraform", Address: h.label, Ref: ref})
		if deployKeys[before(h.label, ".")] {
			say(leak.ClaimType, string(leak.DeployKey), sure, "it is declared as one")
		}
	default:
		say(leak.ClaimScope, "whatever "+h.path+" is for", sure, same)
		h.comment(say)
	}
}

// certificate says what the certificate does of its subject and dates.
func (h *half) certificate(say func(claim, value string, weight float64, reason string), q *identity.Query) {
	for _, e := range decode.Decode(decode.Input{Value: h.cert, Now: q.Now}) {
		switch e.Claim {
		case leak.ClaimName, leak.ClaimServer, leak.ClaimExpires, leak.ClaimIssued, leak.ClaimPermission, leak.ClaimEmail, leak.ClaimTenant, leak.ClaimTenantKind:
			say(e.Claim, e.Value, min(sure, e.Weight), e.Reason)
		case leak.ClaimType:
			say(e.Claim, e.Value, min(sure, e.Weight), "a certificate is for this key")
		case leak.ClaimProvider:
			if e.Value != "x509" { // that is said of certificates without their keys
				say(e.Claim, e.Value, min(sure, e.Weight), e.Reason)
			}
		}
	}
}

// sshCertificate says as whom the key logs in with the certificate, and until when. The
// key itself does not end then: somebody may have installed it.
func (h *half) sshCertificate(say func(claim, value string, weight float64, reason string), q *identity.Query) {
	for _, e := range decode.Decode(decode.Input{Value: h.cert, Now: q.Now}) {
		switch e.Claim {
		case leak.ClaimName, leak.ClaimScope, leak.ClaimLabel, leak.ClaimPermission, leak.ClaimEmail, leak.ClaimTenant, leak.ClaimTenantKind:
			say(e.Claim, e.Value, min(sure, e.Weight), e.Reason)
		case leak.ClaimExpires:
			say(leak.ClaimNote, "its certificate ends "+e.Value, min(sure, e.Weight), e.Reason)
		case leak.ClaimNote:
			say(leak.ClaimNote, "its certificate "+e.Value, min(sure, e.Weight), e.Reason)
		}
	}
}

// comment says what the comment of a public key does: mostly who made it, and
// where.
func (h *half) comment(say func(claim, value string, weight float64, reason string)) {
	switch {
	case h.label == "":
	case address.MatchString(h.label):
		say(leak.ClaimEmail, h.label, 0.7, "comment of the public key")
	case !anyAddress.MatchString(h.label):
		say(leak.ClaimLabel, h.label, 0.7, "comment of the public key")
	}
}
