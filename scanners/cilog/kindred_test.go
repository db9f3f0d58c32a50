package cilog

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// asked returns the paths that a scan found the token at, each once, and what it left
// out and skipped. A server answers JSON, text, or not at all (404).
func asked(t *testing.T, l Live, answers func(r *http.Request) any) (paths []string, told string) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch v := answers(r).(type) {
		case nil:
			http.Error(w, "{}", http.StatusNotFound)
		case string:
			w.Header().Set("Content-Type", "text/plain")
			w.Write([]byte(v))
		default:
			answer(w, v)
		}
	}))
	defer srv.Close()
	var slept time.Duration
	s := (&fake{Server: srv, t: t}).source(l, &slept)
	for _, h := range scanFor(t, s) {
		paths = append(paths, strings.TrimPrefix(h.loc.Path, l.Service+":"))
	}
	slices.Sort(paths)
	for _, g := range slices.Concat(s.cov.Skipped(), s.cov.LeftOut()) {
		told += g.Reason + ": " + strings.Join(g.First, ", ") + "\n"
	}
	return slices.Compact(paths), told
}

func wantPaths(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: found in %q, want %q", what, got, want)
	}
}

// TestEarlierAttemptsOfAzure reads the logs of jobs that were tried again: they are in
// timelines of their own.
func TestEarlierAttemptsOfAzure(t *testing.T) {
	job := func(attempt int, before []object, log int) object {
		return object{"records": []object{
			{"id": "s", "type": "Stage", "name": "Build", "attempt": attempt, "previousAttempts": before},
			{"id": "j", "parentId": "s", "type": "Job", "name": "Job 1", "attempt": attempt, "previousAttempts": before},
			{"id": "t", "parentId": "j", "type": "Task", "name": "Deploy", "attempt": 1, "log": object{"id": log}},
			{"id": "k", "type": "Task", "name": "Same", "attempt": 1, "log": object{"id": 1}},
		}}
	}
	const builds = "/acme/api/_apis/build/builds"
	var logs []string
	paths, told := asked(t, Live{Service: "azure", Project: "acme/api"}, func(r *http.Request) any {
		switch p := r.URL.Path; p {
		case builds:
			return object{"value": []object{{"id": 7, "status": "completed", "queueTime": when}}}
		case builds + "/7/timeline":
			return job(3, []object{{"attempt": 1, "timelineId": "t1", "recordId": "j"}, {"attempt": 2, "timelineId": "t2", "recordId": "j"}, {"attempt": 2, "timelineId": "gone"}}, 30)
		case builds + "/7/timeline/t1":
			return job(1, nil, 10)
		case builds + "/7/timeline/t2":
			return job(2, []object{{"attempt": 1, "timelineId": "t1"}}, 20)
		case builds + "/7/logs/1", builds + "/7/logs/10", builds + "/7/logs/20", builds + "/7/logs/30":
			logs = append(logs, strings.TrimPrefix(p, builds))
			if p == builds+"/7/logs/10" {
				return gh + token + "\n"
			}
			return "nothing"
		}
		return nil
	})
	wantPaths(t, "azure", paths, "acme/api/builds/7/logs/10")
	wantPaths(t, "azure's logs", logs, "/7/logs/30", "/7/logs/1", "/7/logs/20", "/7/logs/10")
	if !strings.Contains(told, "timeline of an earlier attempt") {
		t.Errorf("one that is gone is not told: %q", told)
	}
}

// TestChildPipelines reads the pipelines that others of the project started, which the
// list leaves out.
func TestChildPipelines(t *testing.T) {
	const base = "/api/v4/projects/acme%2Fapi/"
	answers := func(r *http.Request) any {
		q := r.URL.Query()
		switch p := r.URL.EscapedPath(); {
		case p == base+"pipelines" && q.Get("source") == "parent_pipeline":
			return []object{{"id": 32, "created_at": when}, {"id": 12, "created_at": when}}
		case p == base+"pipelines":
			return []object{{"id": 40, "created_at": when}, {"id": 30, "created_at": when}, {"id": 10, "created_at": when}}
		case p == base+"pipelines/30/bridges":
			return []object{{"name": "go", "downstream_pipeline": object{"id": 32}}, {"name": "elsewhere", "downstream_pipeline": object{"id": 99}}, {"name": "not yet"}}
		case p == base+"pipelines/32/bridges":
			return []object{{"name": "up", "downstream_pipeline": object{"id": 30}}}
		case strings.HasSuffix(p, "/bridges"):
			return []object{}
		case p == base+"pipelines/30", p == base+"pipelines/32":
			return object{"id": 30 + int(p[len(p)-1]-'0'), "created_at": when}
		case strings.HasSuffix(p, "/jobs"):
			id := strings.Split(p, "/")[6]
			return []object{{"id": int(id[0]-'0')*10 + int(id[1]-'0'), "name": "build", "finished_at": when}}
		case strings.HasSuffix(p, "/trace"):
			if strings.Contains(p, "2/") {
				return token
			}
			return "nothing"
		}
		return nil
	}
	var order []string
	paths, told := asked(t, Live{Service: "gitlab", Project: "acme/api"}, func(r *http.Request) any {
		if p := r.URL.EscapedPath(); strings.HasSuffix(p, "/trace") {
			order = append(order, strings.Split(p, "/")[6])
		}
		return answers(r)
	})
	wantPaths(t, "all", paths, "acme/api/jobs/12", "acme/api/jobs/32")
	wantPaths(t, "the newest first", order, "40", "32", "30", "12", "10")
	if told != "" {
		t.Errorf("told is %q", told)
	}
	paths, told = asked(t, Live{Service: "gitlab", Project: "acme/api", Run: "30"}, answers)
	wantPaths(t, "those of one run", paths, "acme/api/jobs/32")
	if !strings.Contains(told, "another project") || !strings.Contains(told, "99") {
		t.Errorf("the pipeline of another project is not told: %q", told)
	}
}

// TestBranchesOfJenkins chooses branches of a multibranch project, by itself and in a
// folder, and those that builds of another job say that they are of.
func TestBranchesOfJenkins(t *testing.T) {
	const multi, plain = "org.jenkinsci.plugins.workflow.multibranch.WorkflowMultiBranchProject", "hudson.model.FreeStyleProject"
	answers := func(r *http.Request) any {
		p, listed := strings.TrimSuffix(r.URL.EscapedPath(), "/api/json"), strings.HasPrefix(r.URL.Query().Get("tree"), "fullName")
		switch p {
		case "/job/team":
			return object{"_class": "com.cloudbees.hudson.plugins.folder.Folder", "fullName": "team", "jobs": []object{{"name": "app"}, {"name": "plain"}, {"name": "secret"}}}
		case "/job/team/job/app":
			return object{"_class": multi, "fullName": "team/app", "jobs": []object{{"name": "main"}, {"name": "feature%2Fx"}}}
		case "/job/team/job/app/job/main", "/job/team/job/app/job/feature%252Fx", "/job/team/job/plain":
			if listed {
				return object{"_class": plain, "fullName": strings.ReplaceAll(strings.ReplaceAll(strings.TrimPrefix(p, "/job/"), "/job/", "/"), "%25", "%")}
			}
			git := func(branch string) []object {
				return []object{{}, {"_class": "hudson.plugins.git.util.BuildData", "lastBuiltRevision": object{"branch": []object{{"name": branch}}}}}
			}
			builds := []object{{"number": 2, "timestamp": 1767322245000, "actions": git("refs/remotes/origin/feature/x")}, {"number": 1, "timestamp": 1767322245000, "actions": git("origin/main")}}
			if p != "/job/team/job/plain" {
				builds = builds[:1]
			}
			return object{"allBuilds": builds}
		}
		if strings.HasSuffix(p, "/consoleText") {
			return token
		}
		return nil
	}
	for _, tt := range []struct {
		name string
		live Live
		want []string
	}{
		{"a folder", Live{Project: "/job/team", Branch: "main"}, []string{"team/app/main/2", "team/plain/1"}},
		{"the project", Live{Project: "/job/team/job/app", Branch: "main"}, []string{"team/app/main/2"}},
		{"a branch with a slash", Live{Project: "/job/team/job/app", Branch: "feature/x"}, []string{"team/app/feature%2Fx/2"}},
		{"the name of the project", Live{Project: "/job/team", Workflow: "app"}, []string{"team/app/feature%2Fx/2", "team/app/main/2"}},
		{"its whole name", Live{Project: "/job/team", Workflow: "team/app"}, []string{"team/app/feature%2Fx/2", "team/app/main/2"}},
		{"another job", Live{Project: "/job/team", Workflow: "plain"}, []string{"team/plain/1", "team/plain/2"}},
	} {
		tt.live.Service = "jenkins"
		paths, told := asked(t, tt.live, answers)
		wantPaths(t, tt.name, paths, tt.want...)
		if tt.live.Project == "/job/team" && !strings.Contains(told, "secret") {
			t.Errorf("%s: a job that cannot be read is not told: %q", tt.name, told)
		}
	}
}

// TestBranchOfPullRequest finds the pipelines of a pull request by its branch.
func TestBranchOfPullRequest(t *testing.T) {
	paths, _ := asked(t, Live{Service: "bitbucket", Project: "acme/api", Branch: "dev"}, func(r *http.Request) any {
		switch p := r.URL.Path; {
		case strings.HasSuffix(p, "/pipelines/"):
			if r.URL.Query().Get("target.branch") != "" { // it leaves those of pull requests out
				return object{"values": []object{}}
			}
			return object{"values": []object{
				{"uuid": "{3}", "build_number": 3, "created_on": when, "target": object{"type": "pipeline_pullrequest_target", "source": "dev", "destination": "main"}},
				{"uuid": "{2}", "build_number": 2, "created_on": when, "target": object{"type": "pipeline_ref_target", "ref_name": "dev"}},
				{"uuid": "{1}", "build_number": 1, "created_on": when, "target": object{"type": "pipeline_pullrequest_target", "source": "x", "destination": "dev"}},
			}, "size": 3, "pagelen": 100}
		case strings.HasSuffix(p, "/steps/"):
			return object{"values": []object{{"uuid": "s" + strings.Split(p, "/")[6], "name": "Ship", "state": object{"name": "COMPLETED"}}}, "size": 1, "pagelen": 100}
		}
		return token
	})
	wantPaths(t, "dev", paths, "acme/api/pipelines/2/s{2", "acme/api/pipelines/3/s{3")
}

// TestRunThatIsGone goes on with older runs where one was deleted meanwhile.
func TestRunThatIsGone(t *testing.T) {
	for name, answers := range map[string]func(*http.Request) any{
		"gitlab": func(r *http.Request) any {
			switch p := r.URL.EscapedPath(); {
			case strings.HasSuffix(p, "/pipelines") && r.URL.Query().Get("source") == "":
				return []object{{"id": 9, "created_at": when}, {"id": 8, "created_at": when}}
			case strings.HasSuffix(p, "/pipelines"):
				return []object{}
			case strings.HasSuffix(p, "/8/jobs"):
				return []object{{"id": 80, "name": "build", "finished_at": when}}
			case strings.HasSuffix(p, "/trace"):
				return token
			}
			return nil
		},
		"circleci": func(r *http.Request) any {
			switch p := r.URL.Path; {
			case strings.HasSuffix(p, "/pipeline"):
				return object{"items": []object{{"id": "7", "number": 7, "created_at": when}, {"id": "9", "number": 9, "created_at": when}, {"id": "8", "number": 8, "created_at": when}}}
			case strings.HasPrefix(p, "/api/v2/pipeline/7"):
				return nil
			case strings.HasPrefix(p, "/api/v2/pipeline/"):
				return object{"items": []object{{"id": strings.Split(p, "/")[4], "name": "ship"}}}
			case strings.HasPrefix(p, "/api/v2/workflow/9"):
				return object{"items": []object{{"job_number": 9, "name": "deploy"}}}
			case strings.HasPrefix(p, "/api/v2/workflow/"):
				return object{"items": []object{{"job_number": 8, "name": "deploy"}}}
			case strings.HasPrefix(p, "/api/v1.1/") && strings.HasSuffix(p, "/8"):
				return object{"steps": []object{{"name": "x", "actions": []object{{"output_url": "http://" + r.Host + "/out"}}}}}
			case p == "/out":
				return token
			}
			return nil
		},
		"bitbucket": func(r *http.Request) any {
			switch p := r.URL.Path; {
			case strings.HasSuffix(p, "/pipelines/"):
				return object{"values": []object{{"uuid": "9", "build_number": 9, "created_on": when}, {"uuid": "8", "build_number": 8, "created_on": when}}, "size": 2, "pagelen": 100}
			case strings.HasSuffix(p, "/8/steps/"):
				return object{"values": []object{{"uuid": "s8", "state": object{"name": "COMPLETED"}}}, "size": 1, "pagelen": 100}
			case strings.HasSuffix(p, "/log"):
				return token
			}
			return nil
		},
	} {
		project := map[string]string{"circleci": "gh/acme/api"}[name]
		if project == "" {
			project = "acme/api"
		}
		paths, told := asked(t, Live{Service: name, Project: project}, answers)
		if len(paths) != 1 || !strings.Contains(paths[0], "8") || told == "" {
			t.Errorf("%s: found in %q; %s", name, paths, told)
		}
	}
}

// TestUnknownAuthority gives a server up whose certificate nobody vouches for, without
// asking again, and says what helps.
func TestUnknownAuthority(t *testing.T) {
	n := 0
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { n++ }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer srv.Close()
	var slept time.Duration
	s := (&fake{Server: srv, t: t}).source(Live{Service: "gitlab", Project: "acme/api"}, &slept)
	scanFor(t, s)
	told := fmt.Sprint(s.cov.Skipped())
	if n != 0 || slept != 0 || !strings.Contains(told, "SSL_CERT_FILE") {
		t.Errorf("%d answers, slept %s, told %s", n, slept, told)
	}
}
