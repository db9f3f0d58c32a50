package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"unicode"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/whosekey/whosekey/internal/lazy"
)

var scpLike = lazy.New(`^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^/\\]`)

// IsURL reports whether a target names a repository elsewhere.
func IsURL(target string) bool {
	return strings.Contains(target, "://") || scpLike.MatchString(target)
}

// Clone copies a repository, with all its refs, into a temporary folder and
// opens it. cleanup removes the folder; it must be called, also after an
// error. A file: URL is opened where it is.
func Clone(ctx context.Context, target string, opts Options, progress io.Writer) (r *Repo, cleanup func(), err error) {
	cleanup = func() {}
	if path, ok := strings.CutPrefix(target, "file://"); ok {
		r, err = Open(path, opts)
		return r, cleanup, err
	}
	if u, err := url.Parse(target); err == nil && u.Scheme != "" && !scpLike.MatchString(target) {
		switch u.Scheme {
		case "https", "http", "ssh", "git":
		default:
			return nil, cleanup, fmt.Errorf("clone %s: %w", withoutCredentials(target), ErrScheme)
		}
	}
	dir, err := os.MkdirTemp("", "whosekey-clone-")
	if err != nil {
		return nil, cleanup, fmt.Errorf("make a folder for the clone: %w", err)
	}
	cleanup = func() { os.RemoveAll(dir) }
	_, err = git.CloneContext(ctx, storageAt(dir), nil, &git.CloneOptions{URL: target, Mirror: true, Progress: progress})
	if errors.Is(err, transport.ErrAuthenticationRequired) || errors.Is(err, transport.ErrAuthorizationFailed) {
		return nil, cleanup, fmt.Errorf("clone %s: %w", withoutCredentials(target), ErrLogin)
	}
	if err != nil {
		return nil, cleanup, fmt.Errorf("clone %s: %s", withoutCredentials(target), firstLine(redactURLs(err.Error(), target)))
	}
	r, err = Open(dir, opts)
	if err == nil {
		r.remote = withoutCredentials(target)
	}
	return r, cleanup, err
}

// Errors of Clone that the user can mend; the command line says how.
var (
	ErrScheme = errors.New("addresses start with https, ssh, git, http or file")
	ErrLogin  = errors.New("the server wants a user who may read it")
)

// firstLine shortens what a server sent: it may be a page of HTML.
func firstLine(text string) string {
	text, _, more := strings.Cut(strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), "\n")
	if len(text) > 200 {
		text, more = strings.ToValidUTF8(text[:200], ""), true
	}
	if more {
		text += " ..."
	}
	return text
}

var anyURL = lazy.New(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"']+`)

// redactURLs takes credentials out of a text about an address: in its own
// form, in the form that net/http gives it, and on their own.
func redactURLs(text, target string) string {
	text = strings.ReplaceAll(text, target, withoutCredentials(target))
	text = anyURL.ReplaceAllStringFunc(text, withoutCredentials)
	if u, err := url.Parse(target); err == nil && u.User != nil {
		password, _ := u.User.Password()
		for _, s := range append(strings.Split(u.User.String(), ":"), password, u.User.Username()) {
			if len(s) >= 4 { // "git" is no secret
				text = strings.ReplaceAll(text, s, "***")
			}
		}
	}
	return text
}

// WithoutCredentials removes user and password from an address, so that it
// can be shown.
func WithoutCredentials(address string) string { return withoutCredentials(address) }

func withoutCredentials(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	host, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	// Query and fragment can hold tokens too.
	path, _, _ = strings.Cut(path, "?")
	path, _, _ = strings.Cut(path, "#")
	if path == "" {
		return scheme + "://" + host
	}
	return scheme + "://" + host + "/" + path
}
