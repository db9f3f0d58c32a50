package decode

import (
	"cmp"
	"strings"
)

// parseJDBC reads jdbc:<kind>://host:port/database?user=&password=, the form with
// semicolons of SQL Server, and jdbc:oracle:thin:user/password@host.
func parseJDBC(value string) (target, bool) {
	rest, ok := strings.CutPrefix(value, "jdbc:")
	if !ok || len(rest) > 4096 || strings.ContainsAny(rest, " \t\n\"'`<>") {
		return target{}, false
	}
	if thin, ok := strings.CutPrefix(rest, "oracle:thin:"); ok {
		login, host, _ := strings.Cut(thin, "@")
		t := target{scheme: database("oracle")}
		t.user, t.password, _ = strings.Cut(login, "/")
		t.host, t.path, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(host, "//"), "//"), "/")
		return t, t.user != "" && t.host != ""
	}
	main, options, _ := strings.Cut(rest, ";")
	if t, ok := parseURL(main); ok && options == "" {
		return t, true
	}
	name, host, ok := strings.Cut(main, "://")
	s, known := scheme{}, false
	for word := range strings.SplitSeq(name, ":") { // jtds:sqlserver, mysql:loadbalance
		if !known {
			s, known = schemes[word]
		}
	}
	if !ok || !known {
		return target{}, false
	}
	t := target{scheme: s}
	if at := strings.IndexByte(host, '?'); at >= 0 {
		options, host = strings.ReplaceAll(host[at+1:], "&", ";"), host[:at]
	}
	t.host, t.path, _ = strings.Cut(host, "/")
	instance, port := "", ""
	for _, option := range strings.Split(options, ";") {
		key, v, _ := strings.Cut(option, "=")
		switch strings.ToLower(key) {
		case "servername", "server":
			t.host = cmp.Or(t.host, v)
		case "portnumber", "port":
			port = v
		case "instancename", "instance":
			instance = v
		case "user", "username", "user id", "uid":
			t.user = v
		case "password", "pwd":
			t.password = v
		case "databasename", "database", "db":
			t.path = v
		}
	}
	t.listens(port)
	t.instance(instance)
	return t, t.user != "" && t.host != ""
}

// instance is one of several servers of SQL Server on a host, which has a port of its
// own: host\instance. Where that is named too, the instance is not looked at.
func (t *target) instance(name string) {
	if host, rest, ok := strings.Cut(t.host, `\`); ok {
		t.host = host
		if i := strings.LastIndexByte(rest, ':'); i >= 0 {
			t.host += rest[i:]
		} else {
			name = rest
		}
	}
	if name != "" && !strings.Contains(t.host, ":") {
		t.host += `\` + strings.TrimLeft(name, `\`)
	}
}
