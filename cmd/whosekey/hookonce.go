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
	"strings"

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
// this index, on these commits, with these flags and variables.
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
	head, branch := r.Head()
	env := os.Environ()
	slices.Sort(env)
	sum := sha256.New()
	for _, part := range []string{parent, dir, r.GitDir, head, branch, string(merged), h.flags, strings.Join(env, "\x00"), string(data)} {
		fmt.Fprintf(sum, "%d %s", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))
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
	b, err := os.ReadFile(filepath.Join(r.GitDir, onceFile))
	return err == nil && string(b) == once
}
