package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestReleaseIsWhatTheActionTakes: the script that the release workflow runs makes what
// action.yml installs, on every runner that it knows, and from a server.
func TestReleaseIsWhatTheActionTakes(t *testing.T) {
	for _, name := range []string{"curl", "sha256sum", "gzip", "bash"} {
		if _, err := exec.LookPath(name); err != nil || runtime.GOOS != "linux" {
			t.Skipf("SKIPPED: no %s, or not Linux", name)
		}
	}
	if workflow := read(t, "../../.github/workflows/release.yml"); !strings.Contains(workflow, `bash scripts/release.sh "$GITHUB_REF_NAME" dist`) || !strings.Contains(workflow, `gh release create "$GITHUB_REF_NAME"`) || !strings.Contains(workflow, "dist/*") {
		t.Error("the workflow does not publish what scripts/release.sh makes")
	}
	// To build six times takes minutes; what is built is a text with its platform.
	bin, releases := t.TempDir(), t.TempDir()
	builds := filepath.Join(bin, "go")
	script := "#!/bin/sh\nwhile [ $# -gt 1 ]; do [ \"$1\" = -o ] && out=$2; shift; done\necho \"$GOOS/$GOARCH cgo $CGO_ENABLED\" >\"$out\"\nchmod +x \"$out\"\n"
	if err := os.WriteFile(builds, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	build := func(version, dir string) ([]byte, error) {
		cmd := exec.Command("bash", "../../scripts/release.sh", version, dir)
		cmd.Env = append(os.Environ(), "GO="+builds)
		return cmd.CombinedOutput()
	}
	if out, err := build("v1.2.3", filepath.Join(releases, "v1.2.3")); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, bad := range [][2]string{{"v1.2.3", filepath.Join(releases, "v1.2.3")}, {"1.2.3", t.TempDir()}, {"v1.2.3/../x", t.TempDir()}} {
		if out, err := build(bad[0], bad[1]); err == nil {
			t.Errorf("%v: %s", bad, out)
		}
	}
	real, err := exec.LookPath("curl")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(releases)))
	defer server.Close()
	// The action asks over https alone; this curl passes it on to the server of the test.
	curl := "#!/bin/sh\nfor a; do case $a in https://*) url=http://" + strings.TrimPrefix(server.URL, "http://") + "/${a#https://*/*/*/*/*/};; esac; done\nwhile [ \"$1\" != -o ]; do shift; done\nexec " + real + " -fsS -o \"$2\" \"$url\"\n"
	if err := os.WriteFile(filepath.Join(bin, "curl"), []byte(curl), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, runner := range []struct{ os, arch, want string }{
		{"Linux", "X64", "linux/amd64"}, {"Linux", "ARM64", "linux/arm64"}, {"macOS", "X64", "darwin/amd64"}, {"macOS", "ARM64", "darwin/arm64"}, {"Windows", "X64", "windows/amd64"}, {"Windows", "ARM64", "windows/arm64"},
	} {
		output := filepath.Join(t.TempDir(), "output")
		a := readAction(t)
		cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", a.Runs.Steps[0].Run)
		cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "RUNNER_TEMP="+t.TempDir(), "RUNNER_OS="+runner.os, "RUNNER_ARCH="+runner.arch,
			"GITHUB_OUTPUT="+output, "ACTION_PATH=../..", "WHOSEKEY_SHA256=", "WHOSEKEY_VERSION=v1.2.3", "WHOSEKEY_RELEASES=")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v: %v\n%s", runner, err, out)
			continue
		}
		program := strings.TrimSpace(strings.TrimPrefix(read(t, output), "program="))
		if got := read(t, program); got != runner.want+" cgo 0\n" || strings.HasSuffix(program, ".exe") != (runner.os == "Windows") {
			t.Errorf("%v: installed %s, which is %q", runner, program, got)
		}
	}
	sums := strings.Split(strings.TrimSpace(read(t, filepath.Join(releases, "v1.2.3", "checksums.txt"))), "\n")
	if len(sums) != 6 {
		t.Error(fmt.Sprint("checksums of ", len(sums), " archives"))
	}
}
