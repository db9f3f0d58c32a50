package risk

import (
	"fmt"
	"time"

	"github.com/whosekey/whosekey/leak"
)

const (
	day = 24 * time.Hour
	// forever is how far away the end of a credential is that never ends: some
	// write the year 9999 for that.
	forever = 10 * 365 * day
	// shortLived is how long a credential may work that nobody has to rotate.
	shortLived = time.Hour
	// longest is how long a certificate or a key may work at most before it is
	// long-lived: what browsers accept of certificates since 2020.
	longest = 398 * day
)

// age is how long the credential has existed without being changed, and how that
// is known. It is at least as old as the leak.
func (s *subject) age() (time.Duration, string) {
	c := s.cred
	for _, from := range []struct {
		at  time.Time
		why string
	}{{c.Rotated, "rotated"}, {c.Issued, "made"}, {c.FirstExposed, "leaked"}} {
		late := from.at.After(c.FirstExposed) && !c.FirstExposed.IsZero() // it leaked before: it is another one
		if !from.at.IsZero() && from.at.Before(s.now) && !late {
			return s.now.Sub(from.at), fmt.Sprintf("%s on %s", from.why, from.at.Format(time.DateOnly))
		}
	}
	return 0, ""
}

// ends says when the credential ends: how long that is from its making, if it is
// known at all that it does.
func (s *subject) ends() (ends bool, at time.Time) {
	at = s.cred.Expires
	switch {
	case at.IsZero():
		return s.rule.Lifetime != "", at
	case at.Sub(s.now) > forever:
		return false, at
	}
	return true, at
}

func (s *subject) short() bool {
	c := s.cred
	if d := s.rule.Lifetime.Duration(); d > 0 && d <= shortLived {
		return true
	}
	return !c.Issued.IsZero() && c.Expires.After(c.Issued) && c.Expires.Sub(c.Issued) <= shortLived
}

func (a *Assessor) lifetime(s *subject) leak.RiskFactor {
	if s.short() {
		return a.policy.factor(Lifetime, 0, []string{"it works for an hour at most"})
	}
	points, why := 0, []string(nil)
	ends, at := s.ends()
	switch {
	case !ends && !at.IsZero():
		points, why = a.policy[Lifetime]["no_expiry"], []string{"it ends in " + at.Format("2006") + ", which is never"}
	case !ends:
		points, why = a.policy[Lifetime]["no_expiry"], []string{"nothing says that it ends by itself"}
	case at.IsZero():
		why = []string{"it ends after " + string(s.rule.Lifetime) + " at most"}
	case at.After(s.now) && at.Sub(s.now) < 30*day:
		points, why = a.policy[Lifetime]["ends_in_30_days"], []string{"it ends on " + at.Format(time.DateOnly)}
	case at.Before(s.now):
		why = []string{"it ended on " + at.Format(time.DateOnly)}
	default:
		why = []string{"it ends on " + at.Format(time.DateOnly)}
	}
	switch old, from := s.age(); {
	case old > 365*day:
		points += a.policy[Lifetime]["over_1_year"]
		why = append(why, fmt.Sprintf("%d days old: %s", int(old/day), from))
	case old > 90*day:
		points += a.policy[Lifetime]["over_90_days"]
		why = append(why, fmt.Sprintf("%d days old: %s", int(old/day), from))
	}
	return a.policy.factor(Lifetime, points, why)
}

// longLived says why the credential is long-lived: NHI7. Empty if it is not, or
// has ended.
func (s *subject) longLived() string {
	if s.short() || s.cred.State == leak.Expired {
		return ""
	}
	c := s.cred
	old, from := s.age()
	ends, at := s.ends()
	switch {
	case !c.Issued.IsZero() && ends && at.Sub(c.Issued) > longest:
		return fmt.Sprintf("it works for %d days", int(at.Sub(c.Issued)/day))
	case old > 365*day:
		return fmt.Sprintf("%d days old: %s", int(old/day), from)
	case !ends:
		return "nothing says that it ends by itself"
	case old > 90*day && c.Rotated.IsZero():
		return fmt.Sprintf("%d days old and never rotated, as far as is known: %s", int(old/day), from)
	}
	return ""
}

// unused says for how long a credential that works has not been used; empty if
// that is 90 days or less, or nobody knows.
func (s *subject) unused() string {
	last := s.cred.LastUsed
	if last.IsZero() {
		last = s.id.LastAccessed
	}
	if last.IsZero() || s.now.Sub(last) <= 90*day || s.cred.State != leak.Live && s.cred.State != leak.Restricted {
		return ""
	}
	return fmt.Sprintf("it works, but was last used %d days ago", int(s.now.Sub(last)/day))
}
