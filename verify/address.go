package verify

import "net/netip"

// Addresses that belong to nobody outside, or to this machine and the cloud
// that it runs in: IANA's registries of special-purpose addresses (RFC 6890
// and its successors), without those that are reached like others.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "3fff::/20",
)

// Where clouds hand out credentials to the machine that asks. They are reached
// only if somebody allows the very address: a range that an administrator
// allows for its databases must not open these too.
var metadata = prefixes(
	"169.254.169.254/32", "fd00:ec2::254/128", // AWS, Azure, GCP and many others
	"169.254.170.2/32", "169.254.170.23/32", "fd00:ec2::23/128", // AWS: ECS, EKS
	"168.63.129.16/32",                // Azure: WireServer, a public address
	"100.100.100.200/32",              // Alibaba
	"192.0.0.192/32",                  // Oracle
	"fd20:ce::254/128",                // GCP over IPv6
	"169.254.42.42/32",                // Scaleway
	"fd00:42::42/128",                 // Scaleway
	"169.254.0.23/32", "fd00::23/128", // Tencent, Baidu
)

var (
	unicast6  = netip.MustParsePrefix("2000::/3") // all that is assigned to networks
	nat64     = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour = netip.MustParsePrefix("2002::/16")
)

func prefixes(all ...string) (out []netip.Prefix) {
	for _, s := range all {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// embedded returns the IPv4 address that an IPv6 address stands for. Other
// forms that hold one are not in unicast6, and are refused for that.
func embedded(a netip.Addr) (netip.Addr, bool) {
	b := a.As16()
	switch {
	case a.Is4In6(), nat64.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case sixToFour.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return a, false
}

// refusal says what an address is that may not be contacted, and is empty if
// it may.
func refusal(a netip.Addr, allow []netip.Prefix) string {
	if a.Zone() != "" {
		return "one network card"
	}
	if v4, ok := embedded(a); ok {
		return refusal(v4, allow)
	}
	if within(metadata, a) {
		if exactly(allow, a) {
			return ""
		}
		return "a cloud's metadata service"
	}
	if within(allow, a) {
		return ""
	}
	switch {
	case a.IsLoopback():
		return "this machine"
	case a.IsPrivate():
		return "a private network"
	case a.IsUnspecified(), a.IsMulticast(), a.IsLinkLocalUnicast():
		return "no single host"
	case within(special, a), a.Is6() && !unicast6.Contains(a):
		return "a reserved range"
	}
	return ""
}

// machineOwn reports whether an address means another host on each machine: one
// that is link-local, or of a metadata service.
func machineOwn(a netip.Addr) bool {
	if v4, ok := embedded(a); ok {
		return machineOwn(v4)
	}
	return a.IsLinkLocalUnicast() || within(metadata, a)
}

func within(ps []netip.Prefix, a netip.Addr) bool {
	for _, p := range ps {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func exactly(ps []netip.Prefix, a netip.Addr) bool {
	for _, p := range ps {
		if p.IsSingleIP() && p.Addr() == a {
			return true
		}
	}
	return false
}
