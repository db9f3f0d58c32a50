package identity_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/cmdline"
	"github.com/whosekey/whosekey/identity/names"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// TestServers: what stands around a password says where it lets in, in each of its
// places; what is not sure is loose, and what is no password is for no server.
func TestServers(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	servers := identity.Servers(ps, identity.FromRules(ps), identity.FromItself(ps), cmdline.New(), names.New())
	const secret = "h4kQm2vTb8sLwz"
	for _, c := range []struct {
		rule, text string // places are divided by ----
		want       string
	}{
		{"", "DB_CONNECTION=mysql\nDB_HOST=a.acme.io\nDB_USERNAME=app\nDB_PASSWORD=S", "mysql app@a.acme.io"},
		{"", "DB_CONNECTION=mysql\nDB_HOST=a.acme.io\nDB_USERNAME=app\nDB_PASSWORD=S\n----DB_CONNECTION=pgsql\nDB_HOST=b.acme.io\nDB_USERNAME=app\nDB_PASSWORD=S", "mysql app@a.acme.io; postgresql app@b.acme.io"},
		{"", "HOST=a.acme.io\nPORT=5432\nUSER=app\nJWT_SECRET=S", ""},
		{"", "HOST=a.acme.io\nPORT=5432\nUSER=app\nAPI_KEY=S", ""},
		{"", "DB_CONNECTION=sqlsrv\nDB_HOST=a.acme.io\nDB_DATABASE=shop\nDB_USERNAME=app\nDB_PASSWORD=S", "sqlserver app@a.acme.io/shop"},
		{"", "DB_TYPE=mssql\nDB_NAME=shop\nDB_HOST=a.acme.io\nDB_USER=app\nDB_PASSWORD=S", "sqlserver app@a.acme.io/shop"},
		{"", "dialect: mssql\nhost: a.acme.io\ndatabase: shop\nusername: app\npassword: S", "sqlserver app@a.acme.io/shop"},
		{"", "name: settings of app\ndialect: mssql\nhost: a.acme.io\nusername: app\npassword: S", "sqlserver app@a.acme.io"},
		{"", "{'ENGINE': 'mssql', 'NAME': 'shop', 'HOST': 'a.acme.io', 'USER': 'app', 'PASSWORD': 'S'}", "sqlserver app@a.acme.io/shop"},
		{"", "{'NAME': 'shop', 'HOST': 'a.acme.io', 'USER': 'app', 'PASSWORD': 'S', 'ENGINE': 'django.db.backends.mysql'}", "mysql app@a.acme.io/shop"},
		{"", "DB_CONNECTION=sqlsrv\nDB_HOST=a.acme.io\nDB_DATABASE=${NAME}\nDB_USERNAME=app\nDB_PASSWORD=S", "sqlserver app@a.acme.io"},
		{"", "REDIS_HOST=a.acme.io\nREDIS_PORT=6380\nREDIS_PASSWORD=S", "redis @a.acme.io:6380"},
		{"", "REDIS_HOST=a.acme.io\nREDIS_PORT=6379\nREDIS_PASSWORD=S", "redis @a.acme.io"},
		{"", "REDIS_HOST=a.acme.io\nREDIS_PORT=6380\nREDIS_TLS=true\nREDIS_PASSWORD=S", "redis:tls @a.acme.io:6380"},
		{"", "REDIS_HOST=a.acme.io\nREDIS_USE_SSL=0\nREDIS_PASSWORD=S", "redis @a.acme.io"},
		{"", "REDIS_SCHEME=tls\nREDIS_HOST=a.acme.io\nREDIS_PASSWORD=S", "redis:tls @a.acme.io"},
		{"", "REDIS_HOST=rediss://a.acme.io\nREDIS_PASSWORD=S", "redis:tls @a.acme.io"},
		{"", "['redis' => ['scheme' => 'tls', 'host' => 'a.acme.io', 'port' => 6380, 'password' => 'S']]", "redis:tls @a.acme.io:6380"},
		{"", "MAIL_HOST=a.acme.io\nMAIL_PORT=587\nMAIL_TLS=true\nMAIL_USERNAME=robot@acme.io\nMAIL_PASSWORD=S", "smtp robot@acme.io@a.acme.io"},
		{"", "spring.rabbitmq.host=a.acme.io\nspring.rabbitmq.username=app\nspring.rabbitmq.ssl.enabled=true\nspring.rabbitmq.password=S", "rabbitmq:tls app@a.acme.io"},
		{"", "LDAP_HOST=a.acme.io\nLDAP_BIND_DN=cn=admin,dc=acme,dc=io\nLDAP_BASE_DN=dc=acme,dc=io\nLDAP_BIND_PASSWORD=S", "ldap cn=admin,dc=acme,dc=io@a.acme.io"},
		{"", "LDAP_URL=ldaps://a.acme.io:636\nLDAP_USER_DN='uid=app,ou=x y,dc=acme'\nLDAP_PASSWORD=S", "ldap:tls uid=app,ou=x y,dc=acme@a.acme.io:636"},
		{"", "AUTH_LDAP_SERVER_URI = \"ldap://a.acme.io\"\nAUTH_LDAP_BIND_DN = \"cn=app,dc=acme\"\nAUTH_LDAP_BIND_PASSWORD = 'S'", "ldap cn=app,dc=acme@a.acme.io"},
		{"", "spring.ldap.urls=ldap://a.acme.io:389\nspring.ldap.username=cn=admin,dc=acme\nspring.ldap.password=S", "ldap cn=admin,dc=acme@a.acme.io:389"},
		{"", "LDAP_HOST=a.acme.io\nLDAP_DN=dc=acme,dc=io\nLDAP_PASSWORD=S", "ldap @a.acme.io"},
		{"", "MAIL_MAILER=smtp\nMAIL_HOST=a.acme.io\nMAIL_PORT=465\nMAIL_USERNAME=robot@acme.io\nMAIL_PASSWORD=S", "smtp robot@acme.io@a.acme.io:465"},
		{"", `"Server=tcp:a.acme.io,1434;Initial Catalog=shop;User ID=app;Password=S;Encrypt=True;"`, "sqlserver app@a.acme.io:1434/shop"},
		{"", `"Data Source=a.acme.io;Initial Catalog=shop;User ID=app;Password=S"`, "sqlserver app@a.acme.io/shop"},
		{"", `x="Server=a.acme.io\SQLEXPRESS;Database=shop;User Id=app;Password=S;"`, `sqlserver app@a.acme.io\SQLEXPRESS/shop`},
		{"", `x="Server=a.acme.io\SQLEXPRESS,1434;Database=shop;User Id=app;Password=S;"`, "sqlserver app@a.acme.io:1434/shop"},
		{"", `<add connectionString="server=a.acme.io;port=3310;uid=app;pwd=S;sslmode=none"/>`, "mysql app@a.acme.io:3310"},
		{"", `x="Server=a.acme.io;Uid=app;Pwd=S"`, ""},
		{"", `x="Server=a.acme.io;Database=shop;Uid=app;Pwd=S;"`, ""},
		{"", `x="server=a.acme.io;user=app;password=S;database=shop"`, ""},
		{"", `x="Server=a.acme.io;Database=shop;Uid=app;Pwd=S;CharSet=utf8mb4"`, "mysql app@a.acme.io/shop"},
		{"", `x="Server=a.acme.io;Database=shop;Uid=app;Pwd=S;Allow User Variables=True"`, "mysql app@a.acme.io/shop"},
		{"", `x="Server=a.acme.io;Database=shop;Uid=app;Pwd=S;TrustServerCertificate=True"`, "sqlserver app@a.acme.io/shop"},
		{"", `x="Server=a.acme.io,1433;Database=shop;Uid=app;Pwd=S"`, "sqlserver app@a.acme.io:1433/shop"},
		{"", `x="Server=a.acme.io;Database=shop;Uid=sa;Pwd=S"`, "sqlserver sa@a.acme.io/shop"},
		{"", `x="Server=a.acme.io;Database=shop;User Id=app;Password=S"`, "sqlserver app@a.acme.io/shop"},
		{"", `x="Server=a.acme.io;Database=shop;User Id=app;Password=S;SSL Mode=Require;Trust Server Certificate=true"`, "postgresql app@a.acme.io/shop"},
		{"", `x="Server=a.acme.io;Database=shop;User Id=app;Password=S;SslMode=Required"`, "mysql app@a.acme.io/shop"},
		{"", `x="Driver={ODBC Driver 18 for SQL Server};Server=a.acme.io;Uid=app;Pwd=S"`, "sqlserver app@a.acme.io"},
		{"", `x="Driver={MySQL ODBC 8.0 Unicode Driver};Server=a.acme.io;Uid=app;Pwd=S"`, "mysql app@a.acme.io"},
		{"", `x="Driver={SnowflakeDSIIDriver};Server=a.acme.io;Uid=app;Pwd=S"`, ""},
		{"", `x="Provider=MSOLEDBSQL;Server=a.acme.io;Uid=app;Pwd=S"`, "sqlserver app@a.acme.io"},
		{"", `MYSQL_CONNECTION="Server=a.acme.io;Database=shop;Uid=app;Pwd=S"`, "mysql app@a.acme.io/shop"},
		{"", `<add name="x" connectionString="Server=a.acme.io;Database=shop;Uid=app;Pwd=S" providerName="MySql.Data.MySqlClient" />`, "mysql app@a.acme.io/shop"},
		{"", `<add name="x" connectionString="Server=a.acme.io;Database=shop;Uid=app;Pwd=S" providerName="System.Data.SqlClient" />`, "sqlserver app@a.acme.io/shop"},
		{"", `options.UseMySql("Server=a.acme.io;Database=shop;Uid=app;Pwd=S")`, "mysql app@a.acme.io/shop"},
		{"", `options.UseSqlServer("Server=a.acme.io;Database=shop;Uid=app;Pwd=S")`, "sqlserver app@a.acme.io/shop"},
		{"", `new MySqlConnection("Server=a.acme.io;Database=shop;Uid=app;Pwd=S")`, "mysql app@a.acme.io/shop"},
		{"", `new SqlConnection("Server=a.acme.io;Database=shop;Uid=app;Pwd=S")`, "sqlserver app@a.acme.io/shop"},
		{"", `{"ConnectionStrings":{"Redis":"a.acme.io:6380,password=S,ssl=True,abortConnect=False"}}`, "redis:tls @a.acme.io:6380"},
		{"", `{"Redis":{"Configuration":"a.acme.io,b.acme.io:6390,user=app,password=S"}}`, "redis app@a.acme.io"},
		{"", "cache:\n  redis:\n    configuration: a.acme.io:9000,password=S\n", "redis @a.acme.io:9000"},
		{"", "REDIS_CONNECTION=a.acme.io:6390,password=S,ssl=False", "redis @a.acme.io:6390"},
		{"", `x = ConnectionMultiplexer.Connect("allowAdmin=true,password=S,a.acme.io:6379,defaultDatabase=2");`, "redis @a.acme.io"},
		{"", `<add name="Cache" connectionString="a.acme.io:6380,abortConnect=false,ssl=true,password=S" />`, "redis:tls @a.acme.io:6380"},
		{"", `x = "a.acme.io:26379,serviceName=mymaster,password=S,abortConnect=false"`, ""},
		{"", `x = "a.acme.io:9000,password=S"`, ""},
		{"", `x = "name=shop,password=S,ssl=true"`, ""},
		{"", `connect("host='a.acme.io' user='app' password='S'")`, "postgresql app@a.acme.io"},
		{"", `connect("host=a.acme.io user=app password=S").connect("host=b.acme.io user=other password=x")`, "postgresql app@a.acme.io"},
		{"", "one:\n  password: S\n\ntwo:\n  adapter: mysql2\n  host: a.acme.io\n  username: app\n", ""},
		{"jdbc-url", "jdbc:sqlserver://a.acme.io:1434;databaseName=shop;user=app;password=S;encrypt=true", "sqlserver app@a.acme.io:1434/shop"},
		{"jdbc-url", "jdbc:sqlserver://a.acme.io;password=S;user=app;instanceName=two", `sqlserver app@a.acme.io\two`},
		{"jdbc-url", `jdbc:sqlserver://a.acme.io\two;user=app;password=S`, `sqlserver app@a.acme.io\two`},
		{"jdbc-url", `jdbc:sqlserver://a.acme.io\two:1435;user=app;password=S`, `sqlserver app@a.acme.io:1435`},
		{"jdbc-url", "jdbc:sqlserver://;serverName=a.acme.io;port=1435;user=app;password=S", "sqlserver app@a.acme.io:1435"},
		{"jdbc-url", "jdbc:jtds:sqlserver://a.acme.io:1433/shop;user=app;password=S", "sqlserver app@a.acme.io:1433/shop"},
		{"jdbc-url", "<u>jdbc:mysql://a.acme.io:3307/shop?useSSL=true&amp;user=app&amp;password=S&amp;x=y</u>", "mysql app@a.acme.io:3307/shop"},
		{"jdbc-url", `"jdbc:mysql://a.acme.io/shop?password=S\u0026user=app"`, "mysql app@a.acme.io/shop"},
		{"jdbc-url", "jdbc:h2:mem:x;USER=app;PASSWORD=S", ""},
		{"jdbc-url", "jdbc:oracle:thin:@a.acme.io:1521/shop;user=app;password=S", ""},
		{"postgresql-url", "postgres://app:S@db.acme.io/x\n----DB_CONNECTION=pgsql\nDB_HOST=b.acme.io\nDB_USERNAME=app\nDB_PASSWORD=S", "postgresql app@b.acme.io"},
		{"postgresql-url", "postgres://app:S@db.acme.io/x\n----DB_CONNECTION=pgsql\nDB_HOST=db.acme.io\nDB_PORT=5432\nDB_USERNAME=app\nDB_PASSWORD=S", ""},
		{"postgresql-url", "postgres://app:S@db.acme.io/x\n----REDIS_HOST=db.acme.io\nREDIS_PASSWORD=S", "redis @db.acme.io"},
		{"postgresql-url", "postgres://app:S@db.acme.io/x\n----DB_CONNECTION=pgsql\nDB_HOST=db.acme.io\nDB_USERNAME=other\nDB_PASSWORD=S", "postgresql other@db.acme.io"},
		{"pgpass-password", "db.acme.io:6432:*:app:S@\n----DB_CONNECTION=mysql\nDB_HOST=db.acme.io\nDB_USERNAME=app\nDB_PASSWORD=S", "mysql app@db.acme.io; postgresql app@db.acme.io; postgresql app@db.acme.io"},
		{"slack-bot-token", "DB_CONNECTION=mysql\nDB_HOST=a.acme.io\nDB_USERNAME=app\nDB_PASSWORD=S", ""},
	} {
		f := &leak.Finding{Rule: leak.RuleInfo{ID: rules.Generic, Provider: "generic"}, Confidence: leak.Low, Parts: leak.Parts{leak.SecretPart: leak.NewSecret(secret)}}
		if c.rule != "" {
			if c.rule == "postgresql-url" || c.rule == "pgpass-password" {
				f.Parts["host"], f.Parts["user"] = leak.NewSecret("db.acme.io"), leak.NewSecret("app")
			}
			f.Rule, f.Confidence = leak.RuleInfo{ID: c.rule, Provider: strings.Split(c.rule, "-")[0]}, leak.Medium
		}
		q := &identity.Query{Finding: f, Now: now}
		for text := range strings.SplitSeq(c.text, "----") {
			at := strings.LastIndex(text, "=S") + 1
			if at == 0 {
				at = max(strings.LastIndex(text, " S")+1, strings.LastIndex(text, "'S'")+1, strings.LastIndex(text, ":S@")+1)
			}
			text = text[:at] + secret + text[at+1:]
			q.Places = append(q.Places, identity.Place{Text: []byte(text), Start: at, End: at + len(secret), FirstLine: 1})
		}
		if err := servers(t.Context(), []*identity.Query{q}); err != nil {
			t.Fatal(err)
		}
		var got []string
		say := func(p leak.Parts, loose []string) {
			if p["protocol"].Len() == 0 {
				return
			}
			text := fmt.Sprintf("%s %s@%s", p["protocol"].Reveal(), p["user"].Reveal(), p["host"].Reveal())
			if d := p["database"].Reveal(); d != "" {
				text += "/" + d
			}
			if len(loose) > 0 {
				text += " loose " + strings.Join(loose, " ")
			}
			got = append(got, text)
		}
		say(f.Parts, f.Loose)
		for _, o := range f.Others {
			say(o.Parts, o.Loose)
		}
		slices.Sort(got)
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s %q: %q, want %q", c.rule, c.text, got, c.want)
		}
	}
}
