package verify

import (
	"net/url"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/lazy"
)

// sasToken is a shared access signature by its parameters.
type sasToken map[string]string

// sasNames are the parameters that there are, for accounts, services and
// delegation; nothing else is sent.
var sasNames = lazy.New(`^(sv|ss|srt|sp|st|se|sip|spr|si|sr|sig|ses|sdd|skoid|sktid|skt|ske|sks|skv|saoid|suoid|scid|rscc|rscd|rsce|rscl|rsct)$`)

// readSAS reads one as it stands in an address or in HTML. A plus sign stands
// for itself: in base64 it is one.
func readSAS(text string) sasToken {
	t := sasToken{}
	for pair := range strings.SplitSeq(strings.ReplaceAll(text, "&amp;", "&"), "&") {
		name, value, _ := strings.Cut(pair, "=")
		if v, err := url.PathUnescape(value); err == nil && sasNames.MatchString(name) {
			t[name] = v
		}
	}
	return t
}

// sasDates are the forms of ISO 8601 that se may have.
var sasDates = []string{time.RFC3339, "2006-01-02T15:04Z", "2006-01-02T15:04:05.9999999Z", time.DateOnly}

// end is when it says that its time is over; zero if it does not.
func (t sasToken) end() time.Time {
	for _, form := range sasDates {
		if at, err := time.Parse(form, t["se"]); err == nil {
			return at
		}
	}
	return time.Time{}
}

// ended reports whether it is over.
func (t sasToken) ended(now time.Time) bool { return over(t.end(), now) }

// path is that of what it is for; entity is the path that it stood behind.
func (t sasToken) path(entity string) (string, error) {
	entity, err := url.PathUnescape(strings.TrimPrefix(entity, "/"))
	if err != nil || strings.Contains("/"+entity+"/", "/../") || strings.Contains("/"+entity+"/", "/./") {
		return "", errSegment
	}
	container, _, _ := strings.Cut(entity, "/")
	switch {
	case t["sig"] == "":
		return "", problem("it has no signature")
	case strings.Contains(t["ss"], "b"):
		return "/", nil
	case t["sr"] == "c" && container != "":
		return "/" + container, nil
	case t["sr"] == "b" && strings.Contains(entity, "/"):
		return "/" + entity, nil
	case t["sr"] == "c", t["sr"] == "b":
		return "", need("address of what it is for")
	}
	return "", problem("it is not for blobs: there is no question about it that reads nothing")
}
