package cilog

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// ofServices are logs of all services, each with what it says of its job.
var ofServices = map[string]struct{ file, log, service, readers string }{
	"github": {"github.txt", gh + "##[group]GITHUB_TOKEN Permissions\n" + gh + "Contents: write\n" + gh + "##[endgroup]\n" + gh + "Runner name: 'gh-1'\n" + gh + "Complete job name: build\n" + gh + token + "\n",
		"github", "[GITHUB_TOKEN (contents: write) runner gh-1]"},
	"gitlab":    {"gitlab.log", "Running with gitlab-runner 17.0.0 (abc)\n  on runner-1 xyz\n" + token + "\n", "gitlab", "[CI_JOB_TOKEN runner runner-1]"},
	"gitlab 2":  {"other.log", "Running with gitlab-runner 17.0.0 (abc)\n  on other-runner 999\n" + token + "\n", "gitlab", "[CI_JOB_TOKEN runner other-runner]"},
	"jenkins":   {"jenkins.log", "Started by user x\n[Pipeline] Start of Pipeline\nRunning on agent-7 in /var/lib/jenkins/workspace/app\n" + token + "\n", "jenkins", "[runner agent-7]"},
	"freestyle": {"freestyle.log", "Started by user x\nBuilding remotely on agent-8 (linux) in workspace /home/jenkins/app\n" + token + "\n", "jenkins", "[runner agent-8]"},
	"circleci":  {"circleci.json", `[{"message":"` + token + `\n","time":"2026-01-02T03:04:05Z","type":"out"}]`, "circleci", "[]"},
	"buildkite": {"buildkite.json", `{"url":"https://x","content":"` + token + `\n","size":3,"header_times":[1]}`, "buildkite", "[BUILDKITE_AGENT_ACCESS_TOKEN]"},
	"bk text":   {"buildkite.log", "\x1b_bk;t=1767322245123\x07" + token + "\n", "buildkite", "[BUILDKITE_AGENT_ACCESS_TOKEN]"},
	"azure": {"azure.txt", gh + "##[section]Starting: Initialize job\n" + gh + "Agent name: 'az-agent 3'\n" + gh + token + "\n",
		"azure", "[System.AccessToken runner az-agent 3]"},
	"bitbucket": {"bitbucket.txt", "+ umask 000\n\nCloning into '/opt/atlassian/pipelines/agent/build'...\n" + token + "\n", "bitbucket", "[]"},
	"nobody":    {"plain.log", "a\n" + token + "\n", "", "[]"},
}

// TestLogsAreOfTheirOwn has each log beside each other one, in all the ways in which
// people keep logs: none says of itself what only the other knows.
func TestLogsAreOfTheirOwn(t *testing.T) {
	names := slices.Sorted(maps.Keys(ofServices))
	for _, a := range names {
		for _, b := range names {
			if a == b {
				continue
			}
			one, two := ofServices[a], ofServices[b]
			for _, way := range []string{"folder", "arguments", "folders", "numbered", "zip", "zip, numbered", "tar", "tar, numbered", "tgz", "zst", "zip and more", "zips in a tar"} {
				at := [2]string{one.file, two.file}
				switch way {
				case "folders":
					at = [2]string{"x/" + at[0], "y/" + at[1]}
				case "numbered", "zip, numbered", "tar, numbered": // of two jobs, by their names
					at = [2]string{"0_" + at[0] + ".txt", "1_" + at[1] + ".txt"}
				}
				dir := t.TempDir()
				paths := []string{dir}
				if file := packedLogs(t, way, at, one.log, two.log); file != "" {
					paths = []string{file}
				} else {
					for i, log := range []string{one.log, two.log} {
						p := filepath.Join(dir, at[i])
						os.MkdirAll(filepath.Dir(p), 0o700)
						if err := os.WriteFile(p, []byte(log), 0o600); err != nil {
							t.Fatal(err)
						}
						if way == "arguments" {
							paths = append(paths, p)
						}
					}
					if way == "arguments" {
						paths = paths[1:]
					}
				}
				s, err := New(Options{Paths: paths, Workers: 1})
				if err != nil {
					t.Fatal(err)
				}
				hits := scanFor(t, s)
				s.Close()
				if len(hits) != 2 {
					t.Fatalf("%s, %s and %s: found %d", way, a, b, len(hits))
				}
				for _, h := range hits {
					want := one
					if strings.HasSuffix(h.loc.Path, at[1]) {
						want = two
					}
					if got := fmt.Sprint(h.loc.Log.Readers); h.loc.Log.Service != want.service || got != want.readers {
						t.Errorf("%s, %s and %s: %s is of %q, read by %s; want %q, %s", way, a, b, h.loc.Path, h.loc.Log.Service, got, want.service, want.readers)
					}
				}
			}
		}
	}
}

// packedLogs packs two logs, if that is the way; empty for a way that packs nothing.
func packedLogs(t *testing.T, way string, at [2]string, one, two string) string {
	t.Helper()
	tarred := func() string { return tarOf(t, at[0], one, at[1], two) }
	switch way {
	case "zip", "zip, numbered":
		return zipOf(t, "logs.zip", at[0], one, at[1], two)
	case "zip and more":
		return zipOf(t, "logs.zip", at[0], one, "README.md", "about these", at[1], two)
	case "tar", "tar, numbered":
		return fileOf(t, "logs.tar", tarred())
	case "tgz": // its name does not say what it is
		return fileOf(t, "logs", gzipText(t, tarred()))
	case "zst":
		return fileOf(t, "logs.tar.zst", zstdText(t, tarred()))
	case "zips in a tar":
		return fileOf(t, "logs.tar", tarOf(t, "a.zip", zipText(t, at[0], one), "b.zip", zipText(t, at[1], two)))
	}
	return ""
}

func fileOf(t *testing.T, name, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func gzipText(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstdText(t *testing.T, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(text), nil))
}

// TestStepsShare has steps of jobs of two runs, of which the first step alone says who
// runs the job.
func TestStepsShare(t *testing.T) {
	setup := func(runner string) string { return gh + "Runner name: '" + runner + "'\n" }
	azure := gh + "##[section]Starting: Initialize job\n" + gh + "Agent name: 'az 3'\n"
	files := []string{
		"build/1_Set up job.txt", setup("r1"), "build/2_Run make.txt", gh + token + "\n",
		"test/1_Set up job.txt", setup("r2"), "test/2_Run make.txt", gh + token + "\n",
		"az/1_Initialize job.txt", azure, "az/2_Bash.txt", gh + "##[section]Starting: Bash\n" + gh + token + "\n",
		"mix/1_a.txt", setup("r3"), "mix/2_b.txt", azure, "mix/3_c.txt", gh + token + "\n",
		"gl/1_a.txt", "Running with gitlab-runner 17\n  on r5 x\n", "gl/2_b.txt", token + "\n",
	}
	want := []string{"az [System.AccessToken runner az 3]", "build [GITHUB_TOKEN runner r1]", "gl []", "mix []", "test [GITHUB_TOKEN runner r2]"}
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		p := filepath.Join(dir, files[i])
		os.MkdirAll(filepath.Dir(p), 0o700)
		if err := os.WriteFile(p, []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []string{
		dir, zipOf(t, "logs.zip", files...), fileOf(t, "logs.tar", tarOf(t, files...)), fileOf(t, "logs.tgz", gzipText(t, tarOf(t, files...))),
		fileOf(t, "runs.tar", tarOf(t, "logs.zip", zipText(t, files...))),
	} {
		s, err := New(Options{Paths: []string{p}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range scanFor(t, s) {
			got = append(got, fmt.Sprint(h.loc.Log.Job, " ", h.loc.Log.Readers))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q\nwant %q", filepath.Base(p), got, want)
		}
	}
}

// TestSeveralInOne has logs behind each other: whose runner it was is not guessed.
func TestSeveralInOne(t *testing.T) {
	for name, c := range map[string]struct{ log, service, readers string }{
		"two runners":   {ofServices["gitlab"].log + ofServices["gitlab 2"].log, "gitlab", "[CI_JOB_TOKEN runner runner-1] [CI_JOB_TOKEN runner other-runner]"},
		"two services":  {ofServices["gitlab"].log + ofServices["jenkins"].log, "", "[] []"},
		"the other way": {ofServices["jenkins"].log + ofServices["gitlab"].log, "", "[] []"},
		"two jobs of gh": {"a\tx\t" + gh + "Runner name: 'r1'\na\tx\t" + gh + token + "\nb\tx\t" + gh + token + "\nc\tx\t" + gh + "Runner name: 'r3'\nc\tx\t" + gh + token + "\n",
			"github", "[GITHUB_TOKEN runner r1] [GITHUB_TOKEN] [GITHUB_TOKEN runner r3]"},
		"the first says nothing": {gh + "Current runner version: '2.300.0'\n" + gh + token + "\n" + gh + "Current runner version: '2.300.0'\n" + gh + "Runner name: 'r2'\n" + gh + token + "\n",
			"github", "[GITHUB_TOKEN] [GITHUB_TOKEN runner r2]"},
		"two jobs of one": {"a\tx\t" + gh + "Runner name: 'r1'\na\tx\t" + gh + "Runner name: 'r2'\na\tx\t" + gh + token + "\n", "github", "[GITHUB_TOKEN]"},
		"joined logs": {gh + "Current runner version: '2.300.0'\n" + gh + "Runner name: 'r1'\n" + gh + "##[group]GITHUB_TOKEN Permissions\n" + gh + "Contents: write\n" + gh + "##[endgroup]\n" + gh + token + "\n" +
			gh + "Current runner version: '2.300.0'\n" + gh + "##[group]GITHUB_TOKEN Permissions\n" + gh + "Contents: read\n" + gh + "##[endgroup]\n" + gh + token + "\n",
			"github", "[GITHUB_TOKEN (contents: write) runner r1] [GITHUB_TOKEN (contents: read)]"},
		"what is echoed": {ofServices["gitlab"].log + "Running on a in /tmp\n" + gh + "##[group]Run x\n", "gitlab", "[CI_JOB_TOKEN runner runner-1]"},
	} {
		var readers []string
		for _, h := range scanFor(t, fromText(t, c.log)) {
			readers = append(readers, fmt.Sprint(h.loc.Log.Readers))
			if h.loc.Log.Service != c.service {
				t.Errorf("%s: of %q; want %q", name, h.loc.Log.Service, c.service)
			}
		}
		if got := strings.Join(readers, " "); got != c.readers {
			t.Errorf("%s: read by %s; want %s", name, got, c.readers)
		}
	}
}
