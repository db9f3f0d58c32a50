package iac

import (
	"slices"
	"testing"
)

// TestSecretsOfOneName: what uses a Secret means the nearest of its name, but where a
// namespace or Kustomize says which.
func TestSecretsOfOneName(t *testing.T) {
	secret := func(namespace string, n int) string {
		return "apiVersion: v1\nkind: Secret\nmetadata: {name: app" + namespace + "}\nstringData:\n  key: " + madeUp(n) + "\n"
	}
	uses := func(name, namespace string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + namespace + "}\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n        envFrom:\n        - secretRef: {name: app}\n"
	}
	const template = "apiVersion: v1\nkind: Secret\nmetadata: {name: app}\nstringData:\n  key: {{ .Values.key }}\n"
	for _, c := range []struct {
		name, path string
		files      map[string]string
		want       []string
	}{
		{"charts", "charts/a/values.yaml", map[string]string{
			"charts/a/Chart.yaml": "name: a\n", "charts/a/values.yaml": "key: " + madeUp(1) + "\n", "charts/a/templates/s.yaml": template, "charts/a/templates/d.yaml": uses("a", ""),
			"charts/b/Chart.yaml": "name: b\n", "charts/b/values.yaml": "key: other\n", "charts/b/templates/s.yaml": template, "charts/b/templates/d.yaml": uses("b", ""),
		}, []string{"a"}},
		{"a chart that has none", "charts/a/values.yaml", map[string]string{
			"charts/a/Chart.yaml": "name: a\n", "charts/a/values.yaml": "key: " + madeUp(1) + "\n", "charts/a/templates/s.yaml": template,
			"charts/b/Chart.yaml": "name: b\n", "charts/b/templates/d.yaml": uses("b", ""),
		}, []string{"b"}},
		{"folders", "k8s/a/s.yaml", map[string]string{"k8s/a/s.yaml": secret("", 1), "k8s/a/d.yaml": uses("a", ""), "k8s/b/s.yaml": secret("", 2), "k8s/b/d.yaml": uses("b", "")}, []string{"a"}},
		{"a namespace", "secrets/s.yaml", map[string]string{"secrets/s.yaml": secret(", namespace: x", 1), "k8s/s.yaml": secret(", namespace: y", 2), "k8s/d.yaml": uses("a", ", namespace: x")}, []string{"x/a"}},
		{"an overlay", "overlays/prod/s.yaml", map[string]string{"overlays/prod/kustomization.yaml": "resources: [../../base, s.yaml]\n", "overlays/prod/s.yaml": secret("", 1),
			"base/kustomization.yaml": "resources: [s.yaml, d.yaml]\n", "base/s.yaml": secret("", 2), "base/d.yaml": uses("a", "")}, []string{"a"}},
	} {
		r := &tree{files: c.files}
		var got []string
		for _, u := range resolve(t, r.query(t, "", c.path, 1)).Consumers {
			if u.Kind == "deployment" {
				got = append(got, u.Name)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: used by %q, want %q", c.name, got, c.want)
		}
	}
}
