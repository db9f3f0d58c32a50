package cilog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// fake is a server of a service. Its logs are on another one, to which it
// redirects with a signature, and which must never see the token.
type fake struct {
	*httptest.Server
	storage *httptest.Server
	t       *testing.T
	header  string // that has the token

	mu      sync.Mutex
	asked   map[string]int // how often a log was read to its end, by path
	limited map[string]bool
	broken  map[string]bool
	logs    map[string]string // by path below the storage
}

const secretToken = "the-token-of-the-service"

func newFake(t *testing.T, header string, api func(f *fake, w http.ResponseWriter, r *http.Request) bool) *fake {
	f := &fake{t: t, header: header, asked: map[string]int{}, limited: map[string]bool{}, broken: map[string]bool{}, logs: map[string]string{}}
	f.storage = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for k, vs := range r.Header {
			if strings.Contains(strings.Join(vs, " "), secretToken) || k == "Authorization" {
				t.Errorf("the token goes to the storage, in %s", k)
			}
		}
		if r.URL.Query().Get("sig") != "abc" {
			t.Error("the signature is lost")
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		text, ok := f.logs[r.URL.Path]
		if !ok {
			http.Error(w, "gone", http.StatusGone)
			return
		}
		if !f.broken[r.URL.Path] { // the first answer breaks off in its middle
			f.broken[r.URL.Path] = true
			w.Header().Set("Content-Length", strconv.Itoa(len(text)))
			io.WriteString(w, text[:len(text)/2])
			return
		}
		io.WriteString(w, text)
	}))
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get(header), secretToken) && header != "Authorization" || header == "Authorization" && r.Header.Get(header) == "" {
			t.Errorf("%s has no token", r.URL)
			http.Error(w, "who are you", http.StatusUnauthorized)
			return
		}
		f.mu.Lock()
		first := !f.limited[r.URL.Path]
		f.limited[r.URL.Path] = true
		f.mu.Unlock()
		if first && len(r.URL.Path)%2 == 0 { // some are limited at first, some broken
			w.Header().Set("Retry-After", "7")
			http.Error(w, "slow down", http.StatusTooManyRequests)
			return
		} else if first {
			http.Error(w, "a moment", http.StatusBadGateway)
			return
		}
		f.mu.Lock()
		cut := !f.broken["api"+r.URL.Path]
		f.broken["api"+r.URL.Path] = true
		f.mu.Unlock()
		if cut { // then a list breaks off in its middle
			rec := httptest.NewRecorder()
			if api(f, rec, r) && rec.Header().Get("Content-Type") == "application/json" {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Content-Length", strconv.Itoa(rec.Body.Len()))
				w.Write(rec.Body.Bytes()[:rec.Body.Len()/2])
				return
			}
		}
		if !api(f, w, r) {
			t.Errorf("unknown request %s", r.URL)
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(func() { f.Server.Close(); f.storage.Close() })
	return f
}

// signed is where a log is.
func (f *fake) signed(path string) string {
	return f.storage.URL + (&url.URL{Path: path}).EscapedPath() + "?sig=abc"
}

func answer(w http.ResponseWriter, v any) bool {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
	return true
}

// source makes one that does not sleep.
func (f *fake) source(l Live, slept *time.Duration) *Source {
	f.t.Helper()
	l.Token = secretToken
	if l.Service == "jenkins" {
		l.Project = f.URL + l.Project
	} else {
		l.Base = f.URL
	}
	s, err := NewLive(Options{Workers: 1}, l)
	if err != nil {
		f.t.Fatal(err)
	}
	s.live.client.sleep = func(ctx context.Context, d time.Duration) error {
		*slept += d
		return ctx.Err()
	}
	s.live.client.http = toEnd{s.live.client.http, f}
	f.t.Cleanup(func() { s.Close() })
	return s
}

// toEnd counts the logs that come from the storage to their ends: who is killed in the
// middle of one may ask for it again.
type toEnd struct {
	http.RoundTripper
	f *fake
}

func (e toEnd) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := e.RoundTripper.RoundTrip(req)
	if err == nil && e.f.storage != nil && "http://"+req.URL.Host == e.f.storage.URL {
		resp.Body = &endOf{resp.Body, e.f, req.URL.Path, false}
	}
	return resp, err
}

type endOf struct {
	io.ReadCloser
	f    *fake
	path string
	told bool
}

func (e *endOf) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	if err == io.EOF && !e.told {
		e.told = true
		e.f.mu.Lock()
		defer e.f.mu.Unlock()
		if e.f.logs[e.path] != "" {
			e.f.asked[e.path]++
		}
	}
	return n, err
}

func zipText(t *testing.T, files ...string) string {
	b, err := os.ReadFile(zipOf(t, "x.zip", files...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

type object = map[string]any

const when = "2026-01-02T03:04:05Z"

// fakes has a server of each service, with three runs on three pages, of which
// the middle one has the token.
var fakes = map[string]struct {
	header string
	live   Live
	api    func(f *fake, w http.ResponseWriter, r *http.Request) bool
	logs   func(t *testing.T) map[string]string
	want   leak.Log
	kept   string // end of the path of what is found in what a job kept
}{
	"github": {
		header: "Authorization", live: Live{Service: "github", Project: "acme/api", Artifacts: true},
		api: func(f *fake, w http.ResponseWriter, r *http.Request) bool {
			page, _ := strconv.Atoi(r.URL.Query().Get("page"))
			page = max(page, 1)
			switch p := r.URL.Path; {
			case p == "/repos/acme/api/actions/runs":
				if page < 3 {
					w.Header().Set("Link", fmt.Sprintf(`<%s%s?page=%d>; rel="next"`, f.URL, p, page+1))
				}
				return answer(w, object{"total_count": 3, "workflow_runs": []object{{"id": 100 - page, "name": "CI", "status": "completed", "run_attempt": page, "created_at": when, "html_url": "https://github.com/acme/api/actions/runs/" + strconv.Itoa(100-page)}}})
			case strings.HasSuffix(p, "/logs"):
				http.Redirect(w, r, f.signed(p), http.StatusFound)
				return true
			case strings.Contains(p, "/attempts/") && strings.HasSuffix(p, "/jobs"):
				return answer(w, object{"jobs": []object{{"id": 1, "name": "build", "status": "completed", "conclusion": "failure"}, {"id": 2, "name": "deploy", "status": "completed", "conclusion": "skipped"}}})
			case strings.HasSuffix(p, "/artifacts"):
				if strings.Contains(p, "/98/") {
					return answer(w, object{"artifacts": []object{{"id": 5, "name": "dist", "digest": "sha256:1"}, {"id": 6, "name": "old", "expired": true}}})
				}
				return answer(w, object{"artifacts": []object{}})
			case strings.HasSuffix(p, "/artifacts/5/zip"):
				http.Redirect(w, r, f.signed(p), http.StatusFound)
				return true
			case p == "/repos/acme/api/actions/caches":
				return answer(w, object{"total_count": 1, "actions_caches": []object{{"id": 1, "key": "go-mod", "ref": "refs/heads/main"}}})
			}
			return false
		},
		logs: func(t *testing.T) map[string]string {
			return map[string]string{
				"/repos/acme/api/actions/runs/99/attempts/1/logs": zipText(t, "0_build.txt", gh+"nothing\n"),
				"/repos/acme/api/actions/runs/98/attempts/2/logs": zipText(t, "build/2_Test.txt", "a\nb\n"+gh+token+"\n"),
				"/repos/acme/api/actions/runs/98/attempts/1/logs": zipText(t, "build/2_Test.txt", "nothing"),
				"/repos/acme/api/actions/runs/97/attempts/3/logs": zipText(t, "0_build.txt", "nothing"),
				"/repos/acme/api/actions/runs/97/attempts/2/logs": zipText(t, "0_build.txt", "nothing"),
				"/repos/acme/api/actions/artifacts/5/zip":         zipText(t, ".git/config", "url = https://x:"+token+"@github.com/acme/api\n"),
			}
		},
		want: leak.Log{Service: "github", Repository: "acme/api", Workflow: "CI", Job: "build", Step: "Test", Attempt: 2, Run: "98", RunURL: "https://github.com/acme/api/actions/runs/98"},
		kept: "runs/98/artifacts/dist!.git/config",
	},
	"gitlab": {
		header: "Private-Token", live: Live{Service: "gitlab", Project: "acme/api", Artifacts: true},
		api: func(f *fake, w http.ResponseWriter, r *http.Request) bool {
			page, _ := strconv.Atoi(r.URL.Query().Get("page"))
			base := "/api/v4/projects/acme%2Fapi/"
			switch p := r.URL.EscapedPath(); {
			case p == base+"pipelines":
				if page < 3 {
					w.Header().Set("X-Next-Page", strconv.Itoa(page+1))
				}
				return answer(w, []object{{"id": 100 - page, "created_at": when, "name": "nightly"}})
			case strings.HasSuffix(p, "/jobs"):
				id := strings.Split(p, "/")[6]
				return answer(w, []object{{"id": json.Number(id + "0"), "name": "build", "status": "failed", "finished_at": when, "artifacts_file": object{"filename": "a.zip"}, "web_url": "https://gitlab.com/acme/api/-/jobs/" + id + "0"}, {"id": 7, "name": "manual", "status": "manual"}})
			case strings.HasSuffix(p, "/trace"):
				http.Redirect(w, r, f.signed("/"+strings.Split(p, "/")[6]), http.StatusFound)
				return true
			case strings.HasSuffix(p, "/artifacts"):
				http.Redirect(w, r, f.signed("/kept/"+strings.Split(p, "/")[6]), http.StatusFound)
				return true
			}
			return false
		},
		kept: "jobs/980/artifacts!.git/config",
		logs: func(t *testing.T) map[string]string {
			none := zipText(t, "a.bin", "nothing")
			return map[string]string{"/kept/990": none, "/kept/980": zipText(t, ".git/config", "url = https://x:"+token+"@gitlab.com/\n"), "/kept/970": none, "/990": gl + "nothing\n", "/980": gl + "x\n" + gl + token + "\n", "/970": "nothing"}
		},
		want: leak.Log{Service: "gitlab", Repository: "acme/api", Workflow: "nightly", Job: "build", Run: "98", RunURL: "https://gitlab.com/acme/api/-/jobs/980"},
	},
	"jenkins": {
		header: "Authorization", live: Live{Service: "jenkins", Project: "/job/team", User: "ci", Artifacts: true},
		api: func(f *fake, w http.ResponseWriter, r *http.Request) bool {
			tree := r.URL.Query().Get("tree")
			switch p := r.URL.Path; {
			case p == "/job/team/api/json":
				return answer(w, object{"fullName": "team", "jobs": []object{{"name": "app"}}})
			case p == "/job/team/job/app/api/json" && strings.HasPrefix(tree, "fullName"):
				return answer(w, object{"fullName": "team/app"})
			case p == "/job/team/job/app/api/json":
				return answer(w, object{"allBuilds": []object{{"number": 3, "timestamp": 1767322245000}, {"number": 2, "timestamp": 1767322245000, "artifacts": []object{{"relativePath": "out/a b.env"}}}, {"number": 1, "building": true}}})
			case strings.HasSuffix(p, "/consoleText"), strings.HasSuffix(p, "/artifact/out/a b.env"):
				http.Redirect(w, r, f.signed(p), http.StatusFound)
				return true
			}
			return false
		},
		kept: "team/app/2/artifact/out/a b.env",
		logs: func(*testing.T) map[string]string {
			return map[string]string{"/job/team/job/app/2/artifact/out/a b.env": "TOKEN=" + token + "\n", "/job/team/job/app/3/consoleText": "nothing", "/job/team/job/app/2/consoleText": "a\n+ x " + token + "\n"}
		},
		want: leak.Log{Service: "jenkins", Job: "team/app", Run: "2", Printed: "set -x"},
	},
	"circleci": {
		header: "Circle-Token", live: Live{Service: "circleci", Project: "gh/acme/api", Artifacts: true},
		api: func(f *fake, w http.ResponseWriter, r *http.Request) bool {
			next := map[string]string{"": "p2", "p2": "p3", "p3": ""}[r.URL.Query().Get("page-token")]
			number := map[string]int{"p2": 99, "p3": 98, "": 97}[next]
			switch p := r.URL.Path; {
			case p == "/api/v2/project/gh/acme/api/pipeline":
				return answer(w, object{"items": []object{{"id": strconv.Itoa(number), "number": number, "created_at": when}}, "next_page_token": next})
			case strings.HasPrefix(p, "/api/v2/pipeline/"):
				return answer(w, object{"items": []object{{"id": strings.Split(p, "/")[4], "name": "ship", "status": "success"}}})
			case strings.HasPrefix(p, "/api/v2/workflow/"):
				n, _ := strconv.Atoi(strings.Split(p, "/")[4])
				return answer(w, object{"items": []object{{"job_number": n, "name": "deploy", "status": "success"}, {"name": "hold", "status": "success"}}})
			case strings.HasSuffix(p, "/98/artifacts") && r.URL.Query().Get("page-token") == "":
				return answer(w, object{"items": []object{{"path": "empty", "node_index": 0, "url": f.signed("/empty")}}, "next_page_token": "more"})
			case strings.HasSuffix(p, "/98/artifacts"):
				return answer(w, object{"items": []object{{"path": "tmp/site.tar", "node_index": 1, "url": f.signed("/site.tar")}}})
			case strings.HasSuffix(p, "/artifacts"):
				return answer(w, object{"items": []object{}})
			case strings.HasPrefix(p, "/api/v1.1/project/gh/acme/api/"):
				return answer(w, object{"build_url": "https://circleci.com/gh/acme/api/1", "steps": []object{{"name": "Run it", "actions": []object{{"index": 0, "output_url": f.signed("/" + filepath.Base(p))}}}}})
			}
			return false
		},
		kept: "pipelines/98/ship/deploy/artifacts/1/tmp/site.tar!a.env",
		logs: func(t *testing.T) map[string]string {
			return map[string]string{"/empty": "nothing", "/site.tar": tarOf(t, "a.env", "TOKEN="+token+"\n"), "/99": `[{"message":"x","type":"out"}]`, "/98": `[{"message":"a\r\n` + token + `\r\n","time":"x","type":"out"}]`, "/97": `[]`}
		},
		want: leak.Log{Service: "circleci", Repository: "gh/acme/api", Workflow: "ship", Job: "deploy", Step: "Run it", Run: "98", RunURL: "https://circleci.com/gh/acme/api/1"},
	},
	"buildkite": {
		header: "Authorization", live: Live{Service: "buildkite", Project: "acme/api", Artifacts: true},
		api: func(f *fake, w http.ResponseWriter, r *http.Request) bool {
			page, _ := strconv.Atoi(r.URL.Query().Get("page"))
			switch p := r.URL.Path; {
			case p == "/v2/organizations/acme/pipelines/api/builds":
				if page < 3 {
					w.Header().Set("Link", `<https://x?page=2>; rel="next", <https://x?page=3>; rel="last"`)
				}
				return answer(w, []object{{"number": 100 - page, "created_at": when, "web_url": "https://buildkite.com/acme/api/builds/" + strconv.Itoa(100-page), "jobs": []object{{"id": "j" + strconv.Itoa(page), "type": "script", "name": "build", "finished_at": when}, {"id": "w", "type": "waiter"}}}})
			case strings.HasSuffix(p, "/log"):
				http.Redirect(w, r, f.signed("/"+strings.Split(p, "/")[9]), http.StatusFound)
				return true
			case strings.HasSuffix(p, "/98/artifacts"):
				return answer(w, []object{
					{"id": "a1", "job_id": "j2", "state": "finished", "path": "x/y.env", "sha1sum": "1", "download_url": "https://evil.example/"},
					{"id": "a2", "job_id": "j2", "state": "finished", "path": "x/z.env", "sha1sum": "1"},
					{"id": "a3", "job_id": "j2", "state": "expired", "path": "old"}, {"id": "a4", "job_id": "j2", "state": "error", "path": "bad"},
				})
			case strings.HasSuffix(p, "/artifacts"):
				return answer(w, []object{})
			case strings.HasSuffix(p, "/98/jobs/j2/artifacts/a1/download"):
				http.Redirect(w, r, f.signed("/y.env"), http.StatusFound)
				return true
			}
			return false
		},
		kept: "builds/98/j2/artifacts/x/y.env",
		logs: func(*testing.T) map[string]string {
			return map[string]string{"/y.env": "TOKEN=" + token + "\n", "/j1": `{"url":"https://x","content":"nothing"}`, "/j2": `{"url":"https://x","content":"a\n` + token + `\n"}`, "/j3": `{"content":""}`}
		},
		want: leak.Log{Service: "buildkite", Repository: "acme", Workflow: "api", Job: "build", Attempt: 1, Run: "98", RunURL: "https://buildkite.com/acme/api/builds/98"},
	},
	"azure": {
		header: "Authorization", live: Live{Service: "azure", Project: "acme/api", Artifacts: true},
		api: func(f *fake, w http.ResponseWriter, r *http.Request) bool {
			next := map[string]string{"": "p2", "p2": "p3", "p3": ""}[r.URL.Query().Get("continuationToken")]
			number := map[string]int{"p2": 99, "p3": 98, "": 97}[next]
			switch p := r.URL.Path; {
			case p == "/acme/api/_apis/build/builds":
				w.Header().Set("X-MS-ContinuationToken", next)
				return answer(w, object{"value": []object{{"id": number, "status": "completed", "queueTime": when, "definition": object{"name": "nightly"},
					"_links": object{"web": object{"href": "https://dev.azure.com/acme/api/_build/results?buildId=" + strconv.Itoa(number)}}}}})
			case strings.HasSuffix(p, "/timeline"):
				return answer(w, object{"records": []object{{"id": "j", "type": "Job", "name": "Job 1"}, {"id": "t", "parentId": "j", "type": "Task", "name": "Deploy", "attempt": 1, "log": object{"id": 4}}}})
			case strings.HasSuffix(p, "/98/artifacts"):
				return answer(w, object{"count": 2, "value": []object{
					{"id": 1, "name": "drop", "resource": object{"type": "Container", "downloadUrl": f.URL + "/acme/_apis/resources/Containers/5/drop?itemPath=drop&$format=zip"}},
					{"id": 2, "name": "share", "resource": object{"type": "FilePath", "data": `\\\\server\\share`}},
				}})
			case strings.HasSuffix(p, "/artifacts"):
				return answer(w, object{"count": 0, "value": []object{}})
			case strings.HasPrefix(p, "/acme/_apis/resources/Containers/5/") && r.URL.Query().Get("$format") == "zip":
				http.Redirect(w, r, f.signed("/drop"), http.StatusFound)
				return true
			case strings.HasSuffix(p, "/logs/4"):
				http.Redirect(w, r, f.signed("/"+strings.Split(p, "/")[6]), http.StatusFound)
				return true
			}
			return false
		},
		kept: "builds/98/artifacts/drop!drop/.git/config",
		logs: func(t *testing.T) map[string]string {
			return map[string]string{"/drop": zipText(t, "drop/.git/config", "url = https://x:"+token+"@dev.azure.com/\n"), "/99": gh + "nothing", "/98": gh + "x\n" + gh + token + "\n", "/97": "nothing"}
		},
		want: leak.Log{Service: "azure", Workflow: "nightly", Job: "Job 1", Step: "Deploy", Attempt: 1, Run: "98", RunURL: "https://dev.azure.com/acme/api/_build/results?buildId=98"},
	},
	"bitbucket": {
		header: "Authorization", live: Live{Service: "bitbucket", Project: "acme/api", Artifacts: true},
		api: func(f *fake, w http.ResponseWriter, r *http.Request) bool {
			page, _ := strconv.Atoi(r.URL.Query().Get("page"))
			switch p := r.URL.Path; {
			case p == "/2.0/repositories/acme/api/pipelines/":
				return answer(w, object{"values": []object{{"uuid": "{" + strconv.Itoa(100-page) + "}", "build_number": 100 - page, "created_on": when}}, "size": 3, "pagelen": 1})
			case strings.HasSuffix(p, "/steps/"):
				return answer(w, object{"values": []object{{"uuid": strings.Split(p, "/")[6], "name": "Ship", "state": object{"name": "COMPLETED"}}}, "size": 1, "pagelen": 100})
			case p == "/2.0/repositories/acme/api/downloads":
				return answer(w, object{"values": []object{{"name": "a b.zip", "created_on": when}}, "size": 1, "pagelen": 100})
			case p == "/2.0/repositories/acme/api/downloads/a b.zip":
				http.Redirect(w, r, f.signed("/dl"), http.StatusFound)
				return true
			case strings.HasSuffix(p, "/log"):
				http.Redirect(w, r, f.signed("/"+strings.Trim(strings.Split(p, "/")[6], "{}")), http.StatusTemporaryRedirect)
				return true
			}
			return false
		},
		kept: "downloads/a b.zip!x.env",
		logs: func(t *testing.T) map[string]string {
			return map[string]string{"/dl": zipText(t, "x.env", "TOKEN="+token+"\n"), "/99": "nothing", "/98": "a\n" + token, "/97": "nothing"}
		},
		want: leak.Log{Service: "bitbucket", Repository: "acme/api", Step: "Ship", Run: "98", RunURL: "https://bitbucket.org/acme/api/pipelines/results/98"},
	},
}

// TestLive reads all logs of each service, which pages, limits, fails, breaks off
// and redirects; each once, though the scan is killed in the middle.
func TestLive(t *testing.T) {
	for name, c := range fakes {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, c.header, c.api)
			f.logs = c.logs(t)
			l := c.live
			l.State = t.TempDir()
			var slept time.Duration

			// Killed at the second log: nothing is reported.
			s := f.source(l, &slept)
			ctx, cancel := context.WithCancel(t.Context())
			n := 0
			s.Scan(ctx, 100, func(c *leak.Chunk) error {
				if n++; bytes.Contains(c.Data, []byte(token)) {
					cancel()
				}
				return ctx.Err()
			})
			s.Close()

			s = f.source(l, &slept)
			hits := scanFor(t, s)
			if len(hits) == 0 || hits[0].loc.Log == nil {
				t.Fatalf("found %v; %v", hits, s.cov.Skipped())
			}
			if len(hits) != 2 || !strings.HasSuffix(hits[1].loc.Path, c.kept) || hits[1].loc.Log == nil || hits[1].loc.Log.Service != name {
				t.Errorf("found %+v", hits)
			}
			got := *hits[0].loc.Log
			got.Readers = nil
			if name == "jenkins" {
				got.RunURL = ""
			}
			if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", c.want); g != w {
				t.Errorf("got  %s\nwant %s", g, w)
			}
			if text := text(t, s, hits[0].Ref); !strings.Contains(text, token) {
				t.Errorf("the log is %q", text)
			}
			if gaps := s.cov.Skipped(); len(gaps) > 0 {
				t.Errorf("skipped %v", gaps)
			}
			if slept == 0 {
				t.Error("it does not wait")
			}
			if err := s.Reported(); err != nil {
				t.Error(err)
			}
			s.Close()

			// All is done, and nothing is left behind.
			s = f.source(l, &slept)
			if hits := scanFor(t, s); len(hits) > 0 {
				t.Errorf("what was reported is found again: %v", hits)
			}
			for path := range f.logs {
				if f.asked[path] != 1 {
					t.Errorf("%s is asked for %d times", path, f.asked[path])
				}
			}
			if left, _ := os.ReadDir(filepath.Join(l.State, "logs")); len(left) > 0 {
				t.Errorf("left are %v", left)
			}
		})
	}
}

// TestMissingRight says what the token lacks, and no token, in the summary.
func TestMissingRight(t *testing.T) {
	for name, c := range fakes {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "{}", http.StatusForbidden) }))
		l := c.live
		f := &fake{Server: srv, t: t}
		var slept time.Duration
		s := f.source(l, &slept)
		scanFor(t, s)
		srv.Close()
		gaps := s.cov.Skipped()
		if len(gaps) != 1 || strings.Count(strings.Join(gaps[0].First, ""), "403 Forbidden") != 1 || !strings.Contains(strings.Join(gaps[0].First, ""), "the token needs "+services[name].rights) || strings.Contains(fmt.Sprint(gaps), secretToken) {
			t.Errorf("%s: %v", name, gaps)
		}
	}
}

// TestAddresses refuses what would give the token away.
func TestAddresses(t *testing.T) {
	for _, base := range []string{"http://ci.example.com", "https://user:x@ci.example.com", "ftp://x", "", "ci.example.com"} {
		if _, err := newClient(base, ""); err == nil {
			t.Errorf("%q is taken", base)
		}
	}
}

// TestKilledJournal cuts a line in two, as a kill does.
func TestKilledJournal(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "done"), []byte("old\n1\ta\n1\tb\t\n0\tc\n1\thal"), 0o600)
	j, err := openJournal(dir, "1")
	if err != nil {
		t.Fatal(err)
	}
	j.finish("half", 0)
	j.close()
	b, _ := os.ReadFile(filepath.Join(dir, "done"))
	if string(b) != "old\n1\ta\n1\tb\t\n0\tc\n1\thalf\n" {
		t.Errorf("it has %q", b)
	}
	// What was searched another way, or by a version that did not say how, is not done.
	for key, want := range map[string][2]bool{"a": {true, false}, "b": {true, true}, "c": {}, "old": {}, "hal": {}, "half": {true, false}} {
		if done, hits := j.done(key); [2]bool{done, hits} != want {
			t.Errorf("%s: %v, %v, want %v", key, done, hits, want)
		}
	}
}
