package cilog

import (
	"net/http"
	"strings"
	"testing"
)

// TestListsThatAreWebPages: of every service it is told as what it is.
func TestListsThatAreWebPages(t *testing.T) {
	for _, l := range []Live{
		{Service: "github", Project: "acme/api"}, {Service: "gitlab", Project: "acme/api"}, {Service: "jenkins", Project: "/job/api"}, {Service: "buildkite", Project: "acme/api"},
	} {
		_, told := asked(t, l, func(*http.Request) any { return "<html>log in</html>" })
		if !strings.Contains(told, "web page") || strings.Contains(told, "invalid character") {
			t.Errorf("%s: %s", l.Service, told)
		}
	}
}

// TestCachesThatAreNotGiven are not called runs.
func TestCachesThatAreNotGiven(t *testing.T) {
	_, told := asked(t, Live{Service: "github", Project: "acme/api", Artifacts: true}, func(r *http.Request) any {
		if strings.HasSuffix(r.URL.Path, "/runs") {
			return object{"total_count": 0, "workflow_runs": []object{}}
		}
		return nil
	})
	if !strings.Contains(told, "list of caches") || strings.Contains(told, "list of runs") {
		t.Errorf("told %q", told)
	}
}
