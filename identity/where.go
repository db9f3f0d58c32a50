package identity

import (
	"net/netip"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// private are the ends of names that each network gives to what it likes: RFC 6761 (localhost), RFC 6762,
// appendix G (lan and others), RFC 8375 (home.arpa), and ICANN's resolution 2024.07.29.06 (internal),
// icannwiki.org/.internal.
var private = []string{".localhost", ".internal", ".lan", ".home", ".home.arpa", ".intranet", ".private", ".corp"}

// local reports whether a host means another machine to everybody: a name without a domain, an
// address in a private network. Below the end of a private name, one word
// (db.internal) is in many networks, and more of them are somebody's (db.prod.internal).
func local(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsPrivate() || a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast()
	}
	if !strings.Contains(host, ".") || strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".svc") {
		return true
	}
	for _, end := range private {
		if name, ok := strings.CutSuffix(host, end); ok {
			return end == ".localhost" || name == "host.docker" || !strings.Contains(name, ".")
		}
	}
	return false
}

// noService are providers that say the form of a log-in, or nothing: who has a name is known
// only where the server is.
var noService = set("unknown", "generic", "logins", "ssh")

// nowhere reports whether it is not known on which of many servers it is.
func (c *Conclusion) nowhere(where, tenant string) bool {
	none := tenant == "" || tenant == "-"
	switch {
	case strings.Contains(where, "@"):
		return false
	case anybody(where):
		return none || c.get(leak.ClaimTenantKind, 0) == "server" && local(tenant)
	case none || c.get(leak.ClaimTenant, c.least()) == "":
		host := hostOf(c.get(leak.ClaimServer, Likely))
		return host != "" && local(host) || none && noService[where]
	}
	return c.get(leak.ClaimTenantKind, 0) == "server" && local(tenant)
}

// everywhere reports whether a name is one wherever it is.
func everywhere(where, name string) bool {
	return leak.MachineAddress(name) || address(name) != "" && !anybody(where) || strings.HasPrefix(name, "arn:")
}
