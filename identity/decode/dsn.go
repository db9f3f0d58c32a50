package decode

import (
	"net/url"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// dsn reads a data source name of Go's MySQL driver, user:password@tcp(host)/db,
// and libpq's host=... user=... password=...
func dsn(in *Input) []leak.Evidence {
	v := in.Value
	if len(v) > 2048 || strings.ContainsAny(v, "\n{") {
		return nil
	}
	if login, rest, ok := strings.Cut(v, "@tcp("); ok {
		host, path, _ := strings.Cut(rest, ")/")
		t := target{scheme: database("mysql"), host: host}
		t.user, t.password, _ = strings.Cut(login, ":")
		t.path, _, _ = strings.Cut(path, "?")
		return t.claims(in, "the data source name").list
	}
	if !strings.Contains(v, "host=") || !strings.Contains(v, "user=") || strings.Contains(v, ";") || strings.Contains(v, "&") {
		return nil
	}
	t := target{scheme: database("postgresql"), options: url.Values{}}
	for field := range strings.FieldsSeq(v) {
		key, value, _ := strings.Cut(field, "=")
		value = strings.Trim(value, "'")
		switch key {
		case "host":
			t.host = value
		case "user":
			t.user = value
		case "password":
			t.password = value
		case "dbname":
			t.path = value
		case "sslmode":
			t.options.Set(key, value)
		}
	}
	if t.host == "" || t.user == "" {
		return nil
	}
	return t.claims(in, "the connection string").list
}

// driverString reads the connection strings of ADO.NET, ODBC and Npgsql, with
// semicolons. Those of Azure are read with Azure's.
func driverString(in *Input) []leak.Evidence {
	c := parseConnection(strings.Trim(in.Value, "\"'`"))
	if c == nil {
		return nil
	}
	get := func(names ...string) string {
		for _, n := range names {
			if c[n] != "" {
				return c[n]
			}
		}
		return ""
	}
	t := target{scheme: database("sqlserver"), host: strings.TrimPrefix(get("server", "datasource", "host", "addr", "address"), "tcp:")}
	t.user, t.password, t.path = get("userid", "uid", "user", "username"), get("password", "pwd"), get("database", "initialcatalog")
	if t.host == "" || t.user == "" || t.password == "" || strings.Contains(t.host, ".database.windows.net") {
		return nil
	}
	switch driver := strings.ToLower(c["driver"]); {
	case strings.Contains(driver, "postgres"), c["host"] != "", c["port"] == "5432":
		t.scheme = database("postgresql")
	case strings.Contains(driver, "mysql"), c["sslmode"] != "", c["port"] == "3306":
		t.scheme = database("mysql")
	case c["server"] == "" && !strings.Contains(t.host, "."):
		t.scheme = database("oracle")
	}
	if host, port, ok := strings.Cut(t.host, ","); ok {
		t.host = host + ":" + port
	}
	return t.claims(in, "the connection string").list
}

// assigned is the value of a line NAME=value, which people paste with the name.
func assigned(line string) (string, bool) {
	name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
	if !ok || !madeOf(name, "_", 3, 80) || strings.Contains(line, "\n") || name != strings.ToUpper(name) {
		return "", false
	}
	return strings.Trim(strings.TrimSpace(value), "\"'"), true
}
