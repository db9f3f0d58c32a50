package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/cilog"
	"github.com/whosekey/whosekey/store"
)

// logMemory is what the store in the folder of --state knows of logs in which earlier runs
// found something. It keeps them as it does layers: as nothing but their ids.
type logMemory struct {
	earlier
	source *cilog.Source
	where  string         // the service's
	day    string         // on which entries of the baseline count, or have expired
	found  map[string]int // places by log, before the policy
}

// formLogs changes when what is kept of a log means something else.
const formLogs = 1

// logs opens the memory of a scan of live logs.
func (s *scan) logs(ctx context.Context, l *cilog.Live) (*logMemory, error) {
	if err := os.MkdirAll(l.State, 0o700); err != nil {
		return nil, usage(fmt.Errorf("make the folder of --state: %w", err), "name another one")
	}
	db, err := (&storeFlags{state: l.State, db: filepath.Join(l.State, "whosekey.db")}).open(ctx, true)
	if err != nil {
		return nil, err
	}
	e, err := s.remember(ctx, db, formLogs)
	if err != nil {
		db.Close()
		return nil, err
	}
	return &logMemory{
		earlier: *e, where: l.Service + " " + l.Base, day: time.Now().Format(time.DateOnly), found: map[string]int{},
	}, nil
}

// id is what a log is called in the store.
func (m *logMemory) id(key string) string { return "log:" + hashOf(m.where, key) }

// today is the policy of a log in which something was ignored: an entry of the baseline may
// expire.
func (m *logMemory) today() string { return hashOf(m.policy, m.day) }

// seen is cilog.Live.Seen.
func (m *logMemory) seen(key string) (bool, error) {
	if m.needsText {
		return false, nil
	}
	l, err := m.store.Layer(m.ctx, m.id(key), m.how)
	if err != nil || l == nil || l.Policy != m.policy && l.Policy != m.today() {
		return false, err
	}
	m.known = append(m.known, l)
	return true, nil
}

// Recall implements pipeline.Memory.
func (m *logMemory) Recall(found []*leak.Finding) (out []*leak.Finding, err error) {
	byID := map[string]*leak.Finding{}
	for _, f := range found {
		byID[f.ID] = f
		for i := range f.Locations {
			key := m.source.Key(&f.Locations[i])
			m.found[key]++
		}
	}
	for _, l := range m.known {
		for _, k := range l.Findings {
			if f := byID[k.ID]; f != nil {
				f.Locations = append(f.Locations, k.Locations...)
			} else {
				byID[k.ID], out = k.Finding, append(out, k.Finding)
			}
		}
	}
	return out, nil
}

// Learn implements pipeline.Memory.
func (m *logMemory) Learn(ctx context.Context, reported []*leak.Finding, mask func(string) string) error {
	logs, kept := map[string]*store.Layer{}, map[string]int{}
	for _, key := range m.source.Found() {
		logs[key] = &store.Layer{Digest: m.id(key), How: m.how, Policy: m.policy}
	}
	for _, f := range reported {
		for i := range f.Locations {
			key := m.source.Key(&f.Locations[i])
			l := logs[key]
			if l == nil {
				continue
			}
			kept[key]++
			n := len(l.Findings)
			if n == 0 || l.Findings[n-1].ID != f.ID {
				l.Findings = append(l.Findings, store.LayerFinding{Finding: m.toKeep(f)})
				n++
			}
			one := &l.Findings[n-1]
			one.Locations, one.Entries = append(one.Locations, f.Locations[i]), append(one.Entries, 0)
		}
	}
	var layers []store.Layer
	for key, l := range logs {
		if kept[key] != m.found[key] {
			l.Policy = m.today()
		}
		layers = append(layers, *l)
	}
	slices.SortFunc(layers, func(a, b store.Layer) int { return strings.Compare(a.Digest, b.Digest) })
	var again []string
	for _, l := range m.known {
		again = append(again, l.Digest)
	}
	if err := m.store.KeepLayers(ctx, layers, m.how, again); err != nil {
		return fmt.Errorf("keep what is known of logs: %w", err)
	}
	return nil
}
