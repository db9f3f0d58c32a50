package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// settingsName is how a repository's settings are called by custom.
const settingsName = ".whosekey.toml"

// maxSettings is the size of the largest file that is taken from the base.
const maxSettings = 16 << 20

// baseFiles are files as a commit has them, in a folder of their own: what a pull
// request is judged by is that of its base, and never what it brings.
type baseFiles struct {
	tree   *gitrepo.Tree
	commit string
	root   string // of the checkout, links resolved
	dir    string // where they are put; empty if there are none yet
	notes  []string
	all    bool // files that the user names are taken from there too
}

// settings puts the settings that count where they can be read, and makes the flags
// name them.
func (r *ciRun) settings(ctx context.Context) (*baseFiles, error) {
	b := &baseFiles{tree: r.found.Repo.Tree(), commit: r.found.Settings, all: r.found.Proposed}
	if r.found.Repo.WorkTree == "" || b.commit == "" && !b.all {
		return b, nil
	}
	var err error
	if b.root, err = filepath.EvalSymlinks(r.found.Repo.WorkTree); err != nil {
		return b, usage(err, "")
	}
	if err := r.fromBase(ctx, b); err != nil {
		b.close()
		return b, b.plain(err)
	}
	r.found.Notes = append(r.found.Notes, b.notes...)
	return b, nil
}

func (r *ciRun) fromBase(ctx context.Context, b *baseFiles) error {
	for _, name := range append([]*string{&r.config, &r.ignore.baseline, &r.keyFile, &r.identity.Leavers}, append(pointers(r.ruleFiles), pointers(r.identity.Inventory)...)...) {
		if *name == "" {
			continue
		}
		var err error
		if *name, err = b.named(ctx, *name); err != nil {
			return err
		}
	}
	r.ruleFiles, r.identity.Inventory = present(r.ruleFiles), present(r.identity.Inventory)
	if r.config == "" {
		var err error
		if r.config, err = b.custom(ctx, settingsName); err == nil && r.config == "" {
			r.config, err = b.custom(ctx, gitleaksName)
		}
		if err != nil {
			return err
		}
	}
	own := b.dir != "" && within(b.dir, r.config)
	known := ""
	if r.config != "" && own {
		c, err := b.referred(ctx, r.config)
		if err != nil {
			return err
		}
		known = c.Baseline.File
	}
	if r.ignore.baseline == "" && known == "" {
		var err error
		if r.ignore.baseline, err = b.custom(ctx, policy.BaselineName); err != nil {
			return err
		}
	}
	return nil
}

func pointers(list []string) (out []*string) {
	for i := range list {
		out = append(out, &list[i])
	}
	return out
}

func present(list []string) (out []string) {
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// within reports whether a path is in a folder, by its name.
func within(dir, name string) bool {
	rel, err := filepath.Rel(dir, name)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// inCheckout returns the path below the checkout of a file that the user named, as
// it is written or with links followed.
func (b *baseFiles) inCheckout(name string) (string, bool) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", false
	}
	forms := []string{abs}
	if real, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		forms = append(forms, filepath.Join(real, filepath.Base(abs)))
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		forms = append(forms, real)
	}
	for _, form := range forms {
		if within(b.root, form) {
			rel, err := filepath.Rel(b.root, form)
			return filepath.ToSlash(rel), err == nil
		}
	}
	return "", false
}

// named is where a file that the user named is to be read; empty if the base does
// not have it.
func (b *baseFiles) named(ctx context.Context, name string) (string, error) {
	rel, inside := b.inCheckout(name)
	if !b.all || !inside {
		return name, nil
	}
	at, err := b.take(ctx, rel)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(name); err != nil {
			return name, nil // it is nowhere, which is said when it is read
		}
		b.notes = append(b.notes, fmt.Sprintf("%s is new in what is searched, and does not count before it is in the base", rel))
		return "", nil
	}
	return at, err
}

// custom is where a file is that is read without being named; empty if there is
// none.
func (b *baseFiles) custom(ctx context.Context, rel string) (string, error) {
	at, err := b.take(ctx, rel)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err == nil {
		b.notes = append(b.notes, fmt.Sprintf("%s of commit %s was used", rel, b.commit[:min(12, len(b.commit))]))
	}
	return at, err
}

// referred takes what settings name, and returns them.
func (b *baseFiles) referred(ctx context.Context, config string) (*policy.Config, error) {
	c, err := policy.Load(config)
	if err != nil {
		return nil, usage(err, "")
	}
	names := append([]string{c.Baseline.File, c.Identity.Leavers}, c.Identity.Inventory...)
	for _, name := range c.Rules.Files {
		names = append(names, filepath.Join(filepath.Dir(config), name))
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		if err := b.refer(ctx, config, name); err != nil {
			return nil, err
		}
	}
	err = nil
	extended(c, func(name string) bool {
		err = b.refer(ctx, config, name)
		return err == nil
	})
	return c, err
}

// refer takes a file that settings name.
func (b *baseFiles) refer(ctx context.Context, config, name string) error {
	if _, inside := b.inCheckout(name); inside {
		return usage(fmt.Errorf("settings %s name %s by its absolute path", config, name), "write it relative to the settings")
	}
	rel, err := filepath.Rel(b.dir, name)
	if err != nil || !within(b.dir, name) {
		return nil // outside of the checkout
	}
	if _, err := b.take(ctx, filepath.ToSlash(rel)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// take puts a file of the commit into the folder.
func (b *baseFiles) take(ctx context.Context, rel string) (string, error) {
	if b.commit == "" { // there is no base that could decide
		return "", fs.ErrNotExist
	}
	data, whole, err := b.tree.ReadFile(ctx, b.commit, rel, maxSettings)
	if err == nil && !whole {
		err = usage(fmt.Errorf("%s has more than %d bytes", rel, maxSettings), "")
	}
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) && !errors.As(err, new(*failure)) {
			err = &failure{err, "", exitIncomplete}
		}
		return "", err
	}
	if b.dir == "" {
		if b.dir, err = os.MkdirTemp("", "whosekey-base-"); err != nil {
			return "", &failure{err, "set TMPDIR to a folder that can be written", exitIncomplete}
		}
	}
	at := filepath.Join(b.dir, filepath.FromSlash(rel))
	if !within(b.dir, at) {
		return "", fs.ErrNotExist
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return "", &failure{err, "", exitIncomplete}
	}
	if err := os.WriteFile(at, data, 0o600); err != nil {
		return "", &failure{err, "", exitIncomplete}
	}
	return at, nil
}

func (b *baseFiles) close() {
	if b.dir != "" {
		os.RemoveAll(b.dir)
	}
}

// plain makes an error name files as the repository does.
func (b *baseFiles) plain(err error) error {
	if err == nil || b.dir == "" || !strings.Contains(err.Error(), b.dir) {
		return err
	}
	f := &failure{err: err, code: exitUsage}
	if was := new(failure); errors.As(err, &was) {
		f.hint, f.code = was.hint, was.code
	}
	at := b.commit[:min(12, len(b.commit))] + ":"
	f.err = errors.New(strings.ReplaceAll(err.Error(), b.dir+string(filepath.Separator), at))
	if f.hint == "" && b.all && f.code == exitUsage {
		f.hint = "mend it in the base, which decides: what a pull request makes of it does not count"
	}
	f.hint = strings.ReplaceAll(f.hint, b.dir+string(filepath.Separator), at)
	return f
}
