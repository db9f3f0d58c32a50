package decode

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// login is one entry of a file with logins.
type login struct {
	provider, host, user, password string
	label, scope                   string
	written                        string // the password as the file has it, if that is base64
}

// logins is the evidence of a file: the first login that has a secret is what it
// is about, the others are noted.
func (in *Input) logins(file string, identity leak.IdentityType, list []login) []leak.Evidence {
	if in.entries != nil {
		for _, l := range list {
			if !in.full() {
				in.enter(in.login(file, identity, l).list, l.password, l.written)
			}
		}
	}
	if len(list) == 0 {
		return nil
	}
	c := in.login(file, identity, list[0])
	for _, l := range list[1:min(len(list), maxEntries)] {
		c.text(leak.ClaimNote, "also in the file: "+publicUser(l.user)+prefixed(" at ", l.host), "another login of the file")
	}
	return c.list
}

// login is the evidence of one of them.
func (in *Input) login(file string, identity leak.IdentityType, l login) *told {
	c := &told{weight: .9}
	reason := "the file " + file
	c.weigh(leak.ClaimProvider, l.provider, .5, reason)
	c.weigh(leak.ClaimType, string(identity), .5, reason)
	c.weigh(leak.ClaimKind, "login in "+file, .5, reason)
	c.add(leak.ClaimServer, l.host, "host in the file")
	c.join(in.within("", l.password))
	if c.find(leak.ClaimName, len(c.list)) < 0 {
		c.who(l.user, "user name in the file")
	}
	c.text(leak.ClaimLabel, l.label, "name of the entry")
	c.text(leak.ClaimScope, l.scope, "scope in the file")
	c.named(l.host+" "+l.label+" "+l.scope, "a word in the entry's host or name")
	return c
}

// loginFiles tells files with logins apart by what is in them.
func loginFiles(in *Input) []leak.Evidence {
	v := in.Value
	if len(v) > 1<<18 {
		return nil
	}
	has := func(s string) bool { return strings.Contains(v, s) }
	switch {
	case has("_authToken") || has(":_auth") || has(":_password") || strings.HasPrefix(v, "_auth"):
		return in.logins(".npmrc", leak.RegistryRobot, npmrc(v))
	case has("[distutils]") || has("[pypi]") || has("[testpypi]") || has("repository") && has("username") && isPypirc(v):
		return in.logins(".pypirc", leak.RegistryRobot, pypirc(v))
	case (strings.HasPrefix(v, "[client") || has("\n[client") || has("[mysql]")) && has("password"):
		return in.logins(".my.cnf", leak.DatabaseUser, mycnf(v))
	case (strings.HasPrefix(v, "[registr") || has("\n[registr")) && has("token"):
		return in.logins("Cargo's credentials.toml", leak.HumanAccount, cargo(v))
	case (strings.HasPrefix(v, "machine ") || has("\nmachine ")) && has("login"):
		return in.logins(".netrc", leak.UnknownIdentity, netrc(v))
	case strings.HasPrefix(v, "http") && has("\n"):
		return in.logins(".git-credentials", leak.UnknownIdentity, gitCredentials(v))
	}
	if list := pgpass(v); len(list) > 0 {
		return in.logins(".pgpass", leak.DatabaseUser, list)
	}
	if list := htpasswd(v); len(list) > 0 {
		return in.logins("an htpasswd file", leak.UnknownIdentity, list)
	}
	if list := gradle(v); len(list) > 0 {
		return in.logins("gradle.properties", leak.RegistryRobot, list)
	}
	return nil
}

// setting is a line key = value.
type setting struct{ section, key, value string }

// settings reads INI files, and files like them. Quotes around values are cut.
func settings(text string) []setting {
	var all []setting
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' || len(all) > 2000 {
			continue
		}
		if line[0] == '[' {
			section = strings.Trim(line, "[] ")
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if k, v, colon := strings.Cut(line, ": "); colon && (!ok || len(k) < len(key)) {
			key, value, ok = k, v, true // as Python reads such files too
		}
		if ok {
			all = append(all, setting{section, strings.TrimSpace(key), strings.Trim(strings.TrimSpace(value), `"'`)})
		}
	}
	return all
}

// npmrc reads //host/path/:_authToken=, :_auth= (base64 of user and password),
// :username= with :_password= (base64), and @scope:registry=.
func npmrc(text string) []login {
	byHost, scopes := map[string]*login{}, map[string]string{}
	var order []string
	for _, s := range settings(text) {
		if scope, ok := strings.CutSuffix(s.key, ":registry"); ok && strings.HasPrefix(scope, "@") {
			scopes[registryPath(s.value)] = scope
			continue
		}
		at := strings.LastIndexByte(s.key, ':')
		host, field := "", s.key
		if strings.HasPrefix(s.key, "//") && at > 0 {
			host, field = registryPath("https:"+s.key[:at]), s.key[at+1:]
		}
		if field != "_authToken" && field != "_auth" && field != "_password" && field != "username" {
			continue
		}
		l := byHost[host]
		if l == nil {
			l = &login{provider: "npm", host: host}
			byHost[host], order = l, append(order, host)
		}
		switch field {
		case "username":
			l.user = s.value
		case "_auth":
			raw, _ := unbase64(s.value)
			l.user, l.password, _ = strings.Cut(string(raw), ":")
			l.written = s.value
		case "_password":
			raw, _ := unbase64(s.value)
			l.password, l.written = string(raw), s.value
		default:
			l.password = s.value
		}
	}
	var list []login
	for _, host := range order {
		l := *byHost[host]
		l.scope = prefixed("packages of ", scopes[host])
		l.host, _, _ = strings.Cut(l.host, "/")
		list = append(list, l)
	}
	return list
}

// registryPath is host and path of a URL, without the slash at the end.
func registryPath(link string) string {
	_, rest, _ := strings.Cut(link, "//")
	return strings.TrimRight(rest, "/")
}

func mycnf(text string) []login {
	return bySection(text, func(l *login, s setting) {
		switch strings.ToLower(s.key) {
		case "host":
			l.host = s.value
		case "user":
			l.user = s.value
		case "password", "pass":
			l.password = s.value
		case "database":
			l.scope = "database " + s.value
		}
		l.provider, l.label = "mysql", s.section
	})
}

// cargo reads the token of the public registry and those of others, whose
// addresses stand in another file.
func cargo(text string) []login {
	return bySection(text, func(l *login, s setting) {
		if s.key == "token" {
			l.password = s.value
		}
		if name, other := strings.CutPrefix(s.section, "registries."); other && name != "crates-io" {
			l.provider, l.label = "cargo", strings.Trim(name, `"`)
		} else {
			l.provider = "cratesio"
		}
	})
}

// bySection collects the settings of each section that has a password.
func bySection(text string, take func(*login, setting)) []login {
	var list []login
	var l login
	last := ""
	for _, s := range append(settings(text), setting{section: "\x00"}) {
		if s.section != last {
			if l.password != "" {
				list = append(list, l)
			}
			l, last = login{}, s.section
		}
		take(&l, s)
	}
	return list
}

// netrc reads machine, login and password, in any order of lines and words.
func netrc(text string) []login {
	var list []login
	words := strings.Fields(text)
	for i := 0; i < len(words) && len(list) < 100; i++ {
		if words[i] == "default" {
			list = append(list, login{})
			continue
		}
		if i+1 >= len(words) {
			break
		}
		last := len(list) - 1
		switch value := words[i+1]; {
		case words[i] == "machine":
			list = append(list, login{host: value, provider: "http"})
		case words[i] == "login" && last >= 0:
			list[last].user = value
		case words[i] == "password" && last >= 0:
			list[last].password = value
		default:
			continue
		}
		i++
	}
	return list
}

// pgpass reads host:port:database:user:password, where \ escapes.
func pgpass(text string) []login {
	var list []login
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(strings.ReplaceAll(line, `\:`, "\x00"), ":")
		if len(f) != 5 || f[1] != "*" && (!isNumber(f[1]) || len(f[1]) > 5) || f[3] == "" || f[4] == "" || strings.ContainsAny(line[:len(line)-len(f[4])], " /={}\"") {
			return nil
		}
		list = append(list, login{provider: "postgresql", host: f[0], user: f[3], password: strings.ReplaceAll(f[4], "\x00", ":"), scope: "database " + f[2]})
		if len(list) > 100 {
			break
		}
	}
	return list
}

// gitCredentials reads one URL a line.
func gitCredentials(text string) []login {
	var list []login
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || len(list) > 100 {
			continue
		}
		t, ok := parseURL(line)
		if !ok {
			return nil
		}
		list = append(list, login{provider: t.provider(t.hostname()), host: t.host, user: t.user, password: t.password})
	}
	return list
}

// htpasswd reads user:hash with the hashes that Apache knows.
func htpasswd(text string) []login {
	var list []login
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		user, hash, ok := strings.Cut(line, ":")
		if !ok || !strings.HasPrefix(hash, "$apr1$") && !strings.HasPrefix(hash, "$2") && !strings.HasPrefix(hash, "{SHA}") && !strings.HasPrefix(hash, "$5$") && !strings.HasPrefix(hash, "$6$") {
			return nil
		}
		list = append(list, login{user: user})
		if len(list) > 100 {
			break
		}
	}
	return list
}

// gradle reads pairs <name>Username and <name>Password.
func gradle(text string) []login {
	if !strings.Contains(text, "Password") && !strings.Contains(text, "Token") || strings.ContainsAny(text[:min(len(text), 1)], "{<") {
		return nil
	}
	users, order := map[string]string{}, []setting{}
	for _, s := range settings(text) {
		for _, end := range []string{"Username", "User"} {
			if name, ok := strings.CutSuffix(s.key, end); ok && !strings.Contains(s.key, " ") {
				users[name] = s.value
			}
		}
		for _, end := range []string{"Password", "Token"} {
			if name, ok := strings.CutSuffix(s.key, end); ok && !strings.Contains(s.key, " ") && s.value != "" {
				order = append(order, setting{name, s.key, s.value})
			}
		}
	}
	var list []login
	for _, s := range order {
		if user := users[s.section]; user != "" {
			list = append(list, login{user: user, password: s.value, label: strings.Trim(s.section, "._")})
		}
	}
	return list
}
