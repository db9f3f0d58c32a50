package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// folded are logs by file, with the one token that stands in each.
type folded struct {
	t    *testing.T
	dir  string
	want map[string]string
	of   map[string]string // what a file is, for messages
}

func newFolded(t *testing.T) *folded {
	return &folded{t: t, dir: t.TempDir(), want: map[string]string{}, of: map[string]string{}}
}

// exampleOf makes up a credential of a rule.
func exampleOf(t *testing.T, rule string) string {
	t.Helper()
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"rules", "example", "--bare", "--seed", "folded", rule}, strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatalf("%s: %s", rule, errs.String())
	}
	return strings.TrimSpace(out.String())
}

func (f *folded) add(of, token, stamp, end string, lines []string) {
	if rule, _, _ := strings.Cut(of, ","); undecided(rule, token, lines) {
		return
	}
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(stamp + l + end)
	}
	name := fmt.Sprintf("%05d.log", len(f.want))
	f.want[name], f.of[name] = token, of
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(text.String()), 0o666); err != nil {
		f.t.Fatal(err)
	}
}

// check scans all, and returns how many files have something else than their token.
func (f *folded) check() {
	f.t.Helper()
	var out, errs strings.Builder
	run(f.t.Context(), []string{"logs", "--no-identity", "--show-secrets", "-f", "json", f.dir}, strings.NewReader(""), &out, &errs)
	var got struct {
		Findings []struct {
			Secret    string
			Locations []struct{ Path string }
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		f.t.Fatal(err, errs.String())
	}
	found := map[string][]string{}
	for _, g := range got.Findings {
		for _, l := range g.Locations {
			found[filepath.Base(l.Path)] = append(found[filepath.Base(l.Path)], g.Secret)
		}
	}
	wrong := 0
	for file, token := range f.want {
		if slices.Equal(found[file], []string{token}) {
			continue
		}
		if wrong++; wrong <= 60 {
			text, _ := os.ReadFile(filepath.Join(f.dir, file))
			f.t.Errorf("%s: found %q, want %q in\n%s", f.of[file], found[file], token, text)
		}
	}
	f.t.Logf("%d of %d are wrong", wrong, len(f.want))
}

// undecided reports whether a token may end at a seam: of one that may be of any length, a
// short rest is not told from what begins anew.
func undecided(rule, token string, lines []string) bool {
	switch rule {
	case "openai-project-key", "slack-bot-token", "stripe-secret-key":
		for n := 1; n < 7; n++ {
			if slices.ContainsFunc(lines, func(l string) bool { return strings.HasSuffix(l, token[len(token)-n-8:len(token)-n]) }) {
				return true
			}
		}
	}
	return false
}

// fold cuts a text as fold -w does.
func fold(s string, width int) (out []string) {
	for c := range slices.Chunk([]byte(s), width) {
		out = append(out, string(c))
	}
	return out
}

// foldedRules are six kinds: with a checksum and without, of one length and of many, hex.
var foldedRules = []string{"github-personal-access-token", "gitlab-personal-access-token", "npm-access-token", "slack-bot-token", "stripe-secret-key", "digitalocean-personal-access-token", "openai-project-key"}

// dialects are what services print before a line, and how lines end.
var dialects = [][2]string{{"", "\n"}, {"2026-01-02T03:04:05.1234567Z ", "\n"}, {"2026-01-02T03:04:05.123456Z 00O ", "\n"}, {"\x1b_bk;t=1767322245123\x07", "\r\n"}, {"", "\r\n"}}

// TestLogsFolded has tokens in a text that was cut at each width from 5 to 200.
func TestLogsFolded(t *testing.T) {
	f, n := newFolded(t), 0
	for _, rule := range foldedRules {
		token := exampleOf(t, rule)
		for name, text := range map[string]string{
			"variable": "TOKEN=" + token,
			"header":   "curl -H 'Authorization: token " + token + "' https://api.example.com/v1/items",
			"behind":   strings.Repeat("y", 60) + " " + token,
			"sentence": "we have printed the token " + token + " here, and then the log goes on with more of the same line",
		} {
			for width := 5; width <= 200; width++ {
				d := dialects[n%len(dialects)]
				n++
				f.add(fmt.Sprintf("%s, %s, %d, %q", rule, name, width, d), token, d[0], d[1], slices.Concat([]string{"Run make deploy", "+ echo it is"}, fold(text, width), []string{"end of job"}))
			}
		}
	}
	f.check()
}

// TestLogsSplit has tokens in two lines, cut at each place.
func TestLogsSplit(t *testing.T) {
	f, n := newFolded(t), 0
	for _, rule := range foldedRules {
		token := exampleOf(t, rule)
		for name, around := range map[string][2]string{"colon": {"tok: ", ""}, "quoted": {`the "token" is "`, `" and that is it`}, "alone": {"", ""}} {
			for at := 1; at < len(token); at++ {
				d := dialects[n%len(dialects)]
				n++
				f.add(fmt.Sprintf("%s, %s, %d, %q", rule, name, at, d), token, d[0], d[1], []string{"Run make deploy", "+ echo it is", around[0] + token[:at], token[at:] + around[1], "end of job"})
			}
		}
	}
	f.check()
}

// TestLogsJoinNothing has lines that look like pieces, and are none.
func TestLogsJoinNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	random := func(alphabet string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	}
	const hex, mixed = "0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	f := newFolded(t)
	token := exampleOf(t, "gitlab-personal-access-token")
	for range 50 {
		lines := []string{"token: " + token}
		for range 200 {
			switch r.IntN(6) {
			case 0:
				lines = append(lines, random(hex, 40)+"  lib/"+random(mixed, 6)+".so")
			case 1:
				lines = append(lines, "layer sha256:"+random(hex, 64))
			case 2:
				lines = append(lines, random(mixed, 24), random(mixed, 24))
			case 3:
				lines = append(lines, "key "+random(mixed, 20), random(mixed, 7)+" done")
			case 4:
				lines = append(lines, "id="+random(hex, 32), random(hex, 12)+": Pull complete")
			default:
				lines = append(lines, "Downloading "+random(mixed, 8)+"-1."+random("0123456789", 2)+".tar.gz")
			}
		}
		f.add("noise", token, dialects[1][0], "\n", lines)
	}
	f.check()
}
