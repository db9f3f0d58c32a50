package sweep

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/scanners/image"
	"github.com/whosekey/whosekey/store"
)

// Images says how container images are swept. What a registry has under one name, with
// all its tags, is a repository like others: its address begins with docker://.
type Images struct {
	// Of are images of each repository: "registry.acme.example/{repository}". That
	// there are none of some repository is as usual.
	Of []string
	// Tags is how many of a repository's tags are searched, the newest; 0 for all.
	Tags int
	// Options are how registries are asked. Login is for the registry that it names,
	// others get what their forge does, or what docker login has kept.
	Options image.Options
}

const (
	imageScheme = "docker://"
	// imageMark begins what the store keeps of an image as the forge's own name.
	imageMark = "image "
	// ofMark begins that of what Images.Of names.
	ofMark = "image of "
)

func isImage(r *store.Repository) bool { return strings.HasPrefix(r.Address, imageScheme) }

// imageAt is what a registry has under a name.
func imageAt(ref, native string) *store.Repository {
	return &store.Repository{Name: ref, Address: imageScheme + ref, Native: native, Refs: unknownRefs}
}

// imagesOf are the images that repositories have by their names.
func (l *listing) imagesOf(rs []*store.Repository) (out []*store.Repository) {
	for _, r := range rs {
		out = append(out, r)
		if strings.HasPrefix(r.Native, imageMark) || isImage(r) || besideCode(r) {
			continue
		}
		for _, pattern := range l.w.cfg.Images.Of {
			ref := strings.ReplaceAll(pattern, "{repository}", strings.ToLower(r.Name))
			k := imageAt(ref, ofMark+ref)
			k.Exposure, k.Archived, k.Fork = r.Exposure, r.Archived, r.Fork
			out = append(out, k)
		}
	}
	return out
}

// besideCode reports whether a repository is no code of its own, but a wiki or a gist.
func besideCode(r *store.Repository) bool {
	return strings.HasPrefix(r.Native, wikiMark) || strings.HasPrefix(r.Native, gistMark)
}

// imageSource is one image, or those of a registry that fit a pattern:
// "ghcr.io/acme/app", "ghcr.io/acme/app:v*", "registry.acme.example/team/*".
type imageSource struct {
	ref    string
	logins *Logins
}

func (s *imageSource) Spec() string { return "image:" + s.ref }

// List implements Source.
func (s *imageSource) List(ctx context.Context, visit func([]*store.Repository) error) error {
	repo, tags := s.ref, ""
	if i := strings.LastIndexByte(s.ref, ':'); i > strings.LastIndexByte(s.ref, '/') {
		repo, tags = s.ref[:i], s.ref[i:]
	}
	if !strings.ContainsAny(repo, "*?[") {
		return visit([]*store.Repository{imageAt(s.ref, "")})
	}
	o := image.Options{Login: s.logins.Registry(s.Spec(), repo), Pace: s.logins.Pace}
	names, err := image.Catalog(ctx, repo, o)
	if err != nil {
		return ofRegistry(err)
	}
	if len(names) == 0 {
		return &Never{fmt.Errorf("the catalog of the registry names nothing like %s: is it the right name, and may the login see it?", repo)}
	}
	var out []*store.Repository
	for _, name := range names {
		out = append(out, imageAt(name+tags, ""))
	}
	return inChunks(out, visit)
}

// ofRegistry makes of what a registry answered what the caller branches on.
func ofRegistry(err error) error {
	switch {
	case errors.Is(err, image.ErrLogin):
		return fmt.Errorf("%w: %w", err, gitrepo.ErrLogin)
	case errors.Is(err, image.ErrMissing):
		return fmt.Errorf("%w: %w", err, gitrepo.ErrVanished)
	case errors.Is(err, image.ErrBusy):
		return &Later{15 * time.Minute, err.Error()}
	}
	return err
}

// image searches the images of a repository. Layers that were searched before, in
// whichever image, are known.
func (k *searching) image(ctx context.Context) (*store.Outcome, error) {
	ref := strings.TrimPrefix(k.r.Address, imageScheme)
	src, err := ParseSource(k.r.Source, k.w.cfg.Logins) // a forge knows the login
	if err != nil {
		return nil, err
	}
	o := k.w.cfg.Images.Options
	if login := k.w.cfg.Logins.Registry(src.Spec(), ref); login.Registry != "" {
		o.Login = login
	}
	o.Pace = k.w.cfg.Logins.Pace
	tags, left, err := image.Tags(ctx, ref, k.w.cfg.Images.Tags, o)
	if err != nil {
		return nil, ofRegistry(err)
	}
	out := &store.Outcome{
		Scan:  store.Scan{Repository: k.r.ID, Kind: "increment", Started: k.started, Worker: k.w.id, Rules: k.w.cfg.Rules, Refs: marked(tags)},
		Fence: k.fence, Pushed: k.r.Pushed, Whole: true,
	}
	if k.r.ScannedAt.IsZero() || k.w.cfg.Full {
		out.Kind = "full"
	}
	stale, err := k.stale(ctx)
	if err != nil {
		return nil, err
	}
	unresolved, err := k.unresolved(ctx, out, nil)
	if err != nil {
		return nil, err
	}
	out.Anew = out.Kind == "full" || len(unresolved) > 0
	if out.Kind != "full" && out.Refs == k.r.Refs && k.r.Rules == k.w.cfg.Rules && len(stale)+len(unresolved) == 0 {
		out.Kind, out.Whole = "unchanged", false
		return out, nil
	}
	if left.Older > 0 {
		out.Gaps = append(out.Gaps, store.Gap{Reason: "older tag of an image", Fix: "--image-tags searches more", Count: int64(left.Older), First: []string{ref}, Chosen: true})
	}
	if left.Many {
		out.Incomplete = true
		out.Gaps = append(out.Gaps, store.Gap{Reason: "image with more tags than are looked at", Fix: "name those that matter: --image '" + "REGISTRY/NAME:v*'", Count: 1, First: []string{ref}})
	}
	if len(tags) == 0 {
		k.untagged(out, ref)
		return out, nil
	}
	for _, t := range tags {
		o.Refs = append(o.Refs, imageScheme+t.Ref)
	}
	a, err := k.w.cfg.Search(ctx, &Query{Images: &o, Name: k.r.Name, Exposure: k.r.Exposure, Archived: k.r.Archived})
	if err != nil {
		return nil, ofRegistry(err)
	}
	k.answer(out, a)
	if a.Summary.Incomplete { // an image that was not there for a moment is not left out for good
		out.Refs = unknownRefs
	}
	return out, nil
}

// untagged says that there is nothing to search: not what was to be, if somebody named it.
func (k *searching) untagged(out *store.Outcome, ref string) {
	g := store.Gap{Reason: "image without a tag that fits", Count: 1, First: []string{ref}, Chosen: true}
	if strings.HasPrefix(k.r.Source, "image:") {
		g.Fix, g.Chosen, out.Incomplete = "look at its name, and at what is asked for behind the :", false, true
	}
	out.Gaps = append(out.Gaps, g)
}

// marked is a watermark of tags.
func marked(tags []image.Tag) string {
	h := sha256.New()
	for _, t := range tags {
		fmt.Fprintf(h, "%s@%s\n", t.Ref, t.Digest)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Registry is the login for the registry of an image of a source: what its forge gets, where the
// forge documents that it takes that, or Image.
func (l *Logins) Registry(source, ref string) image.Login {
	host, _, _ := strings.Cut(ref, "/")
	if l.Image.Registry == host {
		return l.Image
	}
	l.mu.Lock()
	login := l.registries.get(source, host)
	if login == nil {
		login = l.registries.get(source, hostname(host))
	}
	l.mu.Unlock()
	if login == nil {
		return image.Login{}
	}
	k, err := login()
	if err != nil || k.Password == "" {
		return image.Login{}
	}
	return image.Login{Registry: host, User: k.User, Password: k.Password}
}

func hostname(host string) string {
	u, err := url.Parse("https://" + host)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// registriesOf are the registries that take the tokens of a forge. GitHub has one of a
// fixed name, and on other servers containers.HOSTNAME; GitLab has registry.HOSTNAME,
// or another port of the same host.
// https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry
// https://docs.gitlab.com/administration/packages/container_registry/
func registriesOf(f *Forge, base *url.URL) []string {
	switch {
	case f.Kind == "github" && base.Host == "github.com":
		return []string{"ghcr.io"}
	case f.Kind == "github":
		return []string{"containers." + base.Host}
	case f.Kind == "gitlab":
		return []string{"registry." + base.Hostname(), base.Hostname()}
	}
	// Gitea and Forgejo: https://docs.gitea.com/usage/packages/container
	return []string{base.Host}
}
