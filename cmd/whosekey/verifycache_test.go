package main

import (
	"context"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/whosekey/whosekey/store"
)

func cmdNewer(ts *testscript.TestScript, neg bool, args []string) {
	s, err := store.Open(context.Background(), ts.MkAbs(args[0]))
	ts.Check(err)
	defer s.Close()
	_, err = s.DB().Exec(`update meta set value = '99' where name = 'schema'`)
	ts.Check(err)
}
