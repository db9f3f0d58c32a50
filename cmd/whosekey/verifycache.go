package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/verify"
)

// noCache is for sweeps, which else keep verdicts in their store.
const noCache = "off"

// checkCache looks at --verify-cache before anything is done. What is kept is
// sealed with the key of --key-file; without one, ids are made with a key that
// everybody knows.
func (s *scan) checkCache() error {
	f := &s.flags.verify
	switch {
	case f.cache == "" && f.given("verify-cache"):
		return usage(errors.New(`--verify-cache "": names no file`), "")
	case f.cache != "" && f.cache != noCache && s.flags.keyFile == "":
		return usage(errors.New("--verify-cache needs --key-file: what is kept is sealed with it"), "make one with: head -c 32 /dev/urandom > FILE")
	}
	return nil
}

// remember has verdicts kept for further runs: in the store of a sweep, or in the
// file that the user names. A file that cannot be used is reported and left alone.
func (q *asking) remember(s *scan, cfg *verify.Config) {
	name := s.flags.verify.cache
	if q.mode != verify.Safe && q.mode != verify.Extended || name == noCache {
		return
	}
	db, told := q.store, "the store"
	if name != "" {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		told = "--verify-cache " + store.Shown(name)
		own, err := store.Open(ctx, name)
		if err != nil {
			q.notes = append(q.notes, fmt.Sprintf("%s is not used, all are asked: %v", told, err))
			return
		}
		q.opened, db = own, own
	}
	if db == nil {
		return
	}
	cfg.Salt = verify.CacheSalt(s.salt)
	cfg.Cache = verify.NewLasting(db, s.salt, time.Now, func(err error) {
		slog.Warn(told+" does not keep verdicts just now", "err", safe(err.Error()))
	})
}

// close gives up what was opened for asking.
func (q *asking) close() {
	if q.engine != nil {
		q.engine.Close()
	}
	if q.opened != nil {
		q.opened.Close()
	}
}
