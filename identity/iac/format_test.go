package iac

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestMayDeclare: no file that a format knows is left out by its name's end.
func TestMayDeclare(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	pieces := strings.Fields(`.tf .tofu .tfvars .tf.json .tofu.json .tfstate .tfstate.backup .bicep dockerfile containerfile dockerfile. .dockerfile procfile
		app.json docker-compose compose. compose- .yml .yaml serverless.yml pulumi. chart.yaml templates/ kustomization kustomization.yaml .json main prod a . x.go`)
	known := 0
	for range 50_000 {
		path := ""
		for range 1 + rnd.IntN(4) {
			path += pieces[rnd.IntN(len(pieces))]
		}
		lower := strings.ToLower(base(path))
		for _, f := range formats {
			if f.is(path, lower) {
				if known++; !mayDeclare(lower) {
					t.Errorf("%q is left out", path)
				}
				break
			}
		}
	}
	if known < 10_000 {
		t.Errorf("only %d paths are of a format", known)
	}
}
