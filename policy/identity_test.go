package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIdentitySettings(t *testing.T) {
	name := filepath.Join(t.TempDir(), "acme.toml")
	load := func(text string) (*Config, error) {
		if err := os.WriteFile(name, []byte("[identity]\n"+text), 0o644); err != nil {
			t.Fatal(err)
		}
		return Load(name)
	}
	c, err := load("inventory = [\"nhi.csv\", \"/abs/x.json\"]\nleavers = \"gone.csv\"\nown_tenants = [\"gcp:acme-*\"]\nexposure = \"public\"")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(name)
	if got := c.Identity; got.Inventory[0] != filepath.Join(dir, "nhi.csv") || got.Inventory[1] != "/abs/x.json" || got.Leavers != filepath.Join(dir, "gone.csv") {
		t.Errorf("%+v", got)
	}
	for text, want := range map[string]string{
		`own_tenants = ["acme"]`: "must be PROVIDER:TENANT", `own_tenants = ["aws:"]`: "PROVIDER:TENANT", `exposure = "secret"`: "public, internal, private", `x = 1`: "unknown key",
	} {
		if _, err := load(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
