package convert

import (
	"slices"
	"strings"
	"unicode"

	"github.com/whosekey/whosekey/leak"
)

// filler are words that say nothing of which credential it is.
var filler = map[string]bool{
	"access": true, "account": true, "api": true, "app": true, "auth": true, "credential": true, "credentials": true, "detected": true, "for": true, "generic": true,
	"key": true, "keys": true, "kingfisher": true, "of": true, "secret": true, "token": true, "tokens": true, "uri": true, "url": true, "v1": true, "v2": true, "with": true,
}

// RuleOf finds the rule of ours that another scanner's rule is, by their names. It
// takes none if several are as near: the wrong one would say how to revoke
// something else. provider is whose it is, if that much is known.
func RuleOf(h *Hit, catalog []leak.RuleInfo) (id, provider string) {
	theirs := words(h.Rule)
	if h.Tool == "kingfisher" || h.Tool == "github" || len(theirs) == 0 {
		theirs = append(theirs, words(h.Title)...)
	}
	best, second := 0, 0
	for i := range catalog {
		r := &catalog[i]
		if r.ID == h.Rule {
			return r.ID, r.Provider
		}
		n := near(theirs, r)
		switch {
		case n > best:
			best, second, id, provider = n, best, r.ID, r.Provider
		case n > second:
			second = n
		}
		if n == best && n > 0 && r.Provider != provider {
			provider = "" // nobody's
		}
	}
	if best == second {
		id = ""
	}
	return id, provider
}

// near counts what the names have in common: the provider, and words. 0 without
// the provider.
func near(theirs []string, r *leak.RuleInfo) int {
	id := words(r.ID)
	ours := append(id[:len(id):len(id)], words(r.Title)...)
	known := func(w string) bool { return !filler[w] && slices.Contains(theirs, w) }
	if !known(strings.ReplaceAll(r.Provider, "-", "")) && (len(id) == 0 || !known(id[0])) {
		return 0
	}
	n := 1
	for _, w := range slices.Compact(slices.Sorted(slices.Values(theirs))) {
		if !slices.Contains(ours, w) {
			continue
		}
		if n += 2; !filler[w] {
			n += 8
		}
	}
	for _, w := range id {
		if !filler[w] && !slices.Contains(theirs, w) {
			n -= 3 // it is about something more special
		}
	}
	return max(n, 1)
}

// words are those of a name, in lower case: "SlackWebhook", "slack-webhook-url",
// "kingfisher.slack.4".
func words(name string) (out []string) {
	var word strings.Builder
	end := func() {
		if w := word.String(); w != "" && strings.Trim(w, "0123456789") != "" {
			out = append(out, w)
		}
		word.Reset()
	}
	last := ' '
	for _, c := range name {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			end()
		} else {
			if unicode.IsUpper(c) && unicode.IsLower(last) {
				end()
			}
			word.WriteRune(unicode.ToLower(c))
		}
		last = c
	}
	end()
	return out
}
