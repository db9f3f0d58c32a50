package decode

import (
	"strings"
)

// isPypirc reports whether a text has the sections of a .pypirc without the list of
// them, or the names of the public indexes: twine takes one by its section alone.
// It knows the keys that are told here (twine.readthedocs.io, "Configuration";
// packaging.python.org, "The .pypirc file").
func isPypirc(text string) bool {
	logins := map[string]int{}
	for _, s := range settings(text) {
		switch key := strings.ToLower(s.key); {
		case key == "repository" && strings.HasPrefix(s.value, "http"), key == "username", key == "password":
			logins[s.section]++
		case key != "ca_cert" && key != "client_cert":
			return false
		}
	}
	for section, n := range logins {
		if n == 3 && section != "" {
			return true
		}
	}
	return false
}

func pypirc(text string) []login {
	return bySection(text, func(l *login, s setting) {
		switch strings.ToLower(s.key) {
		case "repository":
			l.host = urlHost(s.value)
		case "username":
			l.user = s.value
		case "password":
			l.password = s.value
		}
		l.provider, l.label = "pypi", s.section
	})
}
