package decode

import (
	"bytes"
	"strings"

	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

// atlassianKinds are prefixes of tokens whose last eight characters are their
// CRC-32.
var atlassianKinds = []struct {
	prefix, provider string
	typ              leak.IdentityType
	kind, note       string
}{
	{"ATATT3", "atlassian", leak.HumanAccount, "API token", "it acts as the account that made it: a person, or a service account"},
	{"ATCTT3", "atlassian", leak.APIKey, "organization API key, or access token of a Bitbucket repository, project or workspace", ""},
	{"ATSTT3", "atlassian", leak.HumanAccount, "session token", ""},
	{"ATBB", "bitbucket", leak.HumanAccount, "Bitbucket app password", "it acts as a person"},
}

func readAtlassian(in *Input) []leak.Evidence {
	t := in.Value
	if len(t) < 30 || len(t) > 600 {
		return nil
	}
	if strings.HasPrefix(t, "AT") {
		t = strings.NewReplacer(`\=`, "=", "%3D", "=", "%3d", "=").Replace(t)
		for _, k := range atlassianKinds {
			if strings.HasPrefix(t, k.prefix) && tokensum.Atlassian(t) {
				why := "the prefix " + k.prefix + ", and its checksum is right"
				if in.Provider == "bitbucket" {
					k.provider = in.Provider // which the rule knows by what stands near
				}
				v := of(k.provider, k.typ, k.kind, 0.9, why)
				v.say(leak.ClaimNote, k.note, why)
				return v.out
			}
			if strings.HasPrefix(t, k.prefix) && summed(t) {
				return wrongSum(k.provider, "the prefix "+k.prefix+", but not the checksum")
			}
		}
	}
	return dataCenter(in)
}

// summed reports whether a token has the form of those that end in a checksum.
func summed(t string) bool {
	end := len(t) - 8
	return only(t[end:], "0123456789ABCDEF") && (t[end-1] == '=' || strings.HasPrefix(t, "ATBB") && len(t) == 36)
}

// dataCenter reads personal access tokens of Jira, Confluence and Bitbucket
// Data Center: base64 of the token's id, a colon and 20 random bytes.
func dataCenter(in *Input) []leak.Evidence {
	body, bitbucket := strings.CutPrefix(in.Value, "BBDC-")
	if len(body) != 44 {
		return nil
	}
	raw, ok := anyBase64(body)
	id, rest, found := bytes.Cut(raw, []byte(":"))
	if !ok || !found || !only(string(id), decimal) || id[0] == '0' || len(id) != 12 || len(rest) != 20 {
		return nil
	}
	provider, why := "atlassian", "a number, a colon and 20 bytes in base64"
	if bitbucket {
		provider, why = "bitbucket", "the prefix BBDC-, and "+why
	}
	v := of(provider, leak.HumanAccount, "Data Center personal access token", 0.7, why)
	v.say(leak.ClaimKeyID, string(id), "the token's id inside it")
	v.say(leak.ClaimNote, "it acts as the person who made it", why)
	return v.out
}
