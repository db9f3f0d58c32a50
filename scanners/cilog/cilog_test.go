package cilog

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/whosekey/whosekey/leak"
)

// token is what the tests look for, where a scan has its rules.
const token = "tok_0123456789abcdefghij"

var tokens = regexp.MustCompile(`\btok_[0-9a-j]{20}\b`)

// hit is a token that was found.
type hit struct {
	leak.Match
	loc leak.Location
}

// scanFor scans and locates, with a tiny reach so that there are many chunks.
func scanFor(t testing.TB, s *Source) []hit {
	t.Helper()
	var mu sync.Mutex
	var all []leak.Match
	seen := map[string]bool{}
	_, err := s.Scan(t.Context(), 100, func(c *leak.Chunk) error {
		found := tokens.FindAllIndex(c.Data, -1)
		c.Found = len(found)
		for _, at := range found {
			m := leak.Match{Hit: &leak.Hit{}, Ref: c.Ref, Span: leak.Span{Start: c.Offset + int64(at[0]), End: c.Offset + int64(at[1])}}
			if c.Place != nil {
				m.Span, m.Encoding = c.Place(m.Span)
			}
			mu.Lock()
			if key := fmt.Sprint(m.Ref, m.Span); !seen[key] {
				seen[key] = true
				all = append(all, m)
			}
			mu.Unlock()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all, func(a, b leak.Match) int { return int(a.Ref-b.Ref)*1e6 + int(a.Span.Start-b.Span.Start) })
	locs, err := s.Locate(t.Context(), [][]leak.Match{all})
	if err != nil {
		t.Fatal(err)
	}
	var out []hit
	for _, l := range locs[0] {
		i := slices.IndexFunc(all, func(m leak.Match) bool { return m.Ref == l.Ref && m.Span == l.Span })
		out = append(out, hit{all[i], l})
	}
	return out
}

func text(t testing.TB, s *Source, ref leak.Ref) string {
	t.Helper()
	r, err := s.Open(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func fromText(t testing.TB, log string) *Source {
	t.Helper()
	s, err := New(Options{Stdin: strings.NewReader(log), Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// fold cuts a text in lines of a width, each with something in front of it.
func fold(s string, width int, front string) string {
	var out strings.Builder
	for len(s) > 0 {
		n := min(width, len(s))
		out.WriteString(front + s[:n] + "\n")
		s = s[n:]
	}
	return out.String()
}

func wide(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func packed(s string) string { return named("", s) }

func deflated(s string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

// named is gzip with the name of a file.
func named(name, s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Name = name
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

func xxd(s string) (out string) {
	for i := 0; i < len(s); i += 16 {
		line := s[i:min(i+16, len(s))]
		h := hex.EncodeToString([]byte(line))
		var groups []string
		for j := 0; j < len(h); j += 4 {
			groups = append(groups, h[j:min(j+4, len(h))])
		}
		out += fmt.Sprintf("%08x: %-39s  %s\n", i, strings.Join(groups, " "), line)
	}
	return out
}

func hexdump(s string) (out string) {
	for i := 0; i < len(s); i += 16 {
		line := s[i:min(i+16, len(s))]
		h := ""
		for j := range len(line) {
			if h += fmt.Sprintf("%02x ", line[j]); j == 7 {
				h += " "
			}
		}
		out += fmt.Sprintf("%08x  %-49s |%s|\n", i, h, line)
	}
	return out
}

const run = "build (x)\tRun make deploy\t2026-01-02T03:04:05.1234567Z "

const gh, gl = "2026-01-02T03:04:05.1234567Z ", "2026-01-02T03:04:05.123456Z 00O "

// TestFinds has a token on what is line 3, in all the ways in which logs have
// them.
func TestFinds(t *testing.T) {
	long := "an announcement that is longer than a line: 123456 " + token + " and more of it"
	for name, c := range map[string]struct{ log, encoding string }{
		"plain":                {"a\nb\n" + token + "\n", ""},
		"no end of line":       {"a\nb\n" + token, ""},
		"GitHub":               {"\ufeff" + gh + "a\n" + gh + "b\n" + gh + token + "\n", ""},
		"marks of files":       {"a\nb\n\ufeff" + gh + token + "\n", ""},
		"CRLF":                 {"a\r\nb\r\n" + token + "\r\n", ""},
		"colour":               {"a\nb\nkey=\x1b[1;31mtok_0123\x1b[0m\x1b[4m456789abcdefghij\x1b[m\n", ""},
		"colour between words": {"a\nb\nkey\x1b[31m" + token + "\x1b[0mkey\n", ""},
		"erased line":          {"a\nb\nsection_start:1:x\r\x1b[0K" + token + "\n", ""},
		"overwritten":          {"a\nb\n" + token + "\r50%\r100%\n", ""},
		"overwrites":           {"a\nb\n50%\r" + token + "\n", ""},
		"cursor":               {"a\nb\nx\x1b[2A" + token + "\x1b[2By\n", ""},
		"link":                 {"a\nb\n\x1b]8;;https://" + token + "@host\x07text\x1b]8;;\x07\n", ""},
		"link, other end":      {"a\nb\n\x1b]8;;https://" + token + "@host\x1b\\text\n", ""},
		"GitLab goes on":       {gl + "a\n" + gl + "b\n" + gl + "key tok_01234567\n2026-01-02T03:04:06.123456Z 00O+89abcdefghij\n", ""},
		"GitLab, NULs":         {"a\nb\n2026-01-02T03:04:05.\x00\x00123456Z 00O " + token + "\n", ""},
		"Jenkins note":         {"a\nb\n\x1b[8mha:AAAAo1+LCAAAAAAAAP9b85aBtbiIQTGjNKU4P08vOT+vOD8nVc83PyU1x6OyILUoJzMv2y+/\x1b[0m[x] " + token + "\n", ""},
		"in a Jenkins note":    {"a\nb\n\x1b[8mha:" + b64("a note "+token+" of some length") + "\x1b[0mtext\n", "base64"},
		"Timestamper":          {"a\nb\n[2026-01-02T03:04:05.123Z] " + token + "\n", ""},
		"Timestamper, short":   {"03:04:05  a\n03:04:05  b\n03:04:05  " + token[:10] + "\n03:04:06  " + token[10:] + "\n", "lines"},
		"gh run view":          {run + "a\n" + run + "b\n" + run + token + "\n", ""},
		"gh, base64 in lines":  {run + "a\n" + run + "b\n" + fold(b64(long), 76, run), "lines, base64"},
		"gh, xxd":              {"a\nb\n" + run + strings.ReplaceAll(strings.TrimSpace(xxd(long)), "\n", "\n"+run) + "\n", "hex dump"},
		"Buildkite":            {"a\nb\n\x1b_bk;t=1767322245123\x07" + token + "\n", ""},
		"base64 twice":         {"a\nb\nx=" + b64(b64(`{"TOKEN":{"value":"`+token+`","isSecret":true}}`)) + "\n", "base64, base64"},
		"base64 three times":   {"a\nb\n" + b64(b64(b64("one "+token+" two"))) + "\n", "base64, base64, base64"},
		"base64, odd start":    {"a\nb\nkey/" + b64("the token is "+token+" today") + "\n", "base64"},
		"base64 in lines":      {gh + "a\n" + gh + "b\n" + fold(b64(long), 76, gh), "lines, base64"},
		"twice in lines":       {gh + "a\n" + gh + "b\n" + fold(b64(fold(b64(long), 76, "")), 76, gh), "base64, lines, base64"},
		"hex":                  {"a\nb\n" + hex.EncodeToString([]byte(token)) + "\n", "hex"},
		"hex in lines":         {"a\nb\n" + fold(hex.EncodeToString([]byte(long)), 60, ""), "lines, hex"},
		"hex of base64":        {"a\nb\n" + hex.EncodeToString([]byte(b64("value "+token+" end"))) + "\n", "hex, base64"},
		"UTF-16 in base64":     {"a\nb\npwsh -enc " + b64(wide("$t = '"+token+"'")) + "\n", "base64, utf-16"},
		"gzip in base64":       {"a\nb\n" + b64(packed(long)) + "\n", "base64, gzip"},
		"zlib in base64":       {"a\nb\n" + b64(deflated(long)) + "\n", "base64, zlib"},
		"percent":              {"a\nb\n?t=%74%6f%6B_0123456789abcdefghij&x\n", "escapes"},
		"unicode":              {"a\nb\n{\"t\":\"\\u0074ok_0123456789abcdefghij\"}\n", "escapes"},
		"a line each":          {"a\nb c\n" + fold(token, 1, ""), "lines"},
		"two halves":           {"a\nb c\n" + token[:10] + "\n" + token[10:] + "\n", "lines"},
		"columns":              {"a\nb c\n" + fold(token, 7, "  "), "lines"},
		"spaces":               {"a\nb\n" + strings.Join(strings.Split(token, ""), " ") + "\n", "spaces"},
		"xxd":                  {"a\nb\n" + xxd(long), "hex dump"},
		"hexdump":              {"a\nb\n" + hexdump(long), "hex dump"},
		"wrapped at 80":        {"a\nb\n" + strings.Repeat("x ", 35) + token[:10] + "\n" + token[10:] + " and\n", "lines"},
		"trace":                {"a\nb\n+ T='tok_0123'\\''x' " + token + "\n", ""},
		"very long line":       {"a\nb\n" + strings.Repeat("lorem ipsum ", 60_000) + token + strings.Repeat(" dolor", 60_000) + "\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := fromText(t, c.log)
			hits := scanFor(t, s)
			if len(hits) == 0 {
				t.Fatal("it is not found")
			}
			h := hits[0]
			if got := 1 + strings.Count(text(t, s, h.Ref)[:h.Span.Start], "\n"); name != "GitLab goes on" && got < 3 || got > 3 && !strings.Contains(c.encoding, "lines") && c.encoding != "hex dump" {
				t.Errorf("it is on line %d", got)
			}
			if h.Encoding != c.encoding {
				t.Errorf("it is found through %q, want %q", h.Encoding, c.encoding)
			}
			if where := text(t, s, h.Ref)[h.Span.Start:h.Span.End]; c.encoding == "" && !strings.ContainsAny(where, "\x1b\n") && where != token {
				t.Errorf("it is at %q", where)
			}
		})
	}
}

// TestLeavesMasksAlone has what services print instead of secrets.
func TestLeavesMasksAlone(t *testing.T) {
	s := fromText(t, gh+"token: ***\n"+gl+"[MASKED]\n****\n[REDACTED]\n$TOKEN\n")
	if hits := scanFor(t, s); len(hits) > 0 {
		t.Errorf("found %v", hits)
	}
}

// TestSpots has a log of each service, in which the token stands in a step.
func TestSpots(t *testing.T) {
	for name, c := range map[string]struct {
		log  string
		want leak.Log
	}{
		"github": {
			gh + "##[group]GITHUB_TOKEN Permissions\n" + gh + "Contents: read\n" + gh + "Packages: write\n" + gh + "##[endgroup]\n" +
				gh + "Runner name: 'GitHub Actions 7'\n" + gh + "Complete job name: build\n" + gh + "##[group]Run make deploy\n" + gh + "shell: /usr/bin/bash\n" +
				gh + "env:\n" + gh + "  DEPLOY: " + token + "\n" + gh + "##[endgroup]\n",
			leak.Log{Service: "github", Job: "build", Step: "Run make deploy", Printed: "environment of the step", Readers: []string{"GITHUB_TOKEN (contents: read, packages: write)", "runner GitHub Actions 7"}},
		},
		"gh run view": {
			"test\tSet up job\t\ufeff" + gh + "x\n" + run + "##[group]Run make deploy\n" + run + "shell: /usr/bin/bash\n" + run + "##[endgroup]\n" + run + token + "\n",
			leak.Log{Service: "github", Job: "build (x)", Step: "Run make deploy", Readers: []string{"GITHUB_TOKEN"}},
		},
		"gh, older": {
			"build\tUNKNOWN STEP\t" + gh + "##[group]Run make deploy\n" + "build\tUNKNOWN STEP\t" + gh + token + "\n",
			leak.Log{Service: "github", Job: "build", Step: "Run make deploy", Readers: []string{"GITHUB_TOKEN"}},
		},
		"gitlab": {
			gl + "Running with gitlab-runner 17.0\n" + gl + "  on runner-1 abc, system ID: s\n" + gl + "section_start:1767322245:prepare_script\r\x1b[0K\x1b[36;1mPreparing\x1b[0m\n" +
				gl + "section_end:1767322245:prepare_script\r\x1b[0Ksection_start:1767322246:step_script\r\x1b[0KExecuting\n" + gl + "\x1b[32;1m$ echo $T\x1b[0;m\n" + gl + token + "\n",
			leak.Log{Service: "gitlab", Step: "step_script", Readers: []string{"CI_JOB_TOKEN", "runner runner-1"}},
		},
		"jenkins": {
			"Running on agent-3 in /var/jenkins/workspace/app\n[Pipeline] {\n[Pipeline] stage\n[Pipeline] { (Deploy)\n[Pipeline] sh\n+ curl -u x:" + token + " host\n",
			leak.Log{Service: "jenkins", Step: "Deploy", Printed: "set -x", Readers: []string{"runner agent-3"}},
		},
		"buildkite": {
			"\x1b_bk;t=1767322245123\x07~~~ Preparing\n\x1b_bk;t=1767322245123\x07--- :hammer: Build\n\x1b_bk;t=1767322245123\x07AB=1\nTOKEN=" + token + "\n",
			leak.Log{Service: "buildkite", Step: ":hammer: Build", Printed: "environment dump", Readers: []string{"BUILDKITE_AGENT_ACCESS_TOKEN"}},
		},
		"azure": {
			gh + "##[section]Starting: Deploy\n" + gh + "##[command]/usr/bin/bash x.sh\n" + gh + token + "\n",
			leak.Log{Service: "azure", Step: "Deploy", Readers: []string{"System.AccessToken"}},
		},
		"environment": {
			"GITHUB_REPOSITORY=acme/api\nGITHUB_RUN_ID=4711\nGITHUB_SERVER_URL=https://github.com\nGITHUB_WORKFLOW=CI\nGITHUB_RUN_ATTEMPT=2\nTOKEN=" + token + "\n",
			leak.Log{Service: "github", Repository: "acme/api", Workflow: "CI", Run: "4711", Attempt: 2, RunURL: "https://github.com/acme/api/actions/runs/4711",
				Printed: "environment dump", Readers: []string{"GITHUB_TOKEN of acme/api"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			hits := scanFor(t, fromText(t, c.log))
			if len(hits) != 1 || hits[0].loc.Log == nil {
				t.Fatalf("found %v", hits)
			}
			if got, want := fmt.Sprintf("%+v", *hits[0].loc.Log), fmt.Sprintf("%+v", c.want); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// zipOf makes a zip of files.
func zipOf(t testing.TB, name string, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, files[i+1])
	}
	z.Close()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestRunArchive has what GitHub exports of a run: each step alone, and the job
// with all its steps.
func TestRunArchive(t *testing.T) {
	setup := gh + "##[group]GITHUB_TOKEN Permissions\n" + gh + "Contents: read\n" + gh + "##[endgroup]\n"
	step := gh + "##[group]Run make\n" + gh + "##[endgroup]\n" + gh + token + "\n"
	p := zipOf(t, "logs.zip", "0_build.txt", "\ufeff"+setup+step, "build/1_Set up job.txt", "\ufeff"+setup, "build/2_Run make.txt", "\ufeff"+step,
		"1_only.txt", gh+"x\n"+gh+token+"\n", "-2147483648_old.txt", gh+token+"\n")
	s, err := New(Options{Paths: []string{p}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range scanFor(t, s) {
		got = append(got, fmt.Sprintf("%s job=%s step=%s %v", strings.TrimPrefix(h.loc.Path, filepath.ToSlash(p)), h.loc.Log.Job, h.loc.Log.Step, h.loc.Log.Readers))
	}
	want := []string{"!build/2_Run make.txt job=build step=Run make [GITHUB_TOKEN (contents: read)]", "!1_only.txt job=only step= []", "!-2147483648_old.txt job=old step= []"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestJSON has the JSON of services, in which a text may begin in one message
// and end in the next.
func TestJSON(t *testing.T) {
	for name, log := range map[string]string{
		"circleci":  `[{"message":"a\r\nb\u001b[0m\ntok_01234","time":"2026-01-02T03:04:05Z","type":"out"},{"time":"x","message":"56789abcdefghij\n","type":"err"}]`,
		"buildkite": `{"url":"https://x","content":"a\nb\n\u001b_bk;t=1767322245123\u0007tok_0123456789abcdefghij\n","size":3,"header_times":[1,2]}`,
		"azure":     `{"count":3,"value":["2026-01-02T03:04:05.1234567Z a \"b\" ]","2026-01-02T03:04:05.1234567Z b","2026-01-02T03:04:05.1234567Z tok_0123456789abcdefghij"]}`,
		"drone":     `[{"pos":0,"out":"a\nb\n","time":0},{"pos":1,"out":"tok_0123456789abcdefghij\n","time":1}]`,
	} {
		p := filepath.Join(t.TempDir(), "log.json")
		if err := os.WriteFile(p, []byte(log), 0o600); err != nil {
			t.Fatal(err)
		}
		s, _ := New(Options{Paths: []string{p}})
		hits := scanFor(t, s)
		if len(hits) != 1 {
			t.Errorf("%s: found %v", name, hits)
			continue
		}
		if line := 1 + strings.Count(text(t, s, 1)[:hits[0].Span.Start], "\n"); line != 3 {
			t.Errorf("%s: line %d of %q", name, line, text(t, s, 1))
		}
	}
}

// TestTrouble has what must be told.
func TestTrouble(t *testing.T) {
	dir := t.TempDir()
	put := func(name, data string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	z := packed(strings.Repeat("some line of the log\n", 1000))
	put("cut.gz", z[:len(z)-9])
	put("nonsense.gz", "\x1f\x8b\x08nonsense")
	zipped, err := os.ReadFile(zipOf(t, "x.zip", "a.txt", strings.Repeat(token+"\n", 100)))
	if err != nil {
		t.Fatal(err)
	}
	put("cut.zip", string(zipped[:len(zipped)/2]))
	bad := bytes.Clone(zipped)
	bad[45] ^= 1
	put("changed.zip", string(bad))
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	s, _ := New(Options{Paths: []string{dir}})
	scanFor(t, s)
	var got []string
	for _, g := range s.cov.Skipped() {
		got = append(got, fmt.Sprintf("%d %s", g.Count, g.Reason))
	}
	if want := "1 damaged zip archive;2 log that ended early;1 unreadable log"; strings.Join(got, ";") != want {
		t.Errorf("skipped %s, want %s: %v", strings.Join(got, ";"), want, s.cov.Skipped())
	}
	if left := s.cov.LeftOut(); len(left) != 1 {
		t.Errorf("left out %v", left)
	}
}

// TestReadError has a stream that breaks off: what came before it is searched.
func TestReadError(t *testing.T) {
	s, _ := New(Options{Stdin: io.MultiReader(strings.NewReader("a\n"+token), iotest.ErrReader(errors.New("boom")))})
	defer s.Close()
	if hits := scanFor(t, s); len(hits) != 1 || len(s.cov.Skipped()) != 1 {
		t.Errorf("found %v, skipped %v", hits, s.cov.Skipped())
	}
}

// TestWorkflowLine finds the line that printed it.
func TestWorkflowLine(t *testing.T) {
	dir := t.TempDir()
	os.MkdirAll(filepath.Join(dir, ".github/workflows"), 0o700)
	os.WriteFile(filepath.Join(dir, ".github/workflows/ci.yml"), []byte(`name: CI
on: push
jobs:
  build:
    runs-on: x
    steps:
      - uses: actions/checkout@v4
      - name: Ship it
        run: |
          set -x
          make
          curl -H "Token: $TOKEN" https://host
  other:
    steps:
      - run: make
`), 0o600)
	log := gh + "##[group]Run set -x\n" + gh + "##[endgroup]\n" + gh + "+ make\n" + gh + "+ curl -H 'Token: " + token + "' https://host\n"
	p := zipOf(t, "logs.zip", "build/3_Ship it.txt", log)
	s, _ := New(Options{Paths: []string{p}, Workflows: dir})
	hits := scanFor(t, s)
	if len(hits) != 1 {
		t.Fatal(hits)
	}
	if l := hits[0].loc.Log; l.Source != ".github/workflows/ci.yml" || l.SourceLine != 12 || l.Workflow != "CI" {
		t.Errorf("it was printed by %s:%d of %q", l.Source, l.SourceLine, l.Workflow)
	}
}
