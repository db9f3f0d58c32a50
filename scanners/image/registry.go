package image

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// repository is a store: one of a registry.
type repository struct {
	repo   name.Repository
	puller *remote.Puller
	net    *network
}

func newRegistry(ctx context.Context, n *network, repo name.Repository) (*repository, error) {
	p, err := remote.NewPuller(n.options(ctx)...)
	return &repository{repo, p, n}, err
}

func (r *repository) site() string { return r.repo.Name() }

// get returns the manifest that a reference names.
func (r *repository) get(ctx context.Context, ref name.Reference) (*remote.Descriptor, error) {
	d, err := r.puller.Get(ctx, ref)
	return d, explain(err)
}

func (r *repository) manifest(ctx context.Context, digest v1.Hash) ([]byte, error) {
	d, err := r.get(ctx, r.repo.Digest(digest.String()))
	if err != nil {
		return nil, err
	}
	return d.Manifest, nil
}

func (r *repository) open(ctx context.Context, b blob) (io.ReadCloser, error) {
	again := func() (io.ReadCloser, error) {
		l, err := r.puller.Layer(ctx, r.repo.Digest(b.digest.String()))
		if err != nil {
			return nil, err
		}
		return l.Compressed()
	}
	rc, err := again()
	if status(err) == http.StatusNotFound {
		return nil, &errRegistry{"the registry does not have it (404), though the image lists it", "push the image again", err}
	}
	if err != nil {
		return nil, explain(err)
	}
	down := &steady{rc: rc, again: again, tries: 2}
	return &upTo{down, cmp.Or(max(b.size, 0), maxLayer)}, nil
}

// cosignTags are what is appended to a digest where signatures and attestations
// have tags of their own, as cosign makes them.
var cosignTags = map[string]string{".sig": "signature", ".att": "attestation", ".sbom": "sbom"}

func (r *repository) referrers(ctx context.Context, digest v1.Hash) ([]v1.Descriptor, error) {
	out, err := r.listed(ctx, digest)
	if err != nil {
		return out, explain(err)
	}
	for _, end := range slices.Sorted(maps.Keys(cosignTags)) {
		tag := strings.Replace(digest.String(), ":", "-", 1) + end
		d, err := r.puller.Get(ctx, r.repo.Tag(tag))
		if status(err) == http.StatusNotFound {
			continue
		}
		if err != nil {
			return out, explain(err)
		}
		d.Descriptor.ArtifactType = "cosign " + cosignTags[end]
		out = append(out, d.Descriptor)
	}
	return out, nil
}

// status is that of an answer that was an error; 0 for others.
func status(err error) int {
	if t := new(transport.Error); errors.As(err, &t) {
		return t.StatusCode
	}
	return 0
}

// errRegistry is what a registry answered, in words.
type errRegistry struct {
	text, fix string
	err       error
}

func (e *errRegistry) Error() string { return e.text }
func (e *errRegistry) Unwrap() error { return e.err }

// Hint is what can be done about it.
func (e *errRegistry) Hint() string { return e.fix }

// explain says what went wrong. The addresses of requests are left out: those of
// redirects are signed.
func explain(err error) error {
	if err == nil {
		return nil
	}
	if e := new(errRegistry); errors.As(err, &e) {
		return e
	}
	say := func(text, fix string) error { return &errRegistry{text, fix, err} }
	const login = "log in with docker login, or name it with --registry and set WHOSEKEY_REGISTRY_USER and WHOSEKEY_REGISTRY_PASSWORD"
	host := ""
	if t := new(transport.Error); errors.As(err, &t) && t.Request != nil {
		host = t.Request.URL.Host + " "
	}
	switch code := status(err); {
	case errors.As(err, new(absent)):
		return say(withoutURLs(err), incomplete)
	case errors.As(err, new(*tls.CertificateVerificationError)) || strings.Contains(err.Error(), "failed to verify certificate"):
		return say(withoutURLs(err), "if it is an authority of your own, name the file with its certificate in SSL_CERT_FILE")
	case code == http.StatusUnauthorized:
		return say(host+"wants a login, or does not accept the one it got (401)", login)
	case code == http.StatusForbidden:
		return say(host+"does not let us read it (403)", login)
	case code == http.StatusNotFound:
		return say(host+"has no such image (404), or hides it from those who are not logged in", "check the name and the tag")
	case code == http.StatusTooManyRequests:
		return say(host+"limits how often it is asked (429)", "log in, or wait and run it again")
	case code != 0:
		return say(fmt.Sprintf("%sanswers %d %s", host, code, http.StatusText(code)), again)
	case errors.Is(err, errDigest), strings.Contains(err.Error(), "error verifying"): // of a type that only they can name
		return say(errDigest.Error(), rebuild)
	case errors.Is(err, errStalled):
		return say(errStalled.Error(), again)
	case strings.Contains(err.Error(), "error getting credentials"):
		return say(withoutURLs(err), "install the program that docker's settings name for logins, or take it out of them")
	case strings.Contains(err.Error(), "invalid character '<'"):
		return say("the answer is a web page, not an image: is it a registry?", "check the address; a proxy or a login page may have answered")
	}
	return say(withoutURLs(err), again)
}

const (
	again = "run it again"
	// of what is on this machine
	incomplete = "the image is not whole here: save it or copy it again, with all its files and no links in place of them"
	rebuild    = "somebody has changed it, or it is damaged: push it again, and find out who has"
)

// isIndex reports whether a manifest lists others.
func isIndex(m types.MediaType, raw []byte) bool {
	return m.IsIndex() || !m.IsImage() && looksLikeIndex(raw)
}
