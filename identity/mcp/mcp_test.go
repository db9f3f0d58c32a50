package mcp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

const secret = "S3CR3T"

// ask resolves a credential of a provider in a file, and writes down what is said.
func ask(t testing.TB, provider, path, text string) string {
	t.Helper()
	at := strings.Index(text, secret)
	if at < 0 {
		t.Fatalf("no secret in %q", text)
	}
	q := &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{ID: "x", Provider: provider}},
		Places: []identity.Place{{Location: leak.Location{Kind: leak.KindFile, Path: path}, Text: []byte(text), Start: at, End: at + len(secret), FirstLine: 1}}}
	a, err := New([]string{"github", "linear", "google"}).Resolve(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range a.Consumers {
		out = append(out, fmt.Sprintf("%s %s %s (%s)", c.Kind, c.Name, c.Ref, c.Via))
	}
	for _, e := range a.Evidence {
		if e.Value == identity.NoteAgentTool {
			out = append(out, "tool of others")
		} else if e.Claim != leak.ClaimNote {
			out = append(out, fmt.Sprintf("%s=%s", e.Claim, e.Value))
		}
	}
	if strings.Contains(fmt.Sprint(a), secret) {
		t.Errorf("the answer holds the secret: %+v", a)
	}
	return strings.Join(out, "; ")
}

func TestServers(t *testing.T) {
	const hub = `{"command":"npx","args":["-y","@modelcontextprotocol/server-github"],"env":{"GITHUB_TOKEN":"` + secret + `"}}`
	const run = "run by npx @modelcontextprotocol/server-github"
	for name, c := range map[string]struct{ provider, path, text, want string }{
		"Claude Code":    {"github", ".mcp.json", `{"mcpServers":{"github":` + hub + `}}`, "mcp server github .mcp.json:1 (env GITHUB_TOKEN, " + run + ", for Claude Code); identity_type=ai_agent; tool of others"},
		"Claude Desktop": {"github", "x/claude_desktop_config.json", `{"mcpServers":{"github":` + hub + `}}`, "for Claude Desktop)"},
		"of a project":   {"github", ".claude.json", `{"projects":{"/home/ann/pay":{"mcpServers":{"github":` + hub + `}}}}`, "for Claude Code)"},
		"Cursor":         {"github", ".cursor/mcp.json", `{"mcpServers":{"github":` + hub + `}}`, "for Cursor)"},
		"VS Code":        {"github", ".vscode/mcp.json", "{\n  // ours\n  \"inputs\": [],\n  \"servers\": {\"github\": " + hub + ",},\n}\n", "mcp server github .vscode/mcp.json:4 (env GITHUB_TOKEN, " + run + ", for VS Code)"},
		"its settings":   {"github", ".vscode/settings.json", `{"editor.tabSize":2,"mcp":{"servers":{"github":` + hub + `}}}`, "for VS Code)"},
		"Windsurf":       {"github", ".codeium/windsurf/mcp_config.json", `{"mcpServers":{"github":` + hub + `}}`, "for Windsurf)"},
		"Cline":          {"github", "cline_mcp_settings.json", `{"mcpServers":{"github":` + hub + `}}`, "for Cline)"},
		"Zed":            {"github", ".zed/settings.json", "{\"theme\": \"x\", /* y */ \"context_servers\": {\"github\": " + hub + "}}", "for Zed)"},
		"Zed's former":   {"github", ".config/zed/settings.json", `{"context_servers":{"github":{"command":{"path":"npx","args":["-y","@modelcontextprotocol/server-github"],"env":{"T":"` + secret + `"}}}}}`, run + ", for Zed)"},
		"Gemini":         {"github", ".gemini/settings.json", `{"mcpServers":{"github":` + hub + `}}`, "for Gemini CLI)"},
		"opencode":       {"github", "opencode.json", `{"$schema":"x","mcp":{"github":{"type":"local","command":["npx","-y","@modelcontextprotocol/server-github"],"environment":{"GITHUB_TOKEN":"` + secret + `"}}}}`, "(env GITHUB_TOKEN, " + run + ", for opencode)"},
		"Codex": {"github", ".codex/config.toml", "model = \"x\"\n[mcp_servers.github]\ncommand = \"npx\"\nargs = [\"-y\", \"@modelcontextprotocol/server-github\"]\n[mcp_servers.github.env]\nGITHUB_TOKEN = \"" + secret + "\"\n",
			"mcp server github .codex/config.toml:6 (env GITHUB_TOKEN, " + run + ", for Codex)"},
		"Codex in a line":   {"github", "codex/config.toml", "[mcp_servers.github]\ncommand = \"npx\"\nenv = { \"GITHUB_TOKEN\" = \"" + secret + "\" }\n", "(env GITHUB_TOKEN, run by npx, for Codex)"},
		"Codex' headers":    {"httpauth", ".codex/config.toml", "[mcp_servers.lin]\nurl = \"https://mcp.linear.app/mcp\"\nhttp_headers = { Authorization = \"Bearer " + secret + "\" }\n", "server=mcp.linear.app; provider=linear"},
		"Continue":          {"github", ".continue/config.yaml", "mcpServers:\n- name: hub\n  command: npx\n  args: [-y, '@modelcontextprotocol/server-github']\n  env:\n    GITHUB_TOKEN: " + secret + "\n", "mcp server hub .continue/config.yaml:6 (env GITHUB_TOKEN, " + run + ", for Continue)"},
		"goose":             {"github", ".config/goose/config.yaml", "extensions:\n  hub:\n    cmd: npx\n    args: [-y, '@modelcontextprotocol/server-github']\n    envs: {GITHUB_TOKEN: " + secret + "}\n", "mcp server hub .config/goose/config.yaml:5 (env GITHUB_TOKEN, " + run + ", for goose)"},
		"CRLF and a BOM":    {"github", ".mcp.json", "\xEF\xBB\xBF{\r\n\"mcpServers\": {\r\n\"github\": " + hub + "\r\n}}\r\n", "mcp server github .mcp.json:3"},
		"another server's":  {"github", ".mcp.json", `{"mcpServers":{"a":{"command":"x","env":{"T":"y"}},"b":` + hub + `,"c":{"command":"z"}}}`, "mcp server b .mcp.json:1 (env GITHUB_TOKEN"},
		"two have it":       {"github", ".mcp.json", `{"mcpServers":{"a":` + hub + `,"b":` + hub + `}}`, "mcp server a .mcp.json:1 (env GITHUB_TOKEN, " + run + ", for Claude Code); mcp server b"},
		"an argument":       {"postgresql", ".mcp.json", `{"mcpServers":{"pg":{"command":"npx","args":["-y","@acme/pg","postgres://app:` + secret + `@db/x"]}}}`, "mcp server pg .mcp.json:1 (an argument, run by npx @acme/pg, for Claude Code)"},
		"an image":          {"github", ".mcp.json", `{"mcpServers":{"g":{"command":"docker","args":["run","-i","--rm","-e","T=` + secret + `","ghcr.io/github/github-mcp-server"]}}}`, "(an argument, run by docker ghcr.io/github/github-mcp-server, for Claude Code); identity_type=ai_agent; tool of others"},
		"on Windows":        {"github", ".mcp.json", `{"mcpServers":{"g":{"command":"cmd","args":["/c","npx","-y","my-mcp"],"env":{"T":"` + secret + `"}}}}`, "run by npx my-mcp"},
		"a program of ours": {"github", ".mcp.json", `{"mcpServers":{"g":{"command":"node","args":["tools/mcp.js"],"env":{"T":"` + secret + `"}}}}`, "mcp server g .mcp.json:1 (env T, run by node tools/mcp.js, for Claude Code); identity_type=ai_agent"},
		"a header":          {"httpauth", ".mcp.json", `{"mcpServers":{"r":{"type":"http","url":"https://mcp.acme.example/sse?x=1","headers":{"Authorization":"Bearer ` + secret + `"}}}}`, "mcp server r .mcp.json:1 (header Authorization, at mcp.acme.example, for Claude Code); identity_type=ai_agent; tool of others; server=mcp.acme.example"},
		"of GitHub":         {"httpauth", ".vscode/mcp.json", `{"servers":{"r":{"url":"https://api.githubcopilot.com/mcp/","headers":{"Authorization":"Bearer ` + secret + `"}}}}`, "server=api.githubcopilot.com; provider=github"},
		"of a customer's":   {"httpauth", ".mcp.json", `{"mcpServers":{"r":{"url":"https://linear.github.io/mcp","headers":{"Authorization":"Bearer ` + secret + `"}}}}`, "server=linear.github.io"},
		"known by itself":   {"github", ".mcp.json", `{"mcpServers":{"r":{"url":"https://mcp.linear.app/","headers":{"Authorization":"Bearer ` + secret + `"}}}}`, "identity_type=ai_agent; tool of others"},
		"in the address":    {"", ".mcp.json", `{"mcpServers":{"r":{"serverUrl":"https://mcp.linear.app/sse?key=` + secret + `"}}}`, "(its address, at mcp.linear.app, for Claude Code)"},
		"on this machine":   {"httpauth", ".mcp.json", `{"mcpServers":{"r":{"url":"http://localhost:8080/","headers":{"X-Key":"` + secret + `"}}}}`, "mcp server r .mcp.json:1 (header X-Key, at localhost:8080, for Claude Code); identity_type=ai_agent; server=localhost:8080"},
		"from a pipe":       {"github", "", `{"mcpServers":{"github":` + hub + `}}`, "mcp server github line 1 (env GITHUB_TOKEN"},
		"other settings":    {"github", ".vscode/settings.json", `{"servers":{"x":{"token":"` + secret + `"}}}`, ""},
		"no settings":       {"github", "config.json", `{"servers":{"x":{"url":"https://a.b/","token":"` + secret + `"}}}`, ""},
		"beside them":       {"github", ".mcp.json", `{"mcpServers":{"x":{"command":"y"}},"token":"` + secret + `"}`, ""},
		"an option's value": {"github", ".mcp.json", `{"mcpServers":{"g":{"command":"npx","args":["--key","@` + secret + `"]}}}`, "(an argument, run by npx, for Claude Code)"},
		"broken":            {"github", ".mcp.json", `{"mcpServers":{"g":{"command":"npx","env":{"T":"` + secret + `"`, ""},
	} {
		got := ask(t, c.provider, c.path, c.text)
		if !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
		if c.want != "" && strings.HasSuffix(c.want, "ai_agent") && got != c.want {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("x.json", `{"mcpServers":{"a":{"command":"npx","args":["x"]}}} // y`)
	f.Add("x.toml", "[mcp_servers.a]\nurl = \"x\"\n")
	f.Add("x.yaml", "mcpServers: &a [{name: x, command: y, env: *a}]\n")
	f.Fuzz(func(t *testing.T, name, text string) {
		servers, _ := parse(name, []byte(text))
		for i := range servers {
			if servers[i].name == "" || len(servers[i].values) > maxEach {
				t.Errorf("%+v", servers[i])
			}
		}
	})
}
