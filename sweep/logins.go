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
	known map[string]*gitrepo.Login // by address without credentials
	// hosts are servers of forges, and registries theirs of images; see ofSource.
	hosts, registries ofSource
}

// ofSource are logins by source and server, as each installation of an App has its own
// token, and by the server alone for what no forge listed.
type ofSource map[[2]string]func() (*gitrepo.Login, error)

func (m ofSource) set(source, server string, login func() (*gitrepo.Login, error)) {
	m[[2]string{source, server}], m[[2]string{"", server}] = login, login
}

func (m ofSource) get(source, server string) func() (*gitrepo.Login, error) {
	if login := m[[2]string{source, server}]; login != nil {
		return login
	}
	return m[[2]string{"", server}]
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
		l.hosts, l.registries = ofSource{}, ofSource{}
	}
	login := func() (*gitrepo.Login, error) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		secret, err := token(ctx)
		if err != nil {
			return nil, err
		}
		return &gitrepo.Login{User: users[f.Kind], Password: secret}, nil
	}
	l.hosts.set(f.Spec(), base.Scheme+"://"+base.Host, login)
	for _, host := range registriesOf(f, base) {
		l.registries.set(f.Spec(), host, login)
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

// With asks a server for a repository of a source with the login for its address: nil if
// there is none. A forge's goes nowhere else. That there is none now is an error, and not what
// the server is to find out. A token of an App that is refused is replaced once.
func (l *Logins) With(source, address string, ask func(*gitrepo.Login) error) error {
	login, err := l.login(source, address)
	if err != nil {
		return err
	}
	err = ask(login)
	if !errors.Is(err, gitrepo.ErrLogin) || login == nil || !l.App.Refused(login.Password) {
		return err
	}
	if login, err = l.login(source, address); err != nil {
		return err
	}
	return ask(login)
}

func (l *Logins) login(source, address string) (*gitrepo.Login, error) {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.Scheme, "http") {
		return nil, nil
	}
	l.mu.Lock()
	known, login := l.known[address], l.hosts.get(source, u.Scheme+"://"+u.Host)
	l.mu.Unlock()
	if known != nil || login == nil {
		return known, nil
	}
	return login()
}

// watermark is that of a remote repository, or that it could not be found out.
func (l *Logins) watermark(ctx context.Context, source, address string) (refs string) {
	err := l.With(source, address, func(login *gitrepo.Login) (err error) {
		refs, err = gitrepo.RemoteWatermark(ctx, address, login)
		return err
	})
	return refsOr(refs, err)
}
