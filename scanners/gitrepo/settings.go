package gitrepo

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/config"

	"github.com/whosekey/whosekey/scanners"
)

// maxSettings bounds the files with settings that are read, those that others include too.
const maxSettings = 32

// Settings are the files that hold git's settings for the repository that path is in, the
// narrowest first, with those that they include (git-config(1), FILES and INCLUDES): all
// that are there, whatever an includeIf asks for. Without a repository the user's and the
// system's are left.
func Settings(path string) []string {
	var files []string
	r := &Repo{cov: new(scanners.Coverage)}
	if r.find(path) == nil {
		files = append(files, filepath.Join(r.GitDir, "config.worktree"), filepath.Join(r.CommonDir, "config"))
	}
	home, _ := os.UserHomeDir()
	if global, ok := os.LookupEnv("GIT_CONFIG_GLOBAL"); ok {
		files = append(files, global)
	} else {
		base := os.Getenv("XDG_CONFIG_HOME")
		if base == "" {
			base = filepath.Join(home, ".config")
		}
		files = append(files, filepath.Join(home, ".gitconfig"), filepath.Join(base, "git", "config"))
	}
	files = append(files, "/etc/gitconfig")
	var out []string
	for i := 0; i < len(files) && i < maxSettings; i++ {
		if cfg := settingsIn(files[i]); cfg != nil {
			out = append(out, files[i])
			files = append(files, included(cfg, files[i], home)...)
		}
	}
	return out
}

// settingsIn are the settings in a file; nil if there are none that can be read.
func settingsIn(name string) *config.Config {
	b, err := readSmall(name)
	if err != nil {
		return nil
	}
	cfg := config.New()
	if config.NewDecoder(bytes.NewReader(b)).Decode(cfg) != nil {
		return nil
	}
	return cfg
}

// included are the files that settings in a file include.
func included(cfg *config.Config, file, home string) (out []string) {
	add := func(paths []string) {
		for _, p := range paths {
			if rest, ok := strings.CutPrefix(p, "~/"); ok {
				p = filepath.Join(home, rest)
			} else if !filepath.IsAbs(p) {
				p = filepath.Join(filepath.Dir(file), p)
			}
			out = append(out, p)
		}
	}
	add(cfg.Section("include").OptionAll("path"))
	for _, s := range cfg.Section("includeIf").Subsections {
		add(s.OptionAll("path"))
	}
	return out
}

// Alias is what settings have git do in path for a command of that name; empty if they
// say nothing.
func Alias(path, name string) string {
	for _, file := range Settings(path) {
		if cfg := settingsIn(file); cfg != nil {
			if value := cfg.Section("alias").Option(name); value != "" {
				return value
			}
		}
	}
	return ""
}
