package mcp

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// tree is a repository in memory.
type tree struct {
	identity.Repository
	files map[string]string
}

func (t *tree) Files(context.Context, string) (out []identity.File, err error) {
	for p, text := range t.files {
		out = append(out, identity.File{Path: p, Size: int64(len(text))})
	}
	slices.SortFunc(out, func(a, b identity.File) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

func (t *tree) ReadFile(_ context.Context, _, path string, _ int64) ([]byte, bool, error) {
	text, ok := t.files[path]
	if !ok {
		return nil, false, fs.ErrNotExist
	}
	return []byte(text), true, nil
}

// TestEnvFile: what stands in a file of variables is used by the servers that name it.
func TestEnvFile(t *testing.T) {
	hub := func(more string) string {
		return `{"command":"npx","args":["-y","@acme/mcp-pay"]` + more + `}`
	}
	const used = "pay 0.8 (env file .env, run by npx @acme/mcp-pay, for "
	for what, c := range map[string]struct{ settings, text, path, want string }{
		"VS Code":            {".vscode/mcp.json", "{\r\n\"servers\":{\"pay\":" + hub(`,"envFile":"${workspaceFolder}/.env"`) + "}}", ".env", used + "VS Code) .vscode/mcp.json:2"},
		"Cursor":             {"app/.cursor/mcp.json", `{"mcpServers":{"pay":` + hub(`,"envFile":".env"`) + "}}", "app/.env", used + "Cursor) app/.cursor/mcp.json:1"},
		"Claude Code":        {".mcp.json", `{"mcpServers":{"pay":{"command":"docker","args":["run","--rm","--env-file","./conf/.env","acme/mcp-pay"]}}}`, "conf/.env", "pay 0.8 (env file .env, run by docker acme/mcp-pay, for Claude Code)"},
		"node":               {".mcp.json", `{"mcpServers":{"pay":{"command":"node","args":["--env-file=.env","server.js"]}}}`, ".env", "pay 0.8 (env file .env, run by node, for Claude Code)"},
		"another file":       {".vscode/mcp.json", `{"servers":{"pay":` + hub(`,"envFile":"${workspaceFolder}/x.env"`) + "}}", ".env", ""},
		"of the home":        {".vscode/mcp.json", `{"servers":{"pay":` + hub(`,"envFile":"${userHome}/.env"`) + "}}", ".env", ""},
		"out of the project": {".vscode/mcp.json", `{"servers":{"pay":` + hub(`,"envFile":"../../.env"`) + "}}", ".env", ""},
		"no text":            {".vscode/mcp.json", `{"servers":{"pay":` + hub(`,"envFile":[1]`) + "}}", ".env", ""},
	} {
		text := "PAY_TOKEN=" + secret + "\n"
		p := identity.Place{Location: leak.Location{Kind: leak.KindFile, Path: c.path}, Text: []byte(text), Start: 10, End: 10 + len(secret), FirstLine: 1}
		q := &identity.Query{Finding: &leak.Finding{}, Places: []identity.Place{p}, Repo: &tree{files: map[string]string{c.path: text, c.settings: c.text}}}
		a, err := New(nil).Resolve(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, u := range a.Consumers {
			got += fmt.Sprintf("%s %.1f (%s) %s", u.Name, u.Confidence, u.Via, u.Ref)
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}
