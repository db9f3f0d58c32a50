package iac

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
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
		{"what Kustomize makes is known to what it takes in only", "a/s.env", map[string]string{"a/kustomization.yaml": "resources: [d.yaml]\nsecretGenerator:\n- name: app\n  envs: [s.env]\n", "a/s.env": "key=" + madeUp(1) + "\n", "a/d.yaml": uses("a", ""),
			"b/d.yaml": uses("b", "")}, []string{"a"}},
		{"an overlay's Secret and the base's workload", "o/s.env", map[string]string{"o/kustomization.yaml": "resources: [../base]\nsecretGenerator:\n- name: app\n  envs: [s.env]\n", "o/s.env": "key=" + madeUp(1) + "\n",
			"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": uses("a", ""), "b/d.yaml": uses("b", "")}, []string{"a"}},
		{"the base's Secret and an overlay's workload", "base/s.env", map[string]string{"o/kustomization.yaml": "resources: [../base, d.yaml]\n", "o/d.yaml": uses("a", ""),
			"base/kustomization.yaml": "secretGenerator:\n- name: app\n  envs: [s.env]\n", "base/s.env": "key=" + madeUp(1) + "\n", "b/d.yaml": uses("b", "")}, []string{"a"}},
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

// TestDeclaredForEnvironment: of two declarations of one name in folders of environments
// the one of the credential's environment counts, unless the account says otherwise.
func TestDeclaredForEnvironment(t *testing.T) {
	user := func(tag string) string {
		return "resource \"aws_iam_user\" \"u\" {\n  name = \"deployer\"\n  tags = { owner = \"" + tag + "-team\" }\n}\n"
	}
	account := func(id string) string {
		return "provider \"aws\" {\n  allowed_account_ids = [\"" + id + "\"]\n}\n"
	}
	both := map[string]string{"envs/prod/iam.tf": user("prod"), "envs/dev/iam.tf": user("dev")}
	known := map[string]string{"envs/prod/iam.tf": account(accountA) + user("prod"), "envs/dev/iam.tf": account(accountB) + user("dev")}
	for _, c := range []struct {
		name, path, account string
		files               map[string]string
		want                string
	}{
		{"prod", "envs/prod/.env", accountA, both, "prod-team"},
		{"dev", "envs/dev/.env", accountA, both, "dev-team"},
		{"neither", "app/.env", accountA, both, "dev-team prod-team"},
		{"an environment that none is of", "envs/staging/.env", accountA, both, "dev-team prod-team"},
		{"none for an environment", "envs/prod/.env", accountA, map[string]string{"iam/a.tf": user("one"), "envs/dev/iam.tf": user("dev")}, "dev-team one-team"},
		{"the account's in another's folder", "envs/prod/.env", accountB, known, "dev-team"},
	} {
		q := &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: "aws"}}, Known: []leak.Evidence{near(leak.ClaimTenant, c.account), near(leak.ClaimName, "deployer")}, Repo: &tree{files: c.files}}
		p := identity.Place{Text: []byte("KEY=" + madeUp(1)), Start: 4, End: 4 + len(madeUp(1)), FirstLine: 1}
		p.Path = c.path
		q.Places = []identity.Place{p}
		var owners []string
		for _, o := range resolve(t, q).Owners {
			owners = append(owners, o.Name)
		}
		slices.Sort(owners)
		if got := strings.Join(slices.Compact(owners), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestEntriesOfTemplates: what uses one entry of a chart's Secret does not use the others.
func TestEntriesOfTemplates(t *testing.T) {
	const env = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: NAME}\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n        env:\n        - name: STRIPE\n          valueFrom:\n            secretKeyRef: {name: app, key: stripe}\n"
	r := &tree{files: map[string]string{
		"a/Chart.yaml": "name: a\n", "a/values.yaml": "stripe: " + madeUp(1) + "\nother: " + madeUp(2) + "\n",
		"a/templates/s.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: app}\nstringData:\n  stripe: {{ .Values.stripe | quote }}\n  other: {{ .Values.other }}\n",
		"a/templates/d.yaml": strings.Replace(env, "NAME", "one", 1),
		"a/templates/e.yaml": strings.Replace(env, "NAME", "both", 1) + "        envFrom:\n        - secretRef: {name: app}\n",
	}}
	for n, want := range map[int]string{1: "both env STRIPE, one env STRIPE", 2: "both envFrom"} {
		var got []string
		for _, u := range resolve(t, r.query(t, "", "a/values.yaml", n)).Consumers {
			if u.Kind == "deployment" {
				got = append(got, u.Name+" "+u.Via)
			}
		}
		slices.Sort(got)
		if strings.Join(got, ", ") != want {
			t.Errorf("entry %d: used by %q, want %s", n, got, want)
		}
	}
}

// TestNearestOfMany: a thousand folders with a Secret of one name cost no more for each
// credential than a look at each of them.
func TestNearestOfMany(t *testing.T) {
	const many = maxSame
	ix := newIndex(func(string) {})
	tok := token("secret:/app")
	for i := range many {
		ix.offers[tok] = append(ix.offers[tok], &object{path: fmt.Sprintf("services/s%d/secret.yaml", i)})
		ix.users[tok] = append(ix.users[tok], user{object: &object{path: fmt.Sprintf("services/s%d/deploy.yaml", i)}})
	}
	began, own := time.Now(), 0
	for _, from := range ix.offers[tok] {
		for _, u := range ix.users[tok] {
			if !ix.another(tok, from, u.object) {
				own++
			}
		}
	}
	if took := time.Since(began); own != many || took > 6*time.Second {
		t.Errorf("%d of %d use the one beside them, and to know it took %v", own, many, took)
	}
}
