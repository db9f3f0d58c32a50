package main

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/internal/githubapp"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/sweep"
)

// sourceFlags say what is swept.
type sourceFlags struct {
	dirs, lists                    []string
	github, gitlab, gitea          []string
	githubURL, gitlabURL, giteaURL string
	choice                         sweep.Choice
	images                         []string
	imageTags                      int
}

func (f *sourceFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringArrayVar(&f.dirs, "dir", nil, "all repositories below this `folder`; repeatable")
	fl.StringArrayVar(&f.lists, "repos", nil, "`file` with a folder or an address of a repository a line; repeatable")
	fl.StringArrayVar(&f.github, "github", nil, "an `organisation` on GitHub, or user:NAME; token in GITHUB_TOKEN; repeatable")
	fl.StringArrayVar(&f.gitlab, "gitlab", nil, "a `group` on GitLab with its subgroups, or user:NAME; token in GITLAB_TOKEN; repeatable")
	fl.StringArrayVar(&f.gitea, "gitea", nil, "an `organisation` on Gitea or Forgejo, or user:NAME; token in GITEA_TOKEN; repeatable")
	fl.StringVar(&f.githubURL, "github-url", "", "`address` of a GitHub Enterprise Server, or of your company at ghe.com")
	fl.StringVar(&f.gitlabURL, "gitlab-url", "", "`address` of your own GitLab")
	fl.StringVar(&f.giteaURL, "gitea-url", "", "`address` of your own Gitea or Forgejo")
	fl.BoolVar(&f.choice.Forks, "forks", false, "forks too")
	fl.BoolVar(&f.choice.Archived, "archived", false, "archived repositories too")
	fl.BoolVar(&f.choice.Wikis, "wikis", false, "wikis too")
	fl.BoolVar(&f.choice.Images, "images", false, "container images too, of the forges' own registries")
	fl.BoolVar(&f.choice.Gists, "gists", false, "gists too, of the user or of the organisation's members (GitHub)")
}

// sweepLogins are what servers want, out of the environment.
func sweepLogins() (*sweep.Logins, error) {
	l := &sweep.Logins{Tokens: map[string]string{
		"github": cmp.Or(os.Getenv("GITHUB_TOKEN"), os.Getenv("GH_TOKEN")), "gitlab": os.Getenv("GITLAB_TOKEN"), "gitea": os.Getenv("GITEA_TOKEN"),
	}}
	var err error
	l.App, err = gitHubApp()
	return l, err
}

// credentialsMark tells whether the credentials are those of before, and, without the
// user's key, nothing else.
func credentialsMark(key []byte, l *sweep.Logins) string {
	h := hmac.New(sha256.New, key)
	fmt.Fprintf(h, "whosekey: credentials of a sweep\n%q\n%q %q %q\n", l.Tokens, l.Image.Registry, l.Image.User, l.Image.Password)
	if l.App != nil {
		fmt.Fprintf(h, "%q %x\n", l.App.ID, l.App.Key.D)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// gitHubApp is the App that the environment names; nil for none.
func gitHubApp() (*githubapp.App, error) {
	id, file := os.Getenv("WHOSEKEY_GITHUB_APP_ID"), os.Getenv("WHOSEKEY_GITHUB_APP_KEY_FILE")
	if id == "" && file == "" {
		return nil, nil
	}
	if id == "" || file == "" {
		return nil, usage(errors.New("WHOSEKEY_GITHUB_APP_ID and WHOSEKEY_GITHUB_APP_KEY_FILE go together"), "")
	}
	text, err := policy.ReadFile(file)
	if err != nil {
		return nil, usage(fmt.Errorf("read WHOSEKEY_GITHUB_APP_KEY_FILE: %w", err), "")
	}
	key, err := githubapp.ParseKey(text)
	if err != nil {
		return nil, usage(fmt.Errorf("WHOSEKEY_GITHUB_APP_KEY_FILE: %w", err), "it is the .pem file that GitHub made")
	}
	return &githubapp.App{ID: id, Key: key}, nil
}

// specs names the sources.
func (f *sourceFlags) specs() (out []string, err error) {
	for _, p := range []struct {
		kind  string
		paths []string
		dir   bool
	}{{"dir", f.dirs, true}, {"list", f.lists, false}} {
		for _, path := range p.paths {
			abs, err := filepath.Abs(path)
			if err != nil {
				return nil, usage(err, "")
			}
			st, err := os.Stat(abs)
			if err != nil {
				return nil, usage(err, "")
			}
			if st.IsDir() != p.dir {
				return nil, usage(fmt.Errorf("%s: --dir wants a folder, --repos a file", path), "")
			}
			out = append(out, p.kind+":"+abs)
		}
	}
	for _, p := range []struct {
		kind, what, base string
		names            []string
	}{{"github", "org", f.githubURL, f.github}, {"gitlab", "group", f.gitlabURL, f.gitlab}, {"gitea", "org", f.giteaURL, f.gitea}} {
		for _, name := range p.names {
			what := p.what
			if user, ok := strings.CutPrefix(name, "user:"); ok {
				what, name = "user", user
			}
			forge := sweep.Forge{Kind: p.kind, What: what, Name: name, Base: strings.TrimSuffix(p.base, "/"), Choice: f.choice}
			out = append(out, forge.Spec())
		}
	}
	for _, ref := range f.images {
		if !strings.Contains(ref, perRepository) {
			out = append(out, "image:"+ref)
		}
	}
	return out, nil
}

// listed are the folders of repositories that lists name.
func (f *sourceFlags) listed() (out []string, err error) {
	for _, name := range f.lists {
		b, err := policy.ReadFile(name)
		if err != nil {
			return nil, usage(fmt.Errorf("read --repos: %w", err), "")
		}
		for line := range strings.Lines(string(b)) {
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' || gitrepo.IsURL(line) {
				continue
			}
			if !filepath.IsAbs(line) {
				line = filepath.Join(filepath.Dir(name), line)
			}
			out = append(out, line)
		}
	}
	return out, nil
}

func (f *sourceFlags) sources(logins *sweep.Logins) (out []sweep.Source, err error) {
	specs, err := f.specs()
	if err != nil {
		return nil, err
	}
	for _, spec := range specs {
		src, err := sweep.ParseSource(spec, logins)
		if err != nil {
			return nil, usage(err, "")
		}
		out = append(out, src)
	}
	return out, nil
}

var errNoSource = usage(errors.New("nothing to sweep"), "name it: --dir FOLDER, --repos FILE, --github ORG, --gitlab GROUP or --gitea ORG")
