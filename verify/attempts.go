package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// maxPasswords is how many passwords of one user are tried at one server in a run.
// Servers that lock accounts do so after three to ten mistakes, if not told otherwise:
// FAILED_LOGIN_ATTEMPTS of MySQL, pwdMaxFailure of directories, the lock-out policy of
// Windows that SQL Server has under CHECK_POLICY.
const maxPasswords = 3

// accounted is a Verifier of which a refusal counts against an account: Account names
// it, with its server. Empty if nothing can be locked.
type accounted interface {
	Account(q Query) string
}

// Account implements accounted.
func (l login) Account(q Query) string {
	e, err := l.account(&q)
	if l.lockless || err != nil || e.user == "" {
		return ""
	}
	return strings.ToLower(l.protocol + " " + e.address() + " " + e.user) // many servers take any case
}

// Account implements accounted.
func (*ociLogin) Account(q Query) string {
	c, err := ociOf(&q)
	if err != nil || c.user == "" || registryKind(c.user) == "workload_identity" { // AWS: each of its passwords is another key's
		return ""
	}
	return strings.ToLower("oci " + c.host + " " + c.user)
}

// sparing leaves out what would try too many passwords of one user at one server, the
// newest ones are tried. It keeps the order of the others, and counts in attempts.
func (e *Engine) sparing(jobs []*job, attempts map[string]int) (now []*job) {
	byDate := slices.Clone(jobs)
	slices.SortStableFunc(byDate, func(a, b *job) int { return cmp.Compare(b.newest().Unix(), a.newest().Unix()) })
	for _, j := range byDate {
		v, ok := j.kind.verifier.(accounted)
		if !ok {
			continue
		}
		who := v.Account(e.query(j.findings[0]))
		if who == "" {
			continue
		}
		if attempts[who]++; attempts[who] > maxPasswords {
			j.verdict = leak.Verdict{Status: leak.Unknown, Reason: fmt.Sprintf("not asked: %d other passwords of this user are tried; trying more could lock it", maxPasswords)}
		}
	}
	for _, j := range jobs {
		if j.verdict.Status == "" {
			now = append(now, j)
		}
	}
	return now
}

// newest is the date of the newest place of a credential; zero if none is known.
func (j *job) newest() (last time.Time) {
	for _, f := range j.findings {
		for i := range f.Locations {
			if d := f.Locations[i].Date; d.After(last) {
				last = d
			}
		}
	}
	return last
}
