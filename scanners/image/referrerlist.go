package image

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// maxPages is how many pages of referrers are asked for.
const maxPages = 100

var errPages = errors.New("the list of referrers has too many pages, or leads elsewhere")

// listed asks a registry for what refers to a digest, page by page; the library
// reads only the first. Where there is no such list, there may be a tag that has
// one. See "Listing Referrers" in OCI's distribution specification.
func (r *repository) listed(ctx context.Context, digest v1.Hash) (out []v1.Descriptor, err error) {
	auth, err := authn.Resolve(ctx, r.net.keys, r.repo)
	if err != nil {
		return nil, err
	}
	tr, err := transport.NewWithContext(ctx, r.repo.Registry, auth, r.net.transport, []string{r.repo.Scope(transport.PullScope)})
	if err != nil {
		return nil, err
	}
	start := &url.URL{Scheme: r.repo.Scheme(), Host: r.repo.RegistryStr(), Path: fmt.Sprintf("/v2/%s/referrers/%s", r.repo.RepositoryStr(), digest)}
	client := &http.Client{Transport: tr}
	for at, pages := start, 0; at != nil; pages++ {
		if pages == maxPages || at.Host != start.Host || at.Scheme != start.Scheme {
			return out, errPages
		}
		var page []v1.Descriptor
		if page, at, err = r.page(ctx, client, at); errors.Is(err, errNoList) && pages == 0 {
			return r.tagged(ctx, digest)
		}
		if out = append(out, page...); err != nil {
			return out, err
		}
	}
	return out, nil
}

// errNoList means that the registry does not know such lists.
var errNoList = errors.New("there is no such list")

// page reads one page, and says where the next one is.
func (r *repository) page(ctx context.Context, client *http.Client, at *url.URL) ([]v1.Descriptor, *url.URL, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept", string(types.OCIImageIndex))
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusNotFound, http.StatusBadRequest, http.StatusNotAcceptable, http.StatusMethodNotAllowed:
		return nil, nil, errNoList
	}
	if err := transport.CheckError(resp, http.StatusOK); err != nil {
		return nil, nil, err
	}
	raw, err := readSmall(resp.Body)
	if err != nil {
		return nil, nil, err
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	var index v1.IndexManifest
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&index); err != nil {
		return nil, nil, err
	}
	if kind != string(types.OCIImageIndex) && index.Manifests == nil {
		return nil, nil, errNoList
	}
	return index.Manifests, next(at, resp.Header.Get("Link")), nil
}

// next takes the address of the next page out of a Link header (RFC 8288).
func next(at *url.URL, link string) *url.URL {
	ref, rest, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(link), "<"), ">")
	if !ok || !strings.Contains(strings.ReplaceAll(rest, `"`, ""), "rel=next") {
		return nil
	}
	to, err := at.Parse(ref)
	if err != nil {
		return nil
	}
	return to
}

// tagged reads the list from the tag that is called like the digest.
func (r *repository) tagged(ctx context.Context, digest v1.Hash) ([]v1.Descriptor, error) {
	d, err := r.puller.Get(ctx, r.repo.Tag(strings.Replace(digest.String(), ":", "-", 1)))
	if status(err) == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(d.Manifest, &index); err != nil {
		return nil, err
	}
	return index.Manifests, nil
}
