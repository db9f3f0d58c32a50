package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/ci"
	"github.com/whosekey/whosekey/identity/cmdline"
	"github.com/whosekey/whosekey/identity/iac"
	"github.com/whosekey/whosekey/identity/inventory"
	"github.com/whosekey/whosekey/identity/keys"
	"github.com/whosekey/whosekey/identity/mcp"
	"github.com/whosekey/whosekey/identity/names"
	"github.com/whosekey/whosekey/identity/owners"
	"github.com/whosekey/whosekey/identity/risk"
	"github.com/whosekey/whosekey/internal/fault"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/scanners/dir"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// identityFlags say what is known of the organisation whose credentials are
// looked for.
type identityFlags struct {
	policy.IdentityConfig
}

func (f *identityFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.BoolVar(&f.Off, "no-identity", false, "do not find out whose the credentials are")
	fl.StringArrayVar(&f.Inventory, "inventory", nil, "`file` with the organisation's identities, see \"whosekey inventory\"; repeatable")
	fl.StringVar(&f.Leavers, "leavers", "", "`file` with the addresses of people who have left")
	fl.StringArrayVar(&f.OwnTenants, "own-tenant", nil, "a tenant that is ours, as `PROVIDER:TENANT`, such as aws:111122223333 or gcp:acme-*; repeatable")
	fl.StringVar(&f.Owner, "default-owner", "", "`who` owns what nobody is known for")
	fl.StringVar(&f.Repository, "repository", "", "`name` of the repository in reports, such as acme/api (default: from its remote)")
	fl.StringVar(&f.Exposure, "exposure", "", "who can read it: public, internal or private")
	fl.BoolVar(&f.Archived, "archived-repository", false, "the repository is archived: what it declares has nobody who looks after it")
	oneOf(c, "exposure", policy.Exposures...)
}

// merge adds what the settings file says; flags win, lists are joined.
func (f *identityFlags) merge(c policy.IdentityConfig) error {
	f.Off, f.Archived = f.Off || c.Off, f.Archived || c.Archived
	f.Inventory = append(f.Inventory, c.Inventory...)
	f.OwnTenants = append(f.OwnTenants, c.OwnTenants...)
	for _, p := range []struct {
		to *string
		v  string
	}{{&f.Leavers, c.Leavers}, {&f.Owner, c.Owner}, {&f.Repository, c.Repository}, {&f.Exposure, c.Exposure}} {
		if *p.to == "" {
			*p.to = p.v
		}
	}
	return f.Check()
}

// behind is what lies behind findings: a repository, or nothing.
type behind struct {
	repo  identity.Repository
	path  func(shown string) (string, bool) // the repository's name of a file that reports name otherwise; nil for the same
	close func()
	// forget frees what was kept of what was read; nil for nothing.
	forget func()
	// labels are those of the container image that a place is in, and name is what
	// is known of where it was built from.
	labels func(*leak.Location) map[string]string
	name   string
}

// treeOf is what folders that were scanned have behind them: themselves, with the
// people of the repository around them.
func treeOf(src *dir.Source, paths []string) behind {
	done := func() {}
	var people identity.Repository
	workTree := ""
	if abs, err := filepath.Abs(paths[0]); err == nil {
		if at := policy.RepositoryOf(abs); at != "" {
			if repo, err := gitrepo.Open(at, gitrepo.Options{}); err == nil && repo.WorkTree != "" {
				people, workTree, done = repo.Tree(), repo.WorkTree, func() { repo.Close() }
			}
		}
	}
	tree := src.Tree(people, workTree)
	return behind{repo: tree, path: tree.Path, close: done}
}

// linker finds out whose credentials are.
type linker struct {
	flags     *identityFlags
	opts      identity.Options
	resolvers []identity.Resolver
	inventory *inventory.Resolver // nil for none
	risk      *risk.Assessor      // nil for nobody who judges
	open      func() behind       // nil for nothing
	assemble  func()              // makes the resolvers
	behind
	lost int
}

// linker makes one, nil if nobody wants to know. It reads what the user named, so
// that what is wrong with it shows before the scan.
func (s *scan) linker() (*linker, error) {
	f := &s.flags.identity
	if f.Off {
		return nil, nil
	}
	l := &linker{flags: f, open: s.behind}
	l.opts = identity.Options{Now: time.Now(), OwnTenants: f.OwnTenants, DefaultOwner: f.Owner, Inventory: len(f.Inventory) > 0}
	if f.Leavers != "" {
		list, err := readLeavers(f.Leavers)
		if err != nil {
			return nil, err
		}
		l.opts.Leavers = inventory.Left(list, l.opts.Now)
	}
	for _, name := range f.Inventory {
		if _, err := os.Stat(name); err != nil {
			return nil, usage(fmt.Errorf("read the inventory: %w", err), "")
		}
	}
	points, err := s.config.Points()
	if err != nil {
		return nil, usage(err, "")
	}
	// The rest when there is a finding: most runs of a hook have none.
	l.assemble = func() {
		l.risk = risk.New(points, s.providers, l.opts.Now)
		l.resolvers = l.all(s.providers)
	}
	return l, nil
}

// all are the resolvers in their order: those after may use what those before
// found out.
func (l *linker) all(ps []*rules.Provider) []identity.Resolver {
	list := []identity.Resolver{
		identity.FromRules(ps), identity.FromItself(ps), identity.FromVerdict(), cmdline.New(), names.New(), mcp.New(providerIDs(ps)), iac.New(), ci.New(), keys.New(),
	}
	if files := l.flags.Inventory; len(files) > 0 {
		l.inventory = &inventory.Resolver{Load: func() (*inventory.Inventory, error) { return readInventory(files) }}
		list = append(list, l.inventory)
	}
	if l.labels != nil {
		list = append(list, owners.FromLabels(l.labels))
	}
	return append(list, owners.New(owners.Options{}))
}

// providerIDs are those of the rules.
func providerIDs(ps []*rules.Provider) (out []string) {
	for _, p := range ps {
		out = append(out, p.ID)
	}
	return out
}

// readInventory reads the files of an inventory. What it cannot read of them is
// told, and the rest counts.
func readInventory(files []string) (*inventory.Inventory, error) {
	inv := inventory.New()
	for _, name := range files {
		if i, err := os.Stat(name); err == nil && i.Size() > manyRows {
			tuneForLists()
		}
		if err := inv.LoadFile(name, inventory.Options{}); err != nil {
			inv.Close()
			return nil, usage(fmt.Errorf("read the inventory: %w", err), "whosekey inventory import shows what is wrong with it")
		}
	}
	if inv.Lost > 0 {
		slog.Warn("the inventory has rows that could not be read; whosekey inventory import shows them", "rows", inv.Lost)
	}
	return inv, nil
}

// assembleOffline takes only what reads the credential and the text around it.
func (l *linker) assembleOffline(ps []*rules.Provider) {
	l.opts.Now = time.Now()
	l.assemble = func() {
		l.resolvers = []identity.Resolver{identity.FromRules(ps), identity.FromItself(ps), cmdline.New(), names.New(), mcp.New(providerIDs(ps))}
	}
}

// servers is pipeline.Config.Servers.
func (s *scan) servers(ctx context.Context, qs []*identity.Query) error {
	ps := s.providers
	return identity.Servers(ps, identity.FromRules(ps), identity.FromItself(ps), cmdline.New(), names.New())(ctx, qs)
}

// link is pipeline.Config.Identify.
func (l *linker) link(ctx context.Context, qs []*identity.Query) error {
	if l.open != nil {
		l.behind = l.open()
		if l.close != nil {
			defer l.close()
		}
	}
	l.assemble()
	if l.inventory != nil {
		defer l.inventory.Close()
	}
	g := identity.NewGraph(l.opts)
	where := l.where(ctx)
	for _, q := range qs {
		l.prepare(q)
		q.All = qs
	}
	for _, q := range qs {
		known := recalled(q)
		a, err := l.resolve(ctx, q)
		if err != nil {
			return err
		}
		known.Add(a)
		g.Add(q.Finding, known, where)
		for i := range q.Places { // 150 KB each, which nobody asks for any more
			q.Places[i].Forget()
		}
	}
	l.drop(qs)
	if l.inventory != nil && l.inventory.Inventory() != nil {
		g.Leave(l.inventory.Inventory().Disabled())
	}
	ids := g.Finish()
	if l.risk != nil {
		fs := make([]*leak.Finding, len(qs))
		for i, q := range qs {
			fs[i] = q.Finding
		}
		l.risk.Assess(ids, fs)
	}
	slog.Info("identities", "findings", len(qs), "identities", len(ids), "unreadable", l.lost)
	return nil
}

// drop frees what was read to resolve queries, before what is concluded of them needs
// room: of 200,000 files the trees and names take 40 MB.
func (l *linker) drop(qs []*identity.Query) {
	if l.forget != nil {
		l.forget()
	}
	l.resolvers, l.repo = nil, nil
	for _, q := range qs {
		*q = identity.Query{Finding: q.Finding}
	}
}

// prepare says where to look.
func (l *linker) prepare(q *identity.Query) {
	q.Repo, q.Path, q.Now = l.repo, l.path, l.opts.Now
	tell := q.Lose
	q.Lose = func(what string) {
		l.lose(what)
		if tell != nil {
			tell(what)
		}
	}
	for i := range q.Places {
		if path, ok := l.treePath(q.Places[i].Path); ok {
			q.Places[i].Path = path
		}
	}
}

// resolve asks all resolvers about a query that is prepared.
func (l *linker) resolve(ctx context.Context, q *identity.Query) (identity.Answer, error) {
	var all identity.Answer
	for _, r := range l.resolvers {
		if err := ctx.Err(); err != nil {
			return all, err
		}
		a, err := ask(ctx, r, q)
		if err != nil {
			return all, fmt.Errorf("find out whose a %s is: %w", q.Finding.Rule.ID, err)
		}
		all.Add(a)
		q.Known, q.Declared, q.Consumers = all.Evidence, all.Declared, all.Consumers
	}
	return all, nil
}

// ask asks one resolver. A bug that one finding brings to light costs what the resolver
// knows of that one, and is told.
func ask(ctx context.Context, r identity.Resolver, q *identity.Query) (a identity.Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			slog.Debug("a resolver failed", "why", fault.Of(p), "stack", string(debug.Stack()))
			q.Lose("what stands around a finding: a bug of whosekey, please report it with what --log-level debug prints")
		}
	}()
	return r.Resolve(ctx, q)
}

func (l *linker) treePath(shown string) (string, bool) {
	if l.path == nil {
		return "", false
	}
	return l.path(shown)
}

func (l *linker) lose(what string) {
	l.lost++
	slog.Debug("not read for identities", "what", what)
}

func (l *linker) where(ctx context.Context) identity.Where {
	w := identity.Where{Repository: l.flags.Repository, Exposure: l.flags.Exposure, Archived: l.flags.Archived}
	if w.Repository == "" {
		w.Repository = l.name
	}
	if l.repo != nil {
		if w.Repository == "" {
			w.Repository = l.repo.Name()
		}
		w.LastCommit = l.repo.LastCommit(ctx)
	}
	return w
}
