package image

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
)

// asked is a keychain that asks another one once for each repository: programs that
// keep logins take a second, and may wait for somebody to type.
type asked struct {
	keys authn.Keychain

	mu   sync.Mutex
	told map[string]*answer
}

// answer is what the other one says, when ready is closed.
type answer struct {
	ready chan struct{}
	auth  authn.Authenticator
	err   error
}

// errHelper means that nobody says which login a registry gets.
var errHelper = errors.New("the program that keeps its login (credsStore or credHelpers in docker's config.json) does not answer")

// Resolve implements authn.Keychain.
func (a *asked) Resolve(r authn.Resource) (authn.Authenticator, error) {
	return a.ResolveContext(context.Background(), r)
}

// ResolveContext implements authn.ContextKeychain. What does not come within patience
// is an error.
func (a *asked) ResolveContext(ctx context.Context, r authn.Resource) (authn.Authenticator, error) {
	got := a.ask(r)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-got.ready:
		return got.auth, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, &errRegistry{fmt.Sprintf("%s: %s", r.RegistryStr(), errHelper), "run it by hand: echo " + r.RegistryStr() + " | docker-credential-NAME get", errHelper}
	}
}

// ask asks for a repository, if nobody has.
func (a *asked) ask(r authn.Resource) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if got := a.told[r.String()]; got != nil {
		return got
	}
	got := &answer{ready: make(chan struct{})}
	a.told[r.String()] = got
	go func() {
		defer close(got.ready)
		got.auth, got.err = a.keys.Resolve(r)
	}()
	return got
}
