package detectors_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestFieldName: a value that has the form of a provider's is none of it by a name in the line
// above, if its own field says that it is an id or another's.
func TestFieldName(t *testing.T) {
	set := everything(t)
	uuid := strings.Join([]string{"3f2b8c1d", "7a4e", "4d9b", "8c6f", "19e0a5d27b43"}, "-")
	for _, c := range []struct {
		text, rule string
		want       bool
	}{
		{"password: ${{ secrets.DOCKER_PASSWORD }}\n  secret_id: <uuid>\n", "dockerhub-legacy-token", false},
		{"password: ${{ secrets.DOCKER_PASSWORD }}\r\n  secretId: <uuid>\r\n", "dockerhub-legacy-token", false},
		{"docker_auth:\n  \"client_id\": \"<uuid>\"\n", "dockerhub-legacy-token", false},
		{"docker_auth:\n  tenant_id: <uuid>\n", "dockerhub-legacy-token", false},
		{"DOCKER_TOKEN_UUID=<uuid>\n", "dockerhub-legacy-token", false},
		{"dockerTokenId = '<uuid>'\n", "dockerhub-legacy-token", false},
		{"docker-secretid: <uuid>\n", "dockerhub-legacy-token", false},
		{"{\"docker\":{\"token_id\":{\"value\":\"<uuid>\"}}}", "dockerhub-legacy-token", false},
		{"docker run -e HEROKU_API_KEY=<uuid> x\n", "dockerhub-legacy-token", false},
		{"docker:\n  heroku:\n    api_key: <uuid>\n", "dockerhub-legacy-token", false},
		{"heroku_key_id: <uuid>\n", "heroku-", false},
		{"twilio:\n  secret_id: <hex>\n", "twilio-auth-token", false},
		{"docker_password: <uuid>\n", "dockerhub-legacy-token", true},
		{"docker:\n  user: acme\n  password: <uuid>\n", "dockerhub-legacy-token", true},
		{"docker.auth.android: <uuid>\n", "dockerhub-legacy-token", true},
		{"docker run -e HEROKU_API_KEY=<uuid> x\n", "heroku-", true},
		{"HEROKU_API_KEY: Bearer <uuid>\n", "heroku-", true},
	} {
		text := strings.NewReplacer("<uuid>", uuid, "<hex>", strings.ReplaceAll(uuid, "-", "")).Replace(c.text)
		got := false
		set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
			got = got || strings.HasPrefix(m.Rule, c.rule)
		})
		if got != c.want {
			t.Errorf("%q: %s found: %v, want %v", c.text, c.rule, got, c.want)
		}
	}
}
