package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// TestActionSchema: action.yml is what the published schema of such files asks of a
// composite action. testdata/ci/action-schema.json says the same in our words.
func TestActionSchema(t *testing.T) {
	schemaText := read(t, "testdata/ci/action-schema.json")
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(schemaText))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("action.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("action.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(text string) error {
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
	text := read(t, "../../action.yml")
	if err := check(text); err != nil {
		t.Error(err)
	}
	for _, wrong := range [][2]string{{"      shell: bash\n", ""}, {"using: composite", "using: node20"}, {"icon: shield", "icon: key-hole"}, {"    value: ${{ steps.scan.outputs.sarif }}\n", ""}} {
		if check(strings.ReplaceAll(text, wrong[0], wrong[1])) == nil {
			t.Errorf("with %q instead of %q it is valid, too", wrong[1], wrong[0])
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
