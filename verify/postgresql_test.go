package verify_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

const pgRoles = `
create role app login password '%1' valid until '2041-02-03 04:05:06+00';
create role reader;
grant reader to app;
create role late login password '%2' valid until '2001-01-01';
create role nologin password '%3';
create role old login password '%4';
set password_encryption = 'md5';
create role md5er login password '%5';
create database private;
revoke connect on database private from public;
`

const pgHBA = `
hostssl tlsonly all 127.0.0.1/32 scram-sha-256
host all open 127.0.0.1/32 trust
host all banned 127.0.0.1/32 reject
host all plain 127.0.0.1/32 password
host all md5er 127.0.0.1/32 md5
host all all 127.0.0.1/32 scram-sha-256
local all all trust
`

func TestPostgreSQL(t *testing.T) {
	n := verifytest.New(t)
	n.Inside = true
	p := verifytest.NewPlace(t)
	p.Run("", "initdb", "-D", p.Path("data"), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
	sql := "create role billing login password '" + passwordOf(1) + "';" + pgRoles + "create role open login; create role banned login password '%1'; create role plain login password '%1'; create database tlsonly;"
	for i := range 6 {
		sql = strings.ReplaceAll(sql, "%"+string(rune('0'+i)), secretOf(i))
	}
	p.Run(strings.ReplaceAll(strings.ReplaceAll(sql, "\n", " "), ";", "\n"), "postgres", "--single", "-D", p.Path("data"), "-c", "fsync=off", "postgres")
	cert, key, _ := p.WriteCertificate(n, db+" "+settingsDB)
	p.Write("data/pg_hba.conf", pgHBA)
	port := verifytest.FreePort(t)
	p.Start("127.0.0.1:"+port, "postgres", "-D", p.Path("data"), "-p", port, "-k", p.Dir, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off",
		"-c", "ssl=on", "-c", "ssl_cert_file="+cert, "-c", "ssl_key_file="+key)
	p.Wait("pg_isready", "-h", "127.0.0.1", "-p", port, "-d", "postgres")
	n.Point(db, "127.0.0.1:"+port)
	n.Point(settingsDB, "127.0.0.1:"+port)
	n.Point("other.acme.example", "127.0.0.1:"+port)
	logsIn(t, n, "postgresql", []loginTest{
		{"right", account("postgresql", "app", secretOf(1)), leak.Live, "", map[string]string{"name": "app", "tenant": "postgres", "expires": "2041-02-03T04:05:06Z", "scopes": "reader", "server": "PostgreSQL 1"}},
		{"encoded", account("postgresql", "a%70p", strings.Replace(secretOf(1), "-", "%2D", 1)), leak.Live, "", nil},
		{"plain", account("postgresql", "app", secretOf(1), "options", "sslmode=disable"), leak.Live, "", nil},
		{"with TLS", account("postgresql", "app", secretOf(1), "options", "sslmode=require", "database", "tlsonly"), leak.Live, "", map[string]string{"tenant": "tlsonly"}},
		{"TLS alone", account("postgresql", "app", secretOf(1), "options", "sslmode=disable", "database", "tlsonly"), leak.Live, "", nil},
		{"another name", account("postgresql", "app", secretOf(1), "host", "other.acme.example"), leak.Unknown, "the certificate is for another host", nil},
		{"wrong", account("postgresql", "app", secretOf(2)), leak.Dead, "28P01", nil},
		{"no such role", account("postgresql", "nobody", secretOf(1)), leak.Dead, "28P01", nil},
		{"not ASCII", account("postgresql", "app", "pässw"+secretOf(1)), leak.Unknown, "outside of ASCII", nil},
		{"expired", account("postgresql", "late", secretOf(2)), leak.Dead, "or expired", nil},
		{"may not log in", account("postgresql", "nologin", secretOf(3)), leak.Restricted, "28000: the password is right, and the role may not log in", nil},
		{"may not log in, and wrong", account("postgresql", "nologin", secretOf(4)), leak.Dead, "28P01", nil},
		{"md5", account("postgresql", "md5er", secretOf(5)), leak.Live, "", map[string]string{"name": "md5er"}},
		{"wrong md5", account("postgresql", "md5er", secretOf(1)), leak.Dead, "", nil},
		{"in plain text", account("postgresql", "plain", secretOf(1)), leak.Live, "", nil},
		{"no password asked", account("postgresql", "open", secretOf(1)), leak.Unknown, "without a password", nil},
		{"banned", account("postgresql", "banned", secretOf(1)), leak.Unknown, "28000", nil},
		{"no such database", account("postgresql", "app", secretOf(1), "database", "gone"), leak.Restricted, "3D000", nil},
		{"not its database", account("postgresql", "app", secretOf(1), "database", "private"), leak.Restricted, "42501", nil},
	})
	settingsLogIn(t, n, pgSettings, passwordOf(1), passwordOf(2))
	strange(t, "postgresql", account("postgresql", "app", secretOf(1)))
}
