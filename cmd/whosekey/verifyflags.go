package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/verify"
)

// verifyFlags say whether providers are asked, and how.
type verifyFlags struct {
	mode           string
	allowHosts     []string
	allowPrivate   []string
	allowVerifiers bool
	budget         int
	rate           float64
	timeout        time.Duration
	total          time.Duration
	proxy          string
	caFiles        []string
	cache          string
	changed        func(flag string) bool // whether one was given; nil in commands without them
}

func (f *verifyFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.mode, "verify", "", "ask providers whether credentials work: off, plan (say what would be asked), safe, extended (default off)")
	f.addHosts(c)
	fl.IntVar(&f.budget, "verify-budget", 0, "make this many calls at most (default: no limit)")
	fl.Float64Var(&f.rate, "verify-rate", 0, "calls a second to a host at most (default 2, or what its provider wants; more only for servers that you allow)")
	fl.DurationVar(&f.timeout, "verify-timeout", 0, "how long a call may take (default 10s)")
	fl.DurationVar(&f.total, "verify-total", 0, "how long all calls may take, with the waiting that hosts ask for (default: no limit)")
	fl.StringVar(&f.proxy, "verify-proxy", "", "ask through a proxy, http://host:port; those of the environment are not used")
	fl.StringArrayVar(&f.caFiles, "verify-ca", nil, "`file` with certificates of authorities to trust beside the system's, in PEM; repeatable")
	fl.StringVar(&f.cache, "verify-cache", "", "`file` that keeps verdicts for the next run, live ones for an hour, dead ones for a day; needs --key-file (in a sweep: its store; off for none)")
	f.changed = fl.Changed
	oneOf(c, "verify", policy.Modes...)
}

// addHosts adds the flags that say where calls may go.
func (f *verifyFlags) addHosts(c *cobra.Command) {
	fl := c.Flags()
	fl.StringArrayVar(&f.allowHosts, "allow-host", nil, "a `host` of your own that may be asked, such as vault.acme.example:8200 or *.acme.example; repeatable")
	fl.StringArrayVar(&f.allowPrivate, "allow-private", nil, "`addresses` that are not of the internet and may be asked, such as 10.0.0.0/8; repeatable")
	fl.BoolVar(&f.allowVerifiers, "allow-verifiers", false, "rule files named with --rules may say what is asked")
}

// doorHook lets tests put an internet of their own in the place of the real
// one.
var doorHook func(*verify.DoorOptions)

// userFile is where the user's own settings are; tests have others.
var userFile = policy.UserFile

// asking is how providers are asked in a run.
type asking struct {
	mode   verify.Mode
	config policy.VerifyConfig // the user's settings and flags, put together
	engine *verify.Engine
	own    bool          // the user's own settings say something
	fresh  time.Duration // how old a kept answer may be; 0: as old as usual
	store  *store.Store  // of a sweep, which keeps verdicts too; nil if there is none
	opened *store.Store  // for verdicts alone
	notes  []string
	given  bool              // the user said which rule's credential it is
	named  map[string]string // the settings file that names endpoints of a provider
}

func (q *asking) on() bool { return q.mode != verify.Off }

// askSettings puts together what flags, the settings file and the user's own
// settings say; flags win, lists are joined. scanned are the folders that are
// searched: a settings file in one of them, or in a repository, may say nothing
// of this, and the user's own settings neither where they lie in one of them or
// in the repository around the current folder, as where HOME is a workspace.
func (s *scan) askSettings(scanned []string, otherwise verify.Mode) (*asking, error) {
	q := &asking{mode: otherwise, named: map[string]string{}}
	if err := s.checkCache(); err != nil {
		return nil, err
	}
	if name := userFile(); name != "" {
		own, err := policy.LoadUser(name)
		if err != nil {
			return nil, usage(err, "docs/configuration.md lists the keys")
		}
		q.own = !own.Empty()
		if q.own && (policy.Within(name, s.around(scanned)) || policy.Swept(name, s.swept)) {
			return nil, usage(fmt.Errorf("settings %s: [verify] is not for files of what is scanned, and your folder for settings lies in it: whoever can change them could have credentials sent", name),
				"let HOME or XDG_CONFIG_HOME name a folder outside, or give what it says as flags")
		}
		if err := q.check(own, name); err != nil {
			return nil, err
		}
		q.merge(own)
	}
	if own := s.config.Verify; own != nil {
		if policy.Theirs(s.config.File, s.around(scanned)) {
			return nil, usage(fmt.Errorf("settings %s: [verify] is not for files of what is scanned, nor of a repository: whoever can change them could have credentials sent", s.config.File),
				fmt.Sprintf("put it into your own settings, %s, or into a folder that is in no repository", userFile()))
		}
		if err := q.check(own, s.config.File); err != nil {
			return nil, err
		}
		q.merge(own)
	}
	f := &s.flags.verify
	typed := f.settings()
	if err := f.check(typed); err != nil {
		return nil, err
	}
	q.merge(typed)
	switch {
	case f.mode == "" && f.given("verify"), !slices.Contains(policy.Modes, string(q.mode)):
		return nil, usage(fmt.Errorf("--verify %q", f.mode), "use off, plan, safe or extended")
	case otherwise == verify.Off && s.flags.failOn == "live" && (q.mode == verify.Off || q.mode == verify.Plan) && (s.given == nil || s.given.mute):
		return nil, usage(errors.New("--fail-on live: nobody is asked, so nothing would ever fail"), "turn it on with --verify safe")
	}
	return q, nil
}

// around are the folders that are scanned, and the repository around the current
// one.
func (s *scan) around(scanned []string) []string {
	return append(hereRepository(), scanned...)
}

// check looks at what a settings file says of hosts, so that a mistake is
// reported with its name, whether anybody is asked or not. Passwords are not
// quoted.
func (q *asking) check(c *policy.VerifyConfig, file string) error {
	bad := func(format string, args ...any) error {
		return usage(fmt.Errorf("settings "+file+": verify: "+format, args...), "docs/configuration.md explains the keys")
	}
	for _, provider := range slices.Sorted(maps.Keys(c.Endpoints)) {
		q.named[provider] = file
		for i, e := range c.Endpoints[provider] {
			if err := verify.ParseEndpoint(e); err != nil {
				return bad("endpoint %d of %s: %w", i+1, provider, err)
			}
		}
	}
	for _, h := range c.AllowHosts {
		if err := verify.ParseAllowed(h); err != nil {
			return bad("allow_hosts: %w", err)
		}
	}
	if err := verify.ParseProxy(c.Proxy); err != nil {
		return bad("%w", err)
	}
	return nil
}

func (q *asking) merge(c *policy.VerifyConfig) {
	to := &q.config
	if c.Mode != "" {
		q.mode = verify.Mode(c.Mode)
	}
	to.AllowHosts = append(to.AllowHosts, c.AllowHosts...)
	to.AllowPrivate = append(to.AllowPrivate, c.AllowPrivate...)
	to.Verifiers = append(to.Verifiers, c.Verifiers...)
	to.CAFiles = append(to.CAFiles, c.CAFiles...)
	to.OwnTenants = append(to.OwnTenants, c.OwnTenants...)
	if to.Endpoints == nil {
		to.Endpoints = map[string][]string{}
	}
	for provider, list := range c.Endpoints {
		to.Endpoints[provider] = append(to.Endpoints[provider], list...)
	}
	if c.Budget != 0 {
		to.Budget = c.Budget
	}
	if c.Rate != 0 {
		to.Rate = c.Rate
	}
	if c.Timeout.Duration != 0 {
		to.Timeout = c.Timeout
	}
	if c.Total.Duration != 0 {
		to.Total = c.Total
	}
	if c.Proxy != "" {
		to.Proxy = c.Proxy
	}
}

// start makes the engine. progress is told how many credentials have been
// asked about; it may be nil.
func (q *asking) start(s *scan, progress func(done, total int)) error {
	ps, err := q.providers(s)
	if err != nil {
		return err
	}
	for _, provider := range slices.Sorted(maps.Keys(q.config.Endpoints)) {
		if !slices.ContainsFunc(ps, func(p *rules.Provider) bool { return p.ID == provider }) {
			return usage(fmt.Errorf("settings %s: endpoints: there is no provider %q", q.named[provider], provider), `"whosekey rules list" has their names`)
		}
	}
	verifiers, err := verify.Compile(ps, q.config.Endpoints)
	if bad := new(verify.EndpointError); errors.As(err, &bad) {
		return usage(fmt.Errorf("settings %s: %w", q.named[bad.Provider], err), "")
	}
	if err != nil {
		return usage(err, "")
	}
	door, err := q.door()
	if err != nil {
		return err
	}
	cfg := verify.Config{
		Mode: q.mode, Verifiers: verifiers, Providers: ps, Door: door, Budget: q.config.Budget, Timeout: q.config.Total.Duration, OwnTenants: q.config.OwnTenants,
		Mend: detectors.Mend, Progress: progress, Offline: verify.Offline(time.Now), Certificates: s.seen.All, Authorities: s.seen.Authorities, Cluster: s.seen.Cluster, Context: s.seen.Context,
		Fresh: q.fresh, Named: q.given,
	}
	q.remember(s, &cfg)
	if q.engine, err = verify.New(cfg); err != nil {
		q.close()
		return usage(err, "")
	}
	return nil
}

func (q *asking) door() (verify.DoorOptions, error) {
	prefixes, err := policy.Prefixes(q.config.AllowPrivate)
	if err != nil {
		return verify.DoorOptions{}, usage(fmt.Errorf("--allow-private %w", err), "")
	}
	for _, h := range q.config.AllowHosts {
		if err := verify.ParseAllowed(h); err != nil {
			return verify.DoorOptions{}, usage(fmt.Errorf("--allow-host: %w", err), "")
		}
	}
	o := verify.DoorOptions{
		Allow: q.config.AllowHosts, AllowPrivate: prefixes, Proxy: q.config.Proxy, Rate: q.config.Rate,
		CallTimeout: q.config.Timeout.Duration, Version: version(),
	}
	for _, provider := range slices.Sorted(maps.Keys(q.config.Endpoints)) {
		for _, e := range q.config.Endpoints[provider] {
			u, err := url.Parse(e)
			if err != nil || u.Host == "" {
				continue // Compile has complained
			}
			host := u.Host
			if u.Port() == "" {
				host += map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
			}
			o.Allow = append(o.Allow, host)
		}
	}
	if o.RootCAs, err = authorities(q.config.CAFiles); err != nil {
		return o, err
	}
	if doorHook != nil {
		doorHook(&o)
	}
	return o, nil
}

// providers are those whose tables say how to ask: the ones that ship with the
// program, and further files that the user lets. Scans do not load these
// tables, they take a tenth of a second.
func (q *asking) providers(s *scan) ([]*rules.Provider, error) {
	var ps []*rules.Provider
	if s.config.UseDefaults() {
		var err error
		if ps, err = rules.Builtin(); err != nil {
			return nil, err // a bug: a test loads them all
		}
	}
	// Settings of what is scanned must not bring a verifier, whatever the flag.
	theirs := s.config.File != "" && policy.Theirs(s.config.File, s.around(s.scanned))
	for i, p := range s.further {
		allowed := q.trusts(p.File) || s.flags.verify.allowVerifiers && (i < s.typed || !theirs)
		if len(p.Verify) > 0 && !allowed {
			fix := "--allow-verifiers lets them"
			if i >= s.typed && theirs {
				fix = "a settings file of what is scanned names it; to let them, name it with --rules"
			}
			q.notes = append(q.notes, fmt.Sprintf("%s: its [[verify]] tables are not used; %s", p.File, fix))
			bare := *p
			bare.Verify, p = nil, &bare
		}
		ps = append(ps, p)
	}
	return rules.Without(ps, s.off)
}

// trusts reports whether the user's settings name a rule file.
func (q *asking) trusts(file string) bool {
	have, err := os.Stat(file)
	return err == nil && slices.ContainsFunc(q.config.Verifiers, func(name string) bool {
		st, err := os.Stat(name)
		return err == nil && os.SameFile(have, st)
	})
}

// tell writes what is to be known before anybody is asked.
func (a *app) tell(q *asking) {
	for _, n := range q.notes {
		fmt.Fprintf(a.stderr, "whosekey: note: %s\n", safe(n))
	}
}

// ask is the stage of a run in which providers are asked. repository is the address
// that what was searched comes from; it may be empty.
func (q *asking) ask(ctx context.Context, fs []*leak.Finding, repository string) error {
	if q.mode == verify.Plan {
		q.planned(fs)
		return nil
	}
	q.engine.From(repository)
	return q.engine.Verify(ctx, fs)
}
