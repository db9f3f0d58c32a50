package decode

import "github.com/whosekey/whosekey/leak"

// Registry is the scheme of Login for a registry of images.
const Registry = "registry"

// Login is what the user and the server of a login say of it, by the scheme of the
// server's URLs, or Registry.
func Login(scheme, user, server string) []leak.Evidence {
	if scheme == Registry {
		return registry(&Input{}, server, user, "").list
	}
	t := target{scheme: schemes[scheme], user: user, host: server}
	return t.claims(&Input{}, "the command").list
}
