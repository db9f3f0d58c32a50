package verify

import (
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestAllowedIsNarrow: nobody allows by mistake what everybody can have a name
// in, and what an address means on one machine alone.
func TestAllowedIsNarrow(t *testing.T) {
	for _, s := range []string{
		"*.com", "*.uk", "*.co.uk", "*.com.au", "*.github.io", "*.co.uk:443", "*.CO.UK.", "*.kawasaki.jp", "*.compute.amazonaws.com", "*.xn--p1ai",
		"*.amazonaws.com", "*.windows.net", "*.core.windows.net", "*.azure.com", "*.database.azure.com", "*.eu-west-1.amazonaws.com", "*.salesforce.com:443", "*.AZURE.com.",
		"fe80::1%eth0", "[fe80::1%eth0]:443", "[fe80::1%25eth0]", "2606:4700::1%x", "[::1%lo]",
	} {
		err := ParseAllowed(s)
		if err == nil {
			t.Errorf("takes %s", s)
			continue
		}
		if want := map[bool]string{true: "%", false: "everybody"}[strings.Contains(s, "%")]; want != "%" && !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), "too wide") {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{
		"*.acme.co.uk", "*.acme.com", "*.eu.acme.com", "*.internal", "*.corp", "*.svc.cluster.local", "*.home.arpa", "*.acme.github.io", "acme.github.io",
		"co.uk", "*.acme.example", "*.test", "*.lan:5432", "[::1]", "[::1]:5432", "::1", "*.acme.okta.com",
	} {
		if err := ParseAllowed(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// TestAllowedGarbage: what is nearly a host is none.
func TestAllowedGarbage(t *testing.T) {
	for _, s := range []string{
		"", "*", "*.", "a..b", ".acme.com", "acme.com:0", "acme.com:", "[::1", "::1]", "[[::1]]", "[1.2.3.4", "1.2.3.4]", "[acme.com]", "[acme.com]:80", "*.*.com", "*acme.com", "a.*.com",
		"999.1.1.1", "1.2.3", "0x7f.1", "acme.com:80:80", "*.1.2.3.4", " acme.com", "acme.com ", "acme.com,b.com", "10.0.0.0/8", ":443", "..", "acme.com..", "0.0.0.0", "::", "[::]:443",
		"255.255.255.255", "224.0.0.1", "ff02::1", "acme.com\x00", "\u0430cme.com", strings.Repeat("a", 64) + ".com", strings.Repeat("a.", 130) + "com",
	} {
		if ParseAllowed(s) == nil {
			t.Errorf("takes %q", s)
		}
	}
}

var updateSuffixes = flag.Bool("update-suffixes", false, "write suffixes.txt")

// TestSuffixes: the file has all that lies above the public suffixes of the
// package's list, which stands in its own test.
func TestSuffixes(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/net").Output()
	if err != nil {
		t.Skip(err)
	}
	b, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "publicsuffix", "table_test.go"))
	if err != nil {
		t.Skip("vendored:", err)
	}
	_, text, _ := strings.Cut(string(b), "var rules = [...]string{")
	text, _, _ = strings.Cut(text, "\n}")
	above := map[string]bool{}
	n := 0
	for _, m := range regexp.MustCompile(`(?m)^\s*"([^"!]+)",`).FindAllStringSubmatch(text, -1) {
		n++
		_, s, more := strings.Cut(strings.TrimPrefix(m[1], "*."), ".")
		for ; more; _, s, more = strings.Cut(s, ".") {
			if strings.Contains(s, ".") && !public(s) {
				above[s] = true
			}
		}
	}
	if n < 5000 {
		t.Fatalf("the list has %d suffixes", n)
	}
	want := strings.Join(slices.Sorted(maps.Keys(above)), "\n") + "\n"
	if *updateSuffixes {
		if err := os.WriteFile("suffixes.txt", []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	} else if want != suffixText {
		t.Error("suffixes.txt is not of this version of the list: go test ./verify -run Suffixes -update-suffixes")
	}
}

// TestEndpointErrors: a mistake in an endpoint is told without what is secret in
// it.
func TestEndpointErrors(t *testing.T) {
	password := "hunter" + "2"
	for _, s := range []string{
		"https://u:" + password + "@git.acme.example", "https://git.acme.example/?private_token=" + password, "https://git.acme.example/#" + password,
		"https://u:" + password + "@:x", "u:" + password + "@git.acme.example", "ftp://" + password, "https://*.acme.example", "https://git.acme.example:99999",
		"http://git.acme.example", "http://10.1.1.1", "https://", "",
	} {
		if err := ParseEndpoint(s); err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v", s, err)
		}
	}
	for s, host := range map[string]string{
		"https://git.acme.example/base/": "git.acme.example", "http://127.0.0.1:8080": "127.0.0.1:8080", "http://127.0.0.1": "127.0.0.1:80", "http://[::1]/x": "[::1]:80",
	} {
		if got, err := parseEndpoint(s); err != nil || got.host != host {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
}
