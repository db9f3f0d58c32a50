package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/sweep"
)

// sourceFlags say what is swept.
type sourceFlags struct {
	dirs, lists []string
}

func (f *sourceFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringArrayVar(&f.dirs, "dir", nil, "all repositories below this `folder`; repeatable")
	fl.StringArrayVar(&f.lists, "repos", nil, "`file` with a folder or an address of a repository a line; repeatable")
}

// logins are what servers want, out of the environment.
func (f *sourceFlags) logins() (*sweep.Logins, error) { return &sweep.Logins{}, nil }

// specs names the sources.
func (f *sourceFlags) specs() (out []string, err error) {
	for _, p := range []struct {
		kind  string
		paths []string
		dir   bool
	}{{"dir", f.dirs, true}, {"list", f.lists, false}} {
		for _, path := range p.paths {
			abs, err := filepath.Abs(path)
			if err != nil {
				return nil, usage(err, "")
			}
			st, err := os.Stat(abs)
			if err != nil {
				return nil, usage(err, "")
			}
			if st.IsDir() != p.dir {
				return nil, usage(fmt.Errorf("%s: --dir wants a folder, --repos a file", path), "")
			}
			out = append(out, p.kind+":"+abs)
		}
	}
	return out, nil
}

func (f *sourceFlags) sources(logins *sweep.Logins) (out []sweep.Source, err error) {
	specs, err := f.specs()
	if err != nil {
		return nil, err
	}
	for _, spec := range specs {
		src, err := sweep.ParseSource(spec, logins)
		if err != nil {
			return nil, usage(err, "")
		}
		out = append(out, src)
	}
	return out, nil
}

var errNoSource = usage(errors.New("nothing to sweep"), "name it: --dir FOLDER, --repos FILE")
