package verify

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// Codes of MySQL and MariaDB. An account is a name and a host, and 1045 is said of
// a wrong password as of a name that there is for other hosts alone
// (https://dev.mysql.com/doc/refman/8.4/en/error-access-denied.html). It is dead
// all the same, for this user from here: whoever changed the password must be
// able to see that the old one is refused
// (https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html,
// https://mariadb.com/docs/server/reference/error-codes/mariadb-error-code-reference).
var mysqlCodes = map[uint16]struct {
	status leak.Status
	reason string
}{
	1044: {leak.Restricted, "the password is right, and the database is not for this user; MariaDB does not say then whether the password has expired"},
	1045: {leak.Dead, "access denied: refused for this user from here"},
	1049: {leak.Restricted, "the password is right, and there is no such database"},
	1130: {leak.Unknown, "the server lets nobody in from here"},
	1698: {leak.Unknown, "this user logs in without a password, by another way"},
	1820: {leak.Expired, "the password must be changed before it is of use"},
	1862: {leak.Expired, "the password has expired"},
	3118: {leak.Restricted, "the account is locked"},
	4150: {leak.Unknown, "the user is blocked, as too many wrong passwords were tried"}, // max_password_errors of MariaDB
	4151: {leak.Restricted, "the account is locked"},
}

// mysqlLogin logs in to a server of MySQL or MariaDB. The driver gets only what
// is set here, never the options of a URL: no local files, no old or plain
// passwords, no further statements in one.
func mysqlLogin(ctx context.Context, s *session) leak.Verdict {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.DBName, c.Net, c.Addr = s.user, s.password, s.database, "tcp", s.address()
	c.Logger = &mysql.NopLogger{}
	c.MaxAllowedPacket = 1 << 20
	c.AllowNativePasswords, c.CheckConnLiveness = true, false
	switch mode := s.mysqlTLS(); {
	case mode == tlsMust || !s.inside:
		c.TLS = s.tlsConfig()
	case mode == tlsMay:
		c.TLS, c.AllowFallbackToPlaintext = s.tlsConfig(), true
	}
	c.DialFunc = s.once
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return s.is(leak.Unknown, "the credential cannot be sent")
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return s.mysqlRefusal(ctx, err)
	}
	defer conn.Close()
	rows, err := mysqlQuery(ctx, conn, "SELECT CURRENT_USER(), DATABASE(), VERSION(), @@version_comment")
	if err != nil {
		return s.mysqlRefusal(ctx, err)
	}
	if len(rows) != 1 || len(rows[0]) != 4 || !strings.Contains(rows[0][0], "@") {
		return s.is(leak.Unknown, "the server does not say who is logged in")
	}
	r := rows[0]
	at := strings.LastIndexByte(r[0], '@')
	if at == 0 { // --skip-grant-tables, or an account of nobody: it was not the name that was let in
		return s.is(leak.Unknown, noPassword)
	}
	// Without quotes the account would look like somebody's e-mail address.
	facts := map[string]string{leak.FactName: r[0][:at], leak.FactID: "'" + r[0][:at] + "'@'" + r[0][at+1:] + "'", leak.FactTenant: r[1], leak.FactServer: mysqlServer(r[3], r[2])}
	if s.q.Extended {
		grants, _ := mysqlQuery(ctx, conn, "SHOW GRANTS FOR CURRENT_USER")
		facts[leak.FactScopes] = mysqlGrants(grants)
	}
	return s.live(facts)
}

// once hands the connection to a driver that wants to make it itself. A second
// attempt gets none.
func (s *session) once(context.Context, string, string) (net.Conn, error) {
	if s.taken {
		return nil, problem("a login is not tried twice")
	}
	s.taken = true
	return s.conn, nil
}

// mysqlTLS reads the options of MySQL's own clients, Go's, JDBC's and MariaDB's.
func (s *session) mysqlTLS() int {
	switch s.option("ssl-mode", "sslmode", "tls", "ssl", "usessl", "ssl_mode") {
	case "disabled", "disable", "false", "0":
		return tlsNone
	case "required", "verify_ca", "verify_identity", "verify-ca", "verify-full", "true", "skip-verify", "1", "trust":
		return tlsMust
	}
	return tlsMay
}

// mysqlHasTLS reads the first packet of a server: its head, the version of the protocol, that of
// the server, a thread, eight bytes and a filler, then what it can
// (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html).
func mysqlHasTLS(first []byte) bool {
	if len(first) < 5 || first[4] != 10 {
		return false
	}
	at := 5 + bytes.IndexByte(first[5:], 0) + 1 + 4 + 8 + 1
	return at > 18 && at+1 < len(first) && first[at+1]&0x08 != 0 // CLIENT_SSL, 0x800
}

func mysqlCode(err error) uint16 {
	if e := new(mysql.MySQLError); errors.As(err, &e) {
		return e.Number
	}
	return 0
}

func (s *session) mysqlRefusal(ctx context.Context, err error) leak.Verdict {
	code := mysqlCode(err)
	s.refused = code == 1045 || code == 1698
	switch known, ok := mysqlCodes[code]; {
	case code == 1045 && !s.proven && s.heard != nil && mysqlHasTLS(s.heard.first):
		return s.is(leak.Unknown, "1045: access denied without TLS, which the URL turns off; the account may want it")
	case ok:
		return s.is(known.status, fmt.Sprintf("%d: %s", code, known.reason))
	case code != 0:
		return s.is(leak.Unknown, fmt.Sprintf("the server refuses the login with %d", code))
	case errors.Is(err, mysql.ErrNoTLS) && !s.inside:
		return s.failed(ctx, s.unsent())
	case errors.Is(err, mysql.ErrNoTLS):
		return s.is(leak.Unknown, "the server has no TLS, which the URL wants")
	case errors.Is(err, mysql.ErrOldPassword), errors.Is(err, mysql.ErrCleartextPassword), errors.Is(err, mysql.ErrUnknownPlugin):
		return s.is(leak.Unknown, "the server wants another way to log in, which is not safe or not known")
	}
	return s.failed(ctx, err)
}

// mysqlQuery returns the rows of an answer, 100 at most, as text.
func mysqlQuery(ctx context.Context, c driver.Conn, sql string) (out [][]string, err error) {
	rows, err := c.(driver.QueryerContext).QueryContext(ctx, sql, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for range 100 {
		values := make([]driver.Value, len(rows.Columns()))
		if err := rows.Next(values); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return out, err
		}
		var row []string
		for _, v := range values {
			text, _ := v.([]byte)
			row = append(row, string(text))
		}
		out = append(out, row)
	}
	return out, nil
}

func mysqlServer(comment, version string) string {
	if strings.Contains(version, "MariaDB") {
		return "MariaDB " + version
	}
	if strings.HasPrefix(comment, "MySQL") {
		return "MySQL " + version
	}
	return strings.TrimSpace("MySQL " + version + " " + comment)
}

// grantForm leaves out what comes after the user: it may have a hash of the
// password.
var grantForm = lazy.New("^GRANT ([A-Z ,`_()a-z0-9]{1,400}) ON ([`A-Za-z0-9_.*-]{1,140}) TO ")

// mysqlGrants writes "GRANT SELECT, INSERT ON `shop`.* TO ..." as
// "SELECT,INSERT:shop.*".
func mysqlGrants(rows [][]string) string {
	var out []string
	for _, row := range rows {
		if m := grantForm.FindStringSubmatch(strings.Join(row, "")); m != nil {
			what := strings.ReplaceAll(strings.ReplaceAll(m[1], ", ", ","), " ", "_")
			out = append(out, what+":"+strings.ReplaceAll(m[2], "`", ""))
		}
	}
	return strings.Join(out, " ")
}
