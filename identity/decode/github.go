package decode

import (
	"strings"

	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

// githubKinds are the prefixes of tokens
// (https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats).
var githubKinds = map[string]struct {
	typ  leak.IdentityType
	kind string
	note string
}{
	"ghp": {leak.HumanAccount, "classic personal access token", "it acts as a person, in all that the person may see"},
	"gho": {leak.OAuthToken, "OAuth access token", "an OAuth app acts with it for a person"},
	"ghu": {leak.OAuthToken, "GitHub App user access token", "a GitHub App acts with it for a person; it ends after 8 hours unless the app says otherwise"},
	"ghs": {leak.OAuthToken, "GitHub App installation access token", "it ends within the hour; the token of an Actions job with the job"},
	"ghr": {leak.OAuthToken, "refresh token of a GitHub App", "it ends after six months"},
}

// githubActionsApp is the id of the app that the tokens of Actions jobs are of.
const githubActionsApp = "15368"

func readGitHub(in *Input) []leak.Evidence {
	t := in.Value
	if len(t) < 20 || len(t) > 4096 {
		return nil
	}
	if rest, ok := strings.CutPrefix(t, "github_pat_"); ok {
		if len(rest) != 82 || rest[22] != '_' || !only(rest, alphanum+"_") {
			return nil
		}
		v := of("github", leak.HumanAccount, "fine-grained personal access token", 0.8, "the prefix github_pat_")
		v.say(leak.ClaimNote, "it acts as a person, in the repositories that were chosen for it", "the prefix github_pat_")
		return v.out
	}
	if id, ok := strings.CutPrefix(t, "Iv1."); ok && len(id) == 16 && only(id, lowHex) || strings.HasPrefix(t, "Iv23") && len(t) == 20 && only(t, alphanum) {
		v := of("github", leak.OAuthApp, "client id of a GitHub App", 0.8, "the prefix of a client id")
		v.say(leak.ClaimID, t, "the client id, which is public")
		return v.out
	}
	prefix, body, ok := strings.Cut(t, "_")
	k, known := githubKinds[prefix]
	if !ok || !known {
		return nil
	}
	if app, token, ok := strings.Cut(body, "_"); ok && strings.HasPrefix(token, "eyJ") {
		return githubStateless(prefix, app, token, in)
	}
	if !only(body, alphanum) || len(body) != 36 && !(prefix == "ghr" && len(body) == 76) {
		return nil
	}
	if !tokensum.GitHub(t) {
		return wrongSum("github", "the prefix "+prefix+"_, but not the checksum")
	}
	why := "the prefix " + prefix + "_, and its checksum is right"
	v := of("github", k.typ, k.kind, 0.9, why)
	v.say(leak.ClaimNote, k.note, why)
	return v.out
}

// githubStateless reads tokens of the form that came in 2026: ghs_APPID_JWT,
// without a checksum. What stands in the JWT is not promised
// (https://github.blog/changelog/2026-05-15-github-app-installation-tokens-per-request-override-header/).
func githubStateless(prefix, app, token string, in *Input) []leak.Evidence {
	k := githubKinds[prefix]
	if prefix != "ghs" && prefix != "ghu" || len(app) > 40 || !only(app, alphanum+".") {
		return nil
	}
	why := "the prefix " + prefix + "_, an app's id and a JSON Web Token"
	typ, kind := k.typ, k.kind
	if app == githubActionsApp {
		typ, kind = leak.CIIdentity, "token of an Actions job (GITHUB_TOKEN)"
	}
	v := of("github", typ, kind, 0.9, why)
	v.say(leak.ClaimNote, k.note, why)
	v.say(leak.ClaimScope, "app "+app, "the app's id in the token")
	if j, ok := parseJWT(token); ok {
		v.weight = 0.6
		v.dates(j, in)
	}
	return v.out
}

// readNPM reads the tokens of the npm registry
// (https://github.blog/2021-09-23-announcing-npms-new-access-token-format/).
func readNPM(in *Input) []leak.Evidence {
	if in.Rule == "npm-registry-login" {
		raw, _ := anyBase64(in.Value)
		if user, _, ok := strings.Cut(string(raw), ":"); ok {
			v := &voice{weight: 0.9}
			v.say(leak.ClaimName, user, "the user before the colon, in base64")
			return v.out
		}
	}
	if !strings.HasPrefix(in.Value, "npm_") || len(in.Value) != 40 || !only(in.Value[4:], alphanum) {
		return nil
	}
	if !tokensum.GitHub(in.Value) {
		return wrongSum("npm", "the prefix npm_, but not the checksum")
	}
	why := "the prefix npm_, and its checksum is right"
	v := of("npm", leak.HumanAccount, "npm access token", 0.9, why)
	v.say(leak.ClaimNote, "it acts as the account that made it", why)
	return v.out
}
