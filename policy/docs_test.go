package policy

import (
	"os"
	"strings"
	"testing"
)

// TestDocumentation: the settings in the documentation are ones.
func TestDocumentation(t *testing.T) {
	b, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, rest := range strings.Split(string(b), "```toml\n")[1:] {
		text, _, _ := strings.Cut(rest, "```")
		if _, err := parse(text); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
		n++
	}
	if n < 2 {
		t.Errorf("only %d settings files in the documentation", n)
	}
}
