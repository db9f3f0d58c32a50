package verify

import (
	"fmt"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// record is what is known of the calls to a host.
type record struct {
	class leak.Class
	host  string
	code  int
	when  time.Time // of the last answer, or of what ended the wait for it; zero if no call was attempted
	sent  bool      // a request reached the host
	why   string    // no call was attempted: it was refused
}

// of is the record of a host.
func (v *visit) of(t target) *record {
	for _, r := range v.calls {
		if r.host == t.String() {
			return r
		}
	}
	v.calls = append(v.calls, &record{host: t.String()})
	return v.calls[len(v.calls)-1]
}

// refused notes that a host is not asked.
func (v *visit) refused(t target, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if t.host == "" {
		return
	}
	if r := v.of(t); r.when.IsZero() {
		r.why = Reason(err)
	}
}

// arrived notes that a host has been reached.
func (v *visit) arrived() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last.sent, v.last.when = true, time.Now()
}

// spend notes the end of a call.
func (v *visit) spend(d time.Duration, a *Answer, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.left -= d
	if !forbidden(err) || v.last.sent {
		v.last.when = time.Now()
	} else if v.last.when.IsZero() {
		v.last.why = Reason(err)
	}
	if a != nil {
		v.last.code = a.Status
	}
}

// late says what it was that took too long, if that is the error, and that what
// came is not HTTP. ended says that the time of the call was over.
func (v *visit) late(err error, ended bool, limit time.Duration) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch why := Reason(err); {
	case ended && limit < v.guard.opts.CallTimeout:
		return problem(fmt.Sprintf("no answer within %v in all", v.guard.opts.CredentialTimeout))
	case ended:
		return problem(fmt.Sprintf("no answer within %v", limit))
	case why == noTime && v.last.sent:
		return problem(fmt.Sprintf("no answer within %v", v.guard.opts.CallTimeout))
	case why == noTime:
		return problem(fmt.Sprintf("no connection within %v", v.guard.opts.DialTimeout))
	case why == noAnswer && v.last.sent:
		return problem("what it answers is not HTTP, or begins with more than 64 KiB of headers")
	}
	return err
}
