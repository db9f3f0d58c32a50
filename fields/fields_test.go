package fields_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/fields"
)

// V stands where the place is.
var places = []struct{ name, text, want string }{
	{"site.har", `{"log":{"version":"1.2","entries":[{},{"request":{}},{"request":{"headers":[{"name":"Accept","value":"a,b]"},{"name":"Authorization","value":"Bearer V"}]}}]}}`, "header Authorization of entry 3"},
	{"site.har", `{"log":{"entries":[{"request":{"url":"https://x/?key=V"}}]}}`, "URL of entry 1"},
	{"site.har", `{"log":{"entries":[{"request":{"queryString":[{"value":"V","name":"access_token"}]}}]}}`, "parameter access_token of entry 1"},
	{"site.har", `{"log":{"entries":[{"response":{"headers":[{"value":"sid=V","name":"Set-Cookie"}]}}]}}`, "header Set-Cookie of the response of entry 1"},
	{"site.har", `{"log":{"entries":[{"request":{"postData":{"params":[{"name":"pw","value":"V"}]}}}]}}`, "field pw of entry 1"},
	{"site.har", `{"log":{"entries":[{"response":{"content":{"text":"V"}}}]}}`, "body of the response of entry 1"},
	{"a.postman_collection.json", `{"auth":{"type":"basic","basic":[{"key":"password","value":"V"}]},"item":[]}`, "password of basic authorization"},
	{"a.postman_collection.json", `{"item":[{"item":[{"request":{"header":[{"key":"X-Key","value":"V"}]},"name":"Get"}],"name":"Folder"}]}`, "header X-Key of request Get"},
	{"a.postman_collection.json", `{"item":[{"name":"Get","request":{"auth":{"bearer":[{"key":"token","value":"V"}]}}}]}`, "token of bearer authorization in request Get"},
	{"a.postman_collection.json", `{"item":[{"name":"Get","request":{"body":{"raw":"V"}}}]}`, "body of request Get"},
	{"a.postman_environment.json", `{"values":[{"value":"V","key":"apiToken"}]}`, "variable apiToken"},
	{"claude_desktop_config.json", `{"mcpServers":{"github":{"command":"npx","args":["-y"],"env":{"A":"x","GITHUB_TOKEN":"V"}}}}`, "env GITHUB_TOKEN of server github"},
	{".mcp.json", `{"mcpServers":{"web":{"headers":{"Authorization":"Bearer V"}}}}`, "header Authorization of server web"},
	{".cursor/mcp.json", `{"mcpServers":{"web":{"args":["-y","--key","V"]}}}`, "argument 3 of server web"},
	{".vscode/mcp.json", "{\n // the servers\n \"servers\": { \"db\": { \"env\": { \"PW\": \"V\", }, }, }, }", "env PW of server db"},
	{".vscode/settings.json", `{"mcp":{"servers":{"db":{"env":{"PW":"V"}}}}}`, "env PW of server db"},
	{"zed/settings.json", `{"context_servers":{"db":{"command":{"path":"x","env":{"PW":"V"}}}}}`, "env PW of server db"},
	{"opencode.json", `{"mcp":{"db":{"type":"local","environment":{"PW":"V"}}}}`, "env PW of server db"},
	{".claude.json", `{"projects":{"/home/a":{"mcpServers":{"db":{"url":"https://x/V"}}}}}`, "URL of server db"},
	{".codex/config.toml", "[mcp_servers.acme]\ncommand = \"x\"\nenv = { \"A\" = \"b\", \"ACME_KEY\" = \"V\" }", "env ACME_KEY of server acme"},
	{".codex/config.toml", "[mcp_servers.\"a.b\".env]\nK = \"V\"", "env K of server a.b"},
	{".codex/config.toml", "[mcp_servers.acme]\nargs = [\"-y\", \"--token\", \"V\"]", "argument 3 of server acme"},
	{".codex/config.toml", "[mcp_servers.acme]\nbearer_token = \"V\"", "key bearer_token of server acme"},
	{".continue/config.yaml", "mcpServers:\n  - name: one\n    env:\n      K: x\n  - name: two\n    command: npx\n    env:\n      K: V\n", "env K of server two"},
	{"goose/config.yaml", "extensions:\n  db:\n    envs:\n      K: V\n", "env K of server db"},
	{"main.tfstate", `{"outputs":{"pw":{"value":"V","type":"string"}}}`, "output pw"},
	{"main.tfstate", `{"resources":[{"instances":[{"attributes":{"id":"i","password":"V"}}],"name":"main","type":"aws_db_instance","module":"module.db"}]}`, "attribute password of module.db.aws_db_instance.main"},
	{"main.tfstate.backup", `{"modules":[{"resources":{"aws_db_instance.main":{"type":"aws_db_instance","primary":{"attributes":{"password":"V"}}}}}]}`, "attribute password of aws_db_instance.main"},
	{".docker/config.json", `{"auths":{"r.acme.test":{"auth":"V"}}}`, "auth of registry r.acme.test"},
	{".dockercfg", `{"https://r.acme.test/v1/":{"auth":"V"}}`, "auth of registry https://r.acme.test/v1/"},
	{"nb.ipynb", `{"cells":[{"source":["x"]},{"outputs":[{"text":["V"]}]}]}`, "output of cell 2"},
	{"nb.ipynb", `{"worksheets":[{"cells":[{"input":["V"]}]}]}`, "source of cell 1"},
	{".kube/config", "users:\n- name: admin\n  user:\n    client-key-data: x\n- user:\n    token: V\n  name: bot\n", "token of user bot"},
	{"kubeconfig", "users:\n  - name: bot\n    user: {username: x, password: V}\n", "password of user bot"},
	{"deploy.yaml", "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - image: x\n        env:\n        - name: A\n          value: b\n        - name: DB_PW\n          value: V\n        name: app\n", "env DB_PW of container app"},
	{"compose.yml", "services:\n  db:\n    environment:\n      PW: V\n", "env PW of service db"},
	{"compose.yml", "services:\n  db:\n    environment:\n      - PW=V\n", "environment of service db"},
	{"ci.yml", "jobs:\n  build:\n    steps:\n      - run: x\n      - run: y\n        env:\n          K: V\n", "env K of step 2 of job build"},
	{"application.yml", "a: x\nspring:\n  # c\n  datasource:\n    url: x\n    password: V\n", "key spring.datasource.password"},
	{"vars.yml", "users:\n  - name: app\n    password: V\n", "key users.app.password"},
	{"two.yaml", "a:\n  b: x\n---\n  c: V\n", "key c"},
	{"appsettings.Production.json", "\ufeff{\"Jwt\":{\"Key\":\"V\"}}", "key Jwt:Key"},
	{"x.json", `{"a":{"b":{"c":{"d":"V"}}}}`, "key b.c.d"},
	{"x.json", `{"password":"V"}`, "key password"},
	{"x.json", `["V"]`, ""},
	{"secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: api\n  namespace: prod\n  labels:\n    name: x\ndata:\n  A: x\n  SLACK: V\n", "key SLACK of Secret prod/api"},
	{"two.yaml", "kind: ConfigMap\nmetadata:\n  name: x\n---\napiVersion: v1\r\nstringData:\r\n  SLACK: V\r\nkind: Secret # of the bot\r\nmetadata:\r\n    name: \"api\"\r\n---\nkind: Secret\nmetadata:\n  name: z\n", "key SLACK of Secret api"},
	{"secret.yaml", "kind: Secret\nmetadata:\n  labels:\n    name: x\n  name: {{ .Release.Name }}-api\n  namespace: prod\ndata:\n  A: V\n", "key A of a Secret"},
	{"secret.yaml", "kind: Secret\ndata:\n  A: V\n", "key A of a Secret"},
	{"flow.yaml", "kind: Secret\nmetadata: {labels: {app: x}, name: api, namespace: 'prod'}\ndata:\n  A: V\n", "key A of Secret prod/api"},
	{"flow.yaml", "kind: Secret\nmetadata: {name: api}\ndata: {A: x, B: V}\n", "key B of Secret api"},
	{"flow.yaml", "kind: Secret\nmetadata:\n  annotations: {name: x, \"namespace\": y}\n  name: api\ndata:\n  A: V\n", "key A of Secret api"},
	{"flow.yaml", "kind: Secret\nmetadata:\n  annotations: {name: x}\ndata:\n  A: V\n", "key A of a Secret"},
	{"pretty.json", "{\n  \"kind\": \"Secret\",\n  \"metadata\": {\n    \"labels\": {\n      \"name\": \"x}\",\n      \"b\": \"{\"\n    },\n    \"name\": \"api\"\n  },\n  \"data\": {\n    \"A\": \"V\"\n  }\n}\n", "key A of Secret api"},
	{"min.json", `{"kind":"Secret","metadata":{"name":"api"},"data":{"A":"V"}}`, "key A of Secret api"},
	{"list.yaml", "apiVersion: v1\nitems:\n- apiVersion: v1\n  data:\n    A: x\n  kind: Secret\n  metadata:\n    name: one\n- apiVersion: v1\n  data:\n    A: V\n  kind: Secret\n  metadata:\n    name: two\n    namespace: prod\n    ownerReferences:\n    - name: x\n- kind: Secret\n  metadata:\n    name: three\nkind: List\n", "key A of Secret prod/two"},
	{"list.yaml", "kind: List\nitems:\n  - kind: Secret\n    metadata:\n      finalizers:\n        - a\n      name: two\n    stringData:\n      A: V\n  - kind: ConfigMap\n    data:\n      B: y\n", "key A of Secret two"},
	{"list.yaml", "kind: List\nitems:\n- kind: Secret\n  metadata:\n    name: one\n- kind: ConfigMap\n  metadata:\n    name: two\n  data:\n    A: V\n", "key items.data.A"},
	{"list.json", `{"items":[{"data":{"A":"x"},"kind":"Secret","metadata":{"name":"one"}},{"data":{"A":"V"},"kind":"Secret","metadata":{"name":"two","namespace":"prod"}},{"kind":"Secret","metadata":{"name":"z"}}],"kind":"List"}`, "key A of Secret prod/two"},
	{"map.yaml", "kind: ConfigMap\nmetadata:\n  name: api\ndata:\n  A: V\n", "key data.A"},
	{"secret.json", `{"apiVersion":"v1","data":{"SLACK":"V"},"kind":"Secret","metadata":{"annotations":{"a":"{\"name\":\"x\"}"},"name":"api","namespace":"prod"}}`, "key SLACK of Secret prod/api"},
	{"secret.json", "{\n  \"kind\": \"Secret\",\n  \"metadata\": {\n    \"name\": \"api\"\n  },\n  \"stringData\": {\n    \"SLACK\": \"V\"\n  }\n}\n", "key SLACK of Secret api"},
	{".env", "A=x\nexport SLACK_TOKEN='V'\n", "key SLACK_TOKEN"},
	{".env.production", "# A=x\nSLACK=V\n", "key SLACK"},
	{"prod.env", "# SLACK=V\n", ""},
	{"app.properties", "slack.token: V\n", "key slack.token"},
	{"settings.xml", "<settings><servers><server><id>a</id></server><server><password>V</password><id>central</id></server></servers></settings>", "password of server central"},
	{"credentials.xml", "<?xml version='1.1'?><x><list><com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl plugin=\"x\">\n<id>deploy</id><password>V</password>", "password of credential deploy"},
	{"NuGet.config", `<configuration><packageSourceCredentials><Acme_x0020_Feed><add key="Username" value="x" /><add key="ClearTextPassword" value="V" /></Acme_x0020_Feed>`, "ClearTextPassword of source Acme Feed"},
	{"web.config", `<configuration><!-- <a> --><connectionStrings><add name="Db" connectionString="Password=V" /></connectionStrings>`, "connection string Db"},
	{"web.config", `<configuration><appSettings><add key="Smtp" value="V" /></appSettings>`, "key Smtp"},
	{".pypirc", "[pypi]\nusername = x\n[internal]\npassword: V\n", "password of section internal"},
	{".aws/credentials", "[default]\nx = y\n[prod]\naws_secret_access_key = V\n", "aws_secret_access_key of profile prod"},
	{"hosts.ini", "[web]\nweb1.acme.test ansible_host=10.0.0.5 ansible_password=V\n", "ansible_password of host web1.acme.test"},
	{"hosts.ini", "[web:vars]\nansible_password=V\n", "ansible_password of group web"},
	{".npmrc", "//r.acme.test/npm/:_authToken=V\n", "_authToken of registry r.acme.test/npm"},
	{"prod.tfvars", "keys = {\n  a = \"x\"\n  datadog = \"V\"\n}\n", "key datadog of variable keys"},
	{"prod.tfvars", "db_password = \"V\"\n", "variable db_password"},
	{"main.tf", "resource \"aws_db_instance\" \"main\" {\n  tags = {\n    a = \"b\"\n  }\n  password = \"V\"\n}\n", "argument password of aws_db_instance.main"},
	{"main.tf", "variable \"pw\" {\n  default = \"V\"\n}\n", "default of variable pw"},
	{"outer.zip!a/config.json", `{"auths":{"r.test":{"auth":"V"}}}`, "auth of registry r.test"},
	{"main.go", `x = "V"`, ""},
	{"x.json", `{"a\u0000b":{"c":"V"}}`, ""},
	{"x.json", strings.Repeat(`{"a":`, 100) + `"V"`, ""},
}

// TestAt: each place is called by the words of its kind of file, also where the name
// stands behind it.
func TestAt(t *testing.T) {
	for _, p := range places {
		if got := fields.At(p.name, []byte(p.text), strings.LastIndex(p.text, "V")); got != p.want {
			t.Errorf("At(%q, %q) = %q, want %q", p.name, p.text, got, p.want)
		}
	}
}

// FuzzAt: no text makes it fail, and what it says can be printed in a line.
func FuzzAt(f *testing.F) {
	for _, p := range places {
		f.Add(p.name, []byte(p.text), len(p.text)/2)
	}
	f.Fuzz(func(t *testing.T, name string, text []byte, at int) {
		if said := fields.At(name, text, at); strings.ContainsAny(said, "\n\r\x00") {
			t.Errorf("At says %q", said)
		}
	})
}

// TestLinear: what takes a reader long takes it time that grows with the file alone.
func TestLinear(t *testing.T) {
	for name, unit := range map[string]string{"a.json": "[{\"/*\"/*", "b.json": "/*/", "c.json": "//\n", "a.xml": "<!--<a", "b.xml": "<a id='", "c.xml": "<a><id>x</id>", "a.yaml": "- - a: {\n", "b.yaml": "a:\n b:\n", "a.toml": "[a]=", "a.tf": "a {\n"} {
		text := []byte(strings.Repeat(unit, (4<<20)/len(unit)))
		fields.At(name, text, len(text)-1)
	}
}

func BenchmarkJSON(b *testing.B) {
	text := []byte(`{"log":{"entries":[` + strings.Repeat(`{"request":{"headers":[{"name":"Accept","value":"text/html"}]}},`, 20_000) + `{"x":"V"}]}}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		fields.At("x.har", text, len(text)-10)
	}
}
