package verify

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/whosekey/whosekey/leak"
)

// sqlserver logs in to a server of Microsoft SQL Server, and asks who it is. Of
// the URL's options only those count that say whether there is TLS.
func sqlserver(ctx context.Context, s *session) leak.Verdict {
	port, _ := strconv.ParseUint(s.port, 10, 16)
	database := s.optionText("database", "initial catalog")
	if s.scheme == "" && database == "" {
		database = s.database // in a URL it is the name of an instance
	}
	c := msdsn.Config{
		Host: s.host, Port: port, User: s.user, Password: s.password, Database: database,
		Protocols: []string{"tcp"}, DisableRetry: true, AppName: "whosekey", Workstation: "whosekey", NoTraceID: true,
		Encryption: msdsn.EncryptionRequired, TLSConfig: s.tlsConfig(), DialTimeout: -1, Parameters: map[string]string{},
	}
	// A server sends its part of the handshake inside of its own packets, for
	// which versions of TLS above 1.2 are not made.
	c.TLSConfig.MaxVersion = tls.VersionTLS12
	switch s.option("encrypt") {
	case "strict":
		c.Encryption, c.TLSConfig.MaxVersion, c.TLSConfig.NextProtos = msdsn.EncryptionStrict, 0, []string{"tds/8.0"}
	case "disable", "no", "false", "0", "optional":
		if s.inside {
			c.Encryption = msdsn.EncryptionOff // the login still is encrypted, if the server can
		}
	}
	connector := mssql.NewConnectorConfig(c)
	connector.Dialer = sqlDialer{s}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return s.sqlRefusal(ctx, err, database)
	}
	defer conn.Close()
	facts := map[string]string{leak.FactName: s.user}
	row := sqlRow(ctx, conn, "select system_user, db_name(), cast(serverproperty('ProductVersion') as nvarchar(128)), cast(is_srvrolemember('sysadmin') as nvarchar(1))")
	if len(row) == 4 {
		facts[leak.FactName], facts[leak.FactTenant], facts[leak.FactServer] = row[0], row[1], strings.TrimSpace("SQL Server "+row[2])
		if row[3] == "1" {
			facts[leak.FactScopes] = "sysadmin"
		}
	}
	return s.live(facts)
}

// sqlDialer hands over the connection. That it knows a name keeps the driver
// from looking it up.
type sqlDialer struct{ *session }

func (d sqlDialer) HostName() string { return d.host }

func (d sqlDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d.once(ctx, network, address)
}

// sqlRefusal reads a code of a login that failed
// (https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/mssqlserver-18456-database-engine-error).
// The state that would tell more is for administrators: clients always see 1.
func (s *session) sqlRefusal(ctx context.Context, err error, database string) leak.Verdict {
	var e mssql.Error
	if why := sqlTLS(err); why != "" {
		return s.is(leak.Unknown, why)
	}
	if strings.HasSuffix(err.Error(), "server does not support encryption") { // the driver has no type for it
		if s.exposed() {
			return s.failed(ctx, s.unsent())
		}
		return s.is(leak.Unknown, "the server has no TLS, which the URL wants")
	}
	if !errors.As(err, &e) || e.Number == 0 {
		return s.failed(ctx, err)
	}
	why := map[int32]struct {
		status leak.Status
		reason string
	}{
		18456: {leak.Dead, "the login failed"},
		18486: {leak.Unknown, lockedOut},
		18487: {leak.Expired, "the password has expired"},
		18488: {leak.Restricted, "the password is right, and must be changed before it is of use"},
		18470: {leak.Restricted, "the password is right, and the account is disabled"},
		4060:  {leak.Restricted, "the password is right, and the database is not there or not for this user"},
		4064:  {leak.Restricted, "the password is right, and the user's database cannot be opened"},
	}
	// 4060 comes before the 18456 that ends the connection.
	for _, one := range e.All {
		if one.Number == 4060 || one.Number == 4064 {
			e = one
		}
	}
	s.refused = e.Number == 18456
	if e.Number == 18456 && database == "" {
		// https://learn.microsoft.com/en-us/sql/relational-databases/security/contained-database-users-making-your-database-portable
		return s.is(leak.Unknown, "18456: the login failed; a user of one database must name it, and no name stands near it")
	}
	if w, ok := why[e.Number]; ok {
		return s.is(w.status, fmt.Sprintf("%d: %s", e.Number, w.reason))
	}
	return s.is(leak.Unknown, fmt.Sprintf("the server refuses the login with %d", e.Number))
}

// sqlTLS says why there is no TLS, and is empty if that is not what the error is
// about. The driver keeps the text of the cause alone.
func sqlTLS(err error) string {
	text := err.Error()
	switch {
	case !strings.Contains(text, "TLS Handshake failed") || certificate(err) != "":
		return ""
	case strings.Contains(text, "x509: certificate is valid for "):
		return "the certificate is for another host"
	case strings.Contains(text, "x509: certificate signed by unknown authority"):
		return unknownAuthority
	}
	return "the server does not speak TLS as it should, or its certificate is not valid"
}

// sqlRow returns the first row of an answer as text.
func sqlRow(ctx context.Context, c driver.Conn, sql string) (out []string) {
	st, err := c.Prepare(sql)
	if err != nil {
		return nil
	}
	defer st.Close()
	q, ok := st.(driver.StmtQueryContext)
	if !ok {
		return nil
	}
	rows, err := q.QueryContext(ctx, nil)
	if err != nil {
		return nil
	}
	defer rows.Close()
	values := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(values); err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	for _, v := range values {
		text, _ := v.(string)
		out = append(out, text)
	}
	return out
}
