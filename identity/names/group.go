package names

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/around"
)

// prefix is what stands before one of the neighbour's names in a field's: "report" of
// REPORT_TENANT_ID. It is false for another field.
func (n *neighbour) prefix(name string) (prefix string, ok bool) {
	for _, w := range n.names {
		if p, found := strings.CutSuffix(name, w); found && (p == "" || len(w) > 5) && (!ok || len(p) < len(prefix)) {
			prefix, ok = p, true
		}
	}
	return prefix, ok
}

// kindWords end the name of a credential and say nothing of whose it is; roleWords
// stand before them and neither do.
var (
	kindWords = set("access account api apikey app auth bearer client cred credential credentials id key oauth oauth2 pass passwd password pat private pw pwd secret service sid string tok token url uri value")
	roleWords = set("auth client config credential credentials oauth profile server settings")
)

// owned is what a credential's name begins with, before words for its kind: "report" of
// REPORT_CLIENT_SECRET.
func owned(name string) string {
	words := around.Words(name)
	for len(words) > 0 && kindWords[words[len(words)-1]] {
		words = words[:len(words)-1]
	}
	return strings.Join(trimRoles(words), "")
}

func trimRoles(words []string) []string {
	for len(words) > 0 && roleWords[words[len(words)-1]] {
		words = words[:len(words)-1]
	}
	return words
}

// group is how much a field may count by its name's prefix and the credential's:
// names with one prefix are a record, in that of those without one. A provider's own
// name is no prefix.
func (b *beside) group(n *neighbour, name, prefix string) float64 {
	mine := b.own
	if prefix == "iam" || prefix == "default" {
		prefix = ""
	}
	if prefix != "" {
		words := around.Words(b.seen.Own.Name)
		for i := range words { // as many words as the two have in common, then what is left
			if rest, ok := strings.CutPrefix(prefix, strings.Join(words[:len(words)-i], "")); ok && len(words) > i {
				if roleWords[rest] {
					prefix = strings.TrimSuffix(prefix, rest)
				}
				break
			}
		}
	}
	if mine != "" && (b.s.q.Finding.Rule.Provider == mine || slices.ContainsFunc(n.names, func(w string) bool { return strings.HasPrefix(w, mine) })) {
		mine = ""
	}
	if prefix != "" && (b.s.q.Finding.Rule.Provider == prefix || slices.ContainsFunc(n.names, func(w string) bool { return strings.HasPrefix(w, prefix) })) {
		prefix = ""
	}
	switch {
	case prefix == mine, mine != "" && prefix == "" && strings.HasPrefix(name, mine):
		return around.InBlock
	case mine == "", strings.HasPrefix(mine, prefix), strings.HasPrefix(prefix, mine):
		return around.Near
	}
	return around.Others
}
