package decode

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// dsn reads a data source name of Go's MySQL driver, user:password@tcp(host)/db,
// and libpq's host=... user=... password=...
func dsn(in *Input) []leak.Evidence {
	if t, ok := parseDSN(in.Value); ok {
		return t.claims(in, "the data source name").list
	}
	if t, ok := parseKeywords(in.Value); ok {
		return t.claims(in, "the connection string").list
	}
	return nil
}

func parseDSN(v string) (target, bool) {
	login, rest, ok := strings.Cut(v, "@tcp(")
	if !ok || len(v) > 2048 || strings.ContainsAny(v, "\n{") {
		return target{}, false
	}
	host, path, _ := strings.Cut(rest, ")/")
	t := target{scheme: database("mysql"), host: host}
	t.user, t.password, _ = strings.Cut(login, ":")
	t.path, _, _ = strings.Cut(path, "?")
	return t, true
}

// parseKeywords reads what libpq takes: host=... user=... password=...
// (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE).
func parseKeywords(v string) (target, bool) {
	if len(v) > 2048 || strings.ContainsAny(v, "\n{;&") {
		return target{}, false
	}
	t := target{scheme: database("postgresql"), options: url.Values{}}
	port, address := "", ""
	into := map[string]*string{"host": &t.host, "hostaddr": &address, "port": &port, "user": &t.user, "password": &t.password, "dbname": &t.path}
	for field := range strings.FieldsSeq(v) {
		key, value, _ := strings.Cut(field, "=")
		value = strings.Trim(value, "'")
		if to := into[key]; to != nil {
			*to = value
		} else if key == "sslmode" {
			t.options.Set(key, value)
		}
	}
	t.host = cmp.Or(t.host, address)
	t.listens(port)
	return t, t.host != "" && t.user != ""
}

// listens adds a port to the host, unless it is the one that such servers have anyway.
func (t *target) listens(port string) {
	if port != "" && !Usual(t.scheme.provider, port) && !strings.Contains(t.host, ":") {
		t.host += ":" + port
	}
}

// driverString reads the connection strings of ADO.NET, ODBC and Npgsql, with
// semicolons. Those of Azure are read with Azure's.
func driverString(in *Input) []leak.Evidence {
	t, ok := parseDriver(strings.Trim(in.Value, "\"'`"))
	if !ok || strings.Contains(t.host, ".database.windows.net") {
		return nil
	}
	return t.claims(in, "the connection string").list
}

// parseDriver reads connection strings with semicolons
// (https://learn.microsoft.com/en-us/dotnet/api/system.data.sqlclient.sqlconnection.connectionstring,
// https://www.npgsql.org/doc/connection-string-parameters.html,
// https://dev.mysql.com/doc/connector-net/en/connector-net-8-0-connection-options.html).
func parseDriver(v string) (target, bool) {
	if first, rest, _ := strings.Cut(v, ";"); len(first) > 7 && strings.EqualFold(first[:7], "driver=") { // {ODBC Driver 18 for SQL Server}
		v = strings.NewReplacer("{", "", "}", "").Replace(first) + ";" + rest
	}
	c := parseConnection(v)
	if c == nil {
		return target{}, false
	}
	get := func(names ...string) string {
		for _, n := range names {
			if c[n] != "" {
				return c[n]
			}
		}
		return ""
	}
	t := target{host: strings.TrimPrefix(get("server", "datasource", "host", "addr", "address", "networkaddress"), "tcp:")}
	t.user, t.password, t.path = get("userid", "uid", "user", "username"), get("password", "pwd"), get("database", "initialcatalog")
	if t.host == "" || t.user == "" || t.password == "" {
		return t, false
	}
	t.scheme = c.driver(t.host)
	if host, port, ok := strings.Cut(t.host, ","); ok {
		host, _, _ = strings.Cut(host, `\`) // an instance, which has that port
		t.host = host + ":" + port
	}
	t.listens(c["port"])
	return t, true
}

// redisOptions are words of connection strings of StackExchange.Redis that no other
// has.
var redisOptions = []string{"abortconnect", "allowadmin", "asynctimeout", "channelprefix", "checkcertificaterevocation", "configchannel", "configcheckseconds", "connectretry", "connecttimeout", "defaultdatabase", "protocol", "resolvedns", "ssl", "sslhost", "sslprotocols", "synctimeout", "tiebreaker"}

// parseOptions reads connection strings of StackExchange.Redis: servers and options
// with commas between them
// (https://github.com/StackExchange/StackExchange.Redis/blob/main/docs/Configuration.md).
// With a serviceName the servers are Sentinels, which may have another password.
func parseOptions(v string) (target, bool) {
	if len(v) > 2048 || strings.ContainsAny(v, "\n{;&") || !strings.Contains(v, ",") {
		return target{}, false
	}
	t, c := target{scheme: database("")}, connection{}
	for field := range strings.SplitSeq(v, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(field), "=")
		if ok {
			c[strings.ToLower(name)] = value
		} else {
			t.host = cmp.Or(t.host, name)
		}
	}
	host, port, _ := strings.Cut(t.host, ":")
	if of, _ := Port(port); c.any(redisOptions) || of == "redis" {
		t.scheme = database("redis")
	}
	t.host = host
	t.listens(port)
	t.user, t.password, t.tls = c["user"], c["password"], strings.EqualFold(c["ssl"], "true")
	return t, t.host != "" && c["servicename"] == "" && !strings.ContainsAny(t.host, " /\"'")
}

// driver is what a connection string is for, as far as it says so: Server, Uid and Pwd
// alone are written for SQL Server and for MySQL. SQL Server takes its port behind a
// comma; a port of its own is of others.
func (c connection) driver(host string) scheme {
	if name := strings.ToLower(c["driver"] + c["provider"]); name != "" {
		for _, known := range [][2]string{{"postgres", "postgresql"}, {"mysql", "mysql"}, {"mariadb", "mariadb"}, {"redshift", "redshift"}, {"ora", "oracle"}, {"sql", "sqlserver"}, {"tds", "sqlserver"}} {
			if strings.Contains(name, known[0]) {
				return database(known[1])
			}
		}
		return database("")
	}
	if of, kind := Port(c["port"]); kind == leak.DatabaseUser {
		return database(of)
	}
	switch {
	case c["host"] != "", c.any(npgsqlOnly), slices.Contains([]string{"allow", "disable", "prefer", "require"}, strings.ToLower(c["sslmode"])):
		return database("postgresql")
	case c["sslmode"] != "", c.any(mysqlOnly):
		return database("mysql")
	case c["port"] != "":
		return database("")
	case c["server"] == "" && c["initialcatalog"]+c["database"] == "" && !strings.Contains(host, "."):
		return database("oracle")
	case c.any(sqlclientOnly), strings.ContainsAny(host, `,\`), strings.HasPrefix(c["server"], "tcp:"), strings.EqualFold(c["uid"]+c["user"], "sa"), c.has("userid", "password"):
		return database("sqlserver")
	}
	return database("")
}

// What only one of those takes, or only those write who use it.
var (
	npgsqlOnly = []string{"searchpath", "includeerrordetail", "targetsessionattributes", "noresetonclose"}
	mysqlOnly  = []string{
		"allowbatch", "allowloadlocalinfile", "allowpublickeyretrieval", "allowuservariables", "allowzerodatetime", "characterset", "charset", "connectionprotocol",
		"convertzerodatetime", "defaultcommandtimeout", "guidformat", "oldguids", "option", "treattinyasboolean", "useaffectedrows", "usecompression",
	}
	sqlclientOnly = []string{
		"addr", "address", "applicationintent", "attachdbfilename", "columnencryptionsetting", "datasource", "encrypt", "failoverpartner", "initialcatalog",
		"integratedsecurity", "mars_connection", "multipleactiveresultsets", "multisubnetfailover", "networkaddress", "networklibrary", "packetsize",
		"trusted_connection", "trustservercertificate", "userinstance", "workstationid",
	}
)

// any reports whether one of some fields is there.
func (c connection) any(names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return c[n] != "" })
}

// Connection is what a connection string says of the password in it, nothing if it
// is none, or has another password.
func Connection(text, password string) []leak.Evidence {
	for _, parse := range []func(string) (target, bool){parseJDBC, parseDSN, parseKeywords, parseDriver, parseOptions} {
		if t, ok := parse(text); ok && (t.password == password || t.password == unescape(password)) {
			return t.claims(&Input{depth: maxDepth}, "the connection string around it").list
		}
	}
	return nil
}

// assigned is the value of a line NAME=value, which people paste with the name.
func assigned(line string) (string, bool) {
	name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
	if !ok || !madeOf(name, "_", 3, 80) || strings.Contains(line, "\n") || name != strings.ToUpper(name) {
		return "", false
	}
	return strings.Trim(strings.TrimSpace(value), "\"'"), true
}
