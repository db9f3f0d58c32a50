package detectors

import "github.com/whosekey/whosekey/internal/tokensum"

// checksum is a published algorithm by which a credential proves that it is
// one and not something that looks like it.
type checksum struct {
	title string
	// valid reports whether a whole credential satisfies the checksum.
	valid func(token string) bool
	// sum returns what has to be appended to the beginning of a credential.
	sum func(head string) string
}

// checksums are the algorithms that rules may name; package tokensum has them.
var checksums = map[string]checksum{
	"github-crc32":    {"CRC-32 in base 62, as GitHub and npm append it", tokensum.GitHub, tokensum.GitHubSum},
	"gitlab-routable": {"CRC-32 in base 36 and length of a routable token", tokensum.GitLabRoutable, tokensum.GitLabRoutableSum},
	"gitlab-runner":   {"CRC-32 in base 36 and length of a runner's token", tokensum.GitLabRunner, tokensum.GitLabRunnerSum},
	"atlassian-crc32": {"CRC-32 in hex at the end", tokensum.Atlassian, tokensum.AtlassianSum},
	"grafana-crc32":   {"CRC-32 in little-endian hex at the end", tokensum.Grafana, tokensum.GrafanaSum},
	"synapse-crc32":   {"CRC-32 in base 62 behind the last underscore", tokensum.Synapse, tokensum.SynapseSum},
	"nkey-crc16":      {"CRC-16 and prefix of an nkey seed", tokensum.NKeySeed, tokensum.NKeySum},
	"bech32":          {"Bech32 checksum of an age key", tokensum.AgeKey, tokensum.AgeSum},
	"azure-key":       {"Marvin checksum behind the signature of an Azure key", func(t string) bool { _, ok := tokensum.AzureKey(t); return ok && len(t)%4 == 0 }, tokensum.AzureSum},
	"azure-annotated": {"Marvin checksum of an annotated Azure key", func(t string) bool { _, ok := tokensum.AnnotatedKey(t); return ok }, tokensum.AnnotatedSum},
	"entra-secret":    {"Marvin checksum of a secret with 8Q~", tokensum.EntraForm, tokensum.EntraSum},
}

// Checksum returns what a rule's checksum appends to the head of a token; it
// is what ${sum} in examples stands for. nil if the rule names none.
func Checksum(name string) func(head string) string { return checksums[name].sum }

// Mend makes the checksum of a token right that is valid but for it. ok is
// false if there is no such algorithm, or it is no such token.
func Mend(name, token string) (mended string, ok bool) {
	c, known := checksums[name]
	if !known {
		return "", false
	}
	if c.valid(token) {
		return token, true
	}
	const shortest, longest = 3, 13 // checksums, in characters
	for n := shortest; n <= min(longest, len(token)-1); n++ {
		head := token[:len(token)-n]
		if made := head + c.sum(head); len(made) == len(token) && c.valid(made) {
			return made, true
		}
	}
	return "", false
}
