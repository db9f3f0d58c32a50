package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// fieldsOf reads testdata/kubernetes.tsv: the types of fields by type and name.
func fieldsOf(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/kubernetes.tsv")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]string{}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(f) != 3 {
			t.Fatalf("the line %q", line)
		}
		if out[f[0]] == nil {
			out[f[0]] = map[string]string{}
		}
		out[f[0]][f[1]] = f[2]
	}
	return out
}

// quantity is a number of bytes or processors.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
var quantity = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$`)

// checkFields says what of a node is not as a type wants it.
func checkFields(types map[string]map[string]string, kind, where string, n *yaml.Node) (wrong []string) {
	bad := func(want string) { wrong = append(wrong, fmt.Sprintf("%s: %q is no %s", where, n.Value, want)) }
	if of, ok := strings.CutPrefix(kind, "[]"); ok {
		if n.Kind != yaml.SequenceNode {
			bad(kind)
		}
		for i, c := range n.Content {
			wrong = append(wrong, checkFields(types, of, fmt.Sprintf("%s[%d]", where, i), c)...)
		}
		return wrong
	}
	of, isMap := strings.CutPrefix(kind, "map[string]")
	fields := types[kind]
	if isMap || fields != nil {
		if n.Kind != yaml.MappingNode {
			bad(kind)
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			name, as := n.Content[i].Value, of
			if !isMap {
				as = fields[name]
			}
			if as == "" {
				wrong = append(wrong, fmt.Sprintf("%s: a %s has no field %q that the table knows", where, kind, name))
				continue
			}
			wrong = append(wrong, checkFields(types, as, where+"."+name, n.Content[i+1])...)
		}
		return wrong
	}
	tags := map[string][]string{"string": {"!!str"}, "int32": {"!!int"}, "int64": {"!!int"}, "bool": {"!!bool"}, "IntOrString": {"!!int", "!!str"}, "Quantity": {"!!int", "!!str", "!!float"}}[kind]
	switch {
	case strings.Contains(kind, "|"):
		if !slices.Contains(strings.Split(kind, "|"), n.Value) {
			bad(kind)
		}
	case n.Kind != yaml.ScalarNode, !slices.Contains(tags, n.Tag), kind == "Quantity" && !quantity.MatchString(n.Value):
		bad(kind)
	}
	return wrong
}

// TestKubernetesFields: the objects of docs/deploy.md have fields that Kubernetes knows,
// of the types that it wants.
func TestKubernetesFields(t *testing.T) {
	types := fieldsOf(t)
	text, err := os.ReadFile("../../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ = bytes.Cut(text, []byte("## Kubernetes"))
	_, text, _ = bytes.Cut(text, []byte("```yaml\n"))
	text, _, _ = bytes.Cut(text, []byte("```"))
	check := func(text string) (wrong []string, kinds string) {
		for d := yaml.NewDecoder(strings.NewReader(text)); ; {
			var n yaml.Node
			if err := d.Decode(&n); errors.Is(err, io.EOF) {
				return wrong, kinds
			} else if err != nil {
				return append(wrong, err.Error()), kinds
			}
			var head struct {
				APIVersion string `yaml:"apiVersion"`
				Kind       string
			}
			n.Decode(&head)
			kinds += head.APIVersion + " " + head.Kind + "\n"
			wrong = append(wrong, checkFields(types, head.Kind, head.Kind, n.Content[0])...)
		}
	}
	if wrong, kinds := check(string(text)); len(wrong) > 0 || kinds != "apps/v1 Deployment\nbatch/v1 CronJob\n" {
		t.Errorf("%s%s", kinds, strings.Join(wrong, "\n"))
	}
	for _, k := range []struct{ old, new, want string }{
		{"replicas: 4", `replicas: "4"`, `Deployment.spec.replicas: "4" is no int32`},
		{"restartPolicy: Never", "restartPolicy: never", `"never" is no Always|OnFailure|Never`},
		{"runAsNonRoot", "runAsNonroot", `has no field "runAsNonroot"`},
		{`cpu: "1"`, `cpu: "1 core"`, "is no Quantity"},
		{"drop: [ALL]", "drop: ALL", `"ALL" is no []string`},
		{"readOnly: true", `readOnly: "true"`, "is no bool"},
	} {
		wrong, _ := check(strings.Replace(string(text), k.old, k.new, 1))
		if !strings.Contains(strings.Join(wrong, "\n"), k.want) {
			t.Errorf("%s: %q", k.new, wrong)
		}
	}
}
