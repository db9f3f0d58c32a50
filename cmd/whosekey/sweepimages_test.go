package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/whosekey/whosekey/verify/verifytest"
)

// fakeRegistry is one that wants a login and counts what is pulled.
type fakeRegistry struct {
	t        *testing.T
	host     string
	password string
	blobs    atomic.Int32
	refuses  atomic.Bool
	busy     atomic.Int32
}

func newFakeRegistry(t *testing.T, password string) *fakeRegistry {
	f := &fakeRegistry{t: t, password: password}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, given, _ := r.BasicAuth()
		switch {
		case f.password != "" && (given != f.password || f.refuses.Load()):
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		case strings.Contains(r.URL.Path, "/tags/list") && f.busy.Add(-1) >= 0:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		case r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/"):
			f.blobs.Add(1)
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	f.host = strings.TrimPrefix(s.URL, "http://")
	return f
}

// layerWith is a layer of one file.
func layerWith(t *testing.T, path, text string) v1.Layer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: path, Size: int64(len(text)), Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, text)
	w.Close()
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (f *fakeRegistry) push(ref string, layers ...v1.Layer) {
	f.t.Helper()
	img, err := mutate.AppendLayers(empty.Image, layers...)
	if err != nil {
		f.t.Fatal(err)
	}
	r, err := name.ParseReference(f.host + "/" + ref)
	if err == nil {
		err = remote.Write(r, img, remote.WithAuth(&authn.Basic{Username: "x", Password: f.password}))
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// sweptImages is what a report says of places in images.
func sweptImages(t *testing.T, out string) (findings int, images []string, notes string) {
	t.Helper()
	var r struct {
		Findings []struct {
			Locations []struct {
				Path  string
				Image string
			}
		}
		Summary struct {
			Notes   []string
			Skipped []any
		}
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Summary.Skipped) > 0 {
		t.Errorf("skipped: %v", r.Summary.Skipped)
	}
	for _, k := range r.Findings {
		for _, l := range k.Locations {
			if l.Image != "" {
				images = append(images, l.Image+" "+l.Path)
			}
		}
	}
	slices.Sort(images)
	return len(r.Findings), slices.Compact(images), strings.Join(r.Summary.Notes, "\n")
}

// leak is a line with a credential, and the credential.
func leakOf(t *testing.T, seed string) (line, secret string) {
	t.Helper()
	line, secret, err := makeToken("slack-bot-token", 0, seed)
	if err != nil {
		t.Fatal(err)
	}
	return line + "\n", secret
}

// TestSweepImages: images of a configured name, a pattern and each repository's are
// searched once; later sweeps open new layers alone.
func TestSweepImages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plantedOf(t, dir, 2, 1)
	for _, db := range []string{"SQLite", "PostgreSQL"} {
		t.Run(db, func(t *testing.T) {
			f := newFakeRegistry(t, registryWord)
			one, secret := leakOf(t, "one")
			two, _ := leakOf(t, "two")
			three, _ := leakOf(t, "three")
			base := layerWith(t, "base.env", one)
			f.push("acme/app:1.0", base, layerWith(t, "a.txt", "nothing"))
			f.push("acme/app:latest", base, layerWith(t, "b.txt", "nothing either"))
			f.push("acme/other:1", layerWith(t, "c.txt", "nothing at all"))
			f.push("of/team0/repo0000:1", layerWith(t, "of.env", three))
			state := t.TempDir()
			args := []string{"--dir", dir, "--state", state, "--image", f.host + "/acme/*", "--image", f.host + "/of/{repository}", "--registry", f.host}
			if db == "PostgreSQL" {
				verifytest.Program(t, "postgres")
				args = append(args, "--db", verifytest.NewPostgreSQL(t).Database("images"))
			}
			pass := func(want, blobs int, images ...string) string {
				t.Helper()
				f.blobs.Store(0)
				code, out, errs := runSweep(t, args...)
				if code != exitFindings {
					t.Fatalf("%d, %s", code, errs)
				}
				if strings.Contains(out+errs, secret) || strings.Contains(out+errs, f.password) {
					t.Fatal("a secret is in the report")
				}
				n, got, notes := sweptImages(t, out)
				for i := range got {
					got[i] = strings.TrimPrefix(got[i], f.host+"/")
				}
				if n != want || !slices.Equal(got, images) {
					t.Errorf("%d findings, want %d; %q, want %q", n, want, got, images)
				}
				if int(f.blobs.Load()) != blobs {
					t.Errorf("%d blobs were pulled, want %d", f.blobs.Load(), blobs)
				}
				return notes
			}
			at := []string{"acme/app:1.0 base.env", "acme/app:latest base.env", "of/team0/repo0000:1 of.env"}
			f.busy.Store(1)
			pass(3, 5+4, at...) // five layers and four configurations
			if notes := pass(3, 0, at...); !strings.Contains(notes, "0 searched whole, 0 for what is new") {
				t.Errorf("nothing has changed: %s", notes)
			}
			f.push("acme/app:1.1", base, layerWith(t, "new.env", two))
			// Configurations are small and not remembered; the known layer is not pulled.
			pass(4, 1+3, "acme/app:1.0 base.env", "acme/app:1.1 base.env", "acme/app:1.1 new.env", "acme/app:latest base.env", "of/team0/repo0000:1 of.env")
			status := sweepStatusOf(t, args)
			if strings.Contains(status, "of/team1") || !strings.Contains(status, "1 skipped") {
				t.Errorf("a repository without an image is no trouble: %s", status)
			}
			_, out, _ := runSweep(t, append(args, "--image-tags", "1")...)
			if status := sweepStatusOf(t, args); !strings.Contains(out, "older tag of an image") || !strings.Contains(status, "left out      older tag of an image: 2") || !strings.Contains(status, "0 not wholly") {
				t.Errorf("older tags are not told: %s\n%s", status, out)
			}
			runSweep(t, args...)
			if status := sweepStatusOf(t, args); strings.Contains(status, "older tag") {
				t.Errorf("none is older now: %s", status)
			}
			f.refuses.Store(true)
			if code, _, _ := runSweep(t, append(args, "--full")...); code != exitFindings {
				t.Errorf("without a login: %d", code)
			}
			if status := sweepStatusOf(t, args); !strings.Contains(status, "not listed    image:"+f.host+"/acme/*: ") || !strings.Contains(status, "wants a login") {
				t.Errorf("the status says nothing of the login: %s", status)
			}
		})
	}
}

// sweepStatusOf is the status of a store that a sweep's arguments name.
func sweepStatusOf(t *testing.T, args []string) string {
	t.Helper()
	with := []string{"sweep", "status"}
	for i, a := range args {
		if a == "--state" || a == "--db" {
			with = append(with, a, args[i+1])
		}
	}
	var o, e strings.Builder
	if code := run(t.Context(), with, strings.NewReader(""), &o, &e); code != exitClean {
		t.Fatalf("status: %d %s", code, e.String())
	}
	return o.String()
}

// registries answers as the forges do that are asked for container images.
func (f *fakeForge) registries(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	var out []map[string]any
	page := max(1, atoi(r.URL.Query().Get("page")))
	if page == 1 {
		w.Header().Set("X-Next-Page", "2")
		q := r.URL.Query()
		q.Set("page", "2")
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, f.URL, r.URL.Path, q.Encode()))
	}
	if page <= len(f.images) {
		image := f.images[page-1]
		host, path, _ := strings.Cut(image, "/")
		owner, rest, _ := strings.Cut(path, "/")
		out = append(out, map[string]any{
			"id": 100 + page, "project_id": 1, "location": image, "path": path, "tags_count": 2, // GitLab
			"name": rest, "owner": map[string]any{"login": owner}, "visibility": "private", "package_type": "container", "updated_at": time.Now(), // GitHub and Gitea
			"type": "container", "version": "1", "html_url": "https://" + host,
		})
	}
	json.NewEncoder(w).Encode(out)
}

// TestSweepForgeImages: images of a forge's own registry, which its token opens; no
// other registry gets it.
func TestSweepForgeImages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plantedOf(t, dir, 2, 1)
	f := newFakeForge(t, dir)
	reg := newFakeRegistry(t, f.token)
	one, _ := leakOf(t, "one")
	two, _ := leakOf(t, "two")
	reg.push("acme/app:1", layerWith(t, "one.env", one))
	reg.push("acme/web/sub:1", layerWith(t, "two.env", two))
	f.images = []string{reg.host + "/acme/app", reg.host + "/acme/web/sub"}
	for _, of := range []string{"acme", "user:ada"} {
		args := []string{"--gitlab", of, "--gitlab-url", f.URL, "--images", "--state", t.TempDir()}
		for range 2 {
			code, out, errs := runSweep(t, args...)
			n, images, _ := sweptImages(t, out)
			if want := []string{reg.host + "/acme/app:1 one.env", reg.host + "/acme/web/sub:1 two.env"}; code != exitFindings || n != 3 || !slices.Equal(images, want) {
				t.Errorf("%s: %d, %d findings in %q, want %q: %s", of, code, n, images, want, errs)
			}
		}
	}
	// The same token is not given to a registry that the forge has no business with.
	other := newFakeRegistry(t, f.token)
	other.push("acme/app:1", layerWith(t, "one.env", one))
	elsewhere := strings.Replace(other.host, "127.0.0.1", "localhost", 1)
	f.images = []string{elsewhere + "/acme/app", reg.host + "/acme/app"}
	state := t.TempDir()
	args := []string{"--gitlab", "acme", "--gitlab-url", f.URL, "--images", "--state", state}
	_, out, _ := runSweep(t, args...)
	if strings.Contains(out, elsewhere+"/acme/app:1") {
		t.Error("another registry got the token")
	}
	if status := sweepStatusOf(t, args); !strings.Contains(status, elsewhere+"/acme/app: ") || !strings.Contains(status, "login") {
		t.Errorf("the status says nothing of it: %s", status)
	}
}

// TestNoImageThatFits: a catalog and a list of tags of which nothing fits were not searched.
func TestNoImageThatFits(t *testing.T) {
	t.Parallel()
	f := newFakeRegistry(t, "")
	f.push("team/app:v1", layerWith(t, "readme", "nothing"))
	for pattern, want := range map[string]string{
		f.host + "/none/*": "names nothing like", f.host + "/team/app:w*": "image without a tag that fits", f.host + "/team/*:v*": "",
	} {
		state := t.TempDir()
		code, out, errs := runSweep(t, "--image", pattern, "--state", state)
		if want == "" {
			if code != exitClean || !strings.Contains(out, `"repositories": 1`) {
				t.Errorf("%s: exit code %d: %s\n%s", pattern, code, out, errs)
			}
			continue
		}
		if code != exitIncomplete || !strings.Contains(out, want) {
			t.Errorf("%s: exit code %d: %s\n%s", pattern, code, out, errs)
		}
		if status := sweepStatusOf(t, []string{"--state", state}); !strings.Contains(status, want) {
			t.Errorf("%s: the status says nothing of it: %s", pattern, status)
		}
		text, err := sweeping("digest", "--state", state).Output()
		if err != nil || !strings.Contains(string(text), want) && !strings.Contains(string(text), "1 not wholly") {
			t.Errorf("%s: the digest says nothing of it: %s, %v", pattern, text, err)
		}
	}
}
