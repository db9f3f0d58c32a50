package pause

import (
	"strconv"
	"strings"
	"time"
)

// maxAsked keeps what a server asks for within what a Duration can say.
const maxAsked = 1 << 30 // seconds

// Header is an http.Header, without the package that can also use the network.
type Header interface{ Get(name string) string }

// dates are the three that a server may write (RFC 9110, section 5.6.7).
var dates = []string{"Mon, 02 Jan 2006 15:04:05 GMT", time.RFC850, time.ANSIC}

func date(text string) (time.Time, error) {
	var t time.Time
	var err error
	for _, form := range dates {
		if t, err = time.Parse(form, text); err == nil {
			break
		}
	}
	return t, err
}

// Asked is how long a server wants to be left alone: what the header Retry-After of its answer
// says, in seconds or as a date (RFC 9110, section 10.2.3), where the date is read by the
// server's clock if the answer tells it. ok is false if it says nothing that can be read. Up to
// 34 years; callers say what they are willing to wait.
func Asked(h Header, now time.Time) (wait time.Duration, ok bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return time.Duration(min(n, maxAsked)) * time.Second, true
	}
	when, err := date(text)
	if err != nil {
		return 0, false
	}
	if t, err := date(h.Get("Date")); err == nil {
		now = t
	}
	return min(max(0, when.Sub(now)), maxAsked*time.Second), true
}
