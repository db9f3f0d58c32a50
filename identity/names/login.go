package names

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// login is what a password is for that has its user and its server in fields of their
// own: DB_USERNAME, DB_HOST, DB_PORT and DB_CONNECTION beside DB_PASSWORD.
type login struct {
	hosts      []around.Field
	port, kind *around.Field
	base       *around.Field
	tls        *around.Field // says that the server has it
	clear      bool          // one says that it has not
	nested     []tlsBlock
	user       bool   // there is one
	database   bool   // a field names the database on the server
	provider   string // of the kind
	identity   leak.IdentityType
}

var (
	portEnds = []string{"port"}
	// kindEnds are the names of fields that say which kind of server it is:
	//   - connection, mailer, scheme, client: Laravel, github.com/laravel/laravel/blob/11.x/.env.example
	//   - driver: its config/database.php, and CodeIgniter's DBDriver
	//   - adapter: Rails, github.com/rails/rails, config/database.yml of its templates
	//   - engine: Django, docs.djangoproject.com/en/stable/ref/settings/#databases
	//   - dialect: Sequelize, sequelize.org/v3/api/sequelize
	//   - type: TypeORM, typeorm.io/docs/data-source/data-source
	//   - client: Knex, as github.com/directus/directus has it in api/src/cli/utils/create-db-connection.ts
	//   - driver-class-name, driverClassName: Spring's data sources
	//   - drivername: SQLAlchemy, docs.sqlalchemy.org/en/20/core/engines.html#sqlalchemy.engine.URL.create
	//   - db-kind: Quarkus, quarkus.io/guides/datasource
	//   - vendor: Keycloak's older image, github.com/keycloak/keycloak-containers, server/tools/docker-entrypoint.sh
	//   - protocol: CodeIgniter's e-mail, codeigniter4.github.io/CodeIgniter4/libraries/email.html
	//   - provider: Prisma, www.prisma.io/docs/orm/reference/connection-urls
	//   - dbms, transport: of no framework, but in many repositories' settings (DB_DBMS, MAIL_TRANSPORT)
	kindEnds = []string{"connection", "adapter", "engine", "dialect", "driver", "drivername", "driverclassname", "client", "type", "dbkind", "vendor", "dbms", "provider", "mailer", "transport", "scheme", "protocol"}
	baseEnds = []string{"database", "dbname", "databasename", "dbdatabase", "initialcatalog", "schema"}
	nameEnds = []string{"name"}
	partEnds = slices.Concat(portEnds, kindEnds, baseEnds, nameEnds, hostEnds)
	// directoryEnds are the names of fields with who logs in to a directory: LDAP_BIND_DN,
	// and LDAP_USER_DN, docs.djangoproject.com's AUTH_LDAP_BIND_DN, Spring's user name.
	directoryEnds = []string{"dn", "binddn", "userdn", "managerdn"}
	// roles stand between what a server's fields begin with and "password":
	// MYSQL_ROOT_PASSWORD beside MYSQL_HOST, EMAIL_HOST_PASSWORD beside EMAIL_HOST.
	roles = []string{"host", "bind", "root", "sa", "admin", "default", "initdbroot", "server", "master", "user", "auth", "become"}
	// machines are words of log-ins to the machine itself, whatever it serves and its
	// group is called: ansible_password under [db],
	// docs.ansible.com/ansible/latest/inventory_guide/connection_details.html.
	machines = map[string]bool{"ansible": true, "ssh": true, "sftp": true, "winrm": true, "rdp": true, "sudo": true}
	// masters are the users that a kind of server has by itself.
	masters = map[string]string{"mysql": "root", "mariadb": "root", "sqlserver": "sa"}
)

// mine reports whether a field with a name is one of the server's that the password
// is for, by one of some ends.
func (b *beside) mine(name string, ends []string) bool {
	return slices.ContainsFunc(ends, func(end string) bool {
		p, ok := strings.CutSuffix(name, end)
		rest, under := strings.CutPrefix(b.prefix, p)
		return ok && under && (rest == "" || slices.Contains(roles, rest))
	})
}

// part keeps a field that is one of the server's.
func (b *beside) part(f *around.Field, name string) {
	if b.nestedTLS(f, name) || b.seen.Weight(f) < around.Near || b.overTLS(f, name) || !b.mine(name, partEnds) || !settled(f.Value) {
		return
	}
	better := func(old *around.Field) bool {
		return old == nil || b.seen.Weight(old) < b.seen.Weight(f)
	}
	switch {
	case b.mine(name, portEnds):
		if digits.MatchString(f.Value) && len(f.Value) <= 5 && better(b.login.port) || f.Value == "25" {
			b.login.port = f
		}
	case b.mine(name, kindEnds):
		if provider, _ := decode.Server(Words(f.Value)); provider != "" && better(b.login.kind) {
			b.login.kind = f
		}
	case b.mine(name, baseEnds):
		b.login.database = true
		if better(b.login.base) {
			b.login.base = f
		}
	case b.mine(name, nameEnds) && (strings.HasSuffix(b.prefix, "db") || strings.HasSuffix(b.prefix, "database") || name == "name"):
		if name != "name" || better(b.login.base) {
			b.login.base = f
		}
	}
	if b.mine(name, hostEnds) {
		b.login.hosts = append(b.login.hosts, *f)
	}
}

// server says which server the password is for, as a URL of the server would.
func (b *beside) server() {
	l := &b.login
	weight, why, line := b.kind()
	if !unspecific(&b.s.q.Finding.Rule) {
		weight, l.provider = 0, ""
	}
	if weight > 0 {
		b.tell(leak.ClaimProvider, l.provider, why, weight, line)
		b.tell(leak.ClaimType, string(l.identity), why, weight, line)
		if f := b.overTLSOf(); f != nil && (withTLS[l.provider] || strings.HasPrefix(strings.ToLower(f.Value), l.provider+"s:")) {
			b.says(f, leak.ClaimKind, "login of a "+l.provider+" server"+decode.OverTLS, max(b.seen.Weight(f), around.Near))
		}
	}
	// What is called "name" alone is a database where Django says so.
	if f := l.base; f != nil && l.provider != "" && l.identity == leak.DatabaseUser && databaseName.MatchString(f.Value) &&
		(Plain(f.Name) != "name" || l.kind != nil && Plain(l.kind.Name) == "engine") {
		b.says(f, leak.ClaimScope, "database "+f.Value, b.seen.Weight(f))
	}
	for i := range l.hosts {
		f := &l.hosts[i]
		m := hosted.FindStringSubmatch(strings.TrimPrefix(f.Value, "jdbc:"))
		if m == nil || l.provider == "" && !strings.ContainsAny(m[1], ".:") {
			continue
		}
		host, weight := strings.ToLower(m[1]), b.seen.Weight(f)
		b.says(f, leak.ClaimServer, l.address(host), weight)
		b.tenants(host, besideIt(f), weight, f.Line)
	}
	if name := masters[l.provider]; name != "" && strings.HasSuffix(b.prefix, name) && b.prefix != name && !l.user {
		b.tell(leak.ClaimName, name, "the name "+b.seen.Own.Name, around.Near, b.seen.Own.Line)
	}
}

// tenants says what the name of a known kind of server does.
func (b *beside) tenants(host, why string, weight float64, line int) {
	if b.login.provider == "" || b.login.provider == minio { // whose id has the server
		return
	}
	for _, e := range decode.Host(host) {
		e.Class, e.Weight, e.Reason, e.Ref = leak.FromNeighbour, min(e.Weight, weight), why, b.ref(line)
		if e.Claim == leak.ClaimEnvironment {
			e.Class = leak.FromName
		}
		b.s.add(e)
	}
}

// unspecific reports whether a rule does not say what its credentials are for.
func unspecific(r *leak.RuleInfo) bool {
	return r.ID == rules.Generic || r.ID == rules.KubernetesSecret || r.Provider == "" || r.Provider == "generic" || r.Provider == "jdbc"
}

// says is for what a field beside the credential does.
func (b *beside) says(f *around.Field, claim, value string, weight float64) {
	b.s.lines = b.seen.Lines(f)
	b.tell(claim, value, besideIt(f), weight, f.Line)
}

func besideIt(f *around.Field) string { return f.Name + " beside it" }

func (b *beside) tell(claim, value, why string, weight float64, line int) {
	b.s.add(leak.Evidence{Class: leak.FromNeighbour, Claim: claim, Value: value, Weight: weight, Reason: why, Ref: b.ref(line)})
}

// address is a host with the port that a field beside it says, unless it is the one
// that such servers have anyway.
func (l *login) address(host string) string {
	if l.port == nil || strings.Contains(host, ":") {
		return host
	}
	if of, _ := decode.Port(l.port.Value); decode.Usual(cmp.Or(l.provider, of), l.port.Value) {
		return host
	}
	return host + ":" + l.port.Value
}

// kind finds out which kind of server it is: by a field that says so, by what the
// names begin with or stand under, by the port. The weight is 0 if nothing says it.
func (b *beside) kind() (weight float64, why string, line int) {
	l := &b.login
	if f := l.kind; f != nil {
		l.provider, l.identity = decode.Server(Words(f.Value))
		return b.seen.Weight(f), f.Name + " beside it", f.Line
	}
	for i := range l.hosts {
		if l.provider = decode.Database(l.hosts[i].Value); l.provider != "" {
			l.identity = leak.DatabaseUser
			return b.seen.Weight(&l.hosts[i]), l.hosts[i].Name + " beside it", l.hosts[i].Line
		}
	}
	own := b.seen.Own
	if kind := files[path.Base(b.path)]; kind != "" {
		l.provider, l.identity = decode.Server([]string{kind})
		return around.Near, "the file " + path.Base(b.path), own.Line
	}
	if slices.ContainsFunc(Words(own.Name), func(w string) bool { return machines[w] }) {
		if why := b.overSSH(); why != "" {
			l.provider, l.identity = shell()
			return around.InBlock, why, own.Line
		}
		return 0, "", 0
	}
	if slices.Contains(Words(own.Name), minio) {
		l.provider, l.identity = minio, leak.ServiceAccount
		return around.InBlock, "the name " + own.Name, own.Line
	}
	names := append([]string{own.Name}, b.seen.Key.Above[:min(len(b.seen.Key.Above), 3)]...)
	for i, name := range names {
		words := Words(name)
		if i == 0 {
			words = append(words, b.prefix) // PGPASSWORD is one word
		} else if !l.user && len(l.hosts) == 0 { // of anything
			break
		}
		if l.provider, l.identity = decode.Server(words); l.provider != "" {
			return around.InBlock, "the name " + name, own.Line
		}
	}
	if f := l.port; f != nil {
		if l.provider, l.identity = decode.Port(f.Value); l.provider != "" {
			return around.Near, "the port in " + f.Name + " beside it", f.Line
		}
	}
	for i := range l.hosts {
		_, port, _ := strings.Cut(strings.TrimRight(l.hosts[i].Value, "/"), ":")
		if l.provider, l.identity = decode.Port(port); l.provider != "" {
			return around.Near, "the port in " + l.hosts[i].Name + " beside it", l.hosts[i].Line
		}
	}
	if len(l.hosts) == 0 {
		return 0, "", 0
	}
	for _, name := range names {
		for _, w := range append(Words(name), b.prefix) {
			if mails[w] {
				l.provider, l.identity = decode.Server([]string{"smtp"})
				return around.Near, "the name " + name, own.Line
			}
			l.database = l.database || databases[w]
		}
	}
	if l.database && l.user {
		l.provider, l.identity = identity.AnyDatabase, leak.DatabaseUser
		return around.Near, "the fields beside it are a database's", own.Line
	}
	return 0, "", 0
}

// databaseName is a name as servers have them, and no path, URL or sentence.
var databaseName = lazy.New(`^[A-Za-z0-9_][A-Za-z0-9_.$-]{0,62}$`)

// files are those of one kind of server.
var files = map[string]string{"my.cnf": "mysql", ".my.cnf": "mysql", ".mylogin.cnf": "mysql", "pg_service.conf": "postgresql", ".pg_service.conf": "postgresql", "wp-config.php": "mysql"}

// mails and databases are words for a server of a kind that has several products.
var (
	mails     = set("mail mailer email smtp")
	databases = set("db dbs database databases datasource datasources rds sql jdbc")
)
