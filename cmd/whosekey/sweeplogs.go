package main

import (
	"context"
	"errors"
	"time"

	"github.com/whosekey/whosekey/scanners/cilog"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// ciLogs opens the logs of repositories, with the login of their forge; nil if they
// are not to be searched.
func (f *sweepFlags) ciLogs(logins *sweep.Logins) func(context.Context, *store.Repository, time.Time, string) (sweep.LogSource, error) {
	if !f.logs {
		return nil
	}
	return func(_ context.Context, r *store.Repository, since time.Time, state string) (sweep.LogSource, error) {
		forge := sweep.ForgeOf(r)
		if forge == nil {
			return nil, errors.New("the repository is of no forge")
		}
		base, err := forge.ForLogs()
		if err != nil {
			return nil, err
		}
		l := cilog.Live{Service: forge.Kind, Project: r.Name, Base: base, Token: logins.Tokens[forge.Kind], Since: since, State: state}
		if forge.Kind == "github" {
			l.App = logins.App
		}
		return cilog.NewLive(cilog.Options{Workers: 1, MaxFile: f.maxBlob, Archives: f.archives}, l)
	}
}
