package gitrepo

import (
	"strings"
	"testing"
)

func TestRedactURLs(t *testing.T) {
	for _, target := range []string{"https://tok%40en99@example.com/r.git/", "https://user99:" + "tok%40en99@example.com/r?key=tok%40en99"} {
		for _, text := range []string{
			"Get \"https://tok%40en99@example.com/r.git/info/refs?service=git-upload-pack\": EOF",
			"Get \"https://user99:***@example.com/r/info\": EOF",
			"clone " + target + " failed", "bad credentials tok@en99", "bad credentials tok%40en99 of user99",
		} {
			if got := redactURLs(text, target); strings.Contains(got, "en99") || strings.Contains(got, "user99") && strings.Contains(target, "user99") {
				t.Errorf("redactURLs(%q, %q) = %q", text, target, got)
			}
		}
	}
}
