package detectors

import (
	"fmt"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// TestTokensOfRealSize: tokens that grow with what stands in them are found whole, as
// long as their providers say that they may be.
func TestTokensOfRealSize(t *testing.T) {
	_, ds := shipped(t)
	set := NewSet(ds...)
	jwt := func(claims string, size int) string {
		return fmt.Sprintf(`${base64url:{"typ":"JWT","alg":"RS256","kid":"${alnum:27}"}}.${base64url:{%s,"x":"${alnum:%d}"}}.${b64url:342}`, claims, size)
	}
	aws := func(size int) string {
		return fmt.Sprintf("AWS_ACCESS_KEY_ID=ASI${lit:A}${base32:16}\nAWS_SECRET_ACCESS_KEY=${alnum:40}\nAWS_SESSION_TOKEN=IQo${lit:Jb3JpZ2lu}${alnum:%d}==\n", size-14)
	}
	for title, x := range map[string]struct {
		rule, text, part string
		size             int
	}{
		"AWS, 356":           {"aws-access-key", aws(356), "session_token", 356},
		"AWS, 1,012":         {"aws-access-key", aws(1012), "session_token", 1012},
		"AWS, 4,096":         {"aws-access-key", aws(4096), "session_token", 4096},
		"AWS, token alone":   {"aws-session-token", "TOKEN=IQo${lit:Jb3JpZ2lu}${alnum:4082}==\n", "secret", 4096},
		"Entra, 2 KB":        {"jwt", "ACCESS_TOKEN=" + jwt(`"aud":"https://graph.microsoft.com","iss":"https://sts.windows.net/"`, 1200), "secret", 2000},
		"Entra, 4 KB":        {"jwt", "ACCESS_TOKEN=" + jwt(`"aud":"https://graph.microsoft.com","iss":"https://sts.windows.net/"`, 2700), "secret", 4000},
		"groups, 14 KB":      {"jwt", "Authorization: Bearer " + jwt(`"iss":"https://login.acme.example"`, 10500) + "\n", "secret", 14000},
		"a subject of 45 KB": {"jwt", "Authorization: Bearer " + jwt(`"iss":"https://login.acme.example"`, 45<<10) + "\n", "secret", 60000},
		"GitHub App":         {"jwt", "JWT=" + jwt(`"iat":1767225600,"exp":1767226200,"iss":"123456"`, 1), "secret", 440},
		"GitHub App, token":  {"github-app-installation-token-jwt", "TOKEN=gh${lit:s}_12345_" + jwt(`"iss":"github"`, 600), "secret", 900},
		"Google, 1,024":      {"google-oauth-access-token", "TOKEN=ya29.${lit:a0Af}${b64url:1000}\n", "secret", 1009},
		"Google, 2,048":      {"google-oauth-access-token", "TOKEN=ya29.${lit:c.c0}${b64url:2038}\n", "secret", 2047},
		"Kubernetes":         {"kubernetes-service-account-token", "token: ${base64url:{\"alg\":\"RS256\",\"kid\":\"${alnum:43}\"}}.${base64url:{\"iss\":\"kubernetes/serviceaccount\",\"kubernetes.io/serviceaccount/namespace\":\"${alnum:700}\"}}.${b64url:342}\n", "secret", 1300},
		"Amazon, 2,048":      {"amazon-lwa-refresh-token", "TOKEN=Atzr|IwEB${alnum:2039}\n", "secret", 2048},
	} {
		text, err := rules.Expand(x.text, title, nil)
		if err != nil {
			t.Fatal(err)
		}
		most := 0
		set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
			if m.Hit.Rule == x.rule {
				most = max(most, m.Hit.Parts[x.part].Len())
			}
		})
		if most < x.size {
			t.Errorf("%s: %s of %d bytes, want %d", title, x.part, most, x.size)
		}
	}
}
