package pause

import (
	"net/http"
	"testing"
	"time"
)

func TestAsked(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, k := range []struct {
		after, date string
		want        time.Duration
		ok          bool
	}{
		{"", "", 0, false},
		{"soon", "", 0, false},
		{"-1", "", 0, false},
		{"0", "", 0, true},
		{" 120 ", "", 2 * time.Minute, true},
		{"99999999999999999", "", maxAsked * time.Second, true},
		{"Sun, 01 Mar 2026 12:01:30 GMT", "", 90 * time.Second, true},
		{"Sun, 01 Mar 2026 12:01:30 GMT", "Sun, 01 Mar 2026 12:01:00 GMT", 30 * time.Second, true},
		{"Sun, 01 Mar 2026 12:01:30 GMT", "yesterday", 90 * time.Second, true},
		{"Sun, 06 Nov 1994 08:49:37 GMT", "", 0, true},
		{"Sunday, 01-Mar-26 12:01:30 GMT", "", 90 * time.Second, true},
		{"Sun Mar  1 12:01:30 2026", "", 90 * time.Second, true},
		{"Fri, 31 Dec 9999 23:59:59 GMT", "", maxAsked * time.Second, true},
	} {
		h := http.Header{}
		h.Set("Retry-After", k.after)
		h.Set("Date", k.date)
		if wait, ok := Asked(h, now); wait != k.want || ok != k.ok {
			t.Errorf("%q at %q: %v, %v; want %v, %v", k.after, k.date, wait, ok, k.want, k.ok)
		}
	}
}
