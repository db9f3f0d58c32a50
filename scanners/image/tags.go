package image

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"
)

// What callers that ask many registries branch on: to wait for another login, to note
// that there is nothing any more, or to ask later.
var (
	ErrLogin   = errors.New("the registry wants another login")
	ErrMissing = errors.New("the registry has no such image")
	ErrBusy    = errors.New("the registry limits how often it is asked")
)

// Is implements what errors.Is looks for.
func (e *errRegistry) Is(target error) bool {
	of := map[int]error{http.StatusUnauthorized: ErrLogin, http.StatusNotFound: ErrMissing, http.StatusTooManyRequests: ErrBusy}[status(e.err)]
	return of != nil && target == of
}

// Tag is a name of an image.
type Tag struct {
	Ref    string // the whole of it: "ghcr.io/acme/app:1.4"
	Digest string // of what it names: "sha256:…"
}

// asks is how many questions a registry gets at once.
const asks = 4

// Tags lists the newest images of a repository: "ghcr.io/acme/app", or those whose
// tags fit a pattern, "ghcr.io/acme/app:v*". Of tags for the same image it is one; most
// bounds how many there are, and left says how many tags are beyond. The repository
// need not exist: ErrMissing. Of Options, Login and Pace count.
func Tags(ctx context.Context, of string, most int, o Options) (tags []Tag, left int, err error) {
	where, pattern := splitTag(of)
	repo, err := name.NewRepository(where, name.WeakValidation)
	if err != nil {
		return nil, 0, fmt.Errorf("%q names no images: write it as ghcr.io/acme/app, or with a pattern of tags, ghcr.io/acme/app:v*", of)
	}
	p, err := remote.NewPuller(newNetwork(o).options(ctx)...)
	if err != nil {
		return nil, 0, err
	}
	names := []string{pattern}
	if strings.ContainsAny(pattern, "*?[") || pattern == "" {
		all, err := p.List(ctx, repo)
		if err != nil {
			return nil, 0, explain(err)
		}
		names = slices.DeleteFunc(all, func(tag string) bool { return beside.MatchString(tag) || pattern != "" && !fits(pattern, tag) })
	}
	slices.SortFunc(names, newest)
	if most > 0 && len(names) > most {
		names, left = names[:most], len(names)-most
	}
	digests := make([]string, len(names))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(asks)
	for i, tag := range names {
		g.Go(func() error {
			d, err := tagDigest(inner, p, repo.Tag(tag))
			digests[i] = d
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, 0, err
	}
	seen := map[string]bool{"": true}
	for i, tag := range names {
		if !seen[digests[i]] {
			seen[digests[i]] = true
			tags = append(tags, Tag{repo.Tag(tag).Name(), digests[i]})
		}
	}
	// An answer without tags is one: the repository is there.
	if len(tags) == 0 && pattern != "" && !strings.ContainsAny(pattern, "*?[") {
		return nil, 0, fmt.Errorf("%s: %w", of, ErrMissing)
	}
	return tags, left, nil
}

// tagDigest asks what a tag names; nothing, if it is gone meanwhile.
func tagDigest(ctx context.Context, p *remote.Puller, tag name.Tag) (string, error) {
	d, err := p.Head(ctx, tag)
	if err == nil {
		return d.Digest.String(), nil
	}
	whole, err := p.Get(ctx, tag) // not all registries answer the short question, or say what is wrong
	if status(err) == http.StatusNotFound {
		return "", nil
	}
	if err != nil {
		return "", explain(err)
	}
	return whole.Digest.String(), nil
}

// Catalog lists the repositories of a registry that fit a pattern:
// "registry.acme.example/team/*". Where the registry has no list, as those that
// everybody uses, that is an error.
func Catalog(ctx context.Context, pattern string, o Options) (out []string, err error) {
	host, rest, _ := strings.Cut(pattern, "/")
	reg, err := name.NewRegistry(host, name.WeakValidation)
	if err != nil || rest == "" {
		return nil, fmt.Errorf("%q is no pattern of images: write it as registry.acme.example/team/*", pattern)
	}
	p, err := remote.NewPuller(newNetwork(o).options(ctx)...)
	if err != nil {
		return nil, err
	}
	pages, err := p.Catalogger(ctx, reg)
	if err != nil {
		return nil, explain(err)
	}
	for pages.HasNext() {
		page, err := pages.Next(ctx)
		if err != nil {
			return nil, explain(err)
		}
		for _, r := range page.Repos {
			if fits(rest, r) {
				out = append(out, host+"/"+r)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func fits(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// splitTag divides a reference where its tag begins; a port is none.
func splitTag(ref string) (repo, tag string) {
	if i := strings.LastIndexByte(ref, ':'); i > strings.LastIndexByte(ref, '/') {
		return ref[:i], ref[i+1:]
	}
	return ref, ""
}

// beside are the tags of signatures and attestations, which are searched with the
// image that they are of.
var beside = regexp.MustCompile(`^sha256-[0-9a-f]{64}(\..*)?$`)

var number = regexp.MustCompile(`[0-9]+|[^0-9]+`)

// newest orders tags: first those without a number, such as latest and main, then the
// highest version. A registry does not say when a tag was made.
func newest(a, b string) int {
	na, nb := strings.ContainsAny(a, "0123456789"), strings.ContainsAny(b, "0123456789")
	if na != nb {
		if nb {
			return -1
		}
		return 1
	}
	if !na {
		return strings.Compare(a, b)
	}
	as, bs := number.FindAllString(strings.TrimPrefix(a, "v"), -1), number.FindAllString(strings.TrimPrefix(b, "v"), -1)
	for i := range min(len(as), len(bs)) {
		x, y := as[i], bs[i]
		if isDigit(x[0]) && isDigit(y[0]) {
			x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if c := cmp.Or(cmp.Compare(len(y), len(x)), strings.Compare(y, x)); c != 0 {
				return c
			}
			continue
		}
		if isDigit(x[0]) != isDigit(y[0]) { // versions before names of branches
			if isDigit(x[0]) {
				return -1
			}
			return 1
		}
		if c := strings.Compare(y, x); c != 0 {
			return c
		}
	}
	// 1.2.3 names less than 1.2 and 1 do, and 1.2.3 is newer than 1.2.3-rc1.
	return cmp.Or(cmp.Compare(strings.Count(a, "-"), strings.Count(b, "-")), cmp.Compare(len(b), len(a)), strings.Compare(a, b))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
