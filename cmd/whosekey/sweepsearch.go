package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/pipeline"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// builtinRules is the version of the detectors that are no rules in a file: a change
// of what they find has repositories searched for them again.
const builtinRules = "1"

// ruleDigests are those of all rules, and of each provider's.
func (s *scan) ruleDigests() (all string, each map[string]string) {
	each = map[string]string{}
	for _, p := range s.providers {
		each[p.ID] = rules.Digest([]*rules.Provider{p})
	}
	if s.config.UseDefaults() {
		each[builtin] = builtinRules
	}
	return s.digest + "-" + each[builtin], each
}

// builtin stands for the detectors that are no rules in a file.
const builtin = "(built in)"

// setOf compiles the rules of some providers.
func (s *scan) setOf(ids []string) (*detectors.Set, error) {
	var ps []*rules.Provider
	for _, p := range s.providers {
		if slices.Contains(ids, p.ID) {
			ps = append(ps, p)
		}
	}
	ds, err := detectors.Compile(ps)
	if err != nil {
		return nil, fmt.Errorf("compile the rules that changed: %w", err)
	}
	if s.config.UseDefaults() {
		for _, d := range detectors.Builtin(s.off) {
			if slices.Contains(ids, builtin) || slices.Contains(ids, d.Spec().Rule.Provider) {
				ds = append(ds, d)
			}
		}
	}
	return detectors.NewSet(ds...), nil
}

func (s *scan) sweepOptions() gitrepo.Options {
	// Files of git-lfs are never in a mirror: no pass would be complete.
	return gitrepo.Options{MaxBlob: s.flags.maxBlob, Workers: workers(s.flags.workers), Archives: s.flags.archives, LFSHere: true}
}

// searcher searches repositories for a sweep: as whosekey git does, but what is
// found goes into the store.
func (s *scan) searcher(q *asking, db *store.Store, gate *memoryGate) func(context.Context, *sweep.Query) (*sweep.Answer, error) {
	var asks sync.Mutex // budgets and certificates are of all repositories together
	// Where nothing has changed there is not enough garbage to be worth collecting.
	tune := sync.OnceFunc(func() { tuneMemory(0) })
	return func(ctx context.Context, query *sweep.Query) (*sweep.Answer, error) {
		tune()
		leave, err := gate.enter(ctx, query.Name)
		if err != nil {
			return nil, err
		}
		defer leave()
		one, err := s.of(query)
		if err != nil {
			return nil, err
		}
		if name := userFile(); q.on() && q.own && policy.Within(name, query.Folders) {
			return nil, fmt.Errorf("your folder for settings lies in it (%s): whoever can change them could have credentials sent; let HOME or XDG_CONFIG_HOME name a folder outside", name)
		}
		found := &kept{}
		cfg := pipeline.Config{
			Run:    report.Run{Mode: "git", Target: query.Name},
			Source: query.Source, Detectors: one.set, Keep: one.ignores.Keep, Account: one.account, Report: found, Salt: s.salt,
		}
		if query.Images != nil {
			src, memory, err := s.openImages(ctx, one, query.Images, db)
			if err != nil {
				return nil, err
			}
			defer src.Close()
			memory.asked = q.on()
			memory.needsText = q.on()
			cfg.Run.Mode, cfg.Source, cfg.Memory = "image", src, memory
		}
		cfg.Fits = one.config.Fits
		if one.ignores.Inline != "off" {
			cfg.Inline = policy.Allowance
		}
		whose, err := one.linker()
		if err != nil {
			return nil, err
		}
		if whose != nil {
			cfg.Identify = whose.link
		}
		if q.on() {
			remote := ""
			if query.Repo != nil {
				remote = query.Repo.Remote()
			}
			cfg.Look, cfg.Servers = s.look, s.servers
			cfg.Verify = func(ctx context.Context, fs []*leak.Finding) error {
				asks.Lock()
				defer asks.Unlock()
				return q.ask(ctx, fs, remote)
			}
		}
		sum, err := pipeline.Run(ctx, cfg)
		if err != nil {
			return nil, err
		}
		hidePeople(found.findings)
		return &sweep.Answer{Findings: found.findings, Summary: sum}, nil
	}
}

// of is a scan of one repository. What is read once is shared.
func (s *scan) of(q *sweep.Query) (*scan, error) {
	flags := *s.flags
	flags.identity.Repository = q.Name
	flags.identity.Archived = flags.identity.Archived || q.Archived
	if flags.identity.Exposure == "" {
		flags.identity.Exposure = q.Exposure
	}
	one := &scan{
		flags: &flags, config: s.config, set: s.set, digest: s.digest, fails: s.fails, salt: s.salt, further: s.further, typed: s.typed, off: s.off,
		providers: s.providers, scanned: q.Folders, whole: q.Only == nil,
		behind: func() behind { return behind{repo: q.Repo.Tree()} },
	}
	if q.Repo == nil {
		one.behind, one.whole = nil, false
	}
	if q.Only != nil {
		set, err := s.setOf(q.Only)
		if err != nil {
			return nil, err
		}
		one.set = set
	}
	return one, one.loadIgnores()
}

// hidePeople takes the addresses of people out of identities: the store keeps none.
func hidePeople(fs []*leak.Finding) {
	shown := map[*leak.Identity]*leak.Identity{}
	for _, f := range fs {
		id := f.Identity
		if id == nil {
			continue
		}
		if shown[id] == nil {
			shown[id] = record.From(id, record.Options{}).Identity()
		}
		f.Identity = shown[id]
	}
}

// parseSize reads a size such as 20GB; 0 for none.
func parseSize(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	upper := strings.ToUpper(strings.TrimSpace(text))
	for _, u := range []struct {
		unit string
		size int64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1}, {"", 1}} {
		if number, ok := strings.CutSuffix(upper, u.unit); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			if err != nil || !(n >= 0) || n*float64(u.size) > 1e18 {
				break
			}
			return int64(n * float64(u.size)), nil
		}
	}
	return 0, fmt.Errorf("%q is no size: write it as 20GB", text)
}
