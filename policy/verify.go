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
	if err == nil && d.Duration <= 0 {
		err = fmt.Errorf("%s: must be more than 0", text)
	}
	return err
}

// Modes are the words of --verify.
var Modes = []string{"off", "plan", "safe", "extended"}

func (v *VerifyConfig) check() error {
	if v.Mode != "" && !slices.Contains(Modes, v.Mode) {
		return fmt.Errorf("verify: mode %q: must be one of %s", v.Mode, strings.Join(Modes, ", "))
	}
	if v.Budget < 0 || !(v.Rate >= 0) {
		return fmt.Errorf("verify: budget and rate count from 0")
	}
	_, err := Prefixes(v.AllowPrivate)
	return err
}

// Prefixes reads ranges of addresses; a single address is one.
func Prefixes(list []string) (out []netip.Prefix, err error) {
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, bad := netip.ParseAddr(s)
			if bad != nil {
				return nil, fmt.Errorf("%q: must be an address or a range such as 10.0.0.0/8", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if p.Bits() == 0 {
			return nil, fmt.Errorf("%q: every address is in it", s)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

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
		err = c.Verify.check()
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
