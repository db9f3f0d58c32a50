package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/serve"
	"github.com/whosekey/whosekey/store"
)

// serveFlags are those of whosekey serve.
type serveFlags struct {
	storeFlags
	addr, owners string
}

func (a *app) serveCommand() *cobra.Command {
	f := &serveFlags{}
	c := &cobra.Command{
		Use:   "serve [RUN.jsonl]...",
		Short: "Show the page of a run, or of a sweep's store, on this machine",
		Long: `Show the page of runs that were written with -f jsonl, or of the store of
sweeps, in a browser on this machine. The page says when there is something new.

Nobody else can read it: it listens on loopback only, and only who has the
address that is printed, with its token, gets in. It changes nothing.

Of several runs the last is shown, and all of them make the lines of its trend.
A page of a store has the 5,000 findings of the highest risk; add ?owner=NAME,
?repository=NAME, ?provider=NAME, ?rule=ID, ?state=live or ?band=high to its
address for others.`,
		Example: `  whosekey serve run.jsonl
  whosekey serve monday.jsonl tuesday.jsonl
  whosekey serve --state /var/lib/whosekey`,
		RunE: func(c *cobra.Command, args []string) error { return a.serve(c.Context(), f, args) },
	}
	f.storeFlags.add(c)
	c.Flags().StringVar(&f.addr, "addr", "127.0.0.1:7407", "`address` of this machine to listen on; port 0 for any that is free")
	c.Flags().StringVar(&f.owners, "owners", "handles", "how people are shown: handles, emails, or hash")
	oneOf(c, "owners", "handles", "emails", "hash")
	return c
}

func (a *app) serve(ctx context.Context, f *serveFlags, files []string) error {
	tuneForFiles()
	source, end, err := f.source(ctx, files)
	if err != nil {
		return err
	}
	defer end()
	if _, err := source.Version(ctx); err != nil {
		return usage(err, "")
	}
	l, err := serve.Listen(f.addr)
	if err != nil {
		return usage(err, "use --addr 127.0.0.1:0")
	}
	defer l.Close()
	s, err := serve.New(l, source)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s\n", s.URL(l))
	fmt.Fprintf(a.stderr, "whosekey: open the address above; its token counts until this ends\n")
	a.served = true
	return s.Run(ctx, l)
}

// source is what is shown, and what closes it.
func (f *serveFlags) source(ctx context.Context, files []string) (serve.Source, func(), error) {
	people, err := record.ParsePeople(f.owners)
	if err != nil {
		return nil, nil, usage(err, "")
	}
	opts := report.Options{People: people, Salt: []byte(publicSalt)}
	if len(files) > 0 {
		return &serve.Runs{Files: files, Options: opts}, func() {}, nil
	}
	db, err := f.open(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	name := f.state
	if store.IsPostgreSQL(f.db) {
		name = store.Shown(f.db)
	}
	return &serve.Store{Store: db, Name: name, Tool: version(), Options: opts}, func() { db.Close() }, nil
}
