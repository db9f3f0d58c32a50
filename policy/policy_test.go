package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

func load(t *testing.T, text string) (*Config, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), ".whosekey.toml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(name)
	if err == nil && c.File != name {
		t.Errorf("File = %q, want %q", c.File, name)
	}
	if err != nil && !strings.HasPrefix(err.Error(), "settings "+name+": ") {
		t.Errorf("error %v does not begin with the file", err)
	}
	return c, err
}

func TestLoadRefuses(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"exclude = [\"vendor/\"]\n[rules]\ndefaults = false\ndisable = [\"a\"]\nfiles = [\"x.toml\"]\n[[allow]]\nreason = \"test keys\"\nrules = [\"a\"]\npaths = [\"testdata/**\"]", ""},
		{"exlude = [\"a\"]", `unknown key "exlude", did you mean "exclude"?; the keys are listed in docs/configuration.md`},
		{"[rules]\ndisabled = [\"a\"]", `unknown key "rules.disabled"`},
		{"[[allow]]\nreason = \"x\"\npath = [\"a\"]", `unknown key "allow.path"`},
		{"exclude = \"a\"", "toml: "},
		{"exclude = [", "toml: line 1"},
		{"exclude = [\"[a\"]", `exclude: path pattern "[a"`},
		{"exclude = [\"!a\"]", `exclude: path pattern "!a"`},
		{"exclude = [\"\"]", `exclude: path pattern ""`},
		{"[[allow]]\npaths = [\"a\"]", "allow 1: no reason: say why"},
		{"[[allow]]\nreason = \" \\t\"\npaths = [\"a\"]", "allow 1: no reason"},
		{"[[allow]]\nreason = \"x\"", "allow 1: needs rules or paths: it would allow everything"},
		{"[[allow]]\nreason = \"x\"\nrules = []\npaths = []", "allow 1: needs rules or paths"},
		{"[[allow]]\nreason = \"x\"\nrules = [\"a\"]\n[[allow]]\nreason = \"x\"\npaths = [\"[\"]", `allow 2: path pattern "["`},
		{"[[allow]]\nreason = \"x\"\nrules = [\"\"]", "allow 1: rules: an empty id"},
	} {
		_, err := load(t, tt.text)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%q: error %v, want %q", tt.text, err, tt.want)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none")); err == nil || !strings.HasPrefix(err.Error(), "read settings: ") {
		t.Errorf("a file that does not exist: %v", err)
	}
}

// TestGitleaks: the configuration of another scanner is left to who can read it.
func TestGitleaks(t *testing.T) {
	for text, want := range map[string]bool{
		"[allowlist]\npaths = [\"a\"]": true, "[[allowlists]]\npaths = [\"a\"]": true,
		"title = \"gitleaks config\"\n[extend]\nuseDefault = true": true, "[[rules]]\nid = \"a\"\nregex = \"b\"": true,
		"[rules]\ndefaults = true": false, "": false,
	} {
		if c, err := load(t, text); err != nil || (c.Gitleaks != "") != want {
			t.Errorf("%q: %v, %v", text, c, err)
		}
	}
}

func TestUseDefaults(t *testing.T) {
	for text, want := range map[string]bool{"": true, "[rules]": true, "[rules]\ndefaults = true": true, "[rules]\ndefaults = false": false} {
		if c, err := load(t, text); err != nil || c.UseDefaults() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestKeep(t *testing.T) {
	for _, tt := range []struct{ allow, paths, want string }{
		{``, "a b", "a b"},
		{`rules = ["r"]`, "a b", ""},
		{`rules = ["other"]`, "a b", "a b"},
		{`paths = ["a"]`, "a b x/a", "b"},
		{`paths = ["/a"]`, "a b x/a", "b x/a"},
		{`paths = ["x/"]`, "a b x/a x/y/z", "a b"},
		{`paths = ["x/*.txt"]`, "x/a.txt x/y/a.txt x/a.md", "x/y/a.txt x/a.md"},
		{`paths = ["**/testdata/**"]`, "a/testdata/b/c testdata/d a/b", "a/b"},
		{`paths = ["a", "b"]`, "a b c", "c"},
		{"rules = [\"r\"]\npaths = [\"a\"]", "a b", "b"},
		{"rules = [\"other\"]\npaths = [\"a\"]", "a b", "a b"},
		{"rules = [\"q\", \"r\"]\npaths = [\"a\"]", "a b", "b"},
		{"paths = [\"a\"]\n[[allow]]\nreason = \"x\"\npaths = [\"b\"]", "a b c", "c"},
		{`paths = ["*"]`, "a x/b", ""},
	} {
		text := ""
		if tt.allow != "" {
			text = "[[allow]]\nreason = \"x\"\n" + tt.allow
		}
		c, err := load(t, text)
		if err != nil {
			t.Fatalf("%q: %v", tt.allow, err)
		}
		f := &leak.Finding{Rule: leak.RuleInfo{ID: "r"}}
		for _, p := range strings.Fields(tt.paths) {
			f.Locations = append(f.Locations, leak.Location{Path: p})
		}
		kept := (&Ignores{Config: c}).Keep(f)
		var left []string
		for _, l := range f.Locations {
			left = append(left, l.Path)
		}
		if got := strings.Join(left, " "); got != tt.want || kept != (tt.want != "") {
			t.Errorf("allow %q of %s: left %q, %v, want %q", tt.allow, tt.paths, got, kept, tt.want)
		}
	}
}

// TestKeepWithoutPath: what has no path is allowed by rule only.
func TestKeepWithoutPath(t *testing.T) {
	for allow, want := range map[string]bool{`paths = ["*"]`: true, `paths = ["**"]`: true, `rules = ["r"]`: false} {
		c, err := load(t, "[[allow]]\nreason = \"x\"\n"+allow)
		if err != nil {
			t.Fatal(err)
		}
		f := &leak.Finding{Rule: leak.RuleInfo{ID: "r"}, Locations: []leak.Location{{Kind: leak.KindCommit}}}
		if got := (&Ignores{Config: c}).Keep(f); got != want {
			t.Errorf("allow %s of a commit message: kept %v, want %v", allow, got, want)
		}
	}
}

func TestFailOn(t *testing.T) {
	for _, tt := range []struct{ threshold, fails string }{ // which confidences fail
		{"none", ""}, {"any", "high medium"}, {"new", "high medium"}, {"confidence:high", "high"},
		{"confidence:medium", "high medium"}, {"confidence:low", "high medium low"},
	} {
		fails, err := FailOn(tt.threshold)
		if err != nil {
			t.Errorf("%s: %v", tt.threshold, err)
			continue
		}
		for _, c := range []leak.Confidence{leak.High, leak.Medium, leak.Low, ""} {
			want := c != "" && strings.Contains(tt.fails, string(c))
			if got := fails(&leak.Finding{Confidence: c}); got != want {
				t.Errorf("%s with confidence %q: %v, want %v", tt.threshold, c, got, want)
			}
		}
	}
	for threshold, want := range map[string]string{
		"": "use none, any, new", "all": "use none, any, new", "None": "use none, any, new", "confidence": "the confidences are", "confidence:": "the confidences are",
		"confidence:sure": "the confidences are", "live:x": "use none, any, new", "risk:0": "from 1 to 100", "risk:101": "from 1 to 100", "risk:": "from 1 to 100", "risk": "from 1 to 100", "none:x": "use none, any, new", "any:low": "use none, any, new",
	} {
		if _, err := FailOn(threshold); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", threshold, err, want)
		}
	}
}

func TestRisk(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"[risk.validity]\nlive = 20":  "",
		"[risk.validity]\nalive = 20": `risk.validity: there is no "alive"`,
		"[risk.validty]\nlive = 20":   `risk: there is no table "validty"`,
		"[risk.validity]\nlive = 101": "must be from 0 to 100",
		"[risk.validity]\nlive = 2.5": "toml: ",
		"[risk]\nvalidity = 1":        "risk.validity: must be a table",
		"risk = 1":                    "risk: must be a table",
		"[risk.bands]\nlow = 50":      "risk.bands: critical, high",
	} {
		c, err := parse(text)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
		if err == nil && text != "" {
			if p, _ := c.Points(); p["validity"]["live"] != 20 || p["validity"]["dead"] != 0 {
				t.Errorf("%q: %v", text, p["validity"])
			}
		}
	}
}
