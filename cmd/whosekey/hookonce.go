package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// errSearched stops a hook whose work another call of it has done.
var errSearched = errors.New("it was searched already")

// onceFile is in the folder of git: what another call of the same hook found clean.
// Who can write there can turn the hook off.
const onceFile = "whosekey-searched"

// once is what a call of the hook of commits works on, and nothing but the files that
// are named differs from: programs such as pre-commit name as many at a time as fit on
// a command line, and each call searches all that is staged. Empty for none that may
// be called again for the same: by nobody but the process that called this one, for
// this index, on these commits, with these flags, variables and settings.
func (h *hook) once(r *gitrepo.Repo) string {
	index, parent := indexFile(), process(os.Getppid())
	if os.Getenv("PRE_COMMIT") != "1" || index == "" || parent == "" || len(h.named) == 0 {
		return ""
	}
	data, err := os.ReadFile(index)
	if err != nil {
		return ""
	}
	merged, err := os.ReadFile(filepath.Join(r.GitDir, "MERGE_HEAD"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return ""
	}
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	by, err := h.searchedBy()
	if err != nil {
		return ""
	}
	head, branch := r.Head()
	env := os.Environ()
	slices.Sort(env)
	sum := sha256.New()
	for _, part := range append(by, parent, dir, r.GitDir, head, branch, string(merged), h.flags, strings.Join(env, "\x00"), string(data)) {
		fmt.Fprintf(sum, "%d %s", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// searchedBy is what decides on what is found beside flags and variables: this program,
// of which another version may be a hook too, and what stands in the files that flags
// and settings name, which a hook between two calls may change.
func (h *hook) searchedBy() ([]string, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	st, err := os.Stat(program)
	if err != nil {
		return nil, err
	}
	names := append([]string{h.config, h.ignore.baseline, h.keyFile, h.identity.Leavers}, append(slices.Clone(h.ruleFiles), h.identity.Inventory...)...)
	if h.config != "" {
		c, err := policy.Load(h.config)
		if err != nil {
			return nil, err
		}
		names = append(append(names, c.Baseline.File, c.Identity.Leavers), c.Identity.Inventory...)
		for _, name := range c.Rules.Files {
			names = append(names, filepath.Join(filepath.Dir(h.config), name))
		}
		extended(c, func(name string) bool {
			names = append(names, name)
			return true
		})
	}
	parts := []string{program, st.ModTime().String(), strconv.FormatInt(st.Size(), 10)}
	for _, name := range names {
		if name == "" {
			continue
		}
		text, err := gitpack.ReadFile(name, maxSettings)
		if err != nil {
			return nil, err
		}
		parts = append(parts, name, string(text))
	}
	return parts, nil
}

// process tells a process from all others of this machine, before and after; empty
// where that is not known (proc_pid_stat(5): the time when it was started is the
// 20th field behind the name).
func process(id int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
	boot, failed := os.ReadFile("/proc/sys/kernel/random/boot_id")
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if err != nil || failed != nil || len(fields) < 20 {
		return ""
	}
	return fmt.Sprintf("%d %s %s", id, fields[19], boot)
}

// searchedBefore reports whether another call found the same clean.
func searchedBefore(r *gitrepo.Repo, once string) bool {
	if once == "" {
		return false
	}
	b, err := gitpack.ReadFile(filepath.Join(r.GitDir, onceFile), sha256.Size*2)
	return err == nil && string(b) == once
}

// tellOthers has other calls know that what is staged is clean. Without it they search
// again. A link that lies there is replaced, and not written through.
func tellOthers(r *gitrepo.Repo, once string) {
	name := filepath.Join(r.GitDir, onceFile)
	os.Remove(name)
	if f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err == nil {
		f.WriteString(once)
		f.Close()
	}
}
