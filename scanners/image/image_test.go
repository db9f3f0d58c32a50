package image

import (
	"archive/tar"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// sample has a secret in each place that an image has.
func sample(t testing.TB) v1.Image {
	return imageOf(t, v1.Config{
		Env: []string{"PATH=/bin", "TOKEN=secret-env"}, Labels: map[string]string{"org.example.token": "secret-label"},
		Entrypoint: []string{"/app", "--key", "secret-entry"}, Cmd: []string{"serve", "secret-cmd"},
		Healthcheck: &v1.HealthConfig{Test: []string{"CMD-SHELL", "curl -H secret-health localhost"}}, OnBuild: []string{"RUN echo secret-onbuild"},
	},
		built{by: "/bin/sh -c #(nop) ADD file:1 in / ", how: "gzip", items: []item{
			{name: "etc/", kind: tar.TypeDir}, {name: "etc/kept.env", text: "a=secret-kept\n"}, {name: "etc/deleted.env", text: "a=secret-deleted\n"},
			{name: "etc/replaced.env", text: "a=secret-replaced\n"}, {name: "opt/sub/deep.env", text: "a=secret-deep\n"}, {name: "srv/x/opaque.env", text: "a=secret-opaque\n"},
			{name: "var/dir/file.env", text: "a=secret-underfile\n"}, {name: "run/now", text: "a=secret-implicit\n"}, {name: "run/here/now", text: "a=secret-deepest\n"}, {name: "hard/one", text: "a=secret-hard\n"}, {name: "hard/two", kind: tar.TypeLink, link: "hard/one"},
		}},
		built{by: "ENV TOKEN=secret-env", empty: true},
		built{by: "|1 NPM=secret-arg /bin/sh -c npm install # buildkit", how: "zstd", items: []item{
			{name: "etc/.wh.deleted.env"}, {name: "etc/replaced.env", text: "a=secret-second\n"}, {name: "opt/.wh.sub"}, {name: "srv/x/.wh..wh..opq"}, {name: "srv/x/new", text: "secret-new"},
			{name: "var/dir", text: "a file now"}, {name: "run/now/a/folder", text: "x"}, {name: "run/here/now/.wh.nothing"}, {name: "hard/.wh.one"},
		}},
		built{by: "COPY . /app # buildkit", items: []item{
			{name: "./app/twice", text: "secret-first"}, {name: "/app/twice", text: "secret-last"}, {name: "../../app/outside", text: "secret-outside"},
			{name: "app/long", text: strings.Repeat("x", 3<<20) + " secret-long " + strings.Repeat("y\n", 1<<20)},
		}},
	)
}

// want is where the secrets of the sample are.
var want = map[string][]string{
	"secret-env":     {"image Env", "image history (ENV TOKEN=secret-env)"},
	"secret-label":   {"image Labels"},
	"secret-entry":   {"image Entrypoint"},
	"secret-cmd":     {"image Cmd"},
	"secret-health":  {"image Healthcheck"},
	"secret-onbuild": {"image OnBuild"},
	"secret-arg":     {"image history 2/3 (|1 NPM=secret-arg /bin/sh -c npm install)"},
	"secret-kept":    {"layer 1/3 etc/kept.env (ADD file:1 in /)"},
	"secret-deleted": {"layer 1/3 etc/deleted.env (ADD file:1 in /) deleted in 2 (|1 NPM=secret-arg /bin/sh -c npm install)"},
	"secret-replaced": {
		"layer 1/3 etc/replaced.env (ADD file:1 in /) replaced in 2 (|1 NPM=secret-arg /bin/sh -c npm install)",
	},
	"secret-second":    {"layer 2/3 etc/replaced.env (|1 NPM=secret-arg /bin/sh -c npm install)"},
	"secret-deep":      {"layer 1/3 opt/sub/deep.env (ADD file:1 in /) deleted in 2 (|1 NPM=secret-arg /bin/sh -c npm install)"},
	"secret-opaque":    {"layer 1/3 srv/x/opaque.env (ADD file:1 in /) deleted in 2 (|1 NPM=secret-arg /bin/sh -c npm install)"},
	"secret-new":       {"layer 2/3 srv/x/new (|1 NPM=secret-arg /bin/sh -c npm install)"},
	"secret-implicit":  {"layer 1/3 run/now (ADD file:1 in /) replaced in 2 (|1 NPM=secret-arg /bin/sh -c npm install)"},
	"secret-deepest":   {"layer 1/3 run/here/now (ADD file:1 in /) replaced in 2 (|1 NPM=secret-arg /bin/sh -c npm install)"},
	"secret-underfile": {"layer 1/3 var/dir/file.env (ADD file:1 in /) deleted in 2 (|1 NPM=secret-arg /bin/sh -c npm install)"},
	"secret-hard": {
		"layer 1/3 hard/two (ADD file:1 in /)",
		"layer 1/3 hard/one (ADD file:1 in /) deleted in 2 (|1 NPM=secret-arg /bin/sh -c npm install)",
	},
	"secret-first":   {"layer 3/3 app/twice (COPY . /app) replaced in 3 (COPY . /app)"},
	"secret-last":    {"layer 3/3 app/twice (COPY . /app)"},
	"secret-outside": {"layer 3/3 app/outside (COPY . /app)"},
	"secret-long":    {"layer 3/3 app/long (COPY . /app)"},
}

func TestEverySecretIsFoundWhereItIs(t *testing.T) {
	img := sample(t)
	host := serve(t)
	push(t, host+"/acme/app:1", img)
	saved := saveTo(t, img)
	data, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	packedFile := filepath.Join(t.TempDir(), "saved.tar.gz")
	if err := os.WriteFile(packedFile, packed(t, "gzip", data), 0o600); err != nil {
		t.Fatal(err)
	}
	serveDaemon(t, "acme/local:1", data)
	for name, o := range map[string]Options{
		"registry": {Refs: []string{host + "/acme/app:1"}}, "layout": {Refs: []string{"oci-layout:" + layoutOf(t, img)}},
		"docker archive": {Refs: []string{"docker-archive:" + saved}}, "path": {Refs: []string{saved}},
		"gzipped archive": {Refs: []string{packedFile}}, "standard input": {Refs: []string{"docker-archive:-"}, Stdin: bytes.NewReader(data)},
		"daemon": {Refs: []string{"docker-daemon:acme/local:1"}}, "daemon first": {Refs: []string{"acme/local:1"}},
		"oci archive": {Refs: []string{"oci-archive:" + archiveOf(t, layoutOf(t, img))}},
	} {
		t.Run(name, func(t *testing.T) {
			got, cov := look(t, o)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if gaps := cov.Skipped(); len(gaps) > 0 {
				t.Errorf("skipped: %v", gaps)
			}
			if n := cov.Counts(); n["layers"] != 3 || n["images"] != 1 {
				t.Errorf("counts %v", n)
			}
		})
	}
}

// archiveOf is a tar of a folder.
func archiveOf(t testing.TB, dir string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "layout.tar")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := tar.NewWriter(f)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// serveDaemon is a docker daemon that has one image.
func serveDaemon(t testing.TB, image string, saved []byte) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "d.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Skip(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/images/" + image + "/json":
			io.WriteString(w, "{}")
		case "/images/" + image + "/get":
			w.Write(saved)
		default:
			http.NotFound(w, r)
		}
	})}}
	s.Start()
	t.Cleanup(s.Close)
	t.Setenv("DOCKER_HOST", "unix://"+socket)
	t.Setenv("CONTAINER_HOST", "")
}
