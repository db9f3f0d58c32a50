package inventory

import (
	"strconv"
	"strings"
	"time"
)

// DateOrder says how to read 03/04/2025.
type DateOrder string

// The orders. Without one such a date is read only where it can be but one.
const (
	DayFirst   DateOrder = "dmy"
	MonthFirst DateOrder = "mdy"
)

// layouts are the dates that exports write. Go reads fractions of a second
// wherever there are any.
var layouts = []string{
	time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700",
	"2006-01-02 15:04", "2006-01-02T15:04Z07:00", "2006/01/02", "2006/01/02 15:04:05", "20060102", "02-Jan-2006", "2 Jan 2006", "Jan 2, 2006", "January 2, 2006", "2006-01",
	time.RFC1123, time.RFC1123Z, time.ANSIC, "2006-01-02 15:04:05 -0700 MST",
}

// What a date can be.
type dated int

const (
	aDate    dated = iota
	noDate         // nothing stands there, or a word for never
	noReason       // it cannot be read, or is absurd
	twoWays        // day or month first?
)

// earliest and latest bound the dates that are believed: nothing that an
// inventory is about is older than computers' accounts, and what ends later than
// in a hundred years does not end.
const (
	earliest = 1970
	latest   = 2200
)

// never are words for no end.
var never = map[string]bool{"never": true, "unlimited": true, "noexpiration": true, "noexpiry": true, "permanent": true, "doesnotexpire": true, "neverexpires": true, "noexpirationdate": true, "0": true}

// asDate reads a date as RFC 3339, or as a day if it has no time. A year from
// 9000 on means never: Windows and many databases write 9999-12-31.
func asDate(s string, order DateOrder) (string, dated) {
	s = strings.TrimSpace(s)
	if t, ok := isoDay(s); ok && t.Year() >= earliest && t.Year() <= latest {
		return s, aDate
	}
	if s == "" || nothing[strings.ToLower(s)] || never[plainHeading(s)] {
		return "", noDate
	}
	if len(s) > 40 {
		return "", noReason
	}
	t, ok := parseDate(s)
	if !ok {
		var kind dated
		if t, kind = slashed(s, order); kind != aDate {
			return "", kind
		}
	}
	t = t.UTC()
	switch y := t.Year(); {
	case y >= 9000 && y <= 9999 || y == 1 || y == 1601 || y == 0:
		return "", noDate // zero dates of Go, Windows and databases
	case y < earliest || y > latest:
		return "", noReason
	}
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		return t.Format(time.DateOnly), aDate
	}
	return t.Format(time.RFC3339), aDate
}

// isoDay reads 2006-01-02, which most dates are.
func isoDay(s string) (time.Time, bool) {
	if len(s) != len(time.DateOnly) || s[4] != '-' || s[7] != '-' {
		return time.Time{}, false
	}
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil
}

func parseDate(s string) (time.Time, bool) {
	if t, ok := isoDay(s); ok {
		return t, true
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) != 8 {
		return epoch(n)
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// epoch reads seconds or milliseconds since 1970. Numbers that could be years or
// counts of days are neither.
func epoch(n int64) (time.Time, bool) {
	switch {
	case n == 253402300799: // 9999-12-31T23:59:59Z; as milliseconds a second of 1978
		return time.Unix(n, 0), true
	case n >= 100_000_000 && n < 100_000_000_000:
		return time.Unix(n, 0), true
	case n >= 100_000_000_000 && n < 100_000_000_000_000, n == 253402300799999, n == 253402300799000:
		return time.UnixMilli(n), true
	}
	return time.Time{}, false
}

// slashed reads 3/14/2025 and 14.3.2025, with or without a time. A dot means the
// day first, AM and PM mean the month first.
func slashed(s string, order DateOrder) (time.Time, dated) {
	date, clock, _ := strings.Cut(strings.Replace(s, ",", "", 1), " ")
	sep := "/"
	if strings.Contains(date, ".") {
		sep, order = ".", DayFirst
	}
	parts := strings.Split(date, sep)
	if len(parts) != 3 || len(parts[2]) != 4 {
		return time.Time{}, noReason
	}
	a, err1 := strconv.Atoi(parts[0])
	b, err2 := strconv.Atoi(parts[1])
	y, err3 := strconv.Atoi(parts[2])
	if err1 != nil || err2 != nil || err3 != nil {
		return time.Time{}, noReason
	}
	if up := strings.ToUpper(clock); strings.HasSuffix(up, "AM") || strings.HasSuffix(up, "PM") {
		order = MonthFirst
	}
	switch {
	case order == DayFirst || order == "" && a > 12:
		a, b = b, a
	case order == "" && b <= 12 && a != b:
		return time.Time{}, twoWays
	}
	t := time.Date(y, time.Month(a), b, 0, 0, 0, 0, time.UTC)
	if t.Day() != b || int(t.Month()) != a {
		return time.Time{}, noReason
	}
	for _, layout := range []string{"3:04:05 PM", "3:04 PM", "15:04:05", "15:04"} {
		if c, err := time.Parse(layout, strings.ToUpper(strings.ReplaceAll(clock, "\u202f", " "))); err == nil {
			return t.Add(time.Duration(c.Hour())*time.Hour + time.Duration(c.Minute())*time.Minute + time.Duration(c.Second())*time.Second), aDate
		}
	}
	return t, aDate
}
