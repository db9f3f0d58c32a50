package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// storeFlags say where the store is.
type storeFlags struct {
	state string
	db    string
}

func (f *storeFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.state, "state", "", "`folder` for the database, the key of ids and mirrors of repositories; made if missing (default ~/.local/state/whosekey)")
	c.Flags().StringVar(&f.db, "db", "", "the database: `postgres://...` or a file (default: a file in --state; also: WHOSEKEY_DB)")
}

// folder is the state's, made if it is missing.
func (f *storeFlags) folder() (string, error) {
	if f.state == "" {
		base := os.Getenv("XDG_STATE_HOME")
		if base == "" {
			home, err := os.UserHomeDir()
			if err != nil { // services have no HOME, but a user
				if u, unknown := user.Current(); unknown == nil && u.HomeDir != "" {
					home, err = u.HomeDir, nil
				}
			}
			if err != nil {
				return "", usage(fmt.Errorf("there is no home folder: %w", err), "name a folder with --state")
			}
			base = filepath.Join(home, ".local", "state")
		}
		f.state = filepath.Join(base, "whosekey")
	}
	if err := os.MkdirAll(f.state, 0o700); err != nil {
		return "", usage(fmt.Errorf("make the folder of the state: %w", err), "name another one with --state")
	}
	return f.state, nil
}

// open opens the store. Unless it is to be made, a file must be there.
func (f *storeFlags) open(ctx context.Context, create bool) (*store.Store, error) {
	name := f.db
	if name == "" {
		name = os.Getenv("WHOSEKEY_DB") // a password belongs there, and not on a command line
	}
	if name == "" {
		dir, err := f.folder()
		if err != nil {
			return nil, err
		}
		name = filepath.Join(dir, "whosekey.db")
	}
	f.db = name
	if strings.Contains(name, "://") && !store.IsPostgreSQL(name) {
		return nil, usage(errors.New("--db: the address is none of PostgreSQL"), "write it as postgres://..., or name a file")
	}
	if _, err := os.Stat(name); !create && !store.IsPostgreSQL(name) && errors.Is(err, fs.ErrNotExist) {
		return nil, usage(fmt.Errorf("there is no store %s", name), "whosekey sweep run makes one; or name another with --state or --db")
	}
	s, err := store.Open(ctx, name)
	if errors.Is(err, store.ErrNewer) {
		return nil, usage(err, "")
	}
	if err != nil && store.Full(err) {
		return nil, noRoom(fmt.Errorf("there is no room for the store %s: %w", store.Shown(name), err))
	}
	if err != nil {
		return nil, &failure{err, "is the database there?", exitIncomplete}
	}
	return s, nil
}

// noRoom says that a disk is full before anything is done.
func noRoom(err error) error {
	return &failure{err, "nothing was searched: make room there, or name another place with --state or --db", exitIncomplete}
}

// sweepFlags are those of what searches.
type sweepFlags struct {
	scanFlags
	storeFlags
	sourceFlags
	registryFlags
	tellFlags
	reportCron string
	upload     bool
	jobs       int
	deadline   time.Duration
	disk       string
	memory     string
	listen     string
	full       bool
	reverify   string
	logs       bool
	issues     bool
}

func (f *sweepFlags) add(c *cobra.Command) {
	f.scanFlags.add(c)
	f.storeFlags.add(c)
	f.registryFlags.add(c)
	fl := c.Flags()
	fl.StringArrayVar(&f.images, "image", nil, "container images: `REF`, also registry/team/* and :v*; with {repository} in it those of each repository that is listed; repeatable")
	fl.IntVar(&f.imageTags, "image-tags", 20, "how many of a repository's tags to search, the newest; 0 for all")
	fl.IntVar(&f.jobs, "jobs", 0, "how many repositories to search at once (default: one per CPU)")
	fl.DurationVar(&f.deadline, "deadline", 6*time.Hour, "how long a repository may take")
	fl.StringVar(&f.disk, "disk", "", "what mirrors may take, such as `20GB`: those unused the longest are removed first (default: no limit)")
	fl.StringVar(&f.memory, "memory", "", "what the process should take, such as `2GB`: fewer repositories are searched at once where they need much (default: no limit)")
	fl.StringVar(&f.listen, "listen", "", "serve /metrics, /healthz and /livez at this `address`, such as 127.0.0.1:9464 (default: nowhere)")
	fl.BoolVar(&f.logs, "logs", false, "the logs of the repositories' CI too: of GitHub Actions and GitLab, the last 30 days first, then what is new")
	fl.BoolVar(&f.issues, "issues", false, "issues, pull and merge requests and their comments too, and snippets of GitLab")
	fl.StringVar(&f.reverify, "reverify", "", "ask again about open findings that were not looked at for this `long`, such as 24h or 7d, though nothing has changed (default: never; with --verify)")
	fl.BoolVar(&f.full, "full", false, "search everything again, whatever has changed")
}

func (a *app) sweepCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "sweep",
		Short: "Search many repositories, again and again, and keep what was found",
		Long: `Search all repositories of a folder, a list or a forge. What was found is kept
in a store: a file of SQLite, or PostgreSQL for several machines. The next sweep
searches only what has changed: repositories without a push cost next to
nothing, of others only new objects are searched.

No secret is kept. Ids of findings are keyed by a file, which is made when there
is none.`,
		Example: `  whosekey sweep run --dir ~/src --once
  whosekey sweep status
  whosekey sweep digest --since 24h`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.sweepRunCommand(), a.sweepWorkerCommand(), a.sweepScheduleCommand(), a.sweepStatusCommand(), a.sweepDigestCommand(), a.sweepCancelCommand(), a.sweepSARIFCommand())
	return c
}

// prepareSweep checks flags, reads the key and opens the store.
func (f *sweepFlags) prepare(ctx context.Context) (*scan, *store.Store, error) {
	switch {
	case f.out.showSecrets:
		return nil, nil, usage(errors.New("--show-secrets: the store of a sweep holds no secrets"), "scan the repository itself: whosekey git --show-secrets")
	case f.jobs < 0 || f.deadline <= 0:
		return nil, nil, usage(errors.New("--jobs and --deadline count from 0"), "")
	}
	dir, err := f.folder()
	if err != nil {
		return nil, nil, err
	}
	if f.keyFile == "" {
		f.keyFile = filepath.Join(dir, "key")
	}
	if err := makeKey(f.keyFile); err != nil {
		if errors.Is(err, syscall.ENOSPC) {
			return nil, nil, noRoom(fmt.Errorf("there is no room for the key of ids: %w", err))
		}
		return nil, nil, usage(fmt.Errorf("make the key of ids: %w", err), "name a file with --key-file")
	}
	s, err := f.scanFlags.prepare()
	if err != nil {
		return nil, nil, err
	}
	db, err := f.storeFlags.open(ctx, true)
	if err != nil {
		return nil, nil, err
	}
	if err := checkKey(ctx, db, s.salt, f.keyFile); err != nil {
		db.Close()
		return nil, nil, err
	}
	return s, db, nil
}

// makeKey makes a key, for its owner alone, if there is none.
func makeKey(name string) error {
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key := make([]byte, 32)
	rand.Read(key)
	part, err := os.CreateTemp(filepath.Dir(name), ".key.*") // made with 0600
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	if _, err := part.Write(key); err != nil {
		return err
	}
	if err := part.Close(); err != nil {
		return err
	}
	// Of two programs that start at once one wins, and no one reads half a key.
	if err := os.Link(part.Name(), name); err != nil && !errors.Is(err, fs.ErrExist) {
		return os.Rename(part.Name(), name) // a file system without links
	}
	return nil
}

// checkKey refuses a key that is not the one that the store's ids are made with:
// everything would be found anew.
func checkKey(ctx context.Context, db *store.Store, key []byte, file string) error {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("whosekey: the key of a store"))
	mine := hex.EncodeToString(h.Sum(nil)[:8])
	kept, err := db.SetMeta(ctx, "key", mine)
	if err != nil {
		return &failure{fmt.Errorf("read the store: %w", err), "", exitIncomplete}
	}
	if kept != mine {
		return usage(fmt.Errorf("the store's ids were made with another key than that in %s", file), "copy the key file of the machine that made the store, and name it with --key-file")
	}
	return nil
}

// reverifyAfter is what --reverify says; 0 for never.
func (f *sweepFlags) reverifyAfter() (time.Duration, error) {
	if f.reverify == "" {
		return 0, nil
	}
	d, err := parseDays(f.reverify)
	if err != nil || d == 0 {
		return 0, usage(fmt.Errorf("--reverify %q", f.reverify), "write it as 24h or 7d")
	}
	return d, nil
}

// config puts together what a process of a sweep needs.
func (a *app) sweepConfig(f *sweepFlags, s *scan, db *store.Store, q *asking) (sweep.Config, error) {
	disk, err := parseSize(f.disk)
	if err != nil {
		return sweep.Config{}, usage(fmt.Errorf("--disk %w", err), "")
	}
	memory, err := f.memoryBudget()
	if err != nil {
		return sweep.Config{}, err
	}
	reverify, err := f.reverifyAfter()
	if err != nil {
		return sweep.Config{}, err
	}
	if reverify > 0 && !q.on() {
		return sweep.Config{}, usage(errors.New("--reverify asks providers, and --verify is off"), "add --verify safe")
	}
	jobs := f.jobs
	if jobs == 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	logins, err := sweepLogins()
	if err != nil {
		return sweep.Config{}, err
	}
	logins.Answers = db
	images, err := f.imagesOf(logins)
	if err != nil {
		return sweep.Config{}, err
	}
	sources, err := f.sources(logins)
	if err != nil {
		return sweep.Config{}, err
	}
	digest, providers := s.ruleDigests()
	return sweep.Config{
		Store: db, Sources: sources, Search: s.searcher(q, db, newMemoryGate(memory)), Images: images, Rules: digest, Providers: providers, State: f.state, Workers: jobs,
		Deadline: f.deadline, Disk: disk, Logins: logins, Full: f.full, Reverify: reverify, Logs: f.ciLogs(logins), Issues: f.issues, Told: a.toldOf(f),
		Whose: s.whose(), Credentials: credentialsMark(s.salt, logins), Owners: ownersOf, Open: s.sweepOptions(),
	}, nil
}
