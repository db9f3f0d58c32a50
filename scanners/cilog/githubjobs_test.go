package cilog

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestJobsThatTheArchiveLacks has an archive with one job of five, of two that have the
// same name: the logs of two are asked for by themselves, once each, though the first
// scan ends before anything is reported.
func TestJobsThatTheArchiveLacks(t *testing.T) {
	api := func(f *fake, w http.ResponseWriter, r *http.Request) bool {
		const run = "/repos/acme/api/actions/runs"
		job := func(id int, name, conclusion string) object {
			return object{"id": id, "name": name, "status": "completed", "conclusion": conclusion}
		}
		switch p := r.URL.Path; {
		case p == run:
			return answer(w, object{"total_count": 1, "workflow_runs": []object{{"id": 98, "name": "CI", "status": "completed", "run_attempt": 1, "created_at": when}}})
		case p == run+"/98/attempts/1/jobs" && r.URL.Query().Get("page") == "":
			w.Header().Set("Link", fmt.Sprintf(`<%s%s?page=2>; rel="next"`, f.URL, p))
			return answer(w, object{"jobs": []object{job(1, "build / linux (1.2)", "success"), job(2, "build / linux (1.2)", "success")}})
		case p == run+"/98/attempts/1/jobs":
			return answer(w, object{"jobs": []object{job(3, "🚀 deploy: prod", "failure"), job(4, "never", "skipped"), job(5, "late", "cancelled")}})
		case strings.HasSuffix(p, "/logs"):
			http.Redirect(w, r, f.signed(p), http.StatusFound)
			return true
		}
		return false
	}
	f := newFake(t, "Authorization", api)
	const jobs = "/repos/acme/api/actions/jobs/"
	f.logs = map[string]string{
		"/repos/acme/api/actions/runs/98/attempts/1/logs": zipText(t, "0_build _ linux (1.2).txt", gh+"nothing\n", "build _ linux (1.2)/system.txt", "x"),
		jobs + "2/logs": gh + "nothing\n",
		jobs + "3/logs": gh + "a\n" + gh + token + "\n",
	}
	l := Live{Service: "github", Project: "acme/api", State: t.TempDir()}
	var slept time.Duration
	for range 2 {
		s := f.source(l, &slept)
		hits := scanFor(t, s)
		if len(hits) != 1 || hits[0].loc.Path != "github:acme/api/runs/98/attempts/1/jobs/3" {
			t.Fatalf("found %+v; %v", hits, s.cov.Skipped())
		}
		if g := hits[0].loc.Log; g.Job != "🚀 deploy: prod" || g.Workflow != "CI" || g.Run != "98" || g.Attempt != 1 {
			t.Errorf("it is of %+v", g)
		}
		if gaps := s.cov.Skipped(); len(gaps) > 0 {
			t.Errorf("skipped %v", gaps)
		}
		s.Close()
	}
	s := f.source(l, &slept)
	scanFor(t, s)
	if err := s.Reported(); err != nil {
		t.Error(err)
	}
	s.Close()
	s = f.source(l, &slept)
	if hits := scanFor(t, s); len(hits) > 0 {
		t.Errorf("what was reported is found again: %v", hits)
	}
	s.Close()
	for path := range f.logs {
		if f.asked[path] != 1 {
			t.Errorf("%s is asked for %d times", path, f.asked[path])
		}
	}
}

// TestJobsThatAreTooMany stays within the bound, and says so.
func TestJobsThatAreTooMany(t *testing.T) {
	f := newFake(t, "Authorization", func(f *fake, w http.ResponseWriter, r *http.Request) bool {
		switch p := r.URL.Path; {
		case strings.HasSuffix(p, "/runs"):
			return answer(w, object{"workflow_runs": []object{{"id": 98, "status": "completed", "run_attempt": 1, "created_at": when}}})
		case strings.HasSuffix(p, "/attempts/1/jobs"):
			var jobs []object
			for i := range maxJobLogs + 1 {
				jobs = append(jobs, object{"id": i + 1, "name": fmt.Sprint("job ", i), "status": "completed", "conclusion": "success"})
			}
			return answer(w, object{"jobs": jobs})
		case strings.HasSuffix(p, "/logs"):
			http.Redirect(w, r, f.signed(p), http.StatusFound)
			return true
		}
		return false
	})
	f.logs["/repos/acme/api/actions/runs/98/attempts/1/logs"] = zipText(t, "0_none.txt", "nothing")
	var slept time.Duration
	s := f.source(Live{Service: "github", Project: "acme/api"}, &slept)
	scanFor(t, s)
	gaps := s.cov.Skipped()
	if len(gaps) != 1 || !strings.Contains(strings.Join(gaps[0].First, ""), "attempts/1/jobs/101") {
		t.Errorf("skipped %v", gaps)
	}
}
