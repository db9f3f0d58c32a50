package report

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// cleanAuthor returns the name of an author without e-mail addresses. What is
// nothing but an address becomes empty.
func cleanAuthor(name string) string {
	if !strings.Contains(name, "@") {
		return name
	}
	words := slices.DeleteFunc(strings.Fields(name), isAddress)
	return strings.Join(words, " ")
}

// isAddress reports whether a word has an e-mail address in it: an @ with
// something on either side. "@jane" is a name on a forge, and stays.
func isAddress(word string) bool {
	word = strings.Trim(word, "<>()[]\"',;:")
	at := strings.LastIndexByte(word, '@')
	return at > 0 && at < len(word)-1
}

// cleanURL returns a URL without its credentials: user, password and query. Of
// git's form user:password@host:path only the password goes. What is neither
// is returned as it is.
func cleanURL(s string) string {
	if !strings.Contains(s, "://") {
		login, host, found := strings.Cut(s, "@")
		user, _, hasPassword := strings.Cut(login, ":")
		if !found || !hasPassword || strings.ContainsAny(login, `/\`) {
			return s
		}
		return user + "@" + host
	}
	u, err := url.Parse(s)
	if err != nil {
		// Not a URL that somebody could open: keep nothing after the scheme.
		scheme, _, _ := strings.Cut(s, "://")
		return scheme + "://"
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment = nil, "", false, ""
	return u.String()
}

// runURL is cleanURL for the page of a CI run, whose number Azure Pipelines has in the query:
// pipelines link to $(System.CollectionUri)$(System.TeamProject)/_build/results?buildId=$(Build.BuildId).
func runURL(s string) string {
	clean := cleanURL(s)
	_, query, _ := strings.Cut(s, "?")
	if n, ok := strings.CutPrefix(query, "buildId="); ok && n != "" && strings.Trim(n, "0123456789") == "" {
		clean += "?" + query
	}
	return clean
}

// sortedCatalog returns the rules sorted by id, each once.
func sortedCatalog(rules []leak.RuleInfo) []leak.RuleInfo {
	rules = slices.Clone(rules)
	slices.SortStableFunc(rules, func(a, b leak.RuleInfo) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(rules, func(a, b leak.RuleInfo) bool { return a.ID == b.ID })
}

// text returns s as UTF-8. It is done before anything is encoded, as the
// encoder would write a U+FFFD that it put in itself in another way than one
// that it was given, and a run that was played back would differ.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func texts(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = text(s)
	}
	return out
}

// day is in UTC, as rfc3339 is.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// short is the beginning of an id: enough to find it by.
func short(id string) string { return id[:min(len(id), 12)] }
