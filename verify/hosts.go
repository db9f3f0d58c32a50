package verify

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/whosekey/whosekey/internal/lazy"
)

// pattern says which hosts may be contacted: one, or those below a suffix.
type pattern struct {
	host string // lower case, without a dot at the end; an address in its shortest form
	// below means that host is a suffix: names with further labels before it are
	// meant, and not itself. Labels is how many at most.
	below  bool
	labels int
	port   string // "443"; empty for all
	user   bool   // allowed by the user, not by a verifier
}

// manyLabels is for what users allow: names below their own domains.
const manyLabels = 8

var labelForm = lazy.New(`^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$`)

// private suffixes: everybody may have them in their own network.
var private = []string{"internal", "local", "lan", "corp", "home", "intranet", "private", "test", "localdomain", "svc", "home.arpa"}

// declared reads a host as verifiers name it: "api.acme.com", ".acme.com" for
// names of one more label, with ":port" where it is not 443.
func declared(s string) (pattern, error) {
	p := pattern{labels: 1}
	name, port, found := strings.Cut(s, ":")
	if p.port = port; !found {
		p.port = "443"
	}
	p.host, p.below = strings.CutPrefix(name, ".")
	if !hostName(p.host) || strings.Count(p.host, ".") == 0 || !validPort(p.port) {
		return p, fmt.Errorf("verify: %q is not a host", s)
	}
	return p, nil
}

// ParseAllowed checks a host that a user allows: a name or an address, or
// "*.suffix", each with or without a port. Without one all ports are meant.
func ParseAllowed(s string) error {
	_, err := allowed(s)
	return err
}

func allowed(s string) (pattern, error) {
	p := pattern{user: true, labels: manyLabels}
	bad := func(why string) (pattern, error) {
		return p, fmt.Errorf("host %.80q: %s; it must be a name, an address or *.suffix, with :port or without", s, why)
	}
	if strings.Contains(s, "://") || strings.ContainsAny(s, "/@?# \t\r\n\\") {
		return bad("it has more in it than a host")
	}
	host := strings.ToLower(s)
	if inner, ok := strings.CutPrefix(host, "["); ok {
		if a, err := netip.ParseAddr(strings.TrimSuffix(inner, "]")); err == nil && strings.HasSuffix(inner, "]") {
			return p.at(a)
		}
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return p.at(a)
	}
	if h, port, err := net.SplitHostPort(host); err == nil {
		host, p.port = h, port
		if !validPort(port) {
			return bad("its port is not a number from 1 to 65535")
		}
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return p.at(a)
	}
	if strings.ContainsAny(s, "[]") {
		return bad("brackets are for an address of IPv6")
	}
	host, p.below = strings.CutPrefix(host, "*.")
	p.host = strings.TrimSuffix(host, ".")
	switch {
	case p.host == "" || p.host == "*":
		return bad("nothing would be refused")
	case !ascii(p.host):
		return bad("write its ASCII form (xn--...)")
	case !hostName(p.host):
		return bad("that is no name of a host")
	case p.below && !slices.Contains(private, p.host) && (!strings.Contains(p.host, ".") || public(p.host) || abovePublic(p.host)):
		return bad("the suffix is too wide: everybody can have a name that ends so")
	}
	return p, nil
}

// at is the pattern for an address.
func (p pattern) at(a netip.Addr) (pattern, error) {
	if a.Zone() != "" {
		return p, fmt.Errorf("host %.80q: an address with %%%s is one of a network card, and means another host on each machine", a, a.Zone())
	}
	if a = a.Unmap(); a.IsUnspecified() || a.IsMulticast() || a == broadcast {
		return p, fmt.Errorf("host %.80q: an address of no single host", a)
	}
	p.host = a.String()
	return p, nil
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// public reports whether names right below a suffix belong to whoever registers
// them: "co.uk", "github.io", or one below which such suffixes are (*.ck).
func public(host string) bool {
	for _, s := range []string{host, "x." + host} {
		if suffix, _ := publicsuffix.PublicSuffix(s); suffix == s {
			return true
		}
	}
	return false
}

func validPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && s[0] != '0'
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 126 })
}

// hostName reports whether s is a DNS name in lower case. A last label that
// is a number is none: some resolvers read such names as addresses.
func hostName(s string) bool {
	labels := strings.Split(s, ".")
	last := labels[len(labels)-1]
	if len(s) > 253 || strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return false
	}
	for _, l := range labels {
		if !labelForm.MatchString(l) {
			return false
		}
	}
	return true
}

// fits reports whether a host and port are meant.
func (p pattern) fits(host, port string) bool {
	if p.port != "" && p.port != port {
		return false
	}
	if !p.below {
		return p.host == host
	}
	label, ok := strings.CutSuffix(host, "."+p.host)
	return ok && label != "" && strings.Count(label, ".") < p.labels
}

func (p pattern) String() string {
	host := p.host
	if p.below {
		host = "*." + host
	}
	if p.port == "" || p.port == "443" && !p.user {
		return host
	}
	return net.JoinHostPort(host, p.port)
}

// patterns are hosts that may be contacted.
type patterns []pattern

// find returns the pattern that allows a host.
func (ps patterns) find(host, port string) (pattern, bool) {
	for _, p := range ps {
		if p.fits(host, port) {
			return p, true
		}
	}
	return pattern{}, false
}

// target is a host and port in their canonical form.
type target struct {
	host, port string
	addr       netip.Addr // of a host that is an address
}

// parseTarget reads "host:port" as a request or a driver gives it.
func parseTarget(hostport, defaultPort string) (target, bool) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		host, port = strings.Trim(hostport, "[]"), defaultPort
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if !validPort(port) {
		return target{}, false
	}
	if a, err := netip.ParseAddr(host); err == nil {
		a = a.Unmap()
		return target{a.WithZone("").String(), port, a}, a.Zone() == ""
	}
	return target{host: host, port: port}, hostName(host)
}

// String is what reports call the host.
func (t target) String() string {
	if t.port == "443" {
		return t.host
	}
	return net.JoinHostPort(t.host, t.port)
}
