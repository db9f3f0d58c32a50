package mcp

import (
	"path"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
)

// clients are agents by their settings: the folder, the end of the path, or what the
// name of the file begins with.
var clients = []struct{ path, name string }{
	{"/.vscode/mcp.json", "VS Code"}, {"/code/user/mcp.json", "VS Code"}, {"/.vscode/settings.json", "VS Code"}, {"/code/user/settings.json", "VS Code"},
	{"/claude_desktop_config.json", "Claude Desktop"}, {"/.claude.json", "Claude Code"}, {"/.claude/", "Claude Code"}, {"/.cursor/", "Cursor"},
	{"/windsurf/", "Windsurf"}, {"/.codeium/", "Windsurf"}, {"/mcp_config.json", "Windsurf"}, {"/cline_mcp_settings.json", "Cline"}, {"/.cline/", "Cline"},
	{"/.roo/", "Roo Code"}, {"/roo-cline/", "Roo Code"}, {"/.kilocode/", "Kilo Code"}, {"/kilo-code/", "Kilo Code"}, {"/zed/", "Zed"}, {"/.zed/", "Zed"},
	{"/.codex/", "Codex"}, {"/codex/config.toml", "Codex"}, {"/.gemini/", "Gemini CLI"}, {"/opencode", "opencode"}, {"/.amazonq/", "Amazon Q"}, {"/amazonq/", "Amazon Q"},
	{"/.kiro/", "Kiro"}, {"/.continue/", "Continue"}, {"/goose/", "goose"}, {"/.copilot/", "Copilot"}, {"/.junie/", "Junie"}, {"/librechat", "LibreChat"},
}

// anAgent is a client that nothing names.
const anAgent = "an agent"

// clientOf names the agent whose settings a file has.
func clientOf(name string) string {
	low := "/" + strings.ToLower(strings.ReplaceAll(name, `\`, "/"))
	base := low[strings.LastIndexByte(low, '/'):]
	for _, c := range clients {
		if strings.HasSuffix(c.path, "/") && strings.Contains(low, c.path) || strings.HasSuffix(low, c.path) || strings.HasPrefix(base, c.path) {
			return c.name
		}
	}
	if strings.HasSuffix(low, "/.mcp.json") {
		return "Claude Code"
	}
	return anAgent
}

// runners start what others have published.
var runners = map[string]bool{"npx": true, "bunx": true, "pnpm": true, "yarn": true, "uvx": true, "pipx": true, "docker": true, "podman": true, "deno": true, "uv": true}

var published = lazy.New(`^(?:@[\w.-]+/)?[\w.-]+(?:/[\w.-]+)*(?:[@:][\w.-]+)?$`)

// program says what a command runs, in words that are no argument's value: the
// program, and the package or the image that it starts.
func program(command []string) (words string, foreign bool) {
	name := strings.TrimSuffix(strings.ToLower(path.Base(strings.ReplaceAll(command[0], `\`, "/"))), ".exe")
	name = strings.TrimSuffix(name, ".cmd")
	if name == "cmd" && len(command) > 2 && strings.EqualFold(command[1], "/c") {
		return program(command[2:])
	}
	if !published.MatchString(name) {
		return "", false
	}
	for i, arg := range command[1:] {
		if before := command[i]; strings.HasPrefix(before, "--") && !alone[before] || !named(arg) {
			continue // the value of an option can be anything
		}
		return "run by " + name + " " + arg, runners[name]
	}
	return "run by " + name, runners[name]
}

// alone are options without a value.
var alone = map[string]bool{"--": true, "--yes": true, "--rm": true, "--interactive": true, "--init": true, "--quiet": true, "--from": true}

// named reports whether an argument is the name of a package or an image, and cannot
// be a credential.
func named(arg string) bool {
	if !strings.HasPrefix(arg, "@") && !strings.Contains(strings.ToLower(arg), "mcp") || len(arg) >= 100 || !published.MatchString(arg) {
		return false
	}
	for _, word := range strings.FieldsFunc(arg, func(r rune) bool { return strings.ContainsRune("@/:._-", r) }) {
		if letters := strings.Trim(word, "0123456789"); len(word) > 24 || letters != "" && len(word) > 8 && strings.ContainsAny(word, "0123456789") {
			return false
		}
	}
	return true
}
