package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
)

// tern is what flags or settings say of something that can be on or off.
type tern int8

const (
	unsaid tern = iota
	yes
	no
)

// commitFlags is what git commit was given: it hands its flags on to no hook, but where
// there is /proc those can be seen of a process that led to this one.
type commitFlags struct {
	cleanup string // --cleanup, empty for nothing
	verbose tern
	known   bool // the process was found
}

// commitFlagsOf looks at a process and those that started it.
func commitFlagsOf(pid int) (f commitFlags) {
	const most = 5 // git, a shell, a manager of hooks, git for an alias
	for range most {
		args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil {
			break
		}
		if words := strings.Split(strings.TrimSuffix(string(args), "\x00"), "\x00"); f.read(words) {
			break
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // state, parent
		if err != nil || len(fields) < 2 {
			break
		}
		if pid, err = strconv.Atoi(fields[1]); err != nil || pid <= 1 {
			break
		}
	}
	return f
}

// read takes the words of a command line, and reports whether it is of git commit or of
// git merge, which writes no diff into its message.
func (f *commitFlags) read(words []string) bool {
	if name := path.Base(words[0]); name != "git" && name != "git.exe" {
		return false
	}
	for i, w := range words {
		if w == "commit" || w == "merge" {
			f.flags(words[i+1:], w == "commit")
			f.known = true
			return true
		}
	}
	return false
}

// takesValue are the short flags of git commit that the rest of the word, or the next
// one, belongs to.
const takesValue = "mFcCt"

// flags reads what follows the name of the command; of each flag the last one counts.
func (f *commitFlags) flags(words []string, isCommit bool) {
	for i := 0; i < len(words) && words[i] != "--"; i++ {
		w := words[i]
		flag, value, given := strings.Cut(w, "=")
		switch {
		case abbreviates(flag, "--cleanup", "--cl"):
			if !given && i+1 < len(words) {
				i++
				value = words[i]
			}
			f.cleanup = value
		case abbreviates(flag, "--verbose", "--verb") && isCommit:
			f.verbose = yes
		case abbreviates(flag, "--no-verbose", "--no-verb"):
			f.verbose = no
		case len(w) > 1 && w[0] == '-' && w[1] != '-':
			at := strings.IndexAny(w, takesValue)
			if at == len(w)-1 {
				i++ // the next word is its value
			}
			if at < 0 {
				at = len(w)
			}
			if isCommit && strings.ContainsRune(w[:at], 'v') {
				f.verbose = yes
			}
		}
	}
}

// abbreviates reports whether git takes a word for a flag, of which it needs least.
func abbreviates(word, flag, least string) bool {
	return len(word) >= len(least) && strings.HasPrefix(flag, word)
}

// verboseSetting is what commit.verbose says: a number, or true or false; nothing is true.
func verboseSetting(value string, given bool) tern {
	switch n, err := strconv.Atoi(value); {
	case err == nil && n <= 0, given && value == "":
		return no
	case strings.EqualFold(value, "false"), strings.EqualFold(value, "no"), strings.EqualFold(value, "off"):
		return no
	}
	return yes
}
