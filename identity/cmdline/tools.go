package cmdline

import (
	"cmp"
	"strings"
	"sync"

	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/internal/lazy"
)

// tool is a program that logs in. What its options are called is from its manual.
type tool struct {
	names    []string
	sub      []string // words that must be among its first arguments, in this order
	scheme   string   // of package decode's Login
	provider string   // if the scheme does not say it
	variable string   // of the environment, that it takes the password from

	user, server, port, tenant []string // options
	// valued are further options with a value.
	valued []string
	// first: the server is the first argument that is no option; at: one such as
	// user@host; url: the host of the first URL; pairs: arguments are key=value.
	first, at, url, pairs bool
	named                 bool   // the user is the first argument that is no option
	behind                bool   // the user is the argument behind the URL
	cut                   string // what ends the user in the value of its option: "user:password"
	id                    bool   // the user is a client id of Entra
}

var (
	userOptions = []string{"-u", "--user", "--username"}
	images      = tool{sub: []string{"login"}, scheme: decode.Registry, user: []string{"-u", "--username"}, valued: []string{"-p", "--password"}, first: true}
	ssh         = tool{scheme: "ssh", user: []string{"-l"}, valued: []string{"-p", "-P", "-i", "-o", "-pw", "-e"}, at: true}
)

func (t tool) called(names ...string) *tool { t.names = names; return &t }

func (t tool) under(sub ...string) tool { t.sub = sub; return t }

// tools are in no order: names tell them apart, and subcommands those of one name.
var tools = []*tool{
	images.called("docker", "podman", "buildah", "nerdctl", "skopeo", "oras", "crane"),
	images.under("registry", "login").called("helm"),
	(tool{sub: []string{"repo", "add"}, scheme: "https", user: []string{"--username"}, valued: []string{"--password"}, url: true}).called("helm"),
	(tool{scheme: "https", user: []string{"-u", "--user"}, cut: ":", url: true}).called("curl"),
	(tool{scheme: "https", user: []string{"--user", "--http-user", "--ftp-user"}, url: true}).called("wget"),
	(tool{scheme: "https", user: []string{"-a", "--auth"}, cut: ":", url: true}).called("http", "https", "xh"),
	(tool{scheme: "mysql", variable: "MYSQL_PWD", user: []string{"-u", "--user"}, server: []string{"-h", "--host"}, port: []string{"-P", "--port"}}).
		called("mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlshow", "mysqlcheck", "mysqlsh"),
	(tool{scheme: "mariadb", variable: "MYSQL_PWD", user: []string{"-u", "--user"}, server: []string{"-h", "--host"}, port: []string{"-P", "--port"}}).called("mariadb", "mariadb-dump", "mariadb-admin"),
	(tool{scheme: "postgres", variable: "PGPASSWORD", user: []string{"-U", "--username"}, server: []string{"-h", "--host"}, port: []string{"-p", "--port"}}).
		called("psql", "pg_dump", "pg_dumpall", "pg_restore", "pg_basebackup", "createdb", "dropdb", "createuser", "vacuumdb", "pg_isready", "pgbench"),
	(tool{scheme: "redis", variable: "REDISCLI_AUTH", user: []string{"--user"}, server: []string{"-h"}, port: []string{"-p"}}).called("redis-cli", "valkey-cli"),
	(tool{scheme: "mongodb", user: []string{"-u", "--username"}, server: []string{"-h", "--host"}, port: []string{"--port"}, first: true, valued: []string{"-p", "--password", "--db", "-d", "-c"}}).
		called("mongosh", "mongo", "mongodump", "mongorestore", "mongoimport", "mongoexport"),
	(tool{scheme: "sqlserver", variable: "SQLCMDPASSWORD", user: []string{"-U"}, server: []string{"-S"}}).called("sqlcmd", "bcp", "osql"),
	(tool{scheme: "cassandra", user: []string{"-u", "--username"}, valued: []string{"-p", "--password", "-e", "-f", "-k"}, first: true}).called("cqlsh"),
	(tool{scheme: "clickhouse", user: []string{"-u", "--user"}, server: []string{"-h", "--host"}, port: []string{"--port"}}).called("clickhouse-client"),
	(tool{scheme: "snowflake", variable: "SNOWSQL_PWD", user: []string{"-u", "--username"}, tenant: []string{"-a", "--accountname"}}).called("snowsql"),
	(tool{scheme: "ldap", user: []string{"-D"}, server: []string{"-H", "-h"}}).
		called("ldapsearch", "ldapmodify", "ldapadd", "ldapdelete", "ldapwhoami", "ldappasswd", "ldapcompare"),
	(tool{scheme: "amqp", user: []string{"-u", "--username"}, server: []string{"-H", "--host"}}).called("rabbitmqadmin"),
	(tool{scheme: "mqtt", valued: []string{"-P", "--pw"}, user: []string{"-u", "--username"}, server: []string{"-h", "--host"}, port: []string{"-p"}}).called("mosquitto_pub", "mosquitto_sub", "mosquitto_rr"),
	(tool{scheme: "ftp", user: []string{"-u", "--user"}, cut: ",", valued: []string{"-p", "-e"}, first: true}).called("lftp"),
	(tool{scheme: "smb", user: []string{"-U", "--user"}, cut: "%", first: true}).called("smbclient"),
	(tool{scheme: "smtp", user: []string{"-au", "--auth-user"}, server: []string{"-s", "--server"}}).called("swaks"),
	ssh.called("ssh", "scp", "sftp", "rsync", "plink", "pscp", "psftp"),
	(tool{sub: []string{"login"}, provider: "azure", user: userOptions, tenant: []string{"-t", "--tenant"}, id: true}).called("az"),
	(tool{sub: []string{"config", "set-credentials"}, scheme: "https", provider: "kubernetes", user: []string{"--username"}, named: true}).called("kubectl", "oc"),
	(tool{sub: []string{"login"}, scheme: "https", provider: "openshift", user: []string{"-u", "--username"}, server: []string{"-s", "--server"}, valued: []string{"-p", "--password"}, first: true}).called("oc"),
	(tool{sub: []string{"login"}, scheme: "https", provider: "argocd", user: []string{"--username"}, valued: []string{"--password"}, first: true}).called("argocd"),
	(tool{sub: []string{"login"}, scheme: "https", provider: "vault", user: []string{"username"}, server: []string{"-address", "--address"}, pairs: true}).called("vault", "bao"),
	(tool{sub: []string{"upload"}, scheme: "https", provider: "pypi", variable: "TWINE_PASSWORD", user: []string{"-u", "--username"}, server: []string{"--repository-url"}}).called("twine"),
	(tool{sub: []string{"config", "set"}, scheme: "https", provider: "npm", named: true}).called("npm", "pnpm", "yarn"),
	(tool{sub: []string{"login"}, scheme: "https", provider: "cloudfoundry", user: []string{"-u"}, server: []string{"-a"}}).called("cf"),
	(tool{sub: []string{"login"}, scheme: "https", provider: "rancher", user: []string{"-u"}, first: true}).called("rancher"),
	// https://min.io/docs/minio/linux/reference/minio-mc/mc-alias-set.html
	(tool{sub: []string{"alias", "set"}, scheme: "https", provider: "minio", valued: []string{"--api", "--path"}, url: true, behind: true}).called("mc"),
}

// named are the tools that a program can be.
type named struct {
	tools   map[string][]*tool
	lengths [256]uint64 // of names that begin with a character, a bit for each
}

var byName = sync.OnceValue(func() *named {
	n := &named{tools: map[string][]*tool{}}
	for _, t := range tools {
		for _, name := range t.names {
			n.tools[name] = append(n.tools[name], t)
			n.lengths[name[0]] |= 1 << len(name)
		}
	}
	return n
})

// of are those called so. Most words have a length that no name has.
func (n *named) of(word string) []*tool {
	if word = strings.TrimSuffix(word, ".exe"); word == "" || n.lengths[word[0]]>>len(word)&1 == 0 {
		return nil
	}
	return n.tools[word]
}

// Bits of what a character is beside the name of a program.
const (
	before = 1 << iota
	behind
)

var beside = func() (is [256]uint8) {
	for _, c := range []byte(" \t\r\n\v\f\"'") {
		is[c] = before | behind
	}
	for _, c := range []byte("`;|&(=/@:>") {
		is[c] = before
	}
	return is
}()

// programs calls visit for where a text may name one of the tools, and with what that
// one can be.
func programs(text string, visit func(from int, can []*tool)) {
	names, from := byName(), 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && beside[text[i]] == 0 {
			continue
		}
		if i == len(text) || beside[text[i]]&behind != 0 {
			if can := names.of(text[from:i]); can != nil {
				visit(from, can)
			}
		}
		from = i + 1
	}
}

// is reports whether a command is the tool's, by its first arguments that are no options.
func (t *tool) is(args []word) bool {
	want := t.sub
	for _, w := range args[min(1, len(args)):] {
		if len(want) == 0 {
			return true
		}
		switch {
		case w.text == want[0]:
			want = want[1:]
		case !strings.HasPrefix(w.text, "-") && len(want) < len(t.sub):
			return false
		}
	}
	return len(want) == 0
}

// plain is a value that nothing has to be filled into.
var plain = lazy.New(`^[^\s$<>{}%*"'\x60\\]{1,200}$`)

var (
	// host is what a server looks like among other arguments.
	host = lazy.New(`^(?:[a-z+]+://|//)?(?:[^@/\s]*@)?((?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+(?::[0-9]{1,5})?|localhost(?::[0-9]{1,5})?|[A-Za-z0-9-]+:[0-9]{2,5}|\[[0-9A-Fa-f:]+\](?::[0-9]{1,5})?)(?:[/?:].*)?$`)
	// inPath is //server/share of SMB, and the address in a name of npm's settings.
	inPath = lazy.New(`^//([A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?)/`)
	userAt = lazy.New(`^([A-Za-z0-9_][A-Za-z0-9_.-]{0,63})@([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:]+\])(?::.*)?$`)
)

// login reads the arguments of a command, but for the credential at [start, end).
func (t *tool) login(args []word, start, end int) login {
	l := login{tool: t}
	set := func(to *string, w word, value string) {
		if robot := decode.HarborRobot(value); robot != "" && *to == "" {
			*to = robot
		} else if value != "" && plain.MatchString(value) && (w.end <= start || w.start >= end || t.cut != "" || t.pairs) && *to == "" {
			*to = value
		}
	}
	subs := len(t.sub)
	for i := 1; i < len(args); i++ {
		w := args[i]
		if subs > 0 && w.text == t.sub[len(t.sub)-subs] {
			subs--
			continue
		}
		name, value, next := w.text, "", word{}
		if i+1 < len(args) {
			next = args[i+1]
		}
		if k, v, ok := strings.Cut(w.text, "="); ok {
			name, value, next = k, v, w
		}
		took := false
		for _, o := range []struct {
			names []string
			to    *string
		}{{t.user, &l.user}, {t.server, &l.server}, {t.port, &l.port}, {t.tenant, &l.tenant}, {t.valued, new(string)}} {
			for _, opt := range o.names {
				short := len(opt) == 2 && opt[0] == '-'
				switch {
				case took:
				case name == opt && next.start == w.start && next.end == w.end:
					took = true
					set(o.to, w, t.before(o.to == &l.user, value))
				case w.text == opt && next.text != "" && !strings.HasPrefix(next.text, "-"):
					took = true
					set(o.to, next, t.before(o.to == &l.user, next.text))
					i++
				case short && len(w.text) > 2 && strings.HasPrefix(w.text, opt) && o.to != &l.port:
					took = true
					set(o.to, w, t.before(o.to == &l.user, w.text[2:]))
				}
			}
		}
		if !took && (w.end <= start || w.start >= end || t.named && strings.HasPrefix(w.text, "//")) {
			t.argument(&l, w)
		}
	}
	l.server, l.user = serverOf(l.server), cmp.Or(l.user, l.first)
	return l
}

// argument reads one that is no known option.
func (t *tool) argument(l *login, w word) {
	if inside := inPath.FindStringSubmatch(w.text); inside != nil && l.server == "" && (t.first || t.named) {
		l.server = inside[1]
		return
	}
	switch {
	case strings.HasPrefix(w.text, "-") || !plain.MatchString(w.text):
	case t.at:
		if m := userAt.FindStringSubmatch(w.text); m != nil && l.server == "" {
			l.server = m[2]
			if l.user == "" {
				l.user = m[1]
			}
		}
	case t.url:
		switch {
		case strings.Contains(w.text, "://") && l.server == "":
			l.server = w.text
		case t.behind && l.server != "" && l.first == "":
			l.first = w.text
		}
	case t.first && l.server == "" && host.MatchString(w.text):
		l.server = w.text
	case t.named && l.first == "" && !strings.ContainsAny(w.text, "=/"):
		l.first = w.text
	}
}

// before is the user in the value of an option that has the password too.
func (t *tool) before(user bool, value string) string {
	if user && t.cut != "" {
		value, _, _ = strings.Cut(value, t.cut)
	}
	return value
}

// serverOf is the host, and the port if there is one, of what names a server. SQL
// Server's may say tcp: in front, a comma before the port and an instance.
func serverOf(text string) string {
	text = strings.TrimPrefix(text, "tcp:")
	if h, port, ok := strings.Cut(text, ","); ok {
		text = h + ":" + port
	}
	if m := host.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text, _, _ = strings.Cut(rest, "/")
	}
	if strings.ContainsAny(text, "/@ ") {
		return ""
	}
	return text
}
