package verify_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// lockingMail is a mail server that knows some users, and keeps who was refused.
type lockingMail struct {
	users   map[string]string // passwords; "*" lets everybody in
	mu      sync.Mutex
	refused []string
}

func (m *lockingMail) serve(c net.Conn) {
	fmt.Fprint(c, "220 mail ready\r\n")
	for in := bufio.NewScanner(c); in.Scan(); {
		switch word, rest, _ := strings.Cut(in.Text(), " "); word {
		case "EHLO":
			fmt.Fprint(c, "250-mail\r\n250 AUTH PLAIN\r\n")
		case "AUTH":
			b, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			f := strings.Split(string(b), "\x00")
			if _, free := m.users["*"]; free || m.users[f[1]] == f[2] {
				fmt.Fprint(c, "235 2.7.0 welcome\r\n")
				continue
			}
			m.mu.Lock()
			m.refused = append(m.refused, f[1])
			m.mu.Unlock()
			fmt.Fprint(c, "535 5.7.8 no\r\n")
		default:
			fmt.Fprint(c, "221 bye\r\n")
		}
	}
}

// TestControlLocksNobody: whether a server looks at passwords is asked with a user
// that nobody has; no real one gets a wrong password.
func TestControlLocksNobody(t *testing.T) {
	for _, user := range []string{"robot", "robot@acme.example", `ACME\robot`, "cn=robot,dc=acme,dc=example", `cn=ro\,bot,dc=acme`, "cn=robot"} {
		m := &lockingMail{users: map[string]string{user: secretOf(1)}}
		n := verifytest.New(t)
		n.Inside = true
		n.ServeConn(db, m.serve)
		logsIn(t, n, "smtp", []loginTest{{user, map[string]string{"user": user, "secret": secretOf(1)}, leak.Live, "", nil}})
		if len(m.refused) != 1 || m.refused[0] == user {
			t.Errorf("%s: refused %q", user, m.refused)
		}
		for _, mark := range []string{"@acme.example", `ACME\`, ",dc=acme,dc=example", "cn="} {
			if strings.Contains(user, mark) && !strings.Contains(m.refused[0], mark) {
				t.Errorf("%s: the made-up one is %s", user, m.refused[0])
			}
		}
		m = &lockingMail{users: map[string]string{"*": ""}}
		n.ServeConn(db, m.serve)
		logsIn(t, n, "smtp", []loginTest{{user + " of many", map[string]string{"user": user, "secret": secretOf(1)}, leak.Unknown, "lets everybody in", nil}})
	}
}

// TestFewPasswordsOfAUser: of many passwords of one user at one server the newest
// are tried, and so few that no account is locked; of others all.
func TestFewPasswordsOfAUser(t *testing.T) {
	m := &lockingMail{users: map[string]string{"robot": secretOf(7)}}
	n := verifytest.New(t)
	n.Inside = true
	n.ServeConn(db, m.serve)
	n.ServeConn("other.acme.example", m.serve)
	e := loginEngine(t, n, "smtp", 0)
	find := func(user, host string, number, day int) *leak.Finding {
		f := loginFinding("smtp", user, host, secretOf(number))
		f.Locations = []leak.Location{{Date: clock.AddDate(0, 0, -400)}, {Date: clock.AddDate(0, 0, day)}}
		return f
	}
	var fs []*leak.Finding
	for i := range 6 {
		fs = append(fs, find("robot", db, 10+i, i))
	}
	fs = append(fs, find("other", db, 1, 1), find("robot", "other.acme.example", 1, 1), find("ROBOT", db, 20, 9))
	calls := 0
	for i, p := range e.Plan(fs) { // says the same, and counts for nothing
		if calls += len(p.Calls); (i < 4) != (strings.Contains(p.Verdict.Reason, "could lock it") && len(p.Calls) == 0) {
			t.Errorf("plan %d: %v %v", i, p.Verdict, p.Calls)
		}
	}
	if calls != 5 || len(n.Dialed()) > 0 {
		t.Errorf("%d calls are planned, %v made", calls, n.Dialed())
	}
	if err := e.Verify(t.Context(), fs); err != nil {
		t.Fatal(err)
	}
	for i, f := range fs {
		want := leak.Dead
		if i < 4 {
			want = leak.Unknown
		}
		if f.Verdict.Status != want || want == leak.Unknown && !strings.Contains(f.Verdict.Reason, "could lock it") {
			t.Errorf("%d: %s (%s)", i, f.Verdict.Status, f.Verdict.Reason)
		}
	}
	tried := len(m.refused)
	again := []*leak.Finding{find("robot", db, 30, 30), find("other", db, 2, 2)}
	if err := e.Verify(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if again[0].Verdict.Status != leak.Unknown || again[1].Verdict.Status != leak.Dead || len(m.refused) != tried+1 {
		t.Errorf("later in the run: %v, %v", again[0].Verdict, again[1].Verdict)
	}
	slices.Sort(m.refused)
	if tried != 5 {
		t.Errorf("%d were tried: %q", tried, m.refused)
	}
}

func loginEngine(t *testing.T, n *verifytest.Net, verifier string, budget int) *verify.Engine {
	t.Helper()
	e, err := verify.New(verify.Config{
		Mode: verify.Safe, Verifiers: map[string]verify.Verifier{"acme-url": native(t, verifier)}, Budget: budget, Now: func() time.Time { return clock },
		Door: verify.DoorOptions{Allow: []string{"*.acme.example"}, AllowPrivate: []netip.Prefix{verifytest.Private}, Resolver: n, Dial: n.Dial, RootCAs: n.Roots, Rate: 1e6},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func loginFinding(scheme, user, host, password string) *leak.Finding {
	return &leak.Finding{ID: user + host + password, Rule: leak.RuleInfo{ID: "acme-url", Severity: 9}, Confidence: leak.High,
		Parts: partsOf(map[string]string{"scheme": scheme, "user": user, "host": host, "secret": password})}
}
