package main

import (
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Programs by what they do with files. Those that are in none of these lists are taken
// to print or send what they are given.
var (
	// starters start the program that follows.
	starters = []string{"sudo", "doas", "env", "command", "builtin", "exec", "nohup", "time", "timeout", "nice", "ionice", "stdbuf", "setsid", "busybox", "coproc", "watch", "caffeinate"}
	shells   = []string{"sh", "bash", "zsh", "dash", "ksh", "ash", "eval", "ssh", "su"}
	// interpreters run the first file, or what stands in an argument.
	interpreters = []string{"python", "python2", "python3", "node", "deno", "bun", "ruby", "perl", "php", "lua", "rscript", "tsx", "ts-node", "pypy3"}
	// told have a language of their own, in which a word may name a file.
	told      = []string{"awk", "gawk", "mawk", "nawk", "sed", "gsed", "ed", "ex", "vi", "vim", "nvim", "emacs", "sqlite3", "psql", "mysql", "duckdb", "gdb", "tclsh", "expect"}
	searchers = []string{"grep", "egrep", "fgrep", "zgrep", "rg", "ag", "ack"}
	// walkers take all that is in a folder.
	walkers = []string{"rsync", "scp", "sftp", "tar", "zip", "7z", "gsutil", "aws", "az", "rclone", "cpio", "s3cmd"}
	// keepers print no content of a file.
	keepers = []string{
		"ls", "dir", "tree", "rm", "rmdir", "mkdir", "touch", "mv", "cp", "ln", "chmod", "chown", "chgrp", "stat", "test", "[", "file", "echo", "printf", "true", "false", ":",
		"cd", "pushd", "popd", "pwd", "which", "exit", "return", "sleep", "kill", "wait", "du", "df", "wc", "realpath", "readlink", "basename", "dirname", "unset", "shift",
		"npm", "npx", "yarn", "pnpm", "make", "cmake", "ninja", "cargo", "go", "mvn", "gradle", "gcc", "g++", "clang", "javac", "rustc", "tsc", "java", "pytest", "jest", "eslint",
		"pip", "pip3", "poetry", "uv", "bundle", "gem", "composer", "brew", "apt", "apt-get", "docker", "docker-compose", "podman", "kubectl", "helm", "terraform", "tofu",
		"git", "svn", "hg", "systemctl", "install", "shred", "unzip", "code", "sha256sum", "sha1sum", "md5sum", "shasum", "cksum", "whosekey",
	}
	// usingFlags are followed by a file that is used, and not printed.
	usingFlags = []string{"--env-file", "--from-env-file", "--key", "--cert", "--cacert", "--private-key", "--kubeconfig", "--identity-file", "--netrc-file"}
)

// usesItself reports whether a word is a flag with the file that is used: --env-file=.env.
func usesItself(word string) bool {
	flag, _, ok := strings.Cut(word, "=")
	return ok && slices.Contains(usingFlags, flag)
}

// uses reports whether a flag of a program is followed by a file that is used.
func uses(name, flag string) bool {
	return slices.Contains(usingFlags, flag) || flag == "-i" && slices.Contains([]string{"ssh", "scp", "sftp", "ssh-copy-id", "ansible", "ansible-playbook"}, name)
}

// keeps reports whether a program prints no content of the files that it is given.
func keeps(name string, args []string) bool {
	switch name {
	case "cp": // cp .env /dev/stdout
		return !slices.ContainsFunc(args, func(a string) bool { return len(a) > 5 && a[:5] == "/dev/" })
	case "sops": // encrypts, or decrypts, in place
		return slices.ContainsFunc(args, func(a string) bool { return a == "-i" || a == "--in-place" })
	case "ansible-vault", "dotenvx":
		return len(args) > 0 && args[0] == "encrypt" && !slices.ContainsFunc(args, func(a string) bool { return strings.HasSuffix(a, "-") || a == "--stdout" })
	case "docker", "podman", "kubectl":
		return !slices.Contains(args, "cp")
	case "make", "gmake": // the file's variables: make(1)
		return !slices.ContainsFunc(args, func(a string) bool {
			short := strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--")
			return short && strings.Contains(a, "p") || short && strings.Contains(a, "E") || a == "--print-data-base" || strings.HasPrefix(a, "--eval")
		})
	case "file", "wc", "du": // names in a file are printed if there are none such
		return !slices.ContainsFunc(args, func(a string) bool { return a == "-f" && name == "file" || strings.HasPrefix(a, "--files") })
	case "gh": // for GitHub to keep
		return len(args) > 1 && args[0] == "secret" && args[1] == "set"
	case "go", "cargo": // what they start may print it
		return len(args) == 0 || args[0] != "run"
	case "git":
		return !slices.Contains(args, "--no-index") && !slices.ContainsFunc(args, func(a string) bool {
			return slices.Contains([]string{"archive", "blame", "annotate", "merge-file", "difftool", "interpret-trailers"}, a)
		})
	}
	return slices.Contains(keepers, name)
}

func programOf(args []string) string { return program(args[0]) }

// program is the name of a program without its folder.
func program(word string) string {
	return strings.ToLower(strings.TrimSuffix(path.Base(filepath.ToSlash(word)), ".exe"))
}

// skipFlags is how many words are flags, settings or numbers.
func skipFlags(args []string) (n int) {
	for n < len(args) && (strings.HasPrefix(args[n], "-") || strings.Contains(args[n], "=") || number(args[n])) {
		n++
	}
	return n
}

func number(s string) bool {
	_, err := strconv.ParseFloat(strings.TrimRight(s, "smhd"), 64)
	return err == nil
}

// unwrapped is a command without the programs that only start another one.
func unwrapped(args []string) []string {
	for len(args) > 0 && slices.Contains(starters, program(args[0])) {
		rest := args[1:]
		rest = rest[skipFlags(rest):]
		if len(rest) == 0 {
			return args // env alone
		}
		args = rest
	}
	return args
}
