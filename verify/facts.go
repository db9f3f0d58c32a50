package verify

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// maxFact is the length of a fact in bytes, and maxEcho that of a piece of a
// credential which is not shown; minPiece is that of the shortest other piece of
// one that is looked for.
const (
	maxFact  = 256
	maxEcho  = 12
	minPiece = 8
)

// tidyFacts makes facts fit for a report, whoever answered: known names, dates
// in RFC 3339, no control characters, 256 bytes at most, no piece of the
// credential that opens something (a date may stand in one: it opens nothing),
// and e-mail addresses of people under FactEmail only.
func tidyFacts(q *Query, raw map[string]string) map[string]string {
	echo := echoes(q.Parts)
	out := map[string]string{}
	for _, name := range leak.Facts {
		value, dated := plain(raw[name]), false
		switch name {
		case leak.FactCreated, leak.FactExpires, leak.FactLastUsed:
			value, dated = date(value), true
		case leak.FactKind:
			value = kindOf(value)
		case leak.FactScopes:
			value = scopes(value)
		case leak.FactActive:
			value = truth(value)
		case leak.FactEmail:
			value = addressForm.FindString(value)
		}
		if name != leak.FactEmail {
			if address := personal(value); address != "" {
				value = plain(strings.ReplaceAll(value, address, ""))
				if personal(value) != "" {
					value = ""
				}
				if raw[leak.FactEmail] == "" && (name == leak.FactName || name == leak.FactOwner) {
					out[leak.FactEmail] = clip(address)
				}
			}
		}
		if value = clip(value); value != "" && (dated || echo.named[value] || !echo.in(value)) {
			out[name] = value
		}
	}
	if email := out[leak.FactEmail]; email != "" && echo.in(email) {
		delete(out, leak.FactEmail)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// plain is s without what is not printable, with single spaces.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	return strings.Join(strings.Fields(s), " ")
}

// clip cuts s to maxFact bytes, at a character.
func clip(s string) string {
	if len(s) <= maxFact {
		return s
	}
	return strings.TrimRight(strings.ToValidUTF8(s[:maxFact], ""), " ")
}

var addressForm = lazy.New(`[A-Za-z0-9.!#$%&'*+/=?^_{|}~\x60-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+`)

// machines are domains whose addresses name no person.
var machines = []string{".gserviceaccount.com", ".iam.serviceaccount.com", "@noreply.gitlab.com", ".serviceaccount.sentry.io"}

// personal returns an e-mail address in s that may be a person's, or "".
func personal(s string) string {
	for _, address := range addressForm.FindAllString(s, 8) {
		lower := strings.ToLower(address)
		if !slices.ContainsFunc(machines, func(m string) bool { return strings.HasSuffix(lower, m) }) {
			return address
		}
	}
	return ""
}

// kinds are the types of identities, and the words of providers for them.
var kinds = map[string]string{
	"user": "human_account", "human": "human_account", "person": "human_account", "member": "human_account", "atlassian": "human_account",
	"serviceaccount": "service_account", "service": "service_account", "robot": "bot", "app": "service_account", "application": "service_account",
	"serviceprincipal": "service_principal", "serviceuser": "service_account", "patuser": "human_account", "group_bot": "bot", "project_bot": "bot",
}

var identityTypes = strings.Fields("service_account service_principal managed_identity workload_identity api_key oauth_app oauth_token bot rpa_bot " +
	"ai_agent ci_identity certificate ssh_key deploy_key signing_key encryption_key database_user registry_robot webhook device human_account")

func kindOf(s string) string {
	s = strings.ReplaceAll(strings.ToLower(s), " ", "_")
	if slices.Contains(identityTypes, s) {
		return s
	}
	if kind, ok := kinds[s]; ok {
		return kind
	}
	return kinds[strings.NewReplacer("_", "", "-", "").Replace(s)]
}

// scopes sorts permissions, which come with commas, spaces or both.
func scopes(s string) string {
	list := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
	slices.Sort(list)
	list = slices.Compact(list)
	out := ""
	for i, scope := range list {
		// Half a permission would be another one.
		if more := " +" + strconv.Itoa(len(list)-i); len(out)+len(scope)+1+len(more) > maxFact {
			return strings.TrimSpace(out + more)
		}
		out = strings.TrimSpace(out + " " + scope)
	}
	return out
}

func truth(s string) string {
	switch strings.ToLower(s) {
	case "true", "1", "yes", "active", "enabled":
		return "true"
	case "false", "0", "no", "inactive", "disabled":
		return "false"
	}
	return ""
}

// dateForms are those that providers use. Where no zone is given it is UTC.
var dateForms = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05 MST", // GitHub's header
	"2006-01-02 15:04:05.999999999 -0700", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04", time.DateOnly, time.RFC1123, time.RFC1123Z,
	"2006-01-02 15:04:05.999999999 -0700 MST", "January 2, 2006",
	"2006-01-02T15:04-0700", "2006-01-02T15:04Z07:00", // IBM
}

// date returns a date in RFC 3339 and UTC, or "". Numbers are Unix seconds, or
// milliseconds where seconds would be in the year 5000.
func date(s string) string {
	var at time.Time
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		switch {
		case !(n > 0 && n < 1e17):
			return "" // 0, -1: never
		case n >= 1e14:
			n /= 1e6
		case n >= 1e11:
			n /= 1e3
		}
		at = time.Unix(int64(n), 0)
	} else {
		for _, form := range dateForms {
			if at, err = time.Parse(form, s); err == nil {
				break
			}
		}
		if err != nil {
			return ""
		}
	}
	if at = at.UTC(); at.Year() < 1971 || at.Year() > 9999 { // 0001-01-01: never
		return ""
	}
	return at.Format(time.RFC3339)
}

// echo holds what must not come back from a provider: the credential, as it is
// and in the forms that it was sent in.
type echo struct {
	forms []string
	named map[string]bool // pieces that name it, such as the address of an account
}

func echoes(parts leak.Parts) echo {
	e := echo{named: map[string]bool{}}
	for _, id := range parts.Identifiers() {
		e.named[id] = true
	}
	add := func(s string) {
		if len(s) >= 6 {
			low := strings.ToLower(s)
			e.forms = append(e.forms, low, squeezed(low))
		}
	}
	for name, part := range parts {
		if leak.IdentifierPart(name) && name != leak.SecretPart {
			continue
		}
		v := part.Reveal()
		delete(e.named, v) // user and password are the same
		// Of the other pieces those that are long, and no address: a login
		// that the provider confirms is a fact.
		if name != leak.SecretPart && (len(v) < minPiece || strings.Contains(v, "@")) {
			continue
		}
		add(v)
		add(url.QueryEscape(v))
		add(hex.EncodeToString([]byte(v)))
		for shift := range min(3, len(v)) { // base64 of "user:SECRET" has it at any of three alignments
			inner := base64.RawStdEncoding.EncodeToString([]byte(v[shift:]))
			add(inner[:max(0, len(inner)-2)])
		}
	}
	return e
}

// in reports whether s has the credential in it, or is a piece of it, in any disguise.
func (e echo) in(s string) bool {
	for _, text := range undone(s) {
		low := strings.ToLower(text)
		tight := squeezed(low)
		if e.has(low) || e.has(tight) || e.has(backwards(low)) || e.has(backwards(tight)) {
			return true
		}
	}
	return false
}

// has reports whether a form of the credential, or a piece of one, stands in a text.
func (e echo) has(s string) bool {
	for _, form := range e.forms {
		if len(form) >= 6 && strings.Contains(s, form) {
			return true
		}
		for i := 0; i+maxEcho <= len(s); i++ {
			if strings.Contains(form, s[i:i+maxEcho]) {
				return true
			}
		}
	}
	return false
}
