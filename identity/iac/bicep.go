package iac

import (
	"strings"
)

// bicepTypes translates types of resources.
var bicepTypes = map[string]string{
	"microsoft.managedidentity/userassignedidentities": "azurerm_user_assigned_identity",
	"microsoft.storage/storageaccounts":                "azurerm_storage_account",
	"microsoft.documentdb/databaseaccounts":            "azurerm_cosmosdb_account",
	"microsoft.servicebus/namespaces":                  "azurerm_servicebus_namespace",
	"microsoft.eventhub/namespaces":                    "azurerm_eventhub_namespace",
	"microsoft.cache/redis":                            "azurerm_redis_cache",
	"microsoft.cognitiveservices/accounts":             "azurerm_cognitive_account",
	"microsoft.search/searchservices":                  "azurerm_search_service",
	"microsoft.containerregistry/registries":           "azurerm_container_registry",
	"microsoft.sql/servers":                            "azurerm_mssql_server",
	"microsoft.dbforpostgresql/flexibleservers":        "azurerm_postgresql_flexible_server",
	"microsoft.dbforpostgresql/servers":                "azurerm_postgresql_server",
	"microsoft.dbformysql/flexibleservers":             "azurerm_mysql_flexible_server",
	"microsoft.keyvault/vaults/secrets":                "azurerm_key_vault_secret",
	"microsoft.web/sites":                              "azurerm_linux_web_app",
	"microsoft.app/containerapps":                      "azurerm_container_app",
	"microsoft.authorization/roleassignments":          "azurerm_role_assignment",
}

// Bounds of a Bicep file.
const (
	maxBicep       = 4 << 20
	maxStatements  = 10_000
	maxBicepTokens = 1_000_000
)

// readBicep reads the params, vars and resources of a Bicep file. Of their
// values it understands texts, names, and objects of these.
func readBicep(ix *index, path string, data []byte) {
	if len(data) > maxBicep {
		ix.note(path, "more than %d MB of Bicep", maxBicep>>20)
		return
	}
	p := &bicep{path: path, ix: ix, values: map[string]string{}}
	if !p.lex(string(data)) {
		ix.note(path, "too long to be read whole as Bicep")
	}
	for n := 0; p.at < len(p.tokens) && n < maxStatements; n++ {
		p.statement()
	}
	if p.errors > 0 {
		ix.note(path, "line %d: %d resources are not understood", p.bad, p.errors)
	}
}

// A bicepToken is a word, a text (kind '), a sign or a new line.
type bicepToken struct {
	kind byte // 'w', '\'', '\n', or the sign itself
	text string
	refs []string // of a text: what stands in ${}
	line int
}

type bicep struct {
	path        string
	ix          *index
	tokens      []bicepToken
	at          int
	values      map[string]string // of params and vars
	errors, bad int
}

// lex cuts text into tokens. It is false if there are too many.
func (p *bicep) lex(s string) bool {
	line := 1
	for i := 0; i < len(s); {
		if len(p.tokens) == maxBicepTokens {
			return false
		}
		t := bicepToken{line: line}
		switch c := s[i]; {
		case c == '\n':
			t.kind = c
			line++
			i++
		case c == ' ' || c == '\t' || c == '\r':
			i++
			continue
		case strings.HasPrefix(s[i:], "//"):
			i += len(until(s[i:], "\n", 0))
			continue
		case strings.HasPrefix(s[i:], "/*"):
			skip := until(s[i:], "*/", 2)
			line += strings.Count(skip, "\n")
			i += len(skip)
			continue
		case strings.HasPrefix(s[i:], "'''"):
			raw := s[i:min(len(s), i+3)] + until(s[min(len(s), i+3):], "'''", 3)
			t.kind, t.text = '\'', cut(strings.Trim(raw, "'"))
			line += strings.Count(raw, "\n")
			i += len(raw)
		case c == '\'':
			var n int
			t.kind = c
			t.text, t.refs, n = bicepText(s[i:])
			i += n
		case isWordByte(c):
			n := 0
			for i+n < len(s) && isWordByte(s[i+n]) {
				n++
			}
			t.kind, t.text = 'w', cut(s[i:i+n])
			i += n
		default:
			t.kind = c
			i++
		}
		p.tokens = append(p.tokens, t)
	}
	return true
}

// until is s up to and with an end, of which keep bytes count; all if there is
// none.
func until(s, end string, keep int) string {
	if i := strings.Index(s, end); i >= 0 {
		return s[:i+keep]
	}
	return s
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// bicepText reads 'a${b}c', which ends with its line at the latest. What it
// interpolates becomes "\x00b\x00".
func bicepText(s string) (text string, refs []string, n int) {
	var b strings.Builder
	for n = 1; n < len(s) && s[n] != '\'' && s[n] != '\n'; n++ {
		switch {
		case s[n] == '\\' && n+1 < len(s) && s[n+1] != '\n':
			n++
			b.WriteByte(s[n])
		case strings.HasPrefix(s[n:], "${"):
			expr := until(s[n+2:], "}", 0)
			if i := strings.IndexByte(expr, '\n'); i >= 0 {
				expr = expr[:i]
			}
			name, _, _ := strings.Cut(strings.TrimSpace(expr), ".")
			refs = append(refs, cut(name))
			b.WriteString("\x00" + cut(name) + "\x00")
			n += len(expr) + 2
		default:
			b.WriteByte(s[n])
		}
	}
	if n < len(s) && s[n] == '\'' {
		n++
	}
	return cut(b.String()), refs, min(n, len(s))
}

func (p *bicep) next() bicepToken {
	if p.at >= len(p.tokens) {
		return bicepToken{}
	}
	p.at++
	return p.tokens[p.at-1]
}

func (p *bicep) peek() bicepToken {
	if p.at >= len(p.tokens) {
		return bicepToken{}
	}
	return p.tokens[p.at]
}

// line skips what is left of a line, and the objects that begin on it.
func (p *bicep) line() {
	for depth := 0; p.at < len(p.tokens); {
		switch p.next().kind {
		case '{', '[', '(':
			depth++
		case '}', ']', ')':
			depth--
		case '\n':
			if depth <= 0 {
				return
			}
		}
	}
}

// statement reads one statement.
func (p *bicep) statement() {
	start := p.next()
	if start.kind != 'w' {
		if start.kind == '@' {
			p.line()
		}
		return
	}
	switch name := p.peek(); start.text {
	case "param", "var":
		p.value(start, name.text)
	case "resource":
		p.next()
		typ := p.next()
		if name.kind != 'w' || typ.kind != '\'' {
			p.fail(start)
			p.line()
			return
		}
		p.resource(start, name.text, typ.text)
	default:
		p.line()
	}
}

func (p *bicep) fail(at bicepToken) {
	if p.errors++; p.bad == 0 {
		p.bad = at.line
	}
}

// value reads param NAME TYPE = VALUE and var NAME = VALUE.
func (p *bicep) value(start bicepToken, name string) {
	for k := p.peek().kind; k != '=' && k != '\n' && k != 0; k = p.peek().kind {
		p.next()
	}
	o := &object{format: "bicep", kind: start.text, address: start.text + " " + name, path: p.path, line: start.line}
	if p.peek().kind == '=' {
		p.next()
		if v := p.peek(); v.kind == '\'' {
			p.values[name] = v.text
			for _, r := range v.refs {
				o.use(p.token(r), v.line, name)
			}
		}
	}
	p.line()
	o.end = max(start.line, p.tokens[p.at-1].line)
	o.offer(p.token(name))
	p.ix.add(o)
}

func (p *bicep) token(name string) token { return token("bicep:" + p.path + ":" + name) }

// resource reads resource NAME 'TYPE@VERSION' = [if (...)] [existing] { ... }.
func (p *bicep) resource(start bicepToken, name, typ string) {
	typ, _, _ = strings.Cut(typ, "@")
	kind := bicepTypes[strings.ToLower(typ)]
	if kind == "" {
		kind = typ
	}
	r := resource{format: "bicep", kind: kind, address: name, path: p.path, line: start.line, attr: map[string][]string{}, refs: map[string][]token{}}
	for depth := 0; ; p.next() {
		k := p.peek().kind
		if k == '{' && depth == 0 || k == 0 || k == '\n' && depth == 0 {
			break
		}
		switch k {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		}
	}
	if p.peek().kind != '{' {
		p.fail(start)
		return
	}
	b := bicepBody{bicep: p, r: &r}
	if !b.object(nil) {
		p.fail(start)
	}
	r.end = max(start.line, p.tokens[p.at-1].line)
	o := r.object()
	o.uses = append(o.uses, b.uses...)
	o.offer(p.token(name))
	p.ix.add(o)
}

// A bicepBody is the object of a resource while it is read.
type bicepBody struct {
	*bicep
	r    *resource
	uses []use
}

// object reads { name: value ... }, and is false if that does not end. keys is a stack.
func (b *bicepBody) object(keys []string) bool {
	for b.at < len(b.tokens) {
		switch t := b.next(); {
		case t.kind == '{' || t.kind == '[' || t.kind == '(':
			keys = append(keys, "")
		case t.kind == '}' || t.kind == ']' || t.kind == ')':
			if keys = keys[:max(0, len(keys)-1)]; len(keys) == 0 {
				return true
			}
		case (t.kind == 'w' || t.kind == '\'') && b.peek().kind == ':' && len(keys) > 0:
			b.next()
			keys[len(keys)-1] = t.text
			if v := b.peek(); v.kind == '\'' || v.kind == 'w' {
				b.property(keys, v)
			}
		case t.kind == 'w' || t.kind == '\'':
			b.refer(t, lastKey(keys))
		}
	}
	return false
}

// property keeps a property whose value begins with a text or a word.
func (b *bicepBody) property(keys []string, v bicepToken) {
	at, value := snake(lastKey(keys)), v.text
	if v.kind == 'w' {
		value = b.values[v.text]
	}
	parts := strings.Split(value, "\x00")
	for i := 1; i+1 < len(parts); i += 2 {
		if b.values[parts[i]] == "" || hasVariable(b.values[parts[i]]) {
			return
		}
		parts[i] = b.values[parts[i]]
	}
	if value = cut(strings.Join(parts, "")); value == "" {
		return
	}
	if len(keys) > 1 && keys[len(keys)-2] == "tags" {
		b.r.tags = append(b.r.tags, tag{key: lastKey(keys), value: value, line: v.line})
		return
	}
	if wanted[at] && (len(keys) == 1 || at != "name") && len(b.r.attr[at]) < maxFacts {
		b.r.attr[at] = append(b.r.attr[at], value)
	}
}

// refer takes in the names in a value.
func (b *bicepBody) refer(t bicepToken, key string) {
	names := t.refs
	if t.kind == 'w' {
		names = []string{t.text}
	}
	for _, n := range names {
		if len(b.uses) < maxUses {
			b.uses = append(b.uses, use{token: b.token(n), line: t.line, via: key})
			b.r.refs[snake(key)] = append(b.r.refs[snake(key)], b.token(n))
		}
	}
}
