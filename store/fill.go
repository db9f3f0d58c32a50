package store

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/leak"
)

// Fill sets Locations, up to limit of each (0 for all), and Identity of findings.
// Findings of one identity share it.
func (s *Store) Fill(ctx context.Context, fs []*Finding, limit int) error {
	for len(fs) > 0 {
		part := fs[:min(chunk, len(fs))]
		fs = fs[len(part):]
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			if err := s.fillPlaces(ctx, part, limit); err != nil {
				return fmt.Errorf("read places: %w", err)
			}
			return nil
		})
		g.Go(func() error {
			if err := s.fillIdentities(ctx, part); err != nil {
				return fmt.Errorf("read identities: %w", err)
			}
			return nil
		})
		if err := g.Wait(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) fillPlaces(ctx context.Context, fs []*Finding, limit int) error {
	byID := map[string]*Finding{}
	ids := make([]any, len(fs))
	for i, f := range fs {
		byID[f.ID] = f
		f.Locations = nil
		ids[i] = f.ID
	}
	return s.each(ctx, s.db, func(scan func(...any) error) error {
		id, p, err := scanPlace(scan)
		if f := byID[id]; err == nil && (limit == 0 || len(f.Locations) < limit) {
			f.Locations = append(f.Locations, p.Location)
		}
		return err
	}, placeQuery+` where o.finding in (`+marks(len(ids))+`)`+placeOrder, ids...)
}

// fillIdentities reads identities. Their records have thousands of bytes of JSON each,
// which takes longer to read than the database needs to find them: it is done on all
// CPUs.
func (s *Store) fillIdentities(ctx context.Context, fs []*Finding) error {
	known := map[string]*leak.Identity{}
	var ids []any
	for _, f := range fs {
		if f.IdentityID != "" && known[f.IdentityID] == nil {
			known[f.IdentityID] = new(leak.Identity)
			ids = append(ids, f.IdentityID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	there := map[string]bool{}
	err := s.each(ctx, s.db, func(scan func(...any) error) error {
		var id, record string
		if err := scan(&id, &record); err != nil {
			return err
		}
		there[id] = true
		to := known[id]
		g.Go(func() error { return decodeIdentity(record, to) })
		return nil
	}, `select id, record from identities where id in (`+marks(len(ids))+`)`, ids...)
	if read := g.Wait(); err == nil {
		err = read
	}
	for _, f := range fs {
		if f.Identity = nil; there[f.IdentityID] {
			f.Identity = known[f.IdentityID]
		}
	}
	return err
}

// Glance sets the first of the Locations of findings, and of their Identity the name
// alone: what a line about a finding says.
func (s *Store) Glance(ctx context.Context, fs []*Finding) error {
	for len(fs) > 0 {
		part := fs[:min(chunk, len(fs))]
		fs = fs[len(part):]
		if err := s.fillPlaces(ctx, part, 1); err != nil {
			return fmt.Errorf("read places: %w", err)
		}
		names := map[string]string{}
		ids := make([]any, len(part))
		for i, f := range part {
			ids[i] = f.IdentityID
		}
		err := s.each(ctx, s.db, func(scan func(...any) error) error {
			var id, name string
			err := scan(&id, &name)
			names[id] = name
			return err
		}, `select id, name from identities where id in (`+marks(len(ids))+`)`, ids...)
		if err != nil {
			return fmt.Errorf("read identities: %w", err)
		}
		for _, f := range part {
			if name, ok := names[f.IdentityID]; ok {
				f.Identity = &leak.Identity{ID: f.IdentityID, Name: name}
			}
		}
	}
	return nil
}
