package pipeline

import (
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestMaskAnswers: facts keep what names a credential, and nothing that opens
// one.
func TestMaskAnswers(t *testing.T) {
	set := ruleSet(t, highRule, lowRule)
	parts := func(pairs ...string) leak.Parts {
		p := leak.Parts{}
		for i := 0; i < len(pairs); i += 2 {
			p[pairs[i]] = leak.NewSecret(pairs[i+1])
		}
		return p
	}
	email, id, user := "deployer-01@acme-prod-123.iam.gserviceaccount.com", "AKIA"+"QYLPMN5HHHFPZAM2", "q7Zk29xLw04mPdR83vTbn"
	for _, test := range []struct {
		name, fact, in, want string
		own, other           leak.Parts
	}{
		{"the address of an account", leak.FactName, email, email, parts("secret", "pempempem", "client_email", email), nil},
		{"that of another one", leak.FactName, email, leak.Mask, parts("secret", "pempempem"), parts("secret", "pem2pem2", "client_email", email)},
		{"an id in a longer text", leak.FactName, "key " + id + " of ci", "key " + id + " of ci", parts("secret", "s3cr3tkey", "key_id", id), nil},
		{"an id that stands alone too", leak.FactCredential, id, id, parts("secret", "s3cr3tkey", "key_id", id), parts("secret", id)},
		{"a user that looks random", leak.FactName, user, user, parts("secret", "s3cr3tkey", "user", user), nil},
		{"a user that is a password elsewhere", leak.FactName, "rabbitmq1", leak.Mask, parts("secret", "s3cr3tkey", "user", "rabbitmq1"), parts("secret", "rabbitmq1")},
		{"one that is its own", leak.FactName, "rabbitmq1", leak.Mask, parts("secret", "rabbitmq1", "user", "rabbitmq1"), nil},
		{"the secret beside the id", leak.FactName, email + " s3cr3tkey", email + " " + leak.Mask, parts("secret", "s3cr3tkey", "client_email", email), nil},
		{"a piece that opens something", leak.FactName, "0123456789abcdefg", leak.Mask, parts("secret", "s3cr3tkey", "password", "0123456789abcdefg"), nil},
		{"a reason", "", "no " + id, "no " + leak.Mask, parts("secret", "s3cr3tkey", "key_id", id), nil},
	} {
		all := []leak.Parts{test.own}
		if test.other != nil {
			all = append(all, test.other)
		}
		f := &leak.Finding{Parts: test.own, Verdict: leak.Verdict{Reason: test.in, Facts: map[string]string{test.fact: test.in}}}
		if test.fact == "" {
			f.Verdict.Facts = nil
		}
		maskAnswers(set, []*leak.Finding{f}, redactor(all))
		got := f.Verdict.Facts[test.fact]
		if test.fact == "" {
			got = f.Verdict.Reason
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
