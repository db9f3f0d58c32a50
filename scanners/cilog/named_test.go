package cilog

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestNamedAndNotThere: a run, a workflow or a branch that a service does not have is no
// clean scan, though nothing is wrong with what it answers.
func TestNamedAndNotThere(t *testing.T) {
	lists := map[string]string{ // each has one run, 7
		"/job/app/api/json":                             `{"fullName":"app"}`,
		"/api/v2/project/gh/acme/api/pipeline":          `{"items":[{"id":"p7","number":7,"created_at":"` + when + `"}]}`,
		"/api/v2/pipeline/p7/workflow":                  `{"items":[{"id":"w","name":"ship","status":"success"}]}`,
		"/api/v2/workflow/w/job":                        `{"items":[{"job_number":7,"name":"deploy","status":"success"}]}`,
		"/api/v1.1/project/gh/acme/api/7":               `{"steps":[{"name":"x","actions":[{"output_url":"URL/log"}]}]}`,
		"/2.0/repositories/acme/api/pipelines/":         `{"values":[{"uuid":"u","build_number":7,"created_on":"` + when + `","target":{"ref_name":"main"}}],"size":1,"pagelen":100}`,
		"/2.0/repositories/acme/api/pipelines/u/steps/": `{"values":[{"uuid":"s","state":{"name":"COMPLETED"}}],"size":1,"pagelen":100}`,
		"/api/v4/projects/acme%2Fapi/pipelines":         `[]`,
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := lists[r.URL.EscapedPath()]
		if strings.HasPrefix(r.URL.Query().Get("tree"), "allBuilds") {
			text = `{"allBuilds":[{"number":7,"timestamp":1767322245000}]}`
		} else if !ok {
			w.Write([]byte("nothing\n"))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(strings.ReplaceAll(text, "URL", "http://"+r.Host)))
	}))
	defer srv.Close()
	jenkins, circle, bitbucket := Live{Service: "jenkins", Project: "/job/app"}, Live{Service: "circleci", Project: "gh/acme/api"}, Live{Service: "bitbucket", Project: "acme/api"}
	with := func(l Live, run, workflow, branch string, since time.Time) Live {
		l.Run, l.Workflow, l.Branch, l.Since = run, workflow, branch, since
		return l
	}
	none, late := time.Time{}, time.Now()
	for _, c := range []struct {
		live Live
		told string // what is said to be missing; empty for nothing
	}{
		{with(jenkins, "999", "", "", none), "run 999"}, {with(circle, "999", "", "", none), "run 999"}, {with(bitbucket, "999", "", "", none), "run 999"},
		{with(jenkins, "7", "", "", none), ""}, {with(circle, "7", "", "", none), ""}, {with(bitbucket, "7", "", "", none), ""},
		{with(jenkins, "", "nightyl", "", none), "workflow nightyl"}, {with(circle, "", "nightyl", "", none), "workflow nightyl"},
		{with(bitbucket, "", "", "mian", none), "branch mian"}, {with(bitbucket, "", "", "main", none), ""},
		{with(Live{Service: "gitlab", Project: "acme/api"}, "", "", "mian", none), "branch mian"},
		{with(bitbucket, "", "", "mian", late), ""}, {with(circle, "999", "", "", late), "run 999"}, {with(circle, "", "", "", late), ""},
	} {
		l := c.live
		l.Token, l.Base = "t", srv.URL
		if l.Service == "jenkins" {
			l.Project = srv.URL + l.Project
		}
		src, err := NewLive(Options{Workers: 1}, l)
		if err != nil {
			t.Fatal(err)
		}
		src.live.client.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
		scanFor(t, src)
		gaps, said := src.cov.Skipped(), ""
		for _, g := range gaps {
			said += strings.Join(g.First, " ")
		}
		if said != c.told || c.told == "" && l.Since.IsZero() && src.cov.Counts()["logs"] != 1 {
			t.Errorf("%s %q %q %q: missing is %q, want %q; searched %v", l.Service, l.Run, l.Workflow, l.Branch, said, c.told, src.cov.Counts())
		}
		src.Close()
	}
}
