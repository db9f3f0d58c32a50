package sweep

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/whosekey/whosekey/internal/githubapp"
	"github.com/whosekey/whosekey/internal/pause"
	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/scanners/image"
)

// Logins are what servers want of who reads, in memory alone, and how forges are
// asked. The zero value has none.
type Logins struct {
	// Tokens are by the kind of forge: "github", "gitlab", "gitea".
	Tokens map[string]string
	// App stands for the token of GitHub; nil for none.
	App     *githubapp.App
	Answers Answers                                    // nil for none
	Sleep   func(context.Context, time.Duration) error // nil: it sleeps
	// Image is for the registry that it names, and Pace how often all registries are
	// asked; nil for no bound.
	Image image.Login
	Pace  *rate.Limiter

	mu    sync.Mutex
	known map[string]*gitrepo.Login                 // by address without credentials
	hosts map[string]func() (*gitrepo.Login, error) // of forges
	// registries are those of forges, by host.
	registries map[string]func() (*gitrepo.Login, error)
}

func (l *Logins) sleeper() func(context.Context, time.Duration) error {
	if l.Sleep != nil {
		return l.Sleep
	}
	return pause.For
}

// users are the names that go with a token when git asks.
var users = map[string]string{"github": "x-access-token", "gitlab": "oauth2", "gitea": "x-access-token"}

// forge returns the token for a forge, and has it used for clones from there.
func (l *Logins) forge(f *Forge, base *url.URL, api string) func(context.Context) (string, error) {
	token := func(context.Context) (string, error) { return l.Tokens[f.Kind], nil }
	if f.Kind == "github" && l.App != nil {
		token = func(ctx context.Context) (string, error) {
			t, err := l.App.Token(ctx, api, githubapp.Want{Of: f.What + "s/" + f.Name})
			if errors.As(err, new(*githubapp.RefusedError)) {
				err = fmt.Errorf("%w: %w", err, gitrepo.ErrLogin)
			}
			return t, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hosts == nil {
		l.hosts, l.registries = map[string]func() (*gitrepo.Login, error){}, map[string]func() (*gitrepo.Login, error){}
	}
	login := func() (*gitrepo.Login, error) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		secret, err := token(ctx)
		return &gitrepo.Login{User: users[f.Kind], Password: secret}, err
	}
	l.hosts[base.Scheme+"://"+base.Host] = login
	for _, host := range registriesOf(f, base) {
		l.registries[host] = login
	}
	return token
}

// remember keeps what stands in an address.
func (l *Logins) remember(address string) {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return
	}
	password, ok := u.User.Password()
	user := u.User.Username()
	if !ok {
		user, password = "", user
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[string]*gitrepo.Login{}
	}
	l.known[shownAddress(address)] = &gitrepo.Login{User: user, Password: password}
}

// For returns that of an address; nil if there is none. A forge's goes nowhere else.
func (l *Logins) For(address string) *gitrepo.Login {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.Scheme, "http") {
		return nil
	}
	l.mu.Lock()
	known, host := l.known[address], l.hosts[u.Scheme+"://"+u.Host]
	l.mu.Unlock()
	if known != nil || host == nil {
		return known
	}
	login, err := host()
	if err != nil {
		return nil // the server then says that it wants one
	}
	return login
}
