package policy

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// VerifyConfig is what the user's own settings say about asking providers. It
// never counts in a file that may be somebody else's: see Theirs.
type VerifyConfig struct {
	Mode         string              `toml:"mode"`            // off, plan, safe, extended
	AllowHosts   []string            `toml:"allow_hosts"`     // "vault.acme.example", "*.acme.example", with :port or without
	AllowPrivate []string            `toml:"allow_private"`   // ranges of addresses: "10.0.0.0/8"
	Endpoints    map[string][]string `toml:"endpoints"`       // own servers by provider: "https://gitlab.acme.example"
	Verifiers    []string            `toml:"allow_verifiers"` // rule files that may say what is asked, relative to the settings file
	OwnTenants   []string            `toml:"own_tenants"`     // "aws:123456789012"; credentials of others are not asked about
	Budget       int                 `toml:"budget"`          // calls at most
	Rate         float64             `toml:"rate"`            // calls a second to a host
	Timeout      Duration            `toml:"timeout"`         // of a call
	Total        Duration            `toml:"total"`           // of all calls of a scan, with waiting
	Proxy        string              `toml:"proxy"`
	CAFiles      []string            `toml:"ca_files"` // authorities that are trusted beside the system's, in PEM, relative to the settings file
}

// Empty reports whether nothing is said.
func (v *VerifyConfig) Empty() bool { return reflect.DeepEqual(*v, VerifyConfig{}) }

// Duration is a time.Duration that settings write as "10s".
type Duration struct{ time.Duration }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	d.Duration, err = time.ParseDuration(string(text))
	return err
}

// Modes are the words of --verify.
var Modes = []string{"off", "plan", "safe", "extended"}

func (v *VerifyConfig) check(md toml.MetaData) error {
	if v.Mode != "" && !slices.Contains(Modes, v.Mode) {
		return fmt.Errorf("verify: mode %q: must be one of %s", v.Mode, strings.Join(Modes, ", "))
	}
	given := func(key string) bool { return md.IsDefined("verify", key) }
	if err := v.CheckLimits(given); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if _, err := Prefixes(v.AllowPrivate); err != nil {
		return fmt.Errorf("verify: allow_private %w", err)
	}
	return nil
}

// What limits may be. A slower rate would be one call in a quarter of an hour,
// and a time that is shorter would end before any server has answered.
const (
	minRate, maxRate = 0.001, 1000.0
	minTime, maxTime = 100 * time.Millisecond, 24 * time.Hour
)

// CheckLimits refuses limits that make no sense: 0 too, if the key is given, as
// some would take it for nothing at all and others for no limit. The error begins
// with the key.
func (v *VerifyConfig) CheckLimits(given func(key string) bool) error {
	switch {
	case v.Budget < 0, v.Budget == 0 && given("budget"):
		return fmt.Errorf("budget %d: must be 1 or more; without it there is no limit", v.Budget)
	case (v.Rate != 0 || given("rate")) && !(v.Rate >= minRate && v.Rate <= maxRate):
		return fmt.Errorf("rate %v: must be a number of calls a second, from %v to %v", v.Rate, minRate, maxRate)
	}
	for _, l := range []struct {
		key string
		d   time.Duration
	}{{"timeout", v.Timeout.Duration}, {"total", v.Total.Duration}} {
		if (l.d != 0 || given(l.key)) && (l.d < minTime || l.d > maxTime) {
			return fmt.Errorf("%s %v: must be a time from %v to %v", l.key, l.d, minTime, maxTime)
		}
	}
	return nil
}

// The widest ranges that may be allowed: 240.0.0.0/4 and fc00::/7 are the widest
// that belong to nobody.
const (
	widest4 = 4
	widest6 = 7
)

// Prefixes reads ranges of addresses; a single address is one. IPv4 in the clothes
// of IPv6 (::ffff:10.0.0.0/104) is IPv4.
func Prefixes(list []string) (out []netip.Prefix, err error) {
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, bad := netip.ParseAddr(s)
			if bad != nil {
				return nil, fmt.Errorf("%.80q: must be an address or a range such as 10.0.0.0/8", s)
			}
			if a.Zone() != "" {
				return nil, fmt.Errorf("%.80q: an address with %%%s is one of a network card, and means another host on each machine", s, a.Zone())
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if a := p.Addr(); a.Is4In6() {
			if p.Bits() < 96 {
				return nil, fmt.Errorf("%.80q: every address of IPv4 is in it, and others; write it as a range of IPv4 such as 10.0.0.0/8", s)
			}
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		p = p.Masked()
		switch {
		case p.Bits() == 0:
			return nil, fmt.Errorf("%.80q: every address is in it", s)
		case p.Addr().Is4() && p.Bits() < widest4, p.Addr().Is6() && p.Bits() < widest6:
			return nil, fmt.Errorf("%.80q: too wide: networks of your own are smaller", s)
		case translated.Overlaps(p):
			return nil, fmt.Errorf("%.80q: it stands for addresses of IPv4: write those, such as 10.0.0.0/8", s)
		}
		out = append(out, p)
	}
	return out, nil
}

// translated are addresses of IPv4 as networks of IPv6 have them (RFC 6052).
var translated = netip.MustParsePrefix("64:ff9b::/96")

// LoadUser reads the user's own settings, which say only how providers are
// asked. A file that does not exist says nothing.
func LoadUser(name string) (*VerifyConfig, error) {
	if _, err := os.Stat(name); os.IsNotExist(err) {
		return &VerifyConfig{}, nil
	}
	b, err := ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	var c struct {
		Verify VerifyConfig `toml:"verify"`
	}
	md, err := toml.Decode(string(b), &c)
	if err == nil {
		err = c.Verify.check(md)
	}
	if err != nil {
		return nil, fmt.Errorf("settings %s: %w", name, err)
	}
	if extra := md.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("settings %s: unknown key %q; the user's own settings have [verify] only, the rest is named with --config", name, extra[0])
	}
	c.Verify.resolve(name)
	return &c.Verify, nil
}

// resolve makes the names of files relative to the settings file absolute.
func (v *VerifyConfig) resolve(file string) {
	for _, names := range [][]string{v.Verifiers, v.CAFiles} {
		for i, name := range names {
			if !filepath.IsAbs(name) {
				names[i] = filepath.Join(filepath.Dir(file), name)
			}
		}
	}
}

// UserFile is where the user's own settings are; empty if the system has no
// place for such files.
func UserFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "whosekey", "config.toml")
}
