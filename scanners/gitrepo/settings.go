package gitrepo

import (
	"bytes"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing/format/config"

	"github.com/whosekey/whosekey/scanners"
)

// Alias is what the settings of the repository that path is in have git do for a command
// of that name; empty if they say nothing, or are not those of one.
func Alias(path, name string) string {
	r := &Repo{cov: new(scanners.Coverage)}
	if r.find(path) != nil {
		return ""
	}
	b, err := readSmall(filepath.Join(r.CommonDir, "config"))
	if err != nil {
		return ""
	}
	cfg := config.New()
	if config.NewDecoder(bytes.NewReader(b)).Decode(cfg) != nil {
		return ""
	}
	return cfg.Section("alias").Option(name)
}
