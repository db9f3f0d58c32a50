package detectors

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/whosekey/whosekey/internal/language"
	"github.com/whosekey/whosekey/leak"
)

// Doubt says why a log-in that has the right form may open nothing that anybody minds: it
// is for a server of this machine or of an example, with a password that everybody would
// guess. It is "" for all others: neither alone says so, since people log in to local
// servers with real passwords, and to real servers with bad ones.
func Doubt(parts leak.Parts) string {
	host, ok := parts["host"]
	if !ok || !guessable(parts) {
		return ""
	}
	switch where := serverName(host.Reveal()); {
	case localServer(where):
		return "a password that is easy to guess, for a server of the same machine or network"
	case exampleServer(where):
		return "a password that is easy to guess, for a server of documentation"
	}
	return ""
}

// MadeUp says why a credential that has the form of its rule is most likely nobody's: a part
// of it was typed: 1234567890, abcdefgh. It is "" for all others, and for
// what has passed a checksum.
func (s *Set) MadeUp(rule string, parts leak.Parts) string {
	if i, ok := s.byRule[rule]; ok && isTyped(parts[leak.SecretPart].Reveal()) && !s.Proven(rule) {
		if _, is := s.ds[i].(*pattern); is {
			return "it looks like a placeholder: a part of it counts up, or says the same over and over"
		}
	}
	return ""
}

// guessable reports whether the password of a log-in is a word, another piece of it, or nothing
// but marks.
func guessable(parts leak.Parts) bool {
	v := unescapedURL(parts[leak.SecretPart].Reveal()) // in lower case
	bare, read := bareWord(v), bareWord(unleet(v, nil))
	for _, name := range []string{"user", "database", "host"} {
		p, ok := parts[name]
		if !ok || bare == "" {
			continue
		}
		other := bareWord(unescapedURL(p.Reveal()))
		if other == bare || other == read {
			return true
		}
		if rest, ok := strings.CutPrefix(bare, other); ok && len(other) >= shortestName && !strings.ContainsAny(rest, "0123456789") {
			bare = rest // anna: annaknows
		}
	}
	bits, letters := language.Surprise(bare, 2)
	return bare == "" || documented(v) || weak(v, v) || !strings.ContainsAny(bare, "0123456789") && letters*2 > len(bare) && bits < 5
}

// shortestName is the length of a user that counts where it begins a password.
const shortestName = 3

func unescapedURL(v string) string {
	if plain, err := url.PathUnescape(v); err == nil {
		return strings.ToLower(plain)
	}
	return strings.ToLower(v)
}

// bareWord is a text in lower case without the digits and marks that people put around it.
func bareWord(lower string) string { return strings.Trim(lower, "0123456789"+aroundWords) }

const aroundWords = "!?_-.:;,#$@%/&*+=^~()[]{}<>|"

// serverName is a host without its port, brackets and the dot at its end, in lower case.
func serverName(host string) string {
	host = strings.ToLower(host)
	if inner, _, ok := strings.Cut(strings.TrimPrefix(host, "["), "]"); ok {
		return inner
	}
	host, _, _ = strings.Cut(host, ":")
	return strings.TrimSuffix(host, ".")
}

// localServer reports whether a server is on the machine itself, or has a name without a
// domain, as those of docker compose and of a job's services have.
func localServer(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsLoopback() || a.IsUnspecified()
	}
	if strings.HasSuffix(host, ".docker.internal") || host == "localhost.localdomain" { // https://docs.docker.com/desktop/features/networking/
		return true
	}
	return host != "" && strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// exampleServer reports whether a server is one that nobody can have: RFC 2606 and 6761
// reserve the names, RFC 5737 and 3849 the addresses.
func exampleServer(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		for _, net := range exampleNets {
			if net.Contains(a) {
				return true
			}
		}
		return false
	}
	for _, domain := range []string{"example.com", "example.net", "example.org", "example", "test", "invalid", "localhost"} {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}

var exampleNets = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32"),
}
