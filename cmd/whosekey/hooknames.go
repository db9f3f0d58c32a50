package main

import (
	"bytes"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
)

// Ways to print the names of the variables in a file, and not what they are set to: the
// scripts of sed and awk, and the patterns of grep -o.
var (
	namesOfSed  = lazy.New(`^s([/|,#])=\.\*[/|,#][^&\\/|,#;]*[/|,#]g?$`)
	namesOfAwk  = lazy.New(`^\{ ?print \$1;? ?\}$`)
	namesOfGrep = lazy.New(`^\^?(?:\[\^=\][*+]|\[[\w-]+\][*+]=)$`)
)

// namesOnly reports whether a program prints of its files only what stands before the
// first equals sign of each line, and lines without one.
func namesOnly(name string, args []string) bool {
	has := func(flag, value string) bool {
		at := slices.Index(args, flag)
		return slices.Contains(args, flag+value) || at >= 0 && at+1 < len(args) && args[at+1] == value
	}
	scripts := slices.DeleteFunc(slices.Clone(args), func(a string) bool { return strings.HasPrefix(a, "-") || a == "=" })
	if len(scripts) == 0 {
		return false
	}
	switch name {
	case "cut":
		return has("-d", "=") && has("-f", "1")
	case "awk", "gawk", "mawk", "nawk":
		return has("-F", "=") && namesOfAwk.MatchString(scripts[0])
	case "sed", "gsed":
		return len(args) > 1 && args[0] == scripts[0] && namesOfSed.MatchString(args[0])
	case "grep", "egrep":
		return (args[0] == "-o" || args[0] == "-oE" || args[0] == "-Eo") && namesOfGrep.MatchString(scripts[0])
	}
	return false
}

// namesIn takes files of which only the names of variables are printed.
func (f *agentFiles) namesIn(words []string) {
	from := len(f.out)
	f.candidates(words)
	for i := from; i < len(f.out); i++ {
		f.out[i].names = true
	}
}

// withoutValues empties lines behind their first equals sign.
func withoutValues(data []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(data) {
		name, _, cut := bytes.Cut(line, []byte("="))
		if out.Write(name); cut {
			out.WriteString("=\n")
		}
	}
	return out.Bytes()
}
