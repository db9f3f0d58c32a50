package ci

import (
	"strconv"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
)

// TestNamesThatManyHave: a job that uses SENDGRID_API_KEY may use another key of
// SendGrid than the one that leaked; where two of the repository are called so,
// nobody can say which.
func TestNamesThatManyHave(t *testing.T) {
	r := &repo{tree{".github/workflows/x.yml": "jobs:\n  docs:\n    env:\n      SENDGRID_API_KEY: ${{ secrets.SENDGRID_API_KEY }}\n      PAYMENTS_MAIL_KEY: ${{ secrets.PAYMENTS_MAIL_KEY }}\n" +
		"  ship:\n    environment: production\n    env:\n      OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n"}}
	ask := func(text, id, path string) *identity.Query {
		q := leaked(r, "sendgrid", "x", path, text+secret)
		if text == "OPENAI_API_KEY=" {
			q = leaked(r, "openai", "x", path, text+secret)
		}
		q.Finding.ID = id
		return q
	}
	for _, c := range []struct {
		all       []*identity.Query
		consumers int
		weak      bool
	}{
		{[]*identity.Query{ask("SENDGRID_API_KEY=", "a", "pay/.env")}, 1, true},
		{[]*identity.Query{ask("SENDGRID_API_KEY=", "a", "pay/.env"), ask("SENDGRID_API_KEY=", "a", "other.env")}, 1, true},
		{[]*identity.Query{ask("SENDGRID_API_KEY=", "a", "pay/.env"), ask("SENDGRID_API_KEY=", "b", "ship/.env")}, 0, false},
		{[]*identity.Query{ask("PAYMENTS_MAIL_KEY=", "a", "pay/.env"), ask("PAYMENTS_MAIL_KEY=", "b", "ship/.env")}, 1, false},
		{[]*identity.Query{ask("OPENAI_API_KEY=", "a", "envs/prod/.env"), ask("OPENAI_API_KEY=", "b", "envs/staging/.env")}, 1, true},
		{[]*identity.Query{ask("OPENAI_API_KEY=", "a", "envs/prod/.env"), ask("OPENAI_API_KEY=", "b", "ship/.env")}, 0, false},
	} {
		res := New()
		for _, q := range c.all {
			q.All = c.all
		}
		a, err := res.Resolve(t.Context(), c.all[0])
		if err != nil || len(a.Consumers) != c.consumers || c.consumers > 0 && a.Consumers[0].Weak != c.weak {
			t.Errorf("%+v, %v", a.Consumers, err)
		}
		for _, e := range a.Evidence {
			if c.weak && e.Weight > byUsual {
				t.Errorf("%+v", e)
			}
		}
	}
}

// TestTextOfAVariable: a key file that is the value of a variable has its name.
func TestTextOfAVariable(t *testing.T) {
	r := &repo{tree{".github/workflows/x.yml": "jobs:\n  ship:\n    steps:\n      - uses: google-github-actions/auth@v2\n        with:\n          credentials_json: ${{ secrets.GCP_SA_KEY }}\n"}}
	file := `{"type": "service_account", "private_key": "` + secret + `"}`
	for text, want := range map[string]int{
		"GCP_SA_KEY='" + file + "'\n":                                   1,
		"GCP_SA_KEY=" + file + "\n":                                     1,
		"GCP_SA_KEY=" + strconv.Quote(file) + "\n":                      1,
		"GCP_SA_KEY='" + strings.ReplaceAll(file, ", ", ",\n") + "'\n":  1,
		"OTHER_SA_KEY='" + file + "'\n":                                 0,
		"{\"GCP_SA_KEY\": \"x\"}\n" + file:                              0,
		"GCP_SA_KEY='{\"private_key\": \"x\"}'\nOTHER='" + file + "'\n": 0,
	} {
		if consumers, _, _ := resolve(t, leaked(r, "google", "x", "deploy/.env", text)); len(consumers) != want {
			t.Errorf("%s: %q", text, consumers)
		}
	}
}
