package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestLogsJoinOnlyWhatWasCut has tokens with a short line behind them, whole and in
// pieces: what is found is the token, neither less of it nor more.
func TestLogsJoinOnlyWhatWasCut(t *testing.T) {
	example := func(rule string) string {
		var out, errs strings.Builder
		if code := run(t.Context(), []string{"rules", "example", "--bare", rule}, strings.NewReader(""), &out, &errs); code != 0 {
			t.Fatalf("%s: %s", rule, errs.String())
		}
		return strings.TrimSpace(out.String())
	}
	const gl = "gitlab-personal-access-token"
	dir, want := t.TempDir(), map[string]string{}
	add := func(name, token string, lines ...string) {
		for _, stamp := range []string{"", "2026-01-02T03:04:05.1234567Z "} {
			for _, end := range []string{"\n", "\r\n"} {
				file := fmt.Sprintf("%d.log", len(want))
				want[file] = token
				text := ""
				for _, l := range lines {
					text += stamp + l + end
				}
				t.Logf("%s: %s, %q %q", file, name, stamp, end)
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	cut := func(s string, width int) []string {
		var out []string
		for c := range slices.Chunk([]byte(s), width) {
			out = append(out, string(c))
		}
		return out
	}
	for _, rule := range []string{gl, "github-personal-access-token", "openai-project-key", "pypi-api-token", "sendgrid-api-key", "slack-bot-token", "stripe-secret-key"} {
		token := example(rule)
		for _, next := range []string{"1.2.3", "Z=1", "_=/usr/bin/env", "done", "Done.", "npm", "OK", "-", "end of job", "", "***", "##[endgroup]"} {
			for _, before := range []string{"", "T=", "token: "} {
				if before == "" || rule == gl {
					add(rule+" "+before+", "+next, token, "line one", before+token, next, "end of")
				}
			}
			for _, width := range []int{7, 8, 13, 20, (len(token) + 1) / 2} {
				if rule == gl || rule == "github-personal-access-token" {
					add(fmt.Sprint(rule, " in ", width, ", ", next), token, append(append([]string{"+ fold"}, cut(token, width)...), next, "end of")...)
				}
			}
		}
		for _, width := range []int{80, 100, 120} { // wrapped within the token
			for _, at := range []int{1, 3, 5, 12, min(len(token)-5, 75), min(len(token)-2, 77)} {
				if rest := (len(token) - at) % width; rest < 10 && rule != "github-personal-access-token" {
					continue // of a token of any length, a short rest is not told from a word
				}
				for _, after := range []string{" and more of the line", "", `",`} {
					s := strings.Repeat("x", width-at-1) + " " + token + after
					add(fmt.Sprint(rule, " wrapped at ", width, ", ", at, after), token, append(append([]string{"start of"}, cut(s, width)...), "done")...)
				}
			}
			for _, next := range []string{"done", "1.2.3", "Z=1", "end of job", "npm"} { // a line that ends there by chance
				add(fmt.Sprint(rule, " ends at ", width, ", ", next), token, "start of", strings.Repeat("x", max(width-len(token)-1, 3))+" "+token, next, "end of")
			}
		}
		for _, before := range []string{"x", "##[endgroup]", strings.Repeat("=", 13), "FOO=bar"} { // without a space, too
			for _, width := range []int{13, (len(token) + 1) / 2} {
				if rule == gl || rule == "github-personal-access-token" {
					add(fmt.Sprint(rule, " in ", width, " behind ", before), token, append(append([]string{before}, cut(token, width)...), "done", "end of")...)
				}
			}
		}
	}
	var out, errs strings.Builder
	run(t.Context(), []string{"logs", "--no-identity", "--show-secrets", "-f", "json", dir}, strings.NewReader(""), &out, &errs)
	var got struct {
		Findings []struct {
			Rule, Secret string
			Locations    []struct{ Path string }
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err, errs.String())
	}
	found := map[string][]string{}
	for _, f := range got.Findings {
		for _, l := range f.Locations {
			found[filepath.Base(l.Path)] = append(found[filepath.Base(l.Path)], f.Secret)
		}
	}
	for file, token := range want {
		if !slices.Equal(found[file], []string{token}) {
			t.Errorf("%s: found %q, want %q", file, found[file], token)
		}
	}
}
