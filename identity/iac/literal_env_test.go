package iac

import "testing"

// TestOtherValues: what sets a variable to a value of its own, or to another one's, does
// not use the credential that is called like the variable elsewhere.
func TestOtherValues(t *testing.T) {
	for _, c := range []struct {
		path, text string
		want       bool
	}{
		{"compose.yml", "services:\n  web:\n    environment:\n      PAY_KEY: sk_other\n", false},
		{"compose.yml", "services:\n  web:\n    environment: [PAY_KEY=sk_other]\n", false},
		{"compose.yml", "services:\n  web:\n    environment:\n      PAY_KEY: ${OTHER_KEY}\n", false},
		{"compose.yml", "services:\n  web:\n    environment:\n      OTHER_KEY: ${PAY_KEY}\n", true},
		{"compose.yml", "services:\n  web:\n    environment:\n      PAY_KEY: ${PAY_KEY:-none}\n", true},
		{"compose.yml", "services:\n  web:\n    environment: [PAY_KEY]\n", true},
		{"compose.yml", "services:\n  web:\n    environment:\n      PAY_KEY:\n", true},
		{"Dockerfile", "FROM a\nENV PAY_KEY=sk_other\n", false},
		{"Dockerfile", "FROM a\nENV PAY_KEY sk_other\n", false},
		{"Dockerfile", "FROM a\nENV PAY_KEY=\"\"\n", true},
		{"Dockerfile", "FROM a\nENV PAY_KEY=$OTHER_KEY\n", false},
		{"Dockerfile", "FROM a\nENV PAY_KEY $PAY_KEY\n", true},
		{"Dockerfile", "FROM a\nARG PAY_KEY\n", true},
		{"serverless.yml", "service: s\nfunctions:\n  f:\n    environment:\n      PAY_KEY: sk_other\n", false},
		{"serverless.yml", "service: s\nfunctions:\n  f:\n    environment:\n      PAY_KEY: ${env:OTHER_KEY}\n", false},
		{"serverless.yml", "service: s\nfunctions:\n  f:\n    environment:\n      OTHER: ${env:PAY_KEY}\n", true},
		{"serverless.yml", "service: s\nfunctions:\n  f:\n    environment:\n      PAY_KEY: ${ssm:/pay/key}\n", true},
	} {
		r := &tree{files: map[string]string{c.path: c.text, ".env": "PAY_KEY=" + madeUp(1) + "\n"}}
		if got := resolve(t, r.query(t, "stripe", ".env", 1)).Consumers; (len(got) > 0) != c.want {
			t.Errorf("%s %q: used by %+v", c.path, c.text, got)
		}
	}
}
