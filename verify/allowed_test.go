package verify

import (
	"strings"
	"testing"
)

// TestAllowedIsNarrow: nobody allows by mistake what everybody can have a name
// in, and what an address means on one machine alone.
func TestAllowedIsNarrow(t *testing.T) {
	for _, s := range []string{
		"*.com", "*.uk", "*.co.uk", "*.com.au", "*.github.io", "*.co.uk:443", "*.CO.UK.", "*.kawasaki.jp", "*.compute.amazonaws.com", "*.xn--p1ai",
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
		"co.uk", "*.acme.example", "*.test", "*.lan:5432",
	} {
		if err := ParseAllowed(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
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
