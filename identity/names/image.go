package names

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

var (
	// pulls are the objects with a login beside an image: auth of CircleCI's
	// executors, circleci.com/docs/private-images, and credentials of the containers of
	// GitHub's jobs, docs.github.com/en/actions/using-jobs/running-jobs-in-a-container.
	pulls = []string{"auth", "credentials"}
	image = lazy.New(`^([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?/)?[a-z0-9][a-z0-9._/-]{0,200}(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`)
)

// dockerHub is the registry of images that name none.
const dockerHub = "docker.io"

// image says which registry a password is for that is to pull the image beside it.
func (b *beside) image() {
	above := b.seen.Key.Above
	if len(above) == 0 || !slices.Contains(pulls, Plain(above[0])) || !unspecific(&b.s.q.Finding.Rule) {
		return
	}
	for i := range b.seen.Fields {
		f := &b.seen.Fields[i]
		m := image.FindStringSubmatch(f.Value)
		if Plain(f.Name) != "image" || m == nil || b.seen.Weight(f) < around.Near || b.seen.Up(f) > 1 {
			continue
		}
		host := dockerHub
		if first := strings.TrimSuffix(m[1], "/"); strings.ContainsAny(first, ".:") || first == "localhost" {
			host = first
		}
		for _, e := range decode.Login(decode.Registry, "", host) {
			if e.Claim == leak.ClaimProvider || e.Claim == leak.ClaimServer || e.Claim == leak.ClaimType || e.Claim == leak.ClaimTenant || e.Claim == leak.ClaimTenantKind {
				e.Class, e.Weight, e.Reason, e.Ref = leak.FromNeighbour, min(e.Weight, around.InBlock), besideIt(f), b.ref(f.Line)
				b.s.lines = b.seen.Lines(f)
				b.s.add(e)
			}
		}
		return
	}
}
