//go:build ignore

// Versions makes a bare repository with one file in VERSIONS versions, each with
// the same CREDENTIALS made-up credentials and another number beneath them:
//
//	go run scripts/versions.go DIR VERSIONS CREDENTIALS
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/rules"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: go run scripts/versions.go DIR VERSIONS CREDENTIALS")
	}
	versions, err1 := strconv.Atoi(os.Args[2])
	n, err2 := strconv.Atoi(os.Args[3])
	if err1 != nil || err2 != nil {
		log.Fatal("VERSIONS and CREDENTIALS are numbers")
	}
	secrets := credentials(n)
	run := func(in io.Reader, args ...string) {
		c := exec.Command("git", args...)
		c.Stdin, c.Stderr = in, os.Stderr
		if err := c.Run(); err != nil {
			log.Fatalf("git %s: %v", strings.Join(args, " "), err)
		}
	}
	dir := os.Args[1]
	run(nil, "init", "-q", "--bare", "-b", "main", dir)
	r, w := io.Pipe()
	go func() {
		b := bufio.NewWriter(w)
		for v := range versions {
			text := fmt.Sprintf("%s\nversion = %d\n%s", secrets, v, strings.Repeat("a line of text\n", 100))
			fmt.Fprintf(b, "commit refs/heads/main\ncommitter A <a@example.com> %d +0000\ndata 2\nv\nM 100644 inline settings.env\ndata %d\n%s\n", 1_700_000_000+60*v, len(text), text)
		}
		b.Flush()
		w.Close()
	}()
	run(r, "-C", dir, "fast-import", "--quiet")
	run(nil, "-C", dir, "repack", "-adq", "--depth=50", "--window=10")
}

// credentials are the first examples of n rules, a line each.
func credentials(n int) string {
	ps, err := rules.Builtin()
	if err != nil {
		log.Fatal(err)
	}
	var out []string
	for _, p := range ps {
		for i := range p.Rules {
			r := &p.Rules[i]
			if len(out) == n || len(r.Leaks) == 0 {
				continue
			}
			text, err := rules.Expand(r.Leaks[0].Text, r.ID, detectors.Checksum(r.Checksum))
			if err == nil && len(text) < 300 && !strings.Contains(text, "\n") {
				out = append(out, text)
			}
		}
	}
	return strings.Join(out, "\n")
}
