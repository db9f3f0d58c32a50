package mcp

import (
	"path"
	"slices"
	"strings"
	"unicode/utf8"

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

// partStarts are what the parts of a path begin with, in lower case, of which a client's
// settings have one at least; firstBytes are the first bytes of those.
var partStarts, firstBytes = func() (starts []string, first [256]bool) {
	for _, c := range clients {
		start := c.path[1:4]
		if !slices.Contains(starts, start) {
			starts = append(starts, start)
		}
		first[start[0]], first[start[0]&^0x20] = true, true // of a dot it is another byte, which costs nothing
	}
	return starts, first
}()

// maySet reports whether a file can have the settings of agents, by its path: it is
// true wherever the name of the file has "mcp" in it or clientOf knows the client.
// Few files are such, of the many that a repository has.
func maySet(name string) bool {
	start, last := true, 0 // of a part
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c >= utf8.RuneSelf: // in lower case it may be a letter of ASCII
			return true
		case c == '/':
			start, last = true, i+1
			continue
		case c == '\\':
			start = true
			continue
		case start && firstBytes[c] && begins(name[i:]):
			return true
		}
		start = false
	}
	for i := last; i+3 <= len(name); i++ {
		if name[i]|0x20 == 'm' && strings.EqualFold(name[i:i+3], "mcp") {
			return true
		}
	}
	return false
}

func begins(part string) bool {
	for _, s := range partStarts {
		if len(part) >= len(s) && strings.EqualFold(part[:len(s)], s) {
			return true
		}
	}
	return false
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
