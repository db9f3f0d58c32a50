package mcp

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/whosekey/whosekey/internal/yamltree"
)

// server is an MCP server in the settings of an agent.
type server struct {
	name    string
	runs    string // its package or its host, for people
	host    string // of its address
	foreign bool   // it is somebody else's: a package, an image, a remote one
	values  []value
	files   []string // of variables, as it names them
}

// value is a text that a server gets.
type value struct {
	use
	text string
}

// use is how a server gets a value.
type use struct {
	how    string // "env GITHUB_TOKEN"
	header bool
}

// has reports how a server gets a credential.
func (s *server) has(secret string) (use, bool) {
	for i := range s.values {
		if strings.Contains(s.values[i].text, secret) {
			return s.values[i].use, true
		}
	}
	return use{}, false
}

// The keys under which settings name servers:
//   - mcpServers: Claude Desktop and Claude Code (modelcontextprotocol.io, "Connect to
//     local MCP servers"), Cursor, Windsurf, Cline, Roo Code, Kilo Code, Amazon Q,
//     Gemini CLI (docs/tools/mcp-server.md), Continue (a list)
//   - servers: VS Code's mcp.json (code.visualstudio.com, "MCP configuration reference")
//   - context_servers: Zed (zed.dev/docs/ai/mcp)
//   - mcp_servers: Codex' config.toml (openai/codex, docs/config.md)
//   - mcp: opencode.json (opencode.ai/docs/mcp-servers), VS Code's settings.json
//   - extensions: goose's config.yaml (block.github.io/goose)
var words = [][]byte{[]byte("mcpServers"), []byte("context_servers"), []byte("mcp_servers"), []byte(`"servers"`), []byte(`"mcp"`), []byte("extensions:")}

// maxBytes is the longest file that is read.
const maxBytes = 1 << 20

// wanted reports whether a file may have servers.
func wanted(name string, text []byte) bool {
	if len(text) > maxBytes {
		return false
	}
	switch path.Ext(name) {
	case ".json", ".jsonc", ".json5", ".toml", ".yaml", ".yml", "":
	default:
		return false
	}
	return slices.ContainsFunc(words, func(w []byte) bool { return bytes.Contains(text, w) })
}

// parse reads the servers of a file.
func parse(name string, text []byte) ([]server, error) {
	var doc any
	switch ext := path.Ext(name); {
	case ext == ".toml":
		m := map[string]any{}
		if _, err := toml.Decode(string(text), &m); err != nil {
			return nil, errors.New("it is no TOML")
		}
		doc = m
	case ext == ".yaml" || ext == ".yml":
		docs, _ := yamltree.Parse(text)
		left := maxValues
		var list []any
		for _, d := range docs {
			list = append(list, plain(d, 0, &left))
		}
		doc = list
	default:
		text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
		if json.Unmarshal(text, &doc) != nil && json.Unmarshal(uncommented(text), &doc) != nil {
			return nil, nil // no JSON: it may be any text
		}
	}
	f := finder{file: name}
	f.find(doc, 0)
	return f.out, nil
}

// Bounds on what is taken of a file: servers, values of one and of a tree.
const (
	maxFound  = 500
	maxEach   = 500
	maxValues = 50_000
	maxDepth  = 8
)

// plain is a tree of YAML as JSON would be.
func plain(n *yamltree.Node, depth int, left *int) any {
	n = yamltree.Resolve(n)
	if *left--; n == nil || depth > maxDepth || *left < 0 {
		return nil
	}
	switch {
	case yamltree.IsMap(n):
		m := map[string]any{}
		for _, p := range yamltree.Pairs(n) {
			m[p.Key.Value] = plain(p.Value, depth+1, left)
		}
		return m
	case yamltree.IsList(n):
		var list []any
		for _, e := range yamltree.List(n) {
			list = append(list, plain(e, depth+1, left))
		}
		return list
	}
	return n.Value
}

// finder looks for servers in a tree.
type finder struct {
	file string
	out  []server
}

func (f *finder) find(v any, depth int) {
	if depth > maxDepth || len(f.out) >= maxFound {
		return
	}
	if list, ok := v.([]any); ok {
		for _, e := range list {
			f.find(e, depth+1)
		}
		return
	}
	m, _ := v.(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if !isServers(f.file, key, depth) {
			f.find(m[key], depth+1)
			continue
		}
		each, _ := m[key].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(each)) {
			f.server(name, each[name])
		}
		list, _ := m[key].([]any)
		for _, e := range list {
			s, _ := e.(map[string]any)
			name, _ := s["name"].(string)
			f.server(name, e)
		}
		if key == "mcp" { // VS Code has one more level
			f.find(m[key], depth+1)
		}
	}
}

// isServers reports whether a key names servers.
func isServers(file, key string, depth int) bool {
	switch base := path.Base(file); key {
	case "mcpServers", "context_servers", "mcp_servers":
		return true
	case "servers":
		return base == "mcp.json" || base == "mcp-config.json" || base == "settings.json"
	case "mcp":
		return depth == 0
	case "extensions":
		return strings.Contains(file, "goose")
	}
	return false
}

// server takes in one that has a command or an address.
func (f *finder) server(name string, v any) {
	m, ok := v.(map[string]any)
	if !ok || name == "" || len(f.out) >= maxFound {
		return
	}
	s := server{name: clean(name)}
	var command []string
	for _, key := range []string{"command", "cmd", "path", "args"} {
		switch c := m[key].(type) {
		case string:
			command = append(command, strings.Fields(c)...)
		case []any:
			for _, e := range c {
				if t, ok := e.(string); ok {
					command = append(command, t)
				}
			}
		case map[string]any: // Zed's former form: {path, args, env}
			for k, inner := range c {
				if _, both := m[k]; !both {
					m[k] = inner
				}
			}
		}
	}
	for _, key := range []string{"url", "serverUrl", "httpUrl", "uri"} {
		if text, ok := m[key].(string); ok && s.host == "" {
			if u, err := url.Parse(text); err == nil && u.Host != "" {
				s.host, s.runs = strings.ToLower(u.Host), "at "+strings.ToLower(u.Host)
				s.foreign = strings.Contains(u.Hostname(), ".") && !strings.HasPrefix(u.Host, "127.")
			}
		}
	}
	if len(command) == 0 && s.host == "" {
		return
	}
	if s.host == "" {
		s.runs, s.foreign = program(command)
	}
	s.files = variables(m, command)
	s.collect(m, nil)
	f.out = append(f.out, s)
}

// collect takes in all texts below a value, by the keys that lead there.
func (s *server) collect(v any, keys []string) {
	if len(s.values) >= maxEach || len(keys) > maxDepth {
		return
	}
	switch t := v.(type) {
	case string:
		s.values = append(s.values, value{usedAs(keys), t})
	case []any:
		for _, e := range t {
			s.collect(e, keys)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(t)) {
			s.collect(t[k], append(slices.Clip(keys), k))
		}
	}
}

// usedAs says what the keys that lead to a value mean.
func usedAs(keys []string) use {
	if len(keys) == 0 {
		return use{how: "its settings"}
	}
	last := clean(keys[len(keys)-1])
	switch first := keys[0]; {
	case len(keys) > 1 && (first == "env" || first == "environment" || first == "envs"):
		return use{how: "env " + last}
	case len(keys) > 1 && strings.Contains(strings.ToLower(first), "header"):
		return use{how: "header " + last, header: true}
	case first == "args" || first == "command" || first == "cmd":
		return use{how: "an argument"}
	case strings.HasPrefix(strings.ToLower(last), "bearer"):
		return use{how: last, header: true}
	case strings.HasSuffix(strings.ToLower(first), "url") || first == "uri":
		return use{how: "its address", header: true}
	}
	return use{how: last}
}

// clean is a name without what no report can show.
func clean(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "\uFFFD"))
	return name[:min(len(name), 100)]
}

// uncommented is JSON without comments, and commas before the end of a list: the
// settings of editors have both.
func uncommented(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			j := i + 1
			for j < len(text) && text[j] != '"' {
				if text[j] == '\\' {
					j++
				}
				j++
			}
			out = append(out, text[i:min(j+1, len(text))]...)
			i = j
		case bytes.HasPrefix(text[i:], []byte("//")):
			n := bytes.IndexByte(text[i:], '\n')
			if n < 0 {
				return out
			}
			i += n - 1
		case bytes.HasPrefix(text[i:], []byte("/*")):
			n := bytes.Index(text[i+2:], []byte("*/"))
			if n < 0 {
				return out
			}
			i += n + 3
		case c == '}' || c == ']':
			if end := bytes.TrimRight(out, " \t\r\n"); bytes.HasSuffix(end, []byte(",")) {
				out = end[:len(end)-1]
			}
			out = append(out, c)
		default:
			out = append(out, c)
		}
	}
	return out
}
