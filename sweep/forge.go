package sweep

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/whosekey/whosekey/store"
)

// Forge is what a source of a forge names: github:org/acme,
// gitlab:group/acme/tools@https://git.acme.example?forks.
type Forge struct {
	Kind   string // "github", "gitlab", "gitea"
	What   string // "org", "user", "group"
	Name   string
	Base   string // address of the server; empty for the usual one
	Choice Choice

	told           int               // repositories that it named in this listing, also those that are not wanted
	left           left              // of them, and of images and gists
	names, numbers map[string]string // numbers by names that were listed, and the opposite
}

// Choice says which repositories of a forge are swept.
type Choice struct{ Forks, Archived, Wikis, Gists, Images bool }

// usualBase are the servers of which nobody names the address.
var usualBase = map[string]string{"github": "https://github.com", "gitlab": "https://gitlab.com", "gitea": "https://codeberg.org"}

// Spec is the form that jobs carry.
func (f *Forge) Spec() string {
	s := f.origin()
	var words []string
	for _, p := range []struct {
		on   bool
		word string
	}{{f.Choice.Forks, "forks"}, {f.Choice.Archived, "archived"}, {f.Choice.Wikis, "wikis"}, {f.Choice.Gists, "gists"}, {f.Choice.Images, "images"}} {
		if p.on {
			words = append(words, p.word)
		}
	}
	if len(words) > 0 {
		s += "?" + strings.Join(words, "&")
	}
	return s
}

// origin is the form that repositories carry, whatever was chosen when they were listed: who
// chooses more does not have what is known found anew, and twice.
func (f *Forge) origin() string {
	s := f.Kind + ":" + f.What + "/" + f.Name
	if f.Base != "" {
		s += "@" + f.Base
	}
	return s
}

// parseForge reads a spec without its kind.
func parseForge(kind, rest string) (*Forge, error) {
	f := &Forge{Kind: kind}
	rest, words, _ := strings.Cut(rest, "?")
	for w := range strings.SplitSeq(words, "&") {
		switch w {
		case "":
		case "forks":
			f.Choice.Forks = true
		case "archived":
			f.Choice.Archived = true
		case "wikis":
			f.Choice.Wikis = true
		case "gists":
			f.Choice.Gists = true
		case "images":
			f.Choice.Images = true
		default:
			return nil, fmt.Errorf("%s: there is no choice %q", kind, w)
		}
	}
	rest, f.Base, _ = strings.Cut(rest, "@")
	var ok bool
	if f.What, f.Name, ok = strings.Cut(rest, "/"); !ok || f.Name == "" {
		return nil, fmt.Errorf("%s: %q is no organisation, user or group", kind, rest)
	}
	_, err := f.base()
	return f, err
}

// base is the address of the server. A token goes there, so that it must be private
// on the way.
func (f *Forge) base() (*url.URL, error) {
	text := strings.TrimSuffix(cmp.Or(f.Base, usualBase[f.Kind]), "/")
	u, err := url.Parse(strings.TrimSuffix(text, apiPath[f.Kind])) // some name the address of the API
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("%s: the address of the server cannot be used: write it as https://git.acme.example", f.Kind)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return nil, fmt.Errorf("%s: %s: the address of the server must begin with https://", f.Kind, u.Host)
	}
	if host, ok := strings.CutPrefix(u.Host, "api."); ok && f.Kind == "github" && ofGitHub(host) {
		u.Host = host
	}
	return u, nil
}

// apiPath is where servers have their API.
var apiPath = map[string]string{"github": "/api/v3", "gitlab": "/api/v4", "gitea": "/api/v1"}

// ofGitHub reports whether GitHub itself runs a server: its own, or that of a company with
// data residency. Its API has a host of its own.
// https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency/about-github-enterprise-cloud-with-data-residency
func ofGitHub(host string) bool { return host == "github.com" || strings.HasSuffix(host, ".ghe.com") }

// api is the address of the API of a server at base, which ends in a slash.
func (f *Forge) api(base *url.URL) *url.URL {
	api := *base
	if f.Kind == "github" && ofGitHub(base.Host) {
		api.Host, api.Path = "api."+base.Host, "/"
	} else {
		api.Path = base.Path + apiPath[f.Kind] + "/"
	}
	return &api
}

// ForLogs is the address that scanners/cilog wants: of GitHub that of the API.
func (f *Forge) ForLogs() (string, error) {
	base, err := f.base()
	if err == nil && f.Kind == "github" {
		base = f.api(base)
	}
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(base.String(), "/"), nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// rest is a forge that is asked by hand, page by page.
type rest struct {
	*Forge
	client *http.Client
	logins *Logins
}

// forgetful asks the same way, and keeps nowhere what is answered.
func (r *rest) forgetful() *rest {
	out, client := *r, *r.client
	if p, ok := client.Transport.(*polite); ok {
		one := *p
		one.answers = nil
		client.Transport = &one
	}
	out.client = &client
	return &out
}

// get asks for a page, and returns the address of the next; empty if it was the
// last.
func (r *rest) get(ctx context.Context, address string, to any) (next string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", errors.New("the forge names an address that cannot be read")
	}
	res, err := r.client.Do(req)
	if err != nil {
		if e := new(url.Error); errors.As(err, &e) {
			err = e.Err
		}
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", refused(res.StatusCode, r.Kind+" "+r.Name)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(to); err != nil {
		return "", fmt.Errorf("%s %s: the answer is not what was asked for", r.Kind, r.Name)
	}
	return nextLink(res.Header.Get("Link")), nil
}

// nextLink reads the header Link, RFC 8288.
func nextLink(header string) string {
	for part := range strings.SplitSeq(header, ",") {
		address, rel, ok := strings.Cut(part, ";")
		if ok && strings.Contains(rel, `rel="next"`) {
			return strings.Trim(strings.TrimSpace(address), "<>")
		}
	}
	return ""
}

// sameHost reports what is at another host than the forge: if all is, the forge has
// another address than the one that was given. Of some it is told when they are to be
// searched (Forge.home).
func sameHost(base *url.URL, rs []*store.Repository) (out []*store.Repository, err error) {
	host, here := "", 0
	for _, r := range rs {
		out = append(out, r)
		u, err := url.Parse(r.Address)
		if err != nil || u.Host == "" {
			r.Address = "" // it may hold what nobody is to see, or name a folder of this machine
			continue
		}
		u.User = nil
		r.Address = u.String()
		if host = u.Host; host == base.Host {
			here++
		}
	}
	if len(rs) > 0 && here == 0 && host == "" {
		return nil, &Never{fmt.Errorf("%s names no address of its repositories that can be cloned", base.Host)}
	}
	if len(rs) > 0 && here == 0 {
		return nil, &Never{fmt.Errorf("%s says that its repositories are at %q: name it by that address", base.Host, host)}
	}
	return out, nil
}

// nothing says that a listing without any repository is one of which nothing was searched:
// of an organisation that a token does not belong to, forges show as little.
func (f *Forge) nothing() error {
	if f.told > 0 {
		return nil
	}
	return &Never{fmt.Errorf("%s %s lists no repository: is it the right name, and may the token see them?", f.What, f.Name)}
}

func (f *Forge) leaves() []store.Gap { return f.left.gaps }

// home returns an error for a repository that a forge says is at another host: the
// forge's login would go there, or a request of which its users decide where to.
func (f *Forge) home(address string) error {
	base, err := f.base()
	if err != nil {
		return err
	}
	if address == "" {
		return &Never{fmt.Errorf("%s names no address that it can be cloned from", base.Host)}
	}
	if u, err := url.Parse(address); err != nil || u.Host != base.Host && !(f.Kind == "github" && gistHost(base, u)) {
		return &Never{fmt.Errorf("%s says that it is at another host, which gets no request: name that in a list of --repos if it is to be searched", base.Host)}
	}
	return nil
}

// within is how soon after a push there may be another one that a forge tells the same time
// of: they tell seconds (https://docs.github.com/en/rest/repos/repos has examples), clocks
// differ, and lists may come late.
const within = 15 * time.Minute

// pushed is what is kept of the time of the last push. While another push could have the
// same, it is marked: without the mark it is another one, and the repository is looked at again.
func pushed(t time.Time) string {
	text := t.UTC().Format(time.RFC3339Nano)
	if time.Since(t) < within {
		text += " or later"
	}
	return text
}
