package pipeline

import (
	"net/netip"
	"strings"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
)

// maxLogins bounds how many parts of a name are looked at for a password.
const maxLogins = 16

// maskLogins masks passwords in names that were once addresses, as programs make
// folders of them: https:/app:PASSWORD@host/x, app:PASSWORD@host. Without the two
// slashes no rule knows them, so each part is shown to the rules as an address.
func maskLogins(set *detectors.Set, text string) string {
	if !strings.Contains(text, ":") || !strings.Contains(text, "@") {
		return text
	}
	parts := strings.FieldsFunc(text, func(c rune) bool { return c == '/' || c == ' ' })
	var out strings.Builder
	for looked := 0; len(parts) > 0; parts = parts[1:] {
		part := parts[0]
		at := strings.Index(text, part)
		out.WriteString(text[:at])
		text = text[at+len(part):]
		user, password, host, ok := login(part)
		if ok {
			looked++
		}
		switch {
		case ok && looked > maxLogins:
			part = user + ":" + leak.Mask + "@" + host
		case ok:
			const scheme = "https://"
			if maskFound(set, scheme+user+":"+password+"@"+host) != scheme+part {
				part = user + ":" + leak.Mask + "@" + host
			}
		}
		out.WriteString(part)
	}
	return out.String() + text
}

// login takes user:password@host apart. It is none if what stands behind the @ is a
// version, or the digest of an image: lodash:npm@4.17.21, nginx:1.27@sha256:0123...
func login(part string) (user, password, host string, ok bool) {
	at := strings.LastIndexByte(part, '@')
	if at < 0 {
		return "", "", "", false
	}
	user, password, ok = strings.Cut(part[:at], ":")
	host = part[at+1:]
	if !ok || password == "" || password == leak.Mask || host == "" {
		return "", "", "", false
	}
	if algorithm, _, ok := strings.Cut(host, ":"); ok && strings.HasPrefix(algorithm, "sha") {
		return "", "", "", false
	}
	if '0' <= host[0] && host[0] <= '9' {
		name, _, _ := strings.Cut(host, ":")
		_, err := netip.ParseAddr(name)
		ok = err == nil
	}
	return user, password, host, ok
}
