package detectors_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/detectors/detectortest"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

func stateSet() *detectors.Set {
	return detectors.NewSet(detectors.Builtin([]string{rules.Generic, rules.KubernetesSecret})...)
}

// stateLeaks are parts of states in which V, a value, is found once.
var stateLeaks = []string{
	`{"type":"random_password","instances":[{"attributes":{"result":"\u003c{<V>"}}]}`,
	`{"version":4,"resources":[{"type":"random_password","name":"db","instances":[{"attributes":{"result":"<V>"}}]}]}`,
	"{\n  \"mode\": \"managed\",\n  \"type\": \"random_password\",\n  \"name\": \"db\",\n  \"provider\": \"p\",\n  \"instances\": [\n    {\n      \"schema_version\": 3,\n      \"attributes\": {\n        \"bcrypt_hash\": \"$2a$10$<V>\",\n        \"id\": \"none\",\n        \"keepers\": null,\n        \"length\": 20,\n        \"result\": \"<V>\",\n        \"special\": true\n      },\n      \"sensitive_attributes\": [\n        [\n          {\n            \"type\": \"get_attr\",\n            \"value\": \"bcrypt_hash\"\n          }\n        ]\n      ]\n    }\n  ]\n}",
	`"random_password.db":{"type":"random_password","depends_on":[],"primary":{"id":"none","attributes":{"length":"24","result":"<V>"}}}`,
	`"outputs":{"admin":{"value":"<V>","type":"string","sensitive":true}}`,
	"\"outputs\": {\n  \"admin\": {\n    \"value\": \"<V>\",\n    \"type\": \"string\",\n    \"sensitive\": true\n  }\n}",
	`"outputs":{"admin":{"sensitive":true,"type":"string","value":"<V>"}}`, // of a plan
	`"outputs":{"all":{"value":{"host":"db","value":"<V>","x":[1,true,null,-2.5e3,{}]},"type":["object",{"host":"string"}],"sensitive":true}}`,
	`"attributes":{"opener":"<V>","name":"q8Zr7Wm2Kx9Pt4Ls6Bv1"},"sensitive_attributes":[[{"type":"get_attr","value":"opener"}]]`,
	`"attributes":{"user":[{"console":true,"opener":"<V>"}],"x":1},"identity_schema_version":0,"sensitive_attributes":[[{"type":"get_attr","value":"user"},{"type":"index","value":{"value":0,"type":"number"}},{"type":"get_attr","value":"opener"}]]`,
	`"attributes":{"opener":"z\u003c<V>\"&"},"sensitive_attributes":[[{"type":"get_attr","value":"opener"}]]`,
}

func TestStateFinds(t *testing.T) {
	for _, text := range stateLeaks {
		want := manifestText(t, "<V>")
		text = strings.ReplaceAll(text, "<V>", want)
		got := map[string]bool{}
		stateSet().Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
			if v := m.Parts[leak.SecretPart].Reveal(); m.Rule == rules.TerraformState && (v == want || v == "z<"+want+`"&` || v == "<{"+want) {
				got[v] = true
			} else {
				t.Errorf("%s found %q in %s", m.Rule, v, text)
			}
		})
		if len(got) != 1 {
			t.Errorf("%d values found in %s", len(got), text)
		}
	}
}

// TestStateFindsEach: every instance of what was made with count.
func TestStateFindsEach(t *testing.T) {
	var instances []string
	for range 6 {
		instances = append(instances, `{"index_key":0,"attributes":{"result":"<V>"}}`)
	}
	text := manifestText(t, `{"type":"random_password","name":"db","instances":[`+strings.Join(instances, ",")+`]}`)
	if got := detectortest.Matches(stateSet(), text, 0); len(got) != 6 {
		t.Errorf("%d of 6 are found", len(got))
	}
}

func TestStateIsSilent(t *testing.T) {
	for _, text := range []string{
		`{"type":"random_id","name":"db","instances":[{"attributes":{"result":"<V>"}}]}`,
		`{"type":"random_password","name":"db","instances":[{"attributes":{"result":"changeme"}}]}`,
		`{"type":"random_password","instances":[{"attributes":{"result":"<removed-2024>"}},{"attributes":{"result":"********"}},{"attributes":{"result":"correct horse 1"}}]}`,
		`{"type":"random_password","name":"db"},{"type":"x","instances":[{"attributes":{"result":"<V>"}}]}`,
		`{"value":"<V>","type":"string","sensitive":false}`,
		`{"a":{"value":"<V>"},"b":{"type":"string","sensitive":true}}`, // another object
		`{"value":"https://db.example.org/App1","type":"string","sensitive":true}`,
		`{"value":"${var.db_password}","sensitive":true}`,
		`{"password":{"type":"string","description":"<V>","sensitive":true}}`, // a provider's schema
		`"attributes":{"opener":"<V>"},"sensitive_attributes":[]`,
		`"attributes":{"opener":"<V>"},"sensitive_attributes":[[{"type":"get_attr","value":"other"}]]`,
		`"attributes":{"opener":"<V>"}},{"attributes":{},"sensitive_attributes":[[{"type":"get_attr","value":"opener"}]]`,
		`"type":"random_password"`, `"sensitive":true`, `"sensitive_attributes"`, `"sensitive_attributes":[[{"type"`, `"value":"x","sensitive":true,"value"`, `"attributes":{"a":["sensitive_attributes":[[`,
	} {
		if got := detectortest.Matches(stateSet(), manifestText(t, text), 0); len(got) > 0 {
			t.Errorf("%v in %q", got, text)
		}
	}
}

func TestStateKeepsTheContract(t *testing.T) {
	for _, text := range stateLeaks {
		detectortest.Accept(t, detectors.Builtin([]string{rules.Generic, rules.KubernetesSecret})[0], manifestText(t, text))
	}
}

// TestStateIsBounded: text made to take long takes a few seconds a megabyte at most.
func TestStateIsBounded(t *testing.T) {
	for _, piece := range []string{
		`"value":{"sensitive":true,`, `"type":"random_password","instances":[`, `"attributes":{"sensitive_attributes":[[{"type":"get_attr","value":"a"}]],`, `"value":"x","sensitive":true,`, `{"value":[`,
		`"attributes":{"a":1},"sensitive_attributes":[[{"value":"b"}]],`,
	} {
		start := time.Now()
		text := slices.Repeat([]byte(piece), (256<<10)/len(piece))
		stateSet().Scan(&leak.Chunk{Data: text}, func(leak.Match) {})
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("256 kB of %s took %v", piece, took)
		} else {
			t.Logf("256 kB of %s: %v", piece, took)
		}
	}
}
