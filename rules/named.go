package rules

import "strings"

// markBytes is the length of the shortest mark.
const markBytes = 3

// namesProvider reports whether a pattern begins with the name of its provider in any case, and its
// secret with a mark: (?i:acme)...(?P<secret>sk_live_...). Marks such as sk_ are those of many
// providers; what stands behind the name of one is that one's.
func namesProvider(provider, pattern string) bool {
	before, secret, ok := strings.Cut(pattern, "(?P<secret>")
	if !ok || !strings.HasPrefix(before, "(?i:"+provider+")") {
		return false
	}
	n := 0
	for n < len(secret) && markByte(secret[n]) {
		n++
	}
	if n < len(secret) && strings.IndexByte("?*+{", secret[n]) >= 0 {
		n-- // that one may be there or not
	}
	return n >= markBytes
}

func markByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}
