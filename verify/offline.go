package verify

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// clockMargin is how long something must be over by the clock of this machine
// before that is believed without asking anybody: clocks are wrong by hours where
// a time zone is mistaken for another, and hardly ever by days.
const clockMargin = 24 * time.Hour

// over reports whether an end, if there is one, is so long ago that no clock is
// to blame.
func over(end, now time.Time) bool { return !end.IsZero() && now.After(end.Add(clockMargin)) }

// endedAt is the reason where the clock of this machine decides.
func endedAt(end time.Time) string {
	return "it ended at " + end.UTC().Format(time.RFC3339) + ", by the clock of this machine more than a day ago"
}

// Offline is for Config.Offline: it tells of a credential that its own dates say
// that it is over since a day or more, so that nobody needs to be asked.
func Offline(now func() time.Time) func(*leak.Finding) (leak.Verdict, bool) {
	return func(f *leak.Finding) (leak.Verdict, bool) {
		end, facts := endOf(f.Parts)
		if !over(end, now()) {
			return leak.Verdict{}, false
		}
		facts[leak.FactExpires] = end.UTC().Format(time.RFC3339)
		return leak.Verdict{Status: leak.Expired, Reason: endedAt(end), Facts: tidyFacts(&Query{Parts: f.Parts}, facts)}, true
	}
}

// endOf is when a credential ends, as it says itself, with what else it says of
// its time; zero if it says nothing that can be read without a key.
func endOf(parts leak.Parts) (end time.Time, facts map[string]string) {
	facts = map[string]string{}
	secret := parts[leak.SecretPart].Reveal()
	for _, text := range []string{secret, parts["jwt"].Reveal()} {
		if t, ok := readJWT(text); ok {
			if end, ok = t.at("exp"); ok {
				facts[leak.FactCreated] = t.claim("iat")
				return end, facts
			}
		}
	}
	if rest, ok := strings.CutPrefix(secret, "bedrock-api-key-"); ok {
		return presignedEnd(rest), facts
	}
	if rest, ok := strings.CutPrefix(secret, "SharedAccessSignature "); ok {
		return messagingEnd(rest), facts
	}
	if strings.Contains(secret, "sig=") && strings.Contains(secret, "sv=") {
		return readSAS(secret).end(), facts
	}
	return end, facts
}

// presignedEnd reads a request that was signed beforehand, in base64: the form of
// Amazon Bedrock's short-term keys
// (https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html), with the
// parameters of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
func presignedEnd(text string) (end time.Time) {
	b, _ := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	_, query, _ := strings.Cut(string(b), "?")
	q, _ := url.ParseQuery(query)
	from, err := time.Parse("20060102T150405Z", q.Get("X-Amz-Date"))
	seconds, bad := strconv.ParseUint(q.Get("X-Amz-Expires"), 10, 20)
	if err != nil || bad != nil {
		return end
	}
	return from.Add(time.Duration(seconds) * time.Second)
}

// messagingEnd reads the signature of Azure's queues and devices, whose time is
// in seconds
// (https://learn.microsoft.com/en-us/rest/api/eventhub/generate-sas-token).
func messagingEnd(text string) (end time.Time) {
	q, _ := url.ParseQuery(text)
	if n, err := strconv.ParseInt(q.Get("se"), 10, 64); err == nil && n > 1e6 && n < 1e11 {
		end = time.Unix(n, 0)
	}
	return end
}
