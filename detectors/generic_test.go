package detectors_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/detectors/detectortest"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// genericLeaks are assignments of a credential, V, in the languages that people
// write them in.
var genericLeaks = []string{
	`DB_PASSWORD=V`, `export API_TOKEN=V`, `SECRET_KEY="V"`, `AUTH_TOKEN='V'`, `API_KEY=V # production`, `password=V;`, // env, shell
	`set API_KEY=V`, `$env:API_TOKEN = "V"`, `setenv SECRET_TOKEN V2`,
	"password: V", `  secret_key: "V"`, `apiKey: 'V'`, "client_secret: V\r\n", `- token: V`, // yaml
	`{"password": "V"}`, `{"api_key":"V","x":1}`, `"clientSecret" : "V",`, `{\"password\":\"V\"}`, // json
	`password = "V"`, `api_token = 'V'`, `secret_access_key = V`, // toml, ini
	`[db] passwd=V`, `spring.datasource.password=V`, `jwt.secret: V`, `app.secret.key = V`, // java properties
	`<password>V</password>`, `<add key="ApiSecret" value="V" />`, `<property name="password" value="V"/>`, `<token>V</token>`, // xml
	`secret_key = "V"`, `  password             = "V"`, `client_secret := "V"`, // hcl
	`ENV API_TOKEN V2`, `ENV API_TOKEN=V`, `ARG DB_PASSWORD=V`, // docker
	`ALTER USER app WITH PASSWORD 'V2';`, `CREATE USER app IDENTIFIED BY 'V';`, // sql
	`$password = 'V';`, `define('AUTH_KEY', 'V2');`, `'password' => 'V',`, `$config['secret_key'] = "V";`, // php
	`password = "V"`, `os.environ["API_TOKEN"] = "V"`, `connect(password="V", user="x")`, `SECRET_KEY = b"V"`, `settings["secret"] = 'V'`, `"token": "V",`, // python
	`const apiKey = "V";`, `let token = 'V'`, "var secret = `V`;", `{ clientSecret: "V" }`, `config.set("password", "V")`, `process.env.TOKEN || "V2"`, `token: "V",`, // javascript
	`password := "V"`, `Password: "V",`, `os.Setenv("API_TOKEN", "V")`, `const authToken = "V"`, // go
	`String password = "V";`, `private static final String API_SECRET = "V";`, `.setPassword("V2")`, // java
	`config.secret_key = "V"`, `:password => "V"`, `secret_key_base: V`, `password: 'V'`, // ruby
	`string password = "V";`, `Password = "V"`, `"ApiSecret": "V"`, `Server=db;Password=V;Database=x`, // c#
	`let api_key = "V";`, `let secret: &str = "V";`, `val token: String = "V"`, `static NSString *const kApiSecret = @"V";`, `#define API_SECRET "V2"`, // rust, kotlin, objective-c
	`if token == "V" {`, `if (password !== 'V') {`, `req.body.password === 'V'`, `if updated.Password != "V" {`, `assert cfg['password'] == 'V'`, // comparisons
	`define( 'AUTH_KEY', 'V' );`, "- name: DB_PASSWORD\n  value: \"V\"", "<key>Password</key>\n<string>V</string>", `["--token", "V"]`, `PASSWORD=${PASSWORD:-V}`, // pairs and defaults
	`oauth_verifier: 'V',`, `"code_verifier": "V"`, `Connect-Server -Name s -Password V`, // OAuth, PowerShell
	`Authorization: ApiKey V`, `'X-Auth-Token': 'V'`, `"authorization": "Token V"`, `CREATE LOGIN c WITH PASSWORD = N'V'`, `IDENTIFIED BY 'V'`, `"USER=x\nPASS=V"`, // headers, SQL, escapes
	`var apiToken string = "V"`, `const clientSecret string = "V"`, `API_TOKEN ::= "V"`, `API_TOKEN :::= "V"`, `$apiToken .= "V"`, `api_token += "V"`, // with a type, in makefiles, appended
	"<password>\n    V\n  </password>", "<entry key=\"api_token\">\n\tV\n</entry>", // a line of its own
	`STRIPE_KEY=V`, `"ACME_KEY": "V"`, `acme_key: V`, `$config['mail_key'] = 'V';`, // names that end in _key
	`curl -d password=V https://example.org`, `?access_token=V&x=1`, `--password=V`,
	`ALTER USER app IDENTIFIED WITH mysql_native_password BY 'V';`, `CREATE USER app IDENTIFIED BY V`, `SET PASSWORD FOR app = 'V';`, `DECLARE @password NVARCHAR(50) = 'V';`,
	`$ENV{PASSWORD} = 'V';`, `password <- "V"`, `std::string password{"V"};`, `Dim password As String = "V"`, `let password = String::from("V");`, `Password = <<"V">>.`, `-define(PASSWORD, "V").`,
	`env::var("PASSWORD").unwrap_or("V".into())`, `getenv('DB_PASSWORD') ?: 'V'`, `os.environ.get("API_KEY") or "V"`, `parser.add_argument('--password', default='V')`, `keytool -storepass V -keystore k`, `PASSWORD EQU 'V'`,
	"\"db_password\": {\n  \"value\": \"V\",",                    // outputs of a state
	"db.password   V2", "x=1\r\nspring.mail.password\tV2\r\ny=2", // properties behind blanks
	`db_password: "{{ vault_db_password | default('V') }}"`, `{{ lookup('env', 'DB_PASSWORD') | default('V', true) }}`, // Jinja
	"<AdministratorPassword>\n  <value>V</value>\n  <PlainText>true</PlainText>", "<Password><value>V</value>", // Windows Setup
	"openai.api.key=V", `options(api.key = "V")`, `aws.access.key: V`, `let token: string | null = "V"`, `private apiKey?: string | undefined = 'V';`, // names with dots, types
	`"password" -> "V"`, `mapOf("token" to "V")`, `val authToken = Some("V")`, `let secret = Some("V".to_string());`, // pairs and options of Scala, Kotlin, Rust
	`our $token = q{V};`, `password => q(V),`, `my $secret = qq[V];`, `TOKEN = %q(V)`, // quotes of Perl and Ruby
	`String.fromEnvironment('TOKEN', defaultvalue: 'V')`, `config("API_KEY", default: "V")`, `env.get('TOKEN', fallback='V')`, // defaults
	`request.setValue("V", forHTTPHeaderField: "X-Api-Key")`, `[defaults setObject:@"V" forKey:@"password"];`, `keychain.set("V", forKey: "authToken")`, // Swift, Objective-C
	"db_secrets:\r\n- 'one-two'\r\n- 'V'\r\nx: 1", // lists of YAML
	`set PW=V2`, "password: !!str V", `<item name="auth_token" type="string" a="b">V</item>`, `<meta-data android:name="com.acme.ApiKey" android:value="V" />`, "<meta-data\n  android:name=\"io.acme.API_SECRET\"\n  android:value=\"V\"/>", // Android
	"api_secret: &main V", "- value: \"V\"\n  name: API_TOKEN", "DBPassword:\n  Type: String\n  Default: V\n  NoEcho: true", "DB_PASSWORD:\n  value: \"V\"\n  description: x", // tags, anchors and parameters of YAML
	`"apiSecret":{"type":"securestring","defaultvalue":"V"}`, "resource \"x\" \"y\" {\n  name  = \"/prod/db/password\"\n  type  = \"SecureString\"\n  value = \"V\"\n}", // parameters of ARM, Terraform
	`headers: [{"x-api-key", "V"}]`, `{{"X-Api-Key", "V"}}`, `{:headers {"X-Api-Key" "V"}}`, `get_env(:acme, :api_secret, "V")`, `set_env(app, api_token, <<"V">>)`, // pairs of Elixir, C++, Clojure, Erlang
	`req.Header["X-Api-Key"] = []string{"V"}`, `flag.stringvar(&pw, "password", "V", "x")`, `static SECRET: &'static [u8] = b"V";`, `insert("x-api-key", headervalue::from_static("V"))`, `env::var("JWT_SECRET").unwrap_or_else(|_| "V".to_string())`, // Go, Rust
	`val apiKey: Option[String] = Some("V")`, `QString password = QStringLiteral("V");`, `auto token = std::string("V");`, `Sensitive[String] $secret = Sensitive('V'),`, `secret: str = Field(default="V")`, // wrapped
	`(or (System/getenv "JWT_SECRET") "V")`, `env.fetch('TOKEN') { 'V' }`, `password: <%= Env.fetch("PW", "V") %>`, `password: "{{ env_var('PW', 'V') }}"`, `Property(name = "api.secret", defaultvalue = "V")`, // defaults
	`buildConfigField 'String', 'API_SECRET', '"V"'`, `pm.environment.set(\"token\", \"V\");`, `secret: ['V'],`, "password = \\\n    \"V\"", `override["postgresql"]["password"]["postgres"] = "V"`, // Gradle, Postman, lists of one, Python, Chef
	"user elastic\n  password V\n", "${PASSWORD}    V\n", `X-Api-Key=[V]`, `.password("{noop}V")`, `<string name="api_secret" translatable="false">V</string>`, // settings, Robot Framework, logs, Spring
}

// genericClean hold nothing.
var genericClean = []string{
	// References and templates.
	`password = "(?=.*[0-9])(?=.*[A-Z]).{8,16}$1"`, `password: "%s:%s@tcp(%s:%d)/App2"`, `password = "Deploy.Bot+Prod2@acme-mail2.example.org"`,
	"secrets:\n  - db_password_v2\n  - source: Kx8Lq2Zw9Rt4Pm7Vb1Ns\n", "secrets:\n  - ${DB_PASSWORD_2}\nother:\n  - kx8Lq2Zw9Rt4Pm7Vb1Ns", "tokens:\n- identifier2\n- getToken3\n",
	"db.password   must be 12Characters", "user.token Invalid1Format", "db.password getPassword2()", `{{ db_password | default('') }}`, `{{ db_password | default(vault_password_2) }}`, `<Password><Value></Value>`, `<Password><Value>$(AdminPassword1)</Value>`,
	`password = "$this->getDb()->Pass1['x']"`, `password = "@Html.Raw(Model.User2.Password)"`, `password = "$(Get-Secret1 -N Db.X2)"`, `password = "?User=App1&Db=Main2&Port=5432"`, `password = ".Values.Db1.Auth.Password2"`,
	`password = "~/.Secrets/Db1/App.Pass2"`, `password = ".*[^A-Z]+\d{2,}$"`, `password = "%s:%d@X1y-Tcp4.Srv2"`, `password = "$Env:App_Db1.$Stage2@Prod"`, `password = "@@Db1.App.Password2@@"`, `password = "%{Env.App1_Db:-X2}.$Y"`,
	`password = os.environ["DB_PASSWORD"]`, `password: ${DB_PASSWORD}`, `token: {{ .Values.token }}`, `secret: <%= ENV["SECRET"] %>`, `API_TOKEN=$API_TOKEN`,
	`password = var.db_password_2024`, `token = process.env.GITHUB_TOKEN_V2`, `token: ${{ secrets.GITHUB_TOKEN }}`, `password=%(db_password)s1`, `secret = data.vault_secret.x9.value`,
	`secret: "vault:secret/data/app1#k3y9"`, `token = "op://vault9/item1/field"`, `password: ENC[AES256_GCM,data:x9Y8z7]`, `secretKeyRef: {name: app1}`,
	`private_key = file("~/.ssh/id_rsa_2")`, `private_key = /etc/ssl/private/server1.pem`, `passwordFile: /run/secrets/db_pass_1`, `token = "arn:aws:secretsmanager:eu-1:123:secret:x9"`,
	// Placeholders.
	`password = "changeme123"`, `password=password123`, `api_key = "your_api_key_here1"`, `token: xxxxxxxxxxxxxxxx1234`, `secret = "<your-secret-1>"`, `PASSWORD=REPLACE_ME_123`, `API_KEY=1234567890abcdef`, `secret: "********"`, `token = "test-token-12345"`, `token = "dummy1234567890abc"`, `password: "enter-passw0rd-here"`, `api_key = "0000000000000001"`, `secret="INSERT_SECRET_1"`,
	`api_key: abcdef1234567890abcdef`, `password = "s3cr3t"`, `token = "foo-bar-baz-123"`, `pixie.apiKey=px-api-a1b2c3d4-e5f6-g7h8-i8j0-k0l3m3n4o0p5`,
	// Other things that are not secret.
	`token = "123e4567-e89b-42d3-a456-426614174000"`, `tokenId: 5f3c2a1b9e8d7c6f`, `secret_name: prod-db-9f8e7d6c`, `"integrity_token": "sha512-V=="`, `public_key = "V"`, `publicKeyToken="b77a5c561934e089"`, `csrf_token = "V"`, `next_page_token: "V"`, `password_hash = "$2b$12$V"`, `max_tokens: 4096`, `token_count=12345678`,
	`access_key_id = "V"`, `api_key_name: "my-key-2024-01"`, `secret_version = "projects/1/secrets/x/versions/3"`, `token_url = "https://example.org/oauth2/token1"`, `credential_type: user2023account`, `token_expiry = "2024-01-01T00:00:00Z"`,
	`CACHE_KEY="V"`, `keyVaultToStoreSecrets: abc2-prd-7408358319`, `primary_key: "V"`, `"sort_key": "V"`, `PUBLISHABLE_KEY=V1`,
	// Code.
	`token = getTokenFromHeader2(req)`, `password = user.password1.trim()`, `token := parser.nextToken2()`, `password =~ "V"`, `secret = newSecretProvider2()`, `token: TokenType2.IDENTIFIER`, `this.token = this.tokenService2.token`, `apiKey = apiKeyFromConfig2`, `password = passwordEncoder2.encode`, `var token = cancellationTokenSource2.Token`, `Token::Identifier2`, `tokens = [Token1, Token2, Token3]`, `token = lexer.tokens[pos2]`,
	`Token::=Identifier2Tail`, `token string == "V"`, `secret . "V"`, "<password>\n  <value1abc2/>\n</password>", "<password>\n  see x9k2m4p7 for it\n</password>", `the password minimum = 12345678`,
	`"token_embd.weight": "b53102a11d9064bbd404833e3464b1b13e08ce73300b4424"`, `"token_embedding_table": "b53102a11d9064bbd404833e3464b1b13e08ce73"`, `"credentials":{"name":"d04fb13d27d964c62b267bbba1cffb9da"}`,
	`broker_credentials: rabbit2.lab:15672`, `Credential=AKEY7Q2M/20260115/eu-west-2/sqs/aws4_request`, `Idempotency-Key: V`, `export API_TOKEN="eyJhbGciOiJSUzI1NiJ9..."`,
	`const PASSWORD_INPUT = "passwordInputField2"`, `tokenStream = new CommonTokenStream2(lexer)`, `credentials = new BasicCredentialsProvider2()`, `secretKey = SecretKeySpec2`, `apiKeyHeader = X-Api-Key2Header`, `credential = DefaultAzureCredential2`, `token=TOKEN_IDENTIFIER_2`,
	// Translations, documentation, patterns.
	`password: "Passwort zurücksetzen"`, `"password": "Mot de passe oublié 2"`, `token: "Please enter your token 2fa"`, `password_label = "Contraseña (8+)"`, `secret: "Your secret is safe with us 100%"`, `The password: must have 8 characters, 1 digit`, `token_pattern = "[A-Za-z0-9]{32}"`, `password_regex: ^(?=.*[0-9])(?=.*[a-z])`, `secret: [a-z0-9]{40}`, `secrets.NewSecret("[1-9A-HJ-NP-Za-km-z]{24}")`,
	`msgid "password" = "passwort1234567"`, `token: 'validation.token.required1'`, `password: errors.password.too_short2`,
	// Lock files, style sheets, tests, names.
	`token@^1.2.3, token@^1.2.4:`, `"js-tokens": "^3.0.0 || ^4.0.0"`, `js-tokens@4.0.0:`, `"@types/token": "1.0.3-rc.4567"`, `--color-token: #1a2b3c4d`, `.password-field-2 { width: 100% }`, `data-testid="password-input-2"`, `password: rgba(0,0,0,0.12345)`, `css-token: var(--md-sys-color-1)`, `github.com/x/token v1.2.3-20240101000000-abcdef123456`,
	`token: docker.io/library/nginx:1.25.3`, `secret: app-secret-v2-production`, `token = "user_profile_page_2"`, `password = "UserPasswordDialog2"`, `secret: kubernetes.io/service-account-token1`, `api_key = "com.example.app2.ApiKey"`, `auth_token = "X-Auth-Token-V2"`, `credential: user2@example.com`,
	// What looks like the newer forms above.
	`<string name="password_hint" translatable="false">Enter your password1</string>`, `<meta-data android:name="com.acme.TOKEN_SERVICE" android:value="com.acme.app.TokenService2"/>`, `<meta-data android:name="x.ApiKey" android:value="${MAPS_KEY_2}"/>`, `<string name="token_title" a="b">Token2Screen</string>`,
	"secret: &anchor2 other", "DBPassword:\n  Type: AWS::SSM::Parameter2\n  Default: /prod/db/pass2", "password:\n  type: string\nother:\n  default: kx8Lq2Zw9Rt4Pm7Vb1Ns", `"secret": {"type": "string", "description": "Key2"}`,
	`{"token", "Identifier2"}`, `(:token, "Token2")`, `token=[Token1, Token2]`, `"tokens": ["Token1", "Token2"]`, `secret: ['secret1']`, "the user\npassword policy2\n", "user admin\npassword required2 here\n", "${TOKEN}    Get Token2",
	`arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-kx8Lq2`, `<input name="__Requestverificationtoken" type="hidden" value="V" />`, `"db_password": "EJ[1:V2:V2:V2]"`,
	"| PASSWORD | API_TOKEN | Meaning2 |\n| --- | --- | --- |", `DB_PASSWORD | DB_USER2`, `ACCESS_TOKEN | REFRESH_TOKEN2`, `type T = token | Identifier2`, `Password for staging: ask2 the team for it`, `password for x: y: z1234abc`, `X-Request-Id: 4c1f0e5b-93d7-4a2e-8b6d-17f2c0a95e3d`, `token: 4c1f0e5b-93d7-4a2e-8b6d-17f2c0a95e3d`, `\set token_path :path2`,
	`api.keyring = "Store2"`, `let token: string | number = tokens2`, `"token" -> Token2`, `the "token" to "Identifier2"`, `val token = Some(tokenOf2)`, `q(token)`, `defaults.set(true, forKey: "tokenValid2")`, `label("Bar2", forKey: "password")`,
	`token = "2024-01-15T10:30:00"`, `password = "+49 170 1234567"`, `token = "192.168.100.200:8080"`, `token: v1.25.3-alpine3.18`, `secret = 3.14159265358979`, `private_key = "id_rsa_2048.pem"`, `token = "a1b2c3d4.png"`,
}

func genericText(t *testing.T, line, seed string) string {
	t.Helper()
	// V2 stands for what a line would hold in a form that the rule does not
	// know yet; it is tested for not being an error only.
	line = strings.NewReplacer("V2", "${alnum:9}7${alnum:10}", "V", "${alnum:9}7${alnum:10}").Replace(strings.ReplaceAll(line, "${", "\x00"))
	text, err := rules.Expand(line, seed, nil)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(text, "\x00", "${")
}

func TestGenericFinds(t *testing.T) {
	set := detectors.NewSet(detectors.Builtin([]string{rules.KubernetesSecret})...)
	for i, line := range genericLeaks {
		for seed := range 5 {
			text := genericText(t, line, fmt.Sprint("w", i, seed))
			for _, form := range []string{text, "\n" + text + "\n", "x\r\n\t" + text + "\r\n"} {
				got := detectortest.Matches(set, form, 0)
				if known := !strings.Contains(line, "V2"); len(got) == 0 && known {
					t.Errorf("nothing in %q", form)
				} else if len(got) > 0 && (len(got) != 1 || got[0].End-got[0].Start != 20) {
					t.Errorf("%v in %q", got, form)
				}
			}
		}
	}
}

// TestGenericSymbols: a value of all kinds of characters is no reference because one
// stands in front that begins one elsewhere.
func TestGenericSymbols(t *testing.T) {
	set := detectors.NewSet(detectors.Builtin([]string{rules.KubernetesSecret})...)
	for i, v := range []string{"$x4!KV&&#t5", "@BV^4!zQ8%", "%kL9V*3!xT", "9q<Z!V->4#kJ7"} {
		text := genericText(t, `password = "`+v+`"`, fmt.Sprint("w", i))
		if got := detectortest.Matches(set, text, 0); len(got) != 1 {
			t.Errorf("%v in %q", got, text)
		}
	}
}

// TestGenericPolicy: a name with what a policy for passwords asks for behind it is one
// where a password must stand.
func TestGenericPolicy(t *testing.T) {
	set := detectors.NewSet(detectors.Builtin([]string{rules.KubernetesSecret})...)
	for line, want := range map[string]int{
		"spring.datasource.password=Kestrel@" + "123":  1,
		`DB_PASSWORD="Osprey20` + `31!"`:               1,
		"spring.datasource.password=Password@" + "123": 0,
		"title: Kestrel@" + "123":                      0,
		"license_key=Kestrel@" + "123":                 0,
		"db.password=Kestrel*" + "0792":                1,
		"pwd=Zephyr%" + "x119Q":                        1,
		"pwd: Zephyr^" + "119":                         1,
		"CREATE USER a IDENTIFIED BY 'Zephyr*" + "9Q'": 1,
		"pwd = base*1024":                              0,
		"password=Some%20text1":                        0,
	} {
		if got := detectortest.Matches(set, line, 0); len(got) != want {
			t.Errorf("%v in %q, want %d", got, line, want)
		}
	}
}

// TestGenericWordAndNumber: a word and a number is what people set as a password, but nothing
// that is compared, passed, a year or the name of something else.
func TestGenericWordAndNumber(t *testing.T) {
	set := detectors.NewSet(detectors.Builtin([]string{rules.KubernetesSecret})...)
	for line, want := range map[string]int{
		"password: 'gull-" + "3585'":                1,
		`DB_PASSWORD="Kestrel` + `739"`:             1,
		"  login-password: khots" + "646\n":         1,
		"password = \"heron#" + "48213\"":           1,
		"password: 'heron-" + "2024'":               0,
		"password: 'heron-" + "12'":                 0,
		"password: 'heron-" + "000'":                0,
		"password: 'h-" + "358512'":                 0,
		"token: 'gull-" + "3585'":                   0,
		"if password == 'gull-" + "3585' {":         0,
		"x, password gull-" + "3585":                0,
		"password: 'user-" + "3585-heron'":          0,
		"password: 'password-" + "3585'":            0,
		"password_field: 'gull-" + "3585'":          0,
		"password: 'some-very-long-heron-" + "358'": 0,
	} {
		if got := detectortest.Matches(set, line, 0); len(got) != want {
			t.Errorf("%v in %q, want %d", got, line, want)
		}
	}
}

func TestGenericIsSilent(t *testing.T) {
	set := detectors.NewSet(detectors.Builtin([]string{rules.KubernetesSecret})...)
	for i, line := range genericClean {
		if strings.Contains(line, "V") && !strings.ContainsAny(line, "\"'") {
			line = strings.ReplaceAll(line, "V", "v")
		}
		line = strings.NewReplacer("-V2", "-v2", "_V2", "_v2", "X-Auth", "x-auth").Replace(line)
		text := genericText(t, line, fmt.Sprint(i))
		for _, form := range []string{text, "\n  " + text + "\n"} {
			if got := detectortest.Matches(set, form, 0); len(got) > 0 {
				t.Errorf("%v in %q", got, form)
			}
		}
	}
}

// TestGenericAmongDigests: a digest in a list of them is none because of the name of what it is
// of, as in lock files; between other fields it is a key.
func TestGenericAmongDigests(t *testing.T) {
	set := detectors.NewSet(detectors.Builtin([]string{rules.KubernetesSecret})...)
	for text, want := range map[string]int{
		"SPEC CHECKSUMS:\n  AppAuth: ${hex:40}\n  AccessToken: ${hex:40}\n  Store: ${hex:40}\n": 0,
		"a:\n  AppAuth: ${hex:40}\n  Store: ${hex:40}\n  AccessToken: ${hex:40}\n":              0,
		"a:\n  AccessToken: ${hex:40}\n  AppAuth: ${hex:40}\n  Store: ${hex:40}\n":              0,
		"a:\n  AppAuth: ${hex:32}\n  AccessToken: ${hex:40}\n  Store: ${hex:40}\n":              1,
		"a:\n  user: ${hex:40}\n  access_token: ${hex:40}\n  host: acme.io\n":                   1,
		"a:\n  api_secret: ${hex:40}\n  access_token: ${hex:40}\n  user: ${hex:40}\n":           2,
	} {
		made, err := rules.Expand(text, text, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := detectortest.Matches(set, made, 0); len(got) != want {
			t.Errorf("%v in %q, want %d", got, made, want)
		}
	}
}

func TestGenericKeepsTheContract(t *testing.T) {
	for i, line := range []string{`password = "V"`, `API_TOKEN=V`, `<password>V</password>`} {
		detectortest.Accept(t, detectors.Builtin(nil)[0], genericText(t, line, fmt.Sprint(i)))
	}
	if got := detectors.Builtin([]string{rules.Generic, rules.KubernetesSecret, rules.TerraformState, rules.TablePassword, rules.TableSecret}); len(got) != 0 {
		t.Error("a rule in Go cannot be left out")
	}
}

// BenchmarkGeneric runs over text in which every third word is a literal.
func BenchmarkGeneric(b *testing.B) {
	set := detectors.NewSet(detectors.Builtin([]string{rules.KubernetesSecret})...)
	text := []byte(strings.Join(genericClean, "\n") + strings.Repeat("token := p.token; if token.kind == tokenEOF { return secret(token) }\n", 200))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		set.Scan(&leak.Chunk{Data: text}, func(leak.Match) {})
	}
}
