package mcp

import (
	"math/rand/v2"
	"path"
	"strings"
	"testing"
)

// TestMaySet: no path is left out of which a client is known, or whose name has mcp.
func TestMaySet(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
	var pieces []string
	for _, c := range clients {
		pieces = append(pieces, c.path, strings.Trim(c.path, "/"), strings.ReplaceAll(c.path, "/", `\`))
	}
	pieces = append(pieces, "/", `\`, "a", "x.json", "mcp", "MCP", ".mcp.json", "\u212a", "é", ".", "src/", "lib/", "co", "cl")
	yes := 0
	for range 50_000 {
		name := ""
		for range 1 + rnd.IntN(4) {
			p := pick(pieces...)
			switch rnd.IntN(4) {
			case 0:
				p = strings.ToUpper(p)
			case 1:
				p = strings.ReplaceAll(p, "k", "\u212a") // the sign of Kelvin, whose lower case is k
			}
			name += p
		}
		name = strings.Trim(name, "/") // the path of a file
		want := strings.Contains(strings.ToLower(path.Base(name)), "mcp") || clientOf(name) != anAgent
		if want && !maySet(name) {
			t.Errorf("%q is left out", name)
		}
		if want {
			yes++
		}
	}
	if yes < 10_000 {
		t.Errorf("only %d paths are of agents", yes)
	}
	// What most repositories are full of is not looked at.
	for _, name := range []string{"", "README.md", "internal/gitpack/pack.go", "src/main/java/org/acme/Main.java", "d12/f44", "docs/mc.md"} {
		if maySet(name) {
			t.Errorf("%q is looked at", name)
		}
	}
}
