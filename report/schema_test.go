package report

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// runSchema is the published schema, and stricter: a field that it does not
// describe is an error. Readers must not be so strict.
func runSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("../docs/schema/run-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	tree := parse(t, text)
	forbidUnknown(tree)
	text, err = os.ReadFile("../docs/schema/nhi-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	identity := parse(t, text)
	forbidUnknown(identity)
	return compile(t, tree, identity)
}

func forbidUnknown(tree any) {
	switch v := tree.(type) {
	case []any:
		for _, e := range v {
			forbidUnknown(e)
		}
	case map[string]any:
		for _, e := range v {
			forbidUnknown(e)
		}
		// What a location has through allOf counts as known to it only for
		// unevaluatedProperties; and a position that is part of a location
		// must not forbid what that has.
		_, isObject := v["properties"].(map[string]any)
		if isObject && v["type"] == "object" && !strings.HasPrefix(asString(v["description"]), "Lines and columns") {
			v["unevaluatedProperties"] = false
		}
	}
}

func asString(v any) string { s, _ := v.(string); return s }

// standard is what sarifStandard found.
var standard *jsonschema.Schema

// sarifStandard is the official schema, which go-sarif has as a constant.
func sarifStandard(t *testing.T) *jsonschema.Schema {
	t.Helper()
	if standard != nil {
		return standard
	}
	const pkg = "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", pkg).Output()
	if err != nil {
		t.Fatalf("find %s: %v", pkg, err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var text string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && len(lit.Value) > len(text) {
			text = lit.Value
		}
		return true
	})
	text, err = strconv.Unquote(text)
	if err != nil {
		t.Fatal(err)
	}
	tree := parse(t, []byte(text))
	if id := asString(tree.(map[string]any)["id"]); !strings.Contains(id, "sarif-schema-2.1.0") {
		t.Fatalf("the schema of go-sarif is %q", id)
	}
	standard = compile(t, tree)
	return standard
}

func parse(t *testing.T, text []byte) any {
	t.Helper()
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return tree
}

func compile(t *testing.T, tree any, further ...any) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.AssertContent()
	if err := c.AddResource("schema.json", tree); err != nil {
		t.Fatal(err)
	}
	for _, f := range further {
		if err := c.AddResource(asString(f.(map[string]any)["$id"]), f); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJSONLIsAsPublished(t *testing.T) {
	schema := runSchema(t)
	for _, opts := range []Options{{}, {ShowSecrets: true}} {
		for line := range bytes.Lines(written(t, "jsonl", opts)) {
			if err := schema.Validate(parse(t, line)); err != nil {
				t.Errorf("ShowSecrets %v: %v\n%s", opts.ShowSecrets, err, line)
			}
		}
	}
	for _, bad := range []string{
		`{}`, `{"run":{}}`, `{"finding":{"id":"x"}}`,
		`{"summary":{"findings":0,"places":0,"failing":0,"suppressed":0,"truncated":0,"incomplete":false,"counts":{},"skipped":[],"left_out":[],"notes":[],"new":1}}`,
	} {
		if schema.Validate(parse(t, []byte(bad))) == nil {
			t.Errorf("the schema accepts %s", bad)
		}
	}
}

func TestJSONHoldsTheLines(t *testing.T) {
	schema := runSchema(t)
	for _, opts := range []Options{{}, {ShowSecrets: true}} {
		object := parse(t, written(t, "json", opts)).(map[string]any)
		lines := []any{map[string]any{"run": object["run"]}}
		for _, f := range object["findings"].([]any) {
			lines = append(lines, map[string]any{"finding": f})
		}
		lines = append(lines, map[string]any{"summary": object["summary"]})
		var i int
		for line := range bytes.Lines(written(t, "jsonl", opts)) {
			if diff := diffJSON(parse(t, line), lines[i]); diff != "" {
				t.Errorf("line %d of jsonl is not what json has (-jsonl +json):\n%s", i+1, diff)
			}
			if err := schema.Validate(lines[i]); err != nil {
				t.Error(err)
			}
			i++
		}
		if len(object) != 3 || i != len(lines) {
			t.Errorf("json has %d keys and %d lines, want 3 and %d", len(object), len(lines), i)
		}
	}
}

func TestSARIFIsValid(t *testing.T) {
	schema := sarifStandard(t)
	for _, opts := range []Options{{}, {ShowSecrets: true}} {
		if err := schema.Validate(parse(t, written(t, "sarif", opts))); err != nil {
			t.Error(err)
		}
	}
	var b bytes.Buffer
	h := NewSARIF(&b, Options{})
	for _, err := range []error{h.Start(Run{}), h.Finish(Summary{})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := schema.Validate(parse(t, b.Bytes())); err != nil {
		t.Errorf("an empty run: %v\n%s", err, b.Bytes())
	}
}
