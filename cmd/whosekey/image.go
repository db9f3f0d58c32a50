package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners/image"
)

// imageFlags are the flags of whosekey image.
type imageFlags struct {
	scanFlags
	storeFlags
	registryFlags
	platform, skipBase string
}

// registryFlags name the registry that the login of the environment is for.
type registryFlags struct{ registry string }

func (f *registryFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.registry, "registry", "", "`host` that gets WHOSEKEY_REGISTRY_TOKEN, or _USER and _PASSWORD; others get what docker login has kept")
}

func (a *app) imageCommand() *cobra.Command {
	var f imageFlags
	c := &cobra.Command{
		Use:   "image REF...",
		Short: "Search container images: all layers, configuration, history, attestations",
		Long: `Search container images: the files of every layer, also those that a later
layer deletes or replaces, the configuration (environment, labels, commands),
the history with its build arguments, annotations, attestations (provenance,
SBOM), and whatever else refers to the image. A layer that several images have
is searched once. Layers are streamed: nothing is written to disk.

REF is what docker pull takes, or
  docker-archive:FILE   what docker save has written, also gzipped; - for stdin
  oci-archive:FILE      an archive of an OCI layout
  oci-layout:DIR        an OCI layout
  ./FILE, ./DIR, FILE.tar   the same, by what it is
Registries are logged in to as docker and podman are: with their settings and
credential helpers. docs/images.md says more.`,
		Example: `  whosekey image ghcr.io/acme/app:1.4
  whosekey image --platform all --skip-base auto acme/app acme/worker
  whosekey image --state ~/.local/state/whosekey acme/app:nightly
  docker save acme/app | whosekey image docker-archive:-
  whosekey image oci-layout:build/image -f sarif=image.sarif`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.image(c, &f, args) },
	}
	f.scanFlags.add(c)
	fl := c.Flags()
	fl.StringVar(&f.state, "state", "", "`folder` of the store: layers that it knows are not searched again, and what was found in them is still reported")
	fl.StringVar(&f.db, "db", "", "the same, as the database itself: `postgres://...` or a file")
	fl.StringVar(&f.platform, "platform", "", "of images for several: all, or `os/arch` (default linux/amd64, or the first)")
	fl.StringVar(&f.skipBase, "skip-base", "", "leave out the layers of a base image: `REF`, or auto for what the image says of itself")
	f.registryFlags.add(c)
	return c
}

// login is what the environment has for the registry that the user names. No other
// registry gets it, such as that of a base image.
func (f *registryFlags) login() (image.Login, error) {
	l := image.Login{
		Registry: f.registry, User: os.Getenv("WHOSEKEY_REGISTRY_USER"), Password: os.Getenv("WHOSEKEY_REGISTRY_PASSWORD"),
		Token: os.Getenv("WHOSEKEY_REGISTRY_TOKEN"),
	}
	if f.registry == "" {
		return image.Login{}, nil
	}
	if l.Token == "" && (l.User == "" || l.Password == "") {
		return l, usage(fmt.Errorf("--registry %s: there is no login for it", f.registry), "set WHOSEKEY_REGISTRY_TOKEN, or WHOSEKEY_REGISTRY_USER and WHOSEKEY_REGISTRY_PASSWORD")
	}
	return l, nil
}

func (a *app) image(c *cobra.Command, f *imageFlags, args []string) error {
	s, err := f.prepare()
	if err != nil {
		return err
	}
	tuneForFiles()
	login, err := f.login()
	if err != nil {
		return err
	}
	opts := image.Options{
		Refs: args, Platform: f.platform, SkipBase: f.skipBase, Workers: workers(f.workers), MaxFile: f.maxBlob, Stdin: a.stdin, Login: login,
		Archives: f.archives,
	}
	var known *layerMemory
	if f.state != "" || f.db != "" {
		db, err := f.open(c.Context(), true)
		if err != nil {
			return err
		}
		defer db.Close()
		if known, err = s.layers(c.Context(), db); err != nil {
			return err
		}
		s.memory, opts.Seen = known, known.seen
	}
	src, err := image.New(opts)
	if err != nil {
		return usage(err, "")
	}
	defer src.Close()
	if known != nil {
		known.source = src
	}
	s.scanned = hereRepository()
	s.behind = func() behind { return behind{labels: src.Labels, name: src.Repository()} }
	return a.scan(c.Context(), s, src, report.Run{Mode: "image", Target: strings.Join(args, " ")}, true)
}
