package sweep

import (
	"net/url"
	"strings"
	"sync"

	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// Logins are what servers want of who reads, in memory alone.
type Logins struct {
	// Tokens are by host. A function, as those of Apps end after an hour.
	Tokens map[string]func() (user, password string, err error)

	mu    sync.Mutex
	hosts map[string]*gitrepo.Login // by address without credentials
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
	if l.hosts == nil {
		l.hosts = map[string]*gitrepo.Login{}
	}
	l.hosts[shownAddress(address)] = &gitrepo.Login{User: user, Password: password}
}

// For returns that of an address; nil if there is none.
func (l *Logins) For(address string) *gitrepo.Login {
	l.mu.Lock()
	known := l.hosts[address]
	l.mu.Unlock()
	if known != nil {
		return known
	}
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.Scheme, "http") {
		return nil
	}
	token := l.Tokens[u.Host]
	if token == nil {
		return nil
	}
	user, password, err := token()
	if err != nil || password == "" {
		return nil
	}
	return &gitrepo.Login{User: user, Password: password}
}
