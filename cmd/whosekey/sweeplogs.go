package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/whosekey/whosekey/scanners/cilog"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// ciLogs opens the logs of repositories, with the login of their forge; nil if they
// are not to be searched.
func (f *sweepFlags) ciLogs(logins *sweep.Logins) func(context.Context, *store.Repository, sweep.LogQuery) (sweep.LogSource, error) {
	if !f.logs {
		return nil
	}
	return func(_ context.Context, r *store.Repository, q sweep.LogQuery) (sweep.LogSource, error) {
		forge := sweep.ForgeOf(r)
		if forge == nil {
			return nil, errors.New("the repository is of no forge")
		}
		base, err := forge.ForLogs()
		if err != nil {
			return nil, err
		}
		l := cilog.Live{Service: forge.Kind, Project: r.Name, Base: base, Token: logins.Tokens[forge.Kind], Since: q.Since, State: q.State, Again: q.Again}
		l.How = hashOf(q.Rules, fmt.Sprintf("%+v", f.archives), fmt.Sprint(f.maxBlob))
		if forge.Kind == "github" {
			l.App = logins.App
		}
		return cilog.NewLive(cilog.Options{Workers: 1, MaxFile: f.maxBlob, Archives: f.archives}, l)
	}
}
