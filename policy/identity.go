package policy

import (
	"fmt"
	"path/filepath"
	"strings"
)

// IdentityConfig says what an organisation knows of its own identities.
type IdentityConfig struct {
	Off        bool     `toml:"off"`         // nobody looks whose credentials are
	Inventory  []string `toml:"inventory"`   // files, relative to the settings file
	Leavers    string   `toml:"leavers"`     // a file with the addresses of people who have left, relative to the settings file
	OwnTenants []string `toml:"own_tenants"` // "aws:111122223333", "gcp:acme-*"; credentials of others are somebody else's
	Owner      string   `toml:"owner"`       // who owns what nobody is known for
	Repository string   `toml:"repository"`  // what reports call the repository: "acme/api"
	Exposure   string   `toml:"exposure"`    // of the repository: public, internal, private
	Archived   bool     `toml:"archived"`    // the repository is: nobody works on it any more
}

// Exposures are who can read what was scanned.
var Exposures = []string{"public", "internal", "private"}

// Check says what is wrong with what was given.
func (c *IdentityConfig) Check() error {
	for _, own := range c.OwnTenants {
		if p, id, ok := strings.Cut(own, ":"); !ok || p == "" || id == "" {
			return fmt.Errorf("identity: own_tenants: %q: must be PROVIDER:TENANT, such as aws:111122223333 or gcp:acme-*", own)
		}
	}
	return CheckExposure(c.Exposure)
}

// CheckExposure returns an error if a word is not one of Exposures, or empty.
func CheckExposure(word string) error {
	if word == "" {
		return nil
	}
	for _, e := range Exposures {
		if e == word {
			return nil
		}
	}
	return fmt.Errorf("exposure %q: must be one of %s", word, strings.Join(Exposures, ", "))
}

// resolve makes paths relative to the settings file what they mean.
func (c *IdentityConfig) resolve(file string) {
	at := func(name string) string {
		if name == "" || filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(filepath.Dir(file), name)
	}
	for i, name := range c.Inventory {
		c.Inventory[i] = at(name)
	}
	c.Leavers = at(c.Leavers)
}
