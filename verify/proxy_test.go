package verify

import (
	"strings"
	"testing"
)

func TestParseProxy(t *testing.T) {
	for text, want := range map[string]string{
		"http://proxy:3128": "proxy:3128", "http://proxy": "proxy:80", "https://proxy.acme.example": "proxy.acme.example:443", "HTTP://proxy:80/": "proxy:80",
		"http://10.0.0.1:3128": "10.0.0.1:3128", "http://[::1]:3128": "[::1]:3128", "http://u:" + "p%40@proxy_1:8080": "proxy_1:8080",
	} {
		if u, err := parseProxy(text); err != nil || u.Host != want {
			t.Errorf("%s: %v, %v; want %s", text, u, err, want)
		}
	}
	for text, want := range map[string]string{
		"http://127.0.0.1:99999": "from 1 to 65535", "http://127.0.0.1:0": "from 1 to 65535", "http://proxy:080": "from 1 to 65535", "http://proxy:65536": "from 1 to 65535",
		"http://proxy/x": "nothing behind", "http://proxy?": "nothing behind", "http://proxy#": "nothing behind", "http://proxy#x": "nothing behind", "http://proxy?a=b": "nothing behind",
		"http://pr\u00f6xy:80": "ASCII", "http://*.acme.example": "no name of a host", "http://127.1": "no name of a host", "http://0x7f.1": "no name of a host", "http://2130706433": "no name of a host",
		"http://[fe80::1%25eth0]:80": "no name of a host", "http://0.0.0.0:80": "no name of a host", "http://a..b": "no name of a host", "http://-a": "no name of a host",
		"http://[::1": "", "http://::1": "", "http://a b": "", "http://": "", "http://:80": "", "http://u@": "", "proxy:3128": "", "socks5://proxy:1": "", " http://proxy": "", "http://proxy:80 ": "", "//proxy": "", "http:proxy": "", "x": "",
	} {
		u, err := parseProxy(text)
		if err == nil {
			t.Errorf("%q is taken as %v", text, u)
			continue
		}
		if !strings.HasPrefix(err.Error(), "the proxy must be given as http://host:port") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	password := "hunt" + "er2-and-more"
	for _, text := range []string{"http://u:" + password + "@proxy:99999", "http://u:" + password + "@pro xy", "http://u:" + password + "@*"} {
		if _, err := parseProxy(text); err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("%v", err)
		}
	}
}
