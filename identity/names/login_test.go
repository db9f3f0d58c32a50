package names

import (
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/rules"
)

// TestLogins: the user of a database is known by the fields beside the password as by
// a URL, however frameworks call them.
func TestLogins(t *testing.T) {
	const host = "db.prod.acme.example"
	of := func(provider string, more ...string) []string {
		return append([]string{"provider=" + provider, "name=app_rw", "server=" + host, "tenant=" + host, "tenant_kind=server", "identity_type=database_user"}, more...)
	}
	service := func(provider string) []string {
		return []string{"provider=" + provider, "identity_type=service_account", "name=app_rw", "server=" + host}
	}
	for text, want := range map[string][]string{
		"quarkus.datasource.db-kind=postgresql\nquarkus.datasource.username=app_rw\nquarkus.datasource.password=SECRET\n":                                                 {"provider=postgresql", "name=app_rw", "identity_type=database_user"},
		"jdbcUrl=jdbc:postgresql://@@/orders\nusername=app_rw\npassword=SECRET\n":                                                                                         of("postgresql"),
		"<datasource><connection-url>jdbc:postgresql://@@/a</connection-url><security><user-name>app_rw</user-name><password>SECRET</password></security></datasource>\n": of("postgresql"),
		// https://www.elastic.co/guide/en/beats/filebeat/8.12/elasticsearch-output.html
		"output.elasticsearch:\n  hosts: [\"https://@@\"]\n  username: app_rw\n  password: SECRET\n": of("elastic"),
		"DB_VENDOR=postgres\nDB_ADDR=@@\nDB_USER=app_rw\nDB_PASSWORD=SECRET\n":                       of("postgresql"),
		// https://laravel.com/docs/database#configuration, mail
		"DB_CONNECTION=mysql\nDB_HOST=@@\nDB_PORT=3306\nDB_DATABASE=orders\nDB_USERNAME=app_rw\nDB_PASSWORD=SECRET\n":                                                                                           of("mysql"),
		"DB_PASSWORD=SECRET\r\nDB_USERNAME=app_rw\r\nDB_HOST=@@\r\nDB_CONNECTION=pgsql\r\n":                                                                                                                     of("postgresql"),
		"DB_CONNECTION=sqlsrv\nDB_HOST=@@\nDB_USERNAME=app_rw\nDB_PASSWORD=SECRET\n":                                                                                                                            of("sqlserver"),
		"MAIL_MAILER=smtp\nMAIL_HOST=@@\nMAIL_PORT=587\nMAIL_USERNAME=app_rw\nMAIL_PASSWORD=SECRET\n":                                                                                                           service("smtp"),
		"EMAIL_HOST = '@@'\nEMAIL_PORT = 587\nEMAIL_HOST_USER = 'app_rw'\nEMAIL_HOST_PASSWORD = 'SECRET'\n":                                                                                                     service("smtp"),
		"SMTP_HOST=@@\nSMTP_USER=app_rw\nSMTP_PASSWORD=SECRET\n":                                                                                                                                                service("smtp"),
		"production:\n  adapter: postgresql\n  host: @@\n  username: app_rw\n  password: SECRET\n":                                                                                                              of("postgresql"),
		"default: &default\n  adapter: mysql2\nproduction:\n  adapter: trilogy\n  host: @@\n  username: app_rw\n  password: SECRET\n":                                                                           of("mysql"),
		"DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'orders', 'USER': 'app_rw', 'PASSWORD': 'SECRET', 'HOST': '@@'}}\n":                                                        of("postgresql"),
		"DATABASES = {\n    'default': {\n        'ENGINE': 'django.db.backends.mysql',\n        'USER': 'app_rw',\n        'PASSWORD': 'SECRET',\n        'HOST': '@@',\n        'PORT': '3306',\n    },\n}\n": of("mysql"),
		"PGHOST=@@\nPGUSER=app_rw\nPGPASSWORD=SECRET\n":                                                                                                                                                         of("postgresql"),
		"PGHOST=@@\nPGPORT=5433\nPGUSER=app_rw\nPGPASSWORD=SECRET\n":                                                                                                                                            {"server=" + host + ":5433", "tenant=" + host, "provider=postgresql"},
		"MYSQL_HOST=@@\nMYSQL_USER=app_rw\nMYSQL_PASSWORD=SECRET\n":                                                                                                                                             of("mysql"),
		"MYSQL_HOST=@@\nMYSQL_ROOT_PASSWORD=SECRET\n":                                                                                                                                                           {"provider=mysql", "name=root", "server=" + host, "identity_type=database_user"},
		"MYSQL_USER=app\nMYSQL_PASSWORD=x1\nMYSQL_ROOT_PASSWORD=SECRET\n":                                                                                                                                       {"provider=mysql", "name=root"},
		"MSSQL_SA_PASSWORD=SECRET\n": {"provider=sqlserver", "name=sa"},
		"environment:\n  POSTGRES_USER: app_rw\n  POSTGRES_PASSWORD: SECRET\n":                                                                                                          {"provider=postgresql", "name=app_rw", "identity_type=database_user"},
		"MONGO_INITDB_ROOT_USERNAME=app_rw\nMONGO_INITDB_ROOT_PASSWORD=SECRET\nMONGO_HOST=@@\n":                                                                                         of("mongodb"),
		"REDIS_HOST=@@\nREDIS_PASSWORD=SECRET\n":                                                                                                                                        {"provider=redis", "server=" + host, "identity_type=database_user"},
		"RABBITMQ_HOST=@@\nRABBITMQ_DEFAULT_USER=app_rw\nRABBITMQ_DEFAULT_PASS=SECRET\n":                                                                                                service("rabbitmq"),
		"spring.datasource.url=jdbc:postgresql://@@:5432/o\nspring.datasource.username=app_rw\nspring.datasource.password=SECRET\n":                                                     {"provider=postgresql", "name=app_rw", "server=" + host + ":5432", "tenant=" + host},
		"spring:\n  datasource:\n    url: jdbc:mysql://@@/o\n    username: app_rw\n    password: SECRET\n":                                                                              of("mysql"),
		"spring:\n  data:\n    mongodb:\n      host: @@\n      username: app_rw\n      password: SECRET\n":                                                                              of("mongodb"),
		"createConnection({type: 'postgres', host: '@@', port: 5432, username: 'app_rw', password: 'SECRET'})":                                                                          of("postgresql"),
		"new DataSource({\n  type: 'mariadb',\n  host: '@@',\n  username: 'app_rw',\n  password: 'SECRET',\n})":                                                                         of("mariadb"),
		"{\"production\":{\"username\":\"app_rw\",\"password\":\"SECRET\",\"database\":\"o\",\"host\":\"@@\",\"dialect\":\"mssql\"}}":                                                   of("sqlserver"),
		"URL.create(\n    drivername=\"postgresql+psycopg2\",\n    username=\"app_rw\",\n    password=\"SECRET\",\n    host=\"@@\",\n    database=\"o\",\n)\n":                          of("postgresql"),
		"DATABASE = {'drivername': 'mssql+pyodbc', 'host': '@@', 'username': 'app_rw', 'password': 'SECRET'}\n":                                                                         of("sqlserver"),
		"[db]\ndrivername=mysql+pymysql\nhost=@@\nusername=app_rw\npassword=SECRET\n":                                                                                                   of("mysql"),
		"knex({\n  client: 'pg',\n  connection: {\n    host: '@@',\n    user: 'app_rw',\n    password: 'SECRET',\n  },\n})":                                                             of("postgresql"),
		"{\n  \"Database\": {\n    \"Host\": \"@@\",\n    \"User\": \"app_rw\",\n    \"Password\": \"SECRET\"\n  }\n}":                                                                  of("database"),
		"DB_HOST=@@\nDB_USER=app_rw\nDB_PASSWORD=SECRET\n":                                                                                                                              of("database"),
		"DB_HOST=@@\nDB_PORT=5432\nDB_USER=app_rw\nDB_PASSWORD=SECRET\n":                                                                                                                of("postgresql"),
		"DB_HOST=@@:1433\nDB_USER=app_rw\nDB_PASSWORD=SECRET\n":                                                                                                                         {"provider=sqlserver", "server=" + host + ":1433"},
		"ORDERS_DB_HOST=@@\nORDERS_DB_USER=app_rw\nORDERS_DB_PASSWORD=SECRET\nUSERS_DB_HOST=other.acme.example\nUSERS_DB_USER=u\nUSERS_DB_PASSWORD=x\n":                                 of("database"),
		"USERS_DB_HOST=other.acme.example\nUSERS_DB_USER=u\nUSERS_DB_PASSWORD=x\nORDERS_DB_HOST=@@\nORDERS_DB_USER=app_rw\nORDERS_DB_PASSWORD=SECRET\n":                                 of("database"),
		"reporting:\n  adapter: mysql2\n  host: other.acme.example\n  username: r\n  password: x\norders:\n  adapter: postgresql\n  host: @@\n  username: app_rw\n  password: SECRET\n": of("postgresql"),
		"DB_HOST=pay.c1abc.eu-west-1.rds.amazonaws.com\nDB_USER=app_rw\nDB_PASSWORD=SECRET\n":                                                                                           {"tenant=pay.c1abc.eu-west-1.rds.amazonaws.com", "region=eu-west-1"},
		// These are of a machine, or nothing says that they are of a database.
		"[db]\ndb1 ansible_host=@@ ansible_user=app_rw ansible_password=SECRET\n":                                     {"name=app_rw", "server=" + host, "!provider=", "!identity_type="},
		"[mysql]\nssh_host=@@\nssh_user=app_rw\nssh_password=SECRET\n":                                                {"name=app_rw", "provider=ssh", "identity_type=service_account"},
		"db:\n  hosts:\n    a:\n      ansible_host: @@\n      ansible_user: app_rw\n      ansible_ssh_pass: SECRET\n": {"name=app_rw", "provider=ssh", "identity_type=service_account"},
		"HOST=@@\nUSER=app_rw\nPASSWORD=SECRET\n":                                                                     {"name=app_rw", "server=" + host, "!provider=", "!identity_type="},
		"DB_PASSWORD=SECRET\n": {"!provider=", "!identity_type=", "!name="},
		"JIRA_HOST=@@\nJIRA_USER=app_rw\nJIRA_PASSWORD=SECRET\nDB_CONNECTION=mysql\n":   {"name=app_rw", "!provider="},
		"DB_CONNECTION=sqlite\nDB_USER=app_rw\nDB_PASSWORD=SECRET\n":                    {"name=app_rw", "!provider="},
		"DB_CONNECTION=${KIND}\nDB_HOST=${HOST_}\nDB_USER=app_rw\nDB_PASSWORD=SECRET\n": {"name=app_rw", "!provider=", "!server="},
	} {
		got := ask(t, query("", "x", strings.NewReplacer("SECRET", secret, "@@", host).Replace(text)))
		for _, w := range want {
			no, absent := strings.CutPrefix(w, "!")
			has := slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, no) && (absent || strings.HasPrefix(s, no+" ")) })
			if has == absent {
				t.Errorf("%q: %q, want %s", text, got, w)
			}
		}
	}
}

// TestLoginsOfServices: a password that its field's name alone tells has the user beside
// it, whatever service the rest of the name is of.
func TestLoginsOfServices(t *testing.T) {
	accessKey := "AK" + "IAQNZGKIQY56JQ7WML"
	for text, want := range map[string][]string{
		"atlassian JIRA_URL=https://jira.acme.io\nJIRA_USER=svc-jira\nJIRA_PASSWORD=SECRET\n":                                                                                                                                          {"name=svc-jira ", "server=jira.acme.io "},
		"grafana grafana:\n  url: https://graf.acme.io\n  username: svc\n  password: SECRET\n":                                                                                                                                         {"name=svc ", "server=graf.acme.io "},
		"sonarqube {\"sonar\":{\"login\":\"svc\",\"password\":\"SECRET\"}}":                                                                                                                                                            {"name=svc "},
		"generic {\"aws\":{\"conn_type\":\"aws\",\"login\":\"AKIA@\",\"password\":\"SECRET\"}}":                                                                                                                                        {"provider=aws ", "tenant=029608264753 ", "key_id=AKIA@ ", "!name="},
		"sentry SENTRY_USER=bob\nMAIL_PASSWORD=SECRET\n":                                                                                                                                                                               {"!name="},
		"pypi [pypi]\nusername = uploader\npassword = SECRET\n[x]\nusername = other\n":                                                                                                                                                 {"name=uploader "},
		"generic [acme]\nrepository = https://nexus.acme.io/repository/py/\nusername = uploader\npassword = SECRET\n":                                                                                                                  {"name=uploader ", "server=nexus.acme.io "},
		"generic jobs:\n  a:\n    docker:\n      - image: registry.acme.io:5000/ci/base:1.2\n        auth:\n          username: puller\n          password: SECRET\n":                                                                  {"name=puller ", "server=registry.acme.io:5000 ", "provider=docker "},
		"generic jobs:\n  a:\n    docker:\n      - image: acme/base:1\n        auth:\n          username: puller\n          password: SECRET\n":                                                                                        {"name=puller ", "server=docker.io ", "provider=dockerhub "},
		"generic jobs:\n  a:\n    container:\n      image: ghcr.io/acme/base@sha256:" + strings.Repeat("0a", 32) + "\n      credentials:\n        username: puller\n        password: SECRET\n":                                        {"name=puller ", "server=ghcr.io ", "provider=github "},
		"generic image: acme/pay\npostgresql:\n  auth:\n    username: app\n    password: SECRET\n    database: pay\n":                                                                                                                  {"name=app ", "provider=postgresql ", "!server="},
		"generic web:\n  image: registry.acme.io/web:1\n  environment:\n    DB_USER: app\n    DB_PASSWORD: SECRET\n":                                                                                                                   {"name=app ", "!server="},
		"generic smtp_smarthost: smtp.acme.io:587\nsmtp_auth_username: alerts\nsmtp_auth_password: SECRET\n":                                                                                                                           {"name=alerts ", "server=smtp.acme.io", "provider=smtp "},
		"generic smarthost: smtp.acme.io:587\nauth_username: alerts\nauth_password: SECRET\n":                                                                                                                                          {"name=alerts ", "server=smtp.acme.io", "provider=smtp "},
		"generic spring.kafka.bootstrap-servers=k1.acme.io:9093,k2.acme.io:9093\nspring.kafka.properties.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"ledger\" password=\"SECRET\";\n": {"name=ledger ", "provider=kafka ", "server=k1.acme.io:9093 ", "identity_type=service_account "},
		"generic bootstrap.servers=k1.acme.io:9093\nsasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\\n  username=\"ledger\" \\\n  password=\"SECRET\";\n":                                          {"name=ledger ", "provider=kafka ", "server=k1.acme.io:9093 "},
		"generic sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"a\";\ndb.password=SECRET\n":                                                                                              {"!provider="},
		"github GIT_REPOSITORY=acme/api\nGIT_USER=ci-bot\nGIT_PASSWORD=SECRET\n":                                                                                                                                                       {"name=ci-bot ", "!server="},
	} {
		provider, text, _ := strings.Cut(text, " ")
		q := query(provider, "x", strings.NewReplacer("SECRET", secret, "AKIA@", accessKey).Replace(text))
		q.Finding.Rule.ID = rules.Generic
		got := ask(t, q)
		for _, w := range want {
			no, absent := strings.CutPrefix(strings.Replace(w, "AKIA@", accessKey, 1), "!")
			if slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, no) }) == absent {
				t.Errorf("%s, %q: %q, want %s", provider, text, got, w)
			}
		}
	}
}
