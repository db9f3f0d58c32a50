package verify_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/cmdline"
	"github.com/whosekey/whosekey/identity/names"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/pipeline"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/scanners/dir"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// pgSettings and mysqlSettings are files with a password that is in no URL, by their
// names: DBHOST stands for the server, PW for the password, billing is the user. Behind a name
// there may be a # and a number.
var pgSettings = map[string]string{
	"a.properties":        "spring.datasource.url=jdbc:postgresql://DBHOST:5433/postgres?user=billing&password=PW\r\n",
	"a.properties#2":      "url=jdbc:postgresql://DBHOST/postgres?password=PW&user=billing&sslmode=require\n",
	"a.properties#3":      "spring.datasource.url=jdbc:postgresql://DBHOST:5433/postgres\nspring.datasource.username=billing\nspring.datasource.password=PW\n",
	"a.xml":               "<url>jdbc:postgresql://DBHOST:5433/postgres?user=billing&amp;password=PW</url>\n",
	"a.py":                "c = psycopg2.connect(\"host=DBHOST port=5433 dbname=postgres user=billing password=PW\")\n",
	"a.py#2":              "c = psycopg2.connect(\"password='PW' host=DBHOST user=billing\")\n",
	"a.py#3":              "c = psycopg2.connect(host=\"DBHOST\", port=5432, user=\"billing\", password=\"PW\")\n",
	"a.go":                "db, err := sql.Open(\"postgres\", `user=billing password=PW host=DBHOST sslmode=verify-full`)\n",
	"dsn.env":             "DATABASE_DSN=host=DBHOST user=billing password=PW dbname=postgres\n",
	".pgpass":             "DBHOST:5432:postgres:billing:PW\n",
	".pgpass#2":           "# those of the shop\nDBHOST:5433:*:billing:PW\n",
	"appsettings.json":    `{"ConnectionStrings":{"Default":"Host=DBHOST;Port=5433;Database=postgres;Username=billing;Password=PW"}}`,
	"web.config":          `<add name="x" connectionString="Server=DBHOST;Port=5432;Database=postgres;User Id=billing;Password=PW;" />`,
	"odbc.ini":            "x = Driver={PostgreSQL Unicode};Server=DBHOST;Port=5433;Database=postgres;Uid=billing;Pwd=PW;\n",
	"settings.py":         "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'postgres', 'USER': 'billing', 'PASSWORD': 'PW', 'HOST': 'DBHOST', 'PORT': '5433'}}\n",
	"settings.py#2":       "DATABASES = {\n  'default': {\n    'PASSWORD': 'PW',\n    'HOST': 'DBHOST',\n    'USER': 'billing',\n    'ENGINE': 'django.db.backends.postgresql',\n  }\n}\n",
	"database.yml":        "production:\n  adapter: postgresql\n  host: DBHOST\n  port: 5433\n  username: billing\n  password: PW\n  database: postgres\n",
	"application.yml":     "spring:\n  datasource:\n    url: jdbc:postgresql://DBHOST:5433/postgres\n    username: billing\n    password: PW\n",
	"pg.env":              "PGHOST=DBHOST\nPGPORT=5433\nPGUSER=billing\nPGPASSWORD=PW\nPGDATABASE=postgres\n",
	"docker-compose.yml":  "services:\n  web:\n    environment:\n      POSTGRES_HOST: DBHOST\n      POSTGRES_USER: billing\n      POSTGRES_PASSWORD: PW\n",
	"docker-compose2.yml": "services:\n  web:\n    environment:\n      - POSTGRES_PASSWORD=PW\n      - POSTGRES_USER=billing\n      - POSTGRES_HOST=DBHOST\n",
	".env":                "DB_CONNECTION=pgsql\r\nDB_HOST=DBHOST\r\nDB_PORT=5433\r\nDB_DATABASE=postgres\r\nDB_USERNAME=billing\r\nDB_PASSWORD=PW\r\n",
	"run.sh":              "PGPASSWORD=PW psql -h DBHOST -U billing postgres\n",
	"knexfile.js":         "module.exports={client:'pg',connection:{host:'DBHOST',user:'billing',password:'PW',database:'postgres'}}\n",
	"ormconfig.json":      `{"type":"postgres","host":"DBHOST","port":5433,"username":"billing","password":"PW","database":"postgres"}`,
}

var mysqlSettings = map[string]string{
	"a.properties":   "url=jdbc:mysql://DBHOST:3307/shop?user=billing&password=PW&useSSL=true\n",
	"a.properties#2": "url=jdbc:mariadb://DBHOST/shop?password=PW&user=billing\n",
	"a.properties#3": "url=jdbc:mysql:loadbalance://DBHOST:3307,other.acme.example:3307/shop?user=billing&password=PW\n",
	"a.go":           "db, err := sql.Open(\"mysql\", \"billing:PW@tcp(DBHOST:3307)/shop?parseTime=true\")\n",
	"a.config":       `<add name="x" connectionString="Server=DBHOST;Port=3306;Database=shop;Uid=billing;Pwd=PW;" />`,
	"a.config#2":     `<add name="x" connectionString="server=DBHOST;user=billing;password=PW;database=shop;SslMode=Required" />`,
	".env":           "DB_CONNECTION=mysql\nDB_HOST=DBHOST\nDB_PORT=3307\nDB_DATABASE=shop\nDB_USERNAME=billing\nDB_PASSWORD=PW\n",
	"my.env":         "export MYSQL_HOST=DBHOST\nexport MYSQL_USER=billing\nexport MYSQL_PASSWORD=PW\n",
	"my.cnf":         "[client]\nhost=DBHOST\nport=3307\nuser=billing\npassword=PW\n",
	"settings.py":    "DATABASES = {\n  'default': {\n    'ENGINE': 'django.db.backends.mysql',\n    'NAME': 'shop',\n    'USER': 'billing',\n    'PASSWORD': 'PW',\n    'HOST': 'DBHOST',\n    'PORT': '3307',\n  }\n}\n",
	"run.sh":         "mysql -h DBHOST -u billing -pPW shop\n",
	"wp-config.php":  "define( 'DB_NAME', 'shop' );\ndefine( 'DB_USER', 'billing' );\ndefine( 'DB_PASSWORD', 'PW' );\ndefine( 'DB_HOST', 'DBHOST' );\n",
}

// settingsDB is the server in settings: a name that no documentation has.
const settingsDB = "db.acme.io"

// settingsLogIn asks about the passwords in settings, a right and a wrong one of the
// user billing, at the real server that a host stands for.
func settingsLogIn(t *testing.T, n *verifytest.Net, settings map[string]string, right, wrong string) {
	t.Helper()
	s := newSettings(t, n)
	for name, text := range settings {
		for password, want := range map[string]leak.Status{right: leak.Live, wrong: leak.Dead} {
			at := len(n.Dialed())
			got, planned := s.ask(t, name, strings.NewReplacer("DBHOST", settingsDB, "PW", password).Replace(text))
			if len(got) != 1 || got[0].Verdict.Status != want {
				t.Errorf("%s: %+v, dialed %v, want %s", name, verdicts(got), n.Dialed()[at:], want)
			}
			if len(planned) != 1 || !strings.HasPrefix(planned[0], settingsDB+":") {
				t.Errorf("%s: planned %v", name, planned)
			}
		}
	}
}

func verdicts(fs []*leak.Finding) (out []string) {
	for _, f := range fs {
		out = append(out, f.Rule.ID+" "+string(f.Verdict.Status)+" "+f.Verdict.Host+" "+f.Verdict.Reason)
	}
	return out
}

// scannedSettings is what scans of settings share.
type scannedSettings struct {
	n   *verifytest.Net
	ps  []*rules.Provider
	vs  map[string]verify.Verifier
	set *detectors.Set
}

func newSettings(t *testing.T, n *verifytest.Net) *scannedSettings {
	t.Helper()
	ps, vs := verify.Compiled(t)
	ds, err := detectors.Compile(ps)
	if err != nil {
		t.Fatal(err)
	}
	return &scannedSettings{n, ps, vs, detectors.NewSet(append(ds, detectors.Builtin(nil)...)...)}
}

// ask asks about what is found in a file, and returns which hosts were planned.
func (s *scannedSettings) ask(t *testing.T, name, text string) (found []*leak.Finding, hosts []string) {
	t.Helper()
	name, _, _ = strings.Cut(name, "#")
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	src, err := dir.New(dir.Options{Paths: []string{file}, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	e, err := verify.New(verify.Config{Mode: verify.Safe, Verifiers: s.vs, Providers: s.ps, Timeout: time.Minute, Door: verify.DoorOptions{
		Allow: allPorts(settingsDB), AllowPrivate: []netip.Prefix{verifytest.Private}, Resolver: s.n, Dial: s.n.Dial, RootCAs: s.n.Roots, Rate: 1e6,
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	cfg := pipeline.Config{
		Source: src, Detectors: s.set, Report: &collected{&found}, Salt: []byte("x"),
		Servers: identity.Servers(s.ps, identity.FromRules(s.ps), identity.FromItself(s.ps), cmdline.New(), names.New()),
	}
	cfg.Verify = func(ctx context.Context, fs []*leak.Finding) error {
		for _, p := range e.Plan(fs) {
			for _, c := range p.Calls {
				hosts = append(hosts, c.Host)
			}
		}
		return e.Verify(ctx, fs)
	}
	if _, err := pipeline.Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	return found, hosts
}

// allPorts allows a host at those that the settings name.
func allPorts(host string) (out []string) {
	for _, port := range strings.Fields("5432 5433 3306 3307 1433 1434 6379 6380 587") {
		out = append(out, host+":"+port)
	}
	return out
}

// passwordOf makes one that looks like one, as secretOf does not.
func passwordOf(n int) string { return fmt.Sprintf("Rk%dvbTq8mWzLc4p", n) }

// collected keeps the findings of a run.
type collected struct{ found *[]*leak.Finding }

func (c *collected) Start(report.Run) error { return nil }
func (c *collected) Finding(f *leak.Finding) error {
	*c.found = append(*c.found, f)
	return nil
}
func (c *collected) Finish(report.Summary) error { return nil }
