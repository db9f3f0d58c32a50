package main

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// published are what a file in our repository must fit: the schema that its readers
// publish, which "make schemas" gets, as we do not keep other people's files here.
// Ours, in testdata/ci, says the same of action.yml in our words.
func published(t *testing.T, name string, ours ...string) map[string]*jsonschema.Schema {
	t.Helper()
	files := map[string]string{}
	for _, o := range ours {
		files["ours"] = o
	}
	if dir := os.Getenv("WHOSEKEY_SCHEMAS"); dir != "" {
		files["the published one"] = filepath.Join(dir, name)
	}
	out := map[string]*jsonschema.Schema{}
	for whose, file := range files {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(read(t, file)))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		c := jsonschema.NewCompiler()
		c.UseRegexpEngine(loosely)
		if err := c.AddResource("schema.json", doc); err != nil {
			t.Fatal(err)
		}
		c.UseLoader(loader(func(url string) (any, error) { // one refers to another
			return jsonschema.UnmarshalJSON(strings.NewReader(read(t, filepath.Join(filepath.Dir(file), path.Base(url)))))
		}))
		if out[whose], err = c.Compile("schema.json"); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

type loader func(url string) (any, error)

func (l loader) Load(url string) (any, error) { return l(url) }

// loosely takes a pattern that Go's expressions cannot express (one looks ahead) for
// one that any text fits.
func loosely(pattern string) (jsonschema.Regexp, error) {
	if strings.Contains(pattern, "(?!") {
		pattern = ""
	}
	return regexp.Compile(pattern)
}

// fits says what a schema has against a text in YAML, which JSON is too.
func fits(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if value, err = jsonschema.UnmarshalJSON(strings.NewReader(string(b))); err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

// TestActionSchema: action.yml is what the published schema of such files asks of a
// composite action.
func TestActionSchema(t *testing.T) {
	text := read(t, "../../action.yml")
	for whose, schema := range published(t, "github-action.json", "testdata/ci/action-schema.json") {
		if err := fits(t, schema, text); err != nil {
			t.Errorf("%s: %v", whose, err)
		}
		for _, wrong := range [][2]string{{"      shell: bash\n", ""}, {"using: composite", "using: node20"}, {"icon: shield", "icon: key-hole"}, {"    value: ${{ steps.scan.outputs.sarif }}\n", ""}} {
			if fits(t, schema, strings.ReplaceAll(text, wrong[0], wrong[1])) == nil {
				t.Errorf("%s: with %q instead of %q it is valid, too", whose, wrong[1], wrong[0])
			}
		}
	}
}

// TestPublishedSchemas: what users copy out of docs/hooks.md, and what pre-commit
// reads of us, is what their programs' schemas ask for.
func TestPublishedSchemas(t *testing.T) {
	if os.Getenv("WHOSEKEY_SCHEMAS") == "" {
		t.Skip("make schemas gets them")
	}
	texts := map[string][]string{"pre-commit-hooks.json": {read(t, "../../.pre-commit-hooks.yaml")}}
	for _, m := range regexp.MustCompile("(?s)```(?:json|yaml)\n(.*?)```").FindAllStringSubmatch(read(t, "../../docs/hooks.md"), -1) {
		switch text := m[1]; {
		case strings.Contains(text, `"PreToolUse"`): // Codex takes the same
			texts["claude-code-settings.json"] = append(texts["claude-code-settings.json"], text)
			texts["codex-hooks.json"] = append(texts["codex-hooks.json"], text)
		case strings.Contains(text, "repos:"):
			texts["pre-commit-config.json"] = append(texts["pre-commit-config.json"], text)
		case strings.Contains(text, "use_stdin:"):
			texts["lefthook.json"] = append(texts["lefthook.json"], text)
		}
	}
	if len(texts) != 5 {
		t.Fatalf("%d kinds of files are looked at, want 5", len(texts))
	}
	for name, all := range texts {
		for whose, schema := range published(t, name) {
			for _, text := range all {
				if err := fits(t, schema, text); err != nil {
					t.Errorf("%s, %s: %v in\n%s", name, whose, err, text)
				}
			}
			if fits(t, schema, `[{"repos": 1, "hooks": 1, "pre-commit": 1}]`) == nil || fits(t, schema, `{"repos": 1, "hooks": 1, "pre-commit": 1}`) == nil {
				t.Errorf("%s accepts what is none", name)
			}
		}
	}
}

// workflowIn are the workflows that stand in a page.
var workflowIn = regexp.MustCompile("(?s)```yaml\n((?:[^`]*\n)?on:.*?jobs:.*?)```")

// TestWorkflows: actionlint finds nothing in our workflows, nor in those of the
// documentation, and they use inputs that the action has.
func TestWorkflows(t *testing.T) {
	a := readAction(t)
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("workflows: %v, %v", files, err)
	}
	texts := map[string]string{}
	for _, name := range files {
		texts[name] = read(t, name)
	}
	for _, page := range []string{"../../README.md", "../../docs/ci.md"} {
		found := workflowIn.FindAllStringSubmatch(read(t, page), -1)
		if len(found) == 0 {
			t.Errorf("%s: there is no workflow in it", page)
		}
		for i, m := range found {
			texts[page+" "+string(rune('1'+i))] = m[1]
		}
	}
	for name, text := range texts {
		linter, err := actionlint.NewLinter(os.Stderr, &actionlint.LinterOptions{Shellcheck: "", Pyflakes: ""})
		if err != nil {
			t.Fatal(err)
		}
		problems, err := linter.Lint(name, []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %v", name, p)
		}
		var w struct {
			Jobs map[string]struct {
				Steps []struct {
					Uses string
					With map[string]any
				}
			}
		}
		if err := yaml.Unmarshal([]byte(text), &w); err != nil {
			t.Fatal(err)
		}
		for _, job := range w.Jobs {
			for _, step := range job.Steps {
				if !strings.HasPrefix(step.Uses, "whosekey/whosekey@") && step.Uses != "./" {
					continue
				}
				for in := range step.With {
					if _, ok := a.Inputs[in]; !ok {
						t.Errorf("%s: the action has no input %q", name, in)
					}
				}
			}
		}
	}
}
