package iac

import (
	"fmt"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

func TestModules(t *testing.T) {
	r := load(t, "modules")
	t.Run("called", func(t *testing.T) {
		check(t, r.query(t, "google", "", 0, known(leak.ClaimName, "svc-orders@acme-prod.iam.gserviceaccount.com"), known(leak.ClaimTenant, "acme-prod")))
	})
	t.Run("default", func(t *testing.T) {
		check(t, r.query(t, "google", "", 0, known(leak.ClaimName, "svc-users@acme-sandbox.iam.gserviceaccount.com")))
	})
	t.Run("input", func(t *testing.T) { check(t, r.query(t, "", "envs/prod/main.tf", 1)) })
	t.Run("tfvars", func(t *testing.T) { check(t, r.query(t, "", "envs/prod/prod.tfvars", 2)) })
}

func TestState(t *testing.T) {
	r := load(t, "modules")
	t.Run("within", func(t *testing.T) { check(t, r.query(t, "aws", "legacy/terraform.tfstate", 3)) })
	t.Run("key id", func(t *testing.T) {
		check(t, r.query(t, "aws", "", 0, known(leak.ClaimKeyID, "KEYIDOFBACKUP0001")))
	})
	t.Run("azure", func(t *testing.T) { check(t, r.query(t, "azure", "legacy/terraform.tfstate", 4)) })
}

func TestOthers(t *testing.T) {
	r := load(t, "others")
	t.Run("cfn parameter", func(t *testing.T) { check(t, r.query(t, "stripe", "cfn/stack.yaml", 0)) })
	t.Run("cfn db", func(t *testing.T) { check(t, r.query(t, "", "cfn/stack.yaml", 1)) })
	t.Run("cfn user", func(t *testing.T) {
		check(t, r.query(t, "aws", "", 0, known(leak.ClaimName, "mailer-smtp")))
	})
	t.Run("cfn json", func(t *testing.T) { check(t, r.query(t, "aws", "", 0, known(leak.ClaimName, "robot-user"))) })
	t.Run("pulumi name", func(t *testing.T) {
		check(t, r.query(t, "google", "", 0, known(leak.ClaimName, "shop-api@acme-shop.iam.gserviceaccount.com")))
	})
	t.Run("pulumi config", func(t *testing.T) { check(t, r.query(t, "", "pulumi/Pulumi.prod.yaml", 2)) })
	t.Run("bicep param", func(t *testing.T) { check(t, r.query(t, "postgresql", "bicep/main.bicep", 3)) })
	t.Run("bicep storage", func(t *testing.T) {
		check(t, r.query(t, "azure", "", 0, known(leak.ClaimName, "acmelogs")))
	})
	t.Run("helm", func(t *testing.T) { check(t, r.query(t, "stripe", "charts/web/values.yaml", 4)) })
	t.Run("serverless", func(t *testing.T) { check(t, r.query(t, "mailgun", "fn/serverless.yml", 5)) })
	t.Run("serverless env", func(t *testing.T) { check(t, r.query(t, "twilio", "fn/.env", 6)) })
	t.Run("heroku", func(t *testing.T) { check(t, r.query(t, "", "heroku/.env", 7)) })
	t.Run("json", func(t *testing.T) { check(t, r.query(t, "aws", "", 0, known(leak.ClaimName, "json-user"))) })
}

// TestKustomizeOwners: the labels of an overlay name the owner of what it
// generates and takes in, unless overlays of two owners do.
func TestKustomizeOwners(t *testing.T) {
	secret := func(name string, n int) string {
		return "apiVersion: v1\nkind: Secret\nmetadata: {name: " + name + "}\nstringData:\n  key: " + madeUp(n) + "\n"
	}
	r := &tree{files: map[string]string{
		"overlays/prod/kustomization.yaml": "resources: [../../base, more.yaml]\ncommonLabels: {team: team-shop}\nsecretGenerator:\n- name: mail\n  envs: [mail.env]\n",
		"overlays/prod/mail.env":           "MAIL_KEY=" + madeUp(1) + "\n",
		"overlays/prod/more.yaml":          secret("more", 2),
		"overlays/dev/kustomization.yaml":  "resources: [../../shared]\nlabels:\n- pairs: {team: team-shop}\n",
		"overlays/b/kustomization.yaml":    "resources: [../../shared]\nlabels:\n- pairs: {team: team-b}\n",
		"base/kustomization.yaml":          "resources: [secret.yaml]\n",
		"base/secret.yaml":                 secret("base", 3),
		"shared/kustomization.yaml":        "resources: [secret.yaml, ../overlays/b]\n",
		"shared/secret.yaml":               secret("shared", 4),
	}}
	for path, want := range map[string]string{
		"overlays/prod/mail.env": "team-shop overlays/prod/kustomization.yaml:2", "overlays/prod/more.yaml": "team-shop overlays/prod/kustomization.yaml:2",
		"base/secret.yaml": "team-shop overlays/prod/kustomization.yaml:2", "shared/secret.yaml": "",
	} {
		n := map[string]int{"overlays/prod/mail.env": 1, "overlays/prod/more.yaml": 2, "base/secret.yaml": 3, "shared/secret.yaml": 4}[path]
		got := ""
		for _, o := range resolve(t, r.query(t, "", path, n)).Owners {
			got += o.Name + " " + o.Ref
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// TestManyFiles: consumers are found by all paths, not by those only whose text
// is at hand; and a value of a list's entry is called as the entry is.
func TestManyFiles(t *testing.T) {
	r := &tree{files: map[string]string{}}
	q := &identity.Query{Finding: &leak.Finding{}, Repo: r}
	for i := range 12 {
		path := fmt.Sprintf("svc%02d/deploy.yaml", i)
		text := fmt.Sprintf("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: svc%02d}\nspec:\n  template:\n    spec:\n      containers:\n      - env:\n        - name: MAIL_KEY\n          value: %s\n", i, madeUp(1))
		r.files[path] = text
		at := strings.Index(text, madeUp(1))
		l := leak.Location{Kind: leak.KindFile, Path: path}
		l.Line = 10
		q.Finding.Locations = append(q.Finding.Locations, l)
		if i < identity.MaxPlaces {
			q.Places = append(q.Places, identity.Place{Location: l, Text: []byte(text), Start: at, End: at + len(madeUp(1)), FirstLine: 1})
		}
	}
	a := resolve(t, q)
	if len(a.Consumers) != 12 || a.Consumers[0].Via != "value of MAIL_KEY" {
		t.Errorf("%+v", a.Consumers)
	}
}
