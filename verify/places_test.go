package verify_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// TestPlacesOfACredential: one that stands beside several servers is asked about at
// each: it works if it works at one, and is dead if all refuse it.
func TestPlacesOfACredential(t *testing.T) {
	const good, bad, gone = "a.acme.example", "b.acme.example", "c.acme.example"
	for title, tt := range map[string]struct {
		hosts  []string
		budget int
		want   leak.Status
	}{
		"the second works":       {[]string{bad, good}, 0, leak.Live},
		"the first works":        {[]string{good, bad}, 0, leak.Live},
		"the last of three":      {[]string{bad, "b2.acme.example", good}, 0, leak.Live},
		"all refuse":             {[]string{bad, "b2.acme.example"}, 0, leak.Dead},
		"one does not answer":    {[]string{bad, gone}, 0, leak.Unknown},
		"one is not allowed":     {[]string{bad, "db.elsewhere.example"}, 0, leak.Unknown},
		"no budget for all":      {[]string{bad, "b2.acme.example"}, 2, leak.Unknown},
		"more than can be asked": {strings.Split(strings.Repeat("x", 0)+"b.acme.example b1.acme.example b2.acme.example b3.acme.example b4.acme.example b5.acme.example b6.acme.example b7.acme.example b8.acme.example", " "), 0, leak.Unknown},
	} {
		n := verifytest.New(t)
		n.Inside = true
		right, wrong := &lockingMail{users: map[string]string{"robot": secretOf(1)}}, &lockingMail{users: map[string]string{}}
		n.ServeConn(good, right.serve)
		for _, h := range []string{bad, "b1.acme.example", "b2.acme.example", "b3.acme.example", "b4.acme.example", "b5.acme.example", "b6.acme.example", "b7.acme.example", "b8.acme.example"} {
			n.ServeConn(h, wrong.serve)
		}
		f := loginFinding("smtp", "robot", tt.hosts[0], secretOf(1))
		f.Elsewhere = []string{"host"}
		for _, h := range tt.hosts[1:] {
			f.Others = append(f.Others, leak.Surroundings{Parts: loginFinding("smtp", "robot", h, secretOf(1)).Parts})
		}
		fs := []*leak.Finding{f}
		if err := loginEngine(t, n, "smtp", tt.budget).Verify(t.Context(), fs); err != nil {
			t.Fatal(err)
		}
		v := f.Verdict
		if v.Status != tt.want && !(tt.want == leak.Unknown && v.Status == leak.SkippedCheck) {
			t.Errorf("%s: %s (%s)", title, v.Status, v.Reason)
		}
		if tt.want == leak.Live && v.Host != good+":587" {
			t.Errorf("%s: %s", title, v.Host)
		}
		if len(f.Elsewhere) != 1 || f.Parts["host"].Reveal() != tt.hosts[0] {
			t.Errorf("%s: the finding is changed", title)
		}
	}
}
