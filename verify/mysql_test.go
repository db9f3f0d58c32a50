package verify_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

func TestMySQL(t *testing.T) {
	n := verifytest.New(t)
	n.Inside = true
	p := verifytest.NewPlace(t)
	p.Run("", "mariadb-install-db", "--no-defaults", "--datadir="+p.Path("data"), "--auth-root-authentication-method=normal", "--skip-test-db", "--basedir=/usr", "--innodb-log-file-size=4M")
	sql := "create database shop;\ncreate database private;\n"
	for i, user := range []string{"app", "late", "locked", "secure"} {
		sql += fmt.Sprintf("create user '%s'@'127.0.0.1' identified by '%s';\n", user, secretOf(i+1))
	}
	sql += fmt.Sprintf("create user 'billing'@'127.0.0.1' identified by '%s';\ngrant select on shop.* to 'billing'@'127.0.0.1';\n", passwordOf(1))
	sql += fmt.Sprintf("create user 'elsewhere'@'192.0.2.1' identified by '%s';\n", secretOf(1))
	sql += "grant select, insert on shop.* to 'app'@'127.0.0.1';\nalter user 'late'@'127.0.0.1' password expire;\nalter user 'locked'@'127.0.0.1' account lock;\n" +
		"alter user 'secure'@'127.0.0.1' require ssl;\n"
	cert, key, ca := p.WriteCertificate(n, db+" "+settingsDB)
	port := verifytest.FreePort(t)
	p.Start("127.0.0.1:"+port, "mariadbd", "--no-defaults", "--datadir="+p.Path("data"), "--socket="+p.Path("s"), "--port="+port, "--bind-address=127.0.0.1",
		"--skip-name-resolve", "--ssl-cert="+cert, "--ssl-key="+key, "--ssl-ca="+ca, "--init-file="+p.Write("init.sql", sql), "--pid-file="+p.Path("pid"),
		"--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0")
	n.Point(db, "127.0.0.1:"+port)
	n.Point(settingsDB, "127.0.0.1:"+port)
	n.Point("other.acme.example", "127.0.0.1:"+port)
	logsIn(t, n, "mysql", []loginTest{
		{"right", account("mysql", "app", secretOf(1)), leak.Live, "", map[string]string{"name": "app", "id": "'app'@'127.0.0.1'", "server": "MariaDB 1", "tenant": "", "scopes": ""}},
		{"extended", account("mysql", "app", secretOf(1), "database", "shop", "extended", "yes"), leak.Live, "", map[string]string{"name": "app", "id": "'app'@'127.0.0.1'", "tenant": "shop", "scopes": "SELECT,INSERT:shop.*"}},
		{"plain", account("mysql", "app", secretOf(1), "options", "ssl-mode=DISABLED"), leak.Live, "", nil},
		{"dangerous options", account("mysql", "app", secretOf(1), "options", "tls=false&allowAllFiles=true&multiStatements=true&allowCleartextPasswords=true"), leak.Live, "", nil},
		{"no URL", map[string]string{"user": "app", "secret": secretOf(1), "host": db + ":3306"}, leak.Live, "", nil},
		{"with TLS", account("mysql", "secure", secretOf(4), "options", "tls=true"), leak.Live, "", nil},
		{"TLS turned off", account("mysql", "secure", secretOf(4), "options", "ssl-mode=DISABLED"), leak.Unknown, "the account may want it", nil},
		{"TLS turned off, in Java", account("mysql", "secure", secretOf(4), "options", "useSSL=false"), leak.Unknown, "without TLS", nil},
		{"another name", account("mysql", "app", secretOf(1), "host", "other.acme.example"), leak.Unknown, "the certificate is for another host", nil},
		{"wrong", account("mysql", "app", secretOf(2)), leak.Dead, "1045: access denied: refused for this user from here", nil},
		{"nobody", account("mysql", "nobody", secretOf(2)), leak.Dead, "1045", nil},
		{"expired", account("mysql", "late", secretOf(2)), leak.Expired, "18", nil},
		{"expired and wrong", account("mysql", "late", secretOf(1)), leak.Dead, "1045", nil},
		{"locked", account("mysql", "locked", secretOf(3)), leak.Restricted, "locked", nil},
		{"locked and wrong", account("mysql", "locked", secretOf(1)), leak.Dead, "1045", nil},
		{"not from here", account("mysql", "elsewhere", secretOf(1)), leak.Dead, "from here", nil},
		{"no such database", account("mysql", "app", secretOf(1), "database", "gone"), leak.Restricted, "1044", nil},
		{"not its database", account("mysql", "app", secretOf(1), "database", "private"), leak.Restricted, "1044", nil},
	})
	settingsLogIn(t, n, mysqlSettings, passwordOf(1), passwordOf(2))
	strange(t, "mysql", account("mysql", "app", secretOf(1)))
	free := verifytest.FreePort(t)
	p.Run("", "mariadb-install-db", "--no-defaults", "--datadir="+p.Path("free"), "--auth-root-authentication-method=normal", "--skip-test-db", "--basedir=/usr", "--innodb-log-file-size=4M")
	p.Start("127.0.0.1:"+free, "mariadbd", "--no-defaults", "--datadir="+p.Path("free"), "--socket="+p.Path("s2"), "--port="+free, "--bind-address=127.0.0.1",
		"--skip-grant-tables", "--skip-networking=0", "--pid-file="+p.Path("pid2"), "--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0")
	n.Point(db, "127.0.0.1:"+free)
	logsIn(t, n, "mysql", []loginTest{
		{"no grant tables", account("mysql", "app", secretOf(1)), leak.Unknown, "the server lets everybody in without a password", nil},
	})
}

// TestMySQLThatLies: one that takes any password and answers the question who is
// logged in with something else is not believed, and gets no file.
func TestMySQLThatLies(t *testing.T) {
	for name, answer := range map[string]string{"a file": "\xfb/etc/passwd", "nothing": "\x00\x00\x00\x02\x00\x00\x00", "nonsense": "\x05hello", "end": ""} {
		n := verifytest.New(t)
		n.Inside = true
		n.ServeConn(db, func(c net.Conn) {
			packet := func(seq byte, body string) {
				c.Write(append([]byte{byte(len(body)), 0, 0, seq}, body...))
			}
			packet(0, "\x0a5.7.0\x00\x01\x00\x00\x0012345678\x00\xff\xf7\x21\x02\x00\x0f\x00\x15"+strings.Repeat("\x00", 10)+"901234567890\x00mysql_native_password\x00")
			b := make([]byte, 4096)
			c.Read(b)
			packet(2, "\x00\x00\x00\x02\x00\x00\x00")
			c.Read(b)
			if answer != "" {
				packet(1, answer)
				c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
				if n, _ := c.Read(b); n > 4 && strings.Contains(string(b[:n]), "root:") {
					t.Errorf("%s: the file is sent", name)
				}
			}
		})
		logsIn(t, n, "mysql", []loginTest{{name, account("mysql", "app", secretOf(1), "options", "ssl-mode=DISABLED"), leak.Unknown, "", nil}})
	}
}
