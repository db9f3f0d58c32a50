package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The daemons are asked by hand, in two requests that docker and podman both have
// had for ten years: their client would be fifteen modules, and stopped working when
// docker 29 no longer spoke its version.

// daemon is one that listens on a socket of this machine.
type daemon struct {
	name   string // "docker"
	socket string
	client *http.Client
}

func newDaemon(name, socket string) *daemon {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", socket)
	}
	tr := &http.Transport{DialContext: dial, DisableKeepAlives: true, ResponseHeaderTimeout: 5 * patience}
	return &daemon{name, socket, &http.Client{Transport: &guard{next: tr}, CheckRedirect: func(*http.Request, []*http.Request) error {
		return errors.New("it redirects")
	}}}
}

// daemons are those whose sockets exist.
func daemons(kind targetKind) (out []*daemon) {
	run := os.Getenv("XDG_RUNTIME_DIR")
	home, _ := os.UserHomeDir()
	var all []*daemon
	if kind != inPodman {
		for _, s := range []string{unixHost("DOCKER_HOST"), "/var/run/docker.sock", join(run, "docker.sock"), join(home, ".docker/run/docker.sock")} {
			all = append(all, newDaemon("docker", s))
		}
	}
	if kind != inDocker {
		for _, s := range []string{unixHost("CONTAINER_HOST"), join(run, "podman/podman.sock"), "/run/podman/podman.sock"} {
			all = append(all, newDaemon("podman", s))
		}
	}
	for _, d := range all {
		if st, err := os.Stat(d.socket); d.socket != "" && err == nil && st.Mode().Type() == fs.ModeSocket {
			out = append(out, d)
		}
	}
	return out
}

func join(dir, name string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, name)
}

// unixHost is the socket that a variable names; empty for none.
func unixHost(variable string) string {
	s, ok := strings.CutPrefix(os.Getenv(variable), "unix://")
	if !ok {
		return ""
	}
	return s
}

func (d *daemon) get(ctx context.Context, path string) (*http.Response, error) {
	u := url.URL{Scheme: "http", Host: "localhost", Path: path}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %s", d.name, withoutURLs(err))
	}
	return resp, nil
}

// has reports whether it has an image.
func (d *daemon) has(ctx context.Context, image string) bool {
	resp, err := d.get(ctx, "/images/"+image+"/json")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// save is docker save.
func (d *daemon) save(ctx context.Context, image string) (io.ReadCloser, error) {
	resp, err := d.get(ctx, "/images/"+image+"/get")
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("%s answers %s", d.name, resp.Status)
	}
	return resp.Body, nil
}

// planDaemon plans an image that a daemon has. It reports whether there is one.
func (r *run) planDaemon(ctx context.Context, t target) (planned bool, err error) {
	image := t.arg
	for _, p := range prefixes {
		image = strings.TrimPrefix(image, p.text)
	}
	image = strings.TrimPrefix(image, "//")
	all := daemons(t.kind)
	for _, d := range all {
		if !d.has(ctx, image) {
			continue
		}
		if t.kind == inDaemonOrRegistry {
			r.cov.Note(fmt.Sprintf("%s was read from %s; docker://%s is that of the registry", image, d.name, image))
		}
		t.path = image
		return true, r.planStream(ctx, t, func(ctx context.Context) (io.ReadCloser, error) { return d.save(ctx, image) })
	}
	switch {
	case t.kind == inDaemonOrRegistry:
		return false, nil
	case len(all) == 0:
		return false, errors.New("no daemon is running here: there is none of its sockets, nor one that DOCKER_HOST or CONTAINER_HOST names as unix://PATH")
	}
	return false, fmt.Errorf("%s does not have it", all[0].name)
}
