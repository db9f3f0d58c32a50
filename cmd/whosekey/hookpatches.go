package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

const (
	maxPatches    = 50       // commits of git log -p that are searched
	maxPatchBytes = 64 << 20 // of them all
)

var errEnough = errors.New("enough")

// patches are what git prints of changes: git show, git log -p, git stash show -p, and
// git diff between commits, as the files that change before and after: what is taken
// out is printed too. What is in no commit is not among them.
func patches(dir string, words []string) (out []hookText) {
	at := slices.Index(words, "git") + 1
	for at < len(words) && strings.HasPrefix(words[at], "-") {
		if words[at] == "-C" || words[at] == "-c" {
			at++
		}
		at++
	}
	if at <= 0 || at >= len(words) {
		return nil
	}
	command, args := words[at], words[at+1:]
	has := func(flags ...string) bool {
		return slices.ContainsFunc(args, func(a string) bool { return slices.Contains(flags, a) })
	}
	patch := has("-p", "-u", "--patch", "-c", "--cc", "-m", "--patch-with-stat")
	quiet := has("--stat", "--name-only", "--name-status", "-s", "--no-patch", "--shortstat", "--numstat")
	switch {
	case command == "show" && (!quiet || patch), command == "log" && patch, command == "stash" && slices.Contains(args, "show") && patch, command == "diff" && (!quiet || patch):
	default:
		return nil
	}
	repo, err := gitrepo.Open(dir, gitrepo.Options{AllowAlternates: true})
	if err != nil {
		return nil
	}
	defer repo.Close()
	tips, known := patchRange(repo, command, args)
	if len(tips) == 0 {
		return nil
	}
	added, err := gitrepo.NewAdded(repo, tips, known)
	if err != nil {
		return nil
	}
	var mu sync.Mutex
	left := maxPatchBytes
	added.Scan(context.Background(), 4096, func(c *leak.Chunk) error { // what cannot be read git does not print
		mu.Lock()
		defer mu.Unlock()
		if left -= len(c.Data); left < 0 {
			return errEnough
		}
		out = append(out, hookText{name: "git " + command, data: fromUTF16(bytes.Clone(c.Data))})
		return nil
	})
	return out
}

// patchRange is what changes lead to, and what was there before them.
func patchRange(repo *gitrepo.Repo, command string, args []string) (tips []gitrepo.Tip, known []string) {
	id := func(rev string) string {
		if at, err := repo.Resolve(rev); err == nil {
			return at.String()
		}
		return ""
	}
	tip := func(rev string) {
		if at := id(rev); at != "" {
			tips = append(tips, gitrepo.Tip{Name: rev, ID: at})
		}
	}
	before := func(rev string) {
		if at := id(rev); at != "" {
			known = append(known, at)
		}
	}
	var revs []string
	depth := maxPatches
	for _, a := range args {
		if a == "--" {
			break
		}
		if n, err := strconv.Atoi(strings.TrimPrefix(strings.TrimPrefix(a, "-n"), "-")); err == nil && n > 0 {
			depth = min(depth, n)
		} else if from, to, ok := strings.Cut(a, ".."); ok {
			before(from)
			revs = append(revs, strings.TrimPrefix(to, "."))
		} else if !strings.HasPrefix(a, "-") && id(a) != "" {
			revs = append(revs, a)
		}
	}
	switch {
	case command == "stash":
		revs = []string{"refs/stash"}
	case command == "show" && len(revs) == 0 && slices.ContainsFunc(args, isFileOfCommit):
		return nil, nil // REV:PATH, which is looked at as the file that it is
	case len(revs) == 0:
		revs = []string{"HEAD"}
	case revs[0] == "":
		revs[0] = "HEAD"
	}
	switch {
	case command == "diff" && len(known) == 0 && len(revs) > 1:
		before(revs[0])
		revs = revs[1:]
	case command == "diff" && len(known) == 0:
		before(revs[0])
		revs = []string{"HEAD"}
	}
	for _, rev := range revs {
		tip(rev)
		switch {
		case command == "show" || command == "stash":
			parents, _ := repo.Parents(id(rev))
			known = append(known, parents...)
		case command == "log" && len(known) == 0:
			before(rev + "~" + strconv.Itoa(depth))
		}
	}
	return tips, known
}

func isFileOfCommit(arg string) bool {
	return !strings.HasPrefix(arg, "-") && strings.Contains(arg, ":")
}
