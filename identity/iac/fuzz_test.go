package iac

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// parseAll reads a text as each of some files, without the net under parse, and
// asks whose the bytes in its middle are.
func parseAll(t *testing.T, text string, paths ...string) {
	r := &tree{files: map[string]string{}}
	for _, p := range paths {
		r.files[p] = text
		ix := newIndex(func(string) {})
		ix.charts = []string{"chart"}
		if f := formatOf(p); f == nil {
			t.Fatalf("%s is of no format", p)
		} else if f.wanted([]byte(text)) {
			f.read(ix, p, []byte(text))
		}
		ix.finish()
		last := strings.Count(text, "\n") + 2
		for _, o := range ix.objects {
			if o.line < 0 || o.line > last || o.end > last+1 || len(o.uses) > maxUses+maxFacts {
				t.Errorf("%s: %s stands in lines %d to %d of %d, %d uses", p, o.address, o.line, o.end, last, len(o.uses))
			}
		}
	}
	q := &identity.Query{Finding: &leak.Finding{}, Repo: r, Lose: func(string) {}, Known: []leak.Evidence{known(leak.ClaimName, "a"), known(leak.ClaimTenant, "123456789012")}}
	for _, p := range paths {
		place := identity.Place{Text: []byte(text), Start: len(text) / 2, End: min(len(text), len(text)/2+8), FirstLine: 1}
		place.Path = p
		q.Places = append(q.Places, place)
	}
	a, err := New().Resolve(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	secret := text[len(text)/2 : min(len(text), len(text)/2+8)]
	if !strings.ContainsAny(secret, "\n \t") && len(secret) == 8 && strings.Contains(fmt.Sprint(a.Evidence, a.Owners), secret) && !strings.Contains(strings.Join(paths, " "), secret) {
		for _, e := range a.Evidence {
			if strings.Contains(e.Value, secret) {
				t.Errorf("evidence %q holds the credential %q", e.Value, secret)
			}
		}
	}
}

func seed(f *testing.F, suffixes ...string) {
	for _, name := range []string{"payments", "modules", "others"} {
		for path, text := range load(f, name).files {
			if hasSuffix(strings.ToLower(path), suffixes...) {
				f.Add(text)
			}
		}
	}
}

func FuzzTerraform(f *testing.F) {
	seed(f, ".tf")
	f.Add("locals {\n  a = \"${local.a}${local.a}\"\n  b = merge(local.b, local.b)\n}\nmodule \"m\" {\n  source = \"./\"\n  x = \"${var.x}\"\n}\nmodule \"n\" {\n source = \".\"\n}\n")
	f.Fuzz(func(t *testing.T, text string) { parseAll(t, text, "a/main.tf", "a/terraform.tfvars") })
}

func FuzzState(f *testing.F) {
	seed(f, ".tfstate", ".json")
	f.Add(`{"modules": [{"resources": {"aws_iam_user.x": {"primary": {"attributes": {"name": "x", "tags.owner": "y"}}}}}], "resources": [[]]}`)
	f.Fuzz(func(t *testing.T, text string) { parseAll(t, text, "a/x.tfstate", "a/x.tf.json", "a/x.json") })
}

func FuzzBicep(f *testing.F) {
	seed(f, ".bicep")
	f.Add("resource a 'b@c' = [for x in y: if (z) {\n a: '${b.c}'\n}]\nvar x = '''\nfoo\n'''\nparam y")
	f.Fuzz(func(t *testing.T, text string) { parseAll(t, text, "a.bicep") })
}

func FuzzYAML(f *testing.F) {
	seed(f, ".yaml", ".yml")
	f.Add("services: &a\n  x: *a\nkind: List\nitems: [*a]\nmetadata: {name: {{ .Values.a }}}\nResources: {A: {Type: 'A::B', Properties: *a}}\n")
	f.Fuzz(func(t *testing.T, text string) {
		parseAll(t, text, "k.yaml", "compose.yaml", "serverless.yml", "Pulumi.yaml", "Pulumi.dev.yaml", "kustomization.yaml", "chart/Chart.yaml", "chart/templates/a.yaml")
	})
}

func FuzzDockerfile(f *testing.F) {
	seed(f, "dockerfile", "procfile")
	f.Fuzz(func(t *testing.T, text string) { parseAll(t, text, "Dockerfile", "Procfile") })
}

func FuzzKeys(f *testing.F) {
	seed(f, ".yaml", ".env", ".tfvars")
	f.Fuzz(func(t *testing.T, text string) {
		for at := 0; at <= len(text); at += 1 + len(text)/20 {
			keysAt([]byte(text), at)
		}
	})
}

// TestBombs reads what is made to use up time, memory or the stack.
func TestBombs(t *testing.T) {
	var laughs, locals strings.Builder
	for i := range 40 {
		fmt.Fprintf(&laughs, "a%d: &a%d {secretName: x, b: [%s]}\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", max(0, i-1)), 9), ","))
		fmt.Fprintf(&locals, "locals {\n a%d = \"${local.a%d}${local.a%d}x\"\n b%d = merge(local.b%d, local.b%d)\n}\n", i+1, i, i, i+1, i, i)
	}
	many := func(s string, n int) string { return strings.Repeat(s, n) }
	for name, files := range map[string]map[string]string{
		"laughs":      {"a.yaml": "kind: Pod\nmetadata: {name: x}\n" + laughs.String(), "compose.yaml": "services:\n  a: 1\n" + laughs.String()},
		"locals":      {"a.tf": locals.String() + "resource \"aws_iam_user\" \"u\" {\n name = local.a40\n tags = local.b40\n}\n"},
		"brackets":    {"a.tf": "resource \"x\" \"y\" {\n a = " + many("[", 1_000_000) + "\n}\n", "a.bicep": "resource a 'b' = " + many("{", 1_000_000), "a.yaml": "kind: " + many("[", 1_000_000)},
		"signs":       {"a.tf": "locals {\n a = " + many("!", 1_000_000) + "\n}\n", "b.tf": "locals {\n a = [" + many("-\n", 900_000) + "\n]}\n", "c.tf": "locals {\n a = " + many("a?b:", 400_000) + "1\n}\n"},
		"templates":   {"a.tf": "locals {\n a = " + many("\"${", 300_000) + "\n}\n"},
		"blocks":      {"a.tf": "resource \"x\" \"y\" {\n" + many("a {\n", 300_000)},
		"documents":   {"a.yaml": many("---\nkind: Secret\nmetadata: {name: a}\n", 200_000)},
		"state":       {"a.tfstate": `{"resources": [` + many(`{"type":"aws_iam_user","name":"x","instances":[{"attributes":{"name":"x","tags":{"owner":"y"}}}]},`, 80_000)},
		"deep state":  {"a.tfstate": `{"resources": [{"instances": [{"attributes": {"tags": ` + many("[", 3_000_000)},
		"large":       {"a.yaml": "kind: ConfigMap\nmetadata: {name: a}\ndata:\n" + many("  a: b\n", 1_400_000)},
		"lines":       {"Dockerfile": many("ENV A=$B \\\n", 900_000), "Procfile": many("web: $A\n", 900_000)},
		"one line":    {"Dockerfile": "ENV " + many("A$", 4_000_000)},
		"expressions": {"c/Chart.yaml": "name: c", "c/templates/a.yaml": "kind: Secret\n" + many("{{ .Values.a.b }}", 300_000)},
		"calls":       {"a/main.tf": many("module \"m\" {\n source = \"../b\"\n x = 1\n}\n", 20_000), "b/main.tf": many("resource \"aws_iam_user\" \"u\" {\n name = var.x\n}\n", 20_000)},
		"circle":      {"a/main.tf": "module \"m\" {\n source = \"../a\"\n x = var.x\n}\nvariable \"x\" {}\nresource \"aws_iam_user\" \"u\" {\n name = var.x\n password = var.x\n}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			q := &identity.Query{Finding: &leak.Finding{}, Repo: &tree{files: files}, Known: []leak.Evidence{known(leak.ClaimName, "x")}, Lose: func(s string) {
				if len(s) > 300 {
					t.Errorf("a note of %d bytes", len(s))
				}
			}}
			for p, text := range files {
				place := identity.Place{Text: []byte(text[:min(len(text), identity.MaxText)]), Start: 10, End: 15, FirstLine: 1}
				place.Path = p
				q.Places = append(q.Places, place)
			}
			resolve(t, q)
			t.Log(time.Since(start))
		})
	}
}
