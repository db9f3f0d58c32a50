package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/client"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/storage/memory"
)

// Login is what a server wants of who reads. It is kept in memory alone: never in
// an address, in settings or on a command line.
type Login struct{ User, Password string }

func (l *Login) method(address string) transport.AuthMethod {
	if l == nil || l.Password == "" || !strings.HasPrefix(address, "http") {
		return nil
	}
	user := l.User
	if user == "" {
		user = "x-access-token"
	}
	return &githttp.BasicAuth{Username: user, Password: l.Password}
}

// ErrVanished says that the server has no such repository (any more), or shows it
// to nobody with this login.
var ErrVanished = errors.New("there is no such repository")

// Mirror makes the bare repository dir a copy of that at an address, with all refs:
// it fetches what is new. What a forced push left behind stays. Where there is
// nothing yet it is cloned; a clone that was cut off leaves nothing at dir.
func Mirror(ctx context.Context, dir, address string, login *Login, limits Limits) error {
	if err := allowed(address); err != nil {
		return err
	}
	ctx, b := limits.in(ctx)
	if b.Room != nil && !strings.HasPrefix(address, "http") {
		var stop func()
		ctx, stop = b.watch(ctx, dir)
		defer stop()
	}
	return b.why(mirror(ctx, dir, address, login), address)
}

func mirror(ctx context.Context, dir, address string, login *Login) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return cloneInto(ctx, dir, address, login)
	}
	removeParts(dir)
	repo, err := git.Open(storageAt(dir), nil)
	if err == nil {
		err = repo.FetchContext(ctx, &git.FetchOptions{
			RemoteURL: address, RefSpecs: []config.RefSpec{"+refs/*:refs/*"}, Auth: login.method(address), Tags: git.NoTags, Force: true, Prune: true,
		})
	}
	if errors.Is(err, git.NoErrAlreadyUpToDate) || errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return nil
	}
	if err != nil {
		removeParts(dir)
		return remoteError("fetch", address, err)
	}
	return nil
}

// removeParts removes what a fetch that was cut off left in a mirror: go-git does not, and
// leaves it open.
func removeParts(dir string) {
	parts, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "tmp_*"))
	if err != nil {
		return // the folder's name is no pattern: they take room, and no more
	}
	for _, name := range parts {
		os.Truncate(name, 0)
		os.Remove(name)
	}
}

// stayHome has no redirect lead to another host, which would get the login: go-git
// follows one, and logs in there.
var stayHome = sync.OnceFunc(func() {
	c := githttp.NewClient(&http.Client{Transport: bounded{}, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) > 5 || req.URL.Host != via[0].URL.Host || req.URL.Scheme != via[0].URL.Scheme {
			return errors.New("the server sends us to another host")
		}
		return nil
	}})
	client.InstallProtocol("https", c)
	client.InstallProtocol("http", c)
})

func allowed(address string) error {
	stayHome()
	scheme, _, ok := strings.Cut(address, "://")
	if ok && !slices.Contains([]string{"https", "http", "ssh", "git"}, scheme) {
		return fmt.Errorf("%s: %w", withoutCredentials(address), ErrScheme)
	}
	return nil
}

func cloneInto(ctx context.Context, dir, address string, login *Login) error {
	part := dir + ".part"
	if err := os.RemoveAll(part); err != nil {
		return fmt.Errorf("remove a clone that was cut off: %w", err)
	}
	// git.PlainClone would remove what it leaves, which would take room as long as it is open.
	_, err := git.CloneContext(ctx, storageAt(part), nil, &git.CloneOptions{URL: address, Mirror: true, Auth: login.method(address)})
	if errors.Is(err, transport.ErrEmptyRemoteRepository) {
		_, err = git.PlainInit(part, true)
		if errors.Is(err, git.ErrRepositoryAlreadyExists) {
			err = nil
		}
	}
	if err != nil {
		removeParts(part)
		os.RemoveAll(part)
		return remoteError("clone", address, err)
	}
	return os.Rename(part, dir)
}

// remoteError makes an error about a server fit to be shown and kept.
func remoteError(what, address string, err error) error {
	shown := withoutCredentials(address)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s %s: %w", what, shown, err)
	case errors.Is(err, transport.ErrAuthenticationRequired), errors.Is(err, transport.ErrAuthorizationFailed):
		return fmt.Errorf("%s %s: %w", what, shown, ErrLogin)
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return fmt.Errorf("%s %s: %w", what, shown, ErrVanished)
	}
	return fmt.Errorf("%s %s: %s", what, shown, firstLine(redactURLs(err.Error(), address)))
}

// RemoteWatermark asks a server for the watermark of a repository: one request, and
// no clone. It is that of a mirror.
func RemoteWatermark(ctx context.Context, address string, login *Login) (string, error) {
	refs, err := remoteRefs(ctx, address, login)
	if err != nil || refs == nil {
		return "", err
	}
	return watermarkOf(refs), nil
}

// RemoteBranch asks a server for its default branch; empty if it has none.
func RemoteBranch(ctx context.Context, address string, login *Login) (string, error) {
	refs, err := remoteRefs(ctx, address, login)
	for _, r := range refs {
		if r.Type() == plumbing.SymbolicReference && r.Name() == plumbing.HEAD {
			return r.Target().Short(), nil
		}
	}
	return "", err
}

// remoteRefs asks a server for its references; nil if it has none.
func remoteRefs(ctx context.Context, address string, login *Login) ([]*plumbing.Reference, error) {
	if err := allowed(address); err != nil {
		return nil, err
	}
	remote := git.NewRemote(memory.NewStorage(), &config.RemoteConfig{Name: "origin", URLs: []string{address}})
	refs, err := remote.ListContext(ctx, &git.ListOptions{Auth: login.method(address), PeelingOption: git.IgnorePeeled})
	if errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return nil, nil
	}
	if err != nil {
		return nil, remoteError("ask", address, err)
	}
	return refs, nil
}

func watermarkOf(refs []*plumbing.Reference) string {
	head := ""
	var tips []Tip
	for _, r := range refs {
		switch {
		case r.Type() == plumbing.SymbolicReference && r.Name() == plumbing.HEAD:
			head = r.Target().String()
		case r.Type() == plumbing.HashReference && strings.HasPrefix(r.Name().String(), "refs/"):
			tips = append(tips, Tip{r.Name().String(), r.Hash().String()})
		}
	}
	slices.SortFunc(tips, func(a, b Tip) int { return strings.Compare(a.Name, b.Name) })
	return Watermark(head, tips)
}
