package decode

import (
	"encoding/base64"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/whosekey/whosekey/leak"
)

// cloud are the decoders of clouds, code forges, identity providers and
// messengers.
var cloud = []decoder{
	{"aws", readAWS}, {"aws-signed", readSigned}, {"aws-bedrock", readBedrock}, {"aws-ecr", readECR}, {"aws-file", readAWSFile},
	{"github", readGitHub}, {"npm", readNPM}, {"gitlab", readGitLab}, {"atlassian", readAtlassian}, {"grafana", readGrafana},
	{"jwt", readJWT}, {"gcp", readGoogle}, {"gcp-json", readGoogleJSON}, {"gcp-base64", readGoogleBase64},
	{"azure-key", readAzureKey}, {"azure-annotated", readAnnotated}, {"azure-beside", readAzureBeside}, {"entra", readEntra}, {"azure-file", readAzureFile}, {"azure-devops", readDevOps},
	{"azure-connection", readConnection}, {"azure-sas", readSAS}, {"azure-url", readLogicApp},
	{"teams", readTeams}, {"slack", readSlack}, {"slack-webhook", readSlackWebhook},
	{"discord", readDiscord}, {"discord-webhook", readDiscordWebhook}, {"telegram", readTelegram}, {"matrix", readMatrix},
	{"twilio", readTwilio}, {"sendgrid", readSendGrid}, {"mailchimp", readMailchimp}, {"mailgun", readMailgun}, {"stripe", readStripe},
}

// voice collects what a decoder says, with one weight.
type voice struct {
	weight float64
	out    []leak.Evidence
}

// of begins what is said of a credential of a provider.
func of(provider string, typ leak.IdentityType, kind string, weight float64, reason string) *voice {
	v := &voice{weight: weight}
	v.say(leak.ClaimProvider, provider, reason)
	v.say(leak.ClaimType, string(typ), reason)
	v.say(leak.ClaimKind, kind, reason)
	return v
}

// say adds a claim if its value can be shown.
func (v *voice) say(claim, value, reason string) { v.weigh(v.weight, claim, value, reason) }

// weigh is say with a weight of its own. A value that is the address of a person
// becomes the claim made for such; one that has an address in it is left out.
func (v *voice) weigh(weight float64, claim, value, reason string) {
	if !showable(value) {
		return
	}
	if claim != leak.ClaimEmail && claim != leak.ClaimProvider && strings.Contains(value, "@") && address(value) {
		switch claim {
		case leak.ClaimName, leak.ClaimHuman, leak.ClaimID, leak.ClaimLabel:
			claim = leak.ClaimEmail
		default:
			return
		}
	}
	v.out = append(v.out, says(claim, value, weight, reason))
}

// when adds a time; the zero one is not known.
func (v *voice) when(claim string, t time.Time, reason string) {
	if !t.IsZero() && t.Year() >= 1970 && t.Year() <= 9999 {
		v.say(claim, t.UTC().Format(time.RFC3339), reason)
	}
}

// tenant adds a tenant of a kind.
func (v *voice) tenant(kind, id, reason string) {
	if showable(id) {
		v.say(leak.ClaimTenant, id, reason)
		v.say(leak.ClaimTenantKind, kind, reason)
	}
}

// maxShown is the longest value of a claim, in bytes.
const maxShown = 256

// showable reports whether a value is one line of text that a person can read,
// and no log-in: nothing that an enemy wrote goes further otherwise.
func showable(s string) bool {
	if s == "" || len(s) > maxShown || !utf8.ValidString(s) || strings.TrimSpace(s) != s {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	if _, rest, ok := strings.Cut(s, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		return !strings.Contains(host, "@") && !strings.Contains(s, "sig=") && !strings.Contains(s, "oken=")
	}
	return true
}

// address reports whether a text has an e-mail address of a person in it. Those
// of Google's service accounts are names of programs.
func address(s string) bool {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" <>,;:|/\"'()", r) }) {
		local, host, ok := strings.Cut(word, "@")
		if ok && local != "" && strings.Contains(host, ".") && !strings.HasSuffix(host, ".gserviceaccount.com") {
			return true
		}
	}
	return false
}

// environments are words of providers for where something runs.
var environments = map[string]string{
	"prod": "prod", "production": "prod", "prd": "prod", "live": "prod", "staging": "staging", "stage": "staging", "stg": "staging",
	"preprod": "staging", "pre-production": "staging", "dev": "dev", "develop": "dev", "development": "dev",
	"test": "test", "testing": "test", "qa": "test", "sandbox": "sandbox",
}

// environment adds one, in our words if there is one for it.
func (v *voice) environment(name, reason string) {
	if word := environments[strings.ToLower(name)]; word != "" {
		v.say(leak.ClaimEnvironment, word, reason)
	} else if name != "" {
		v.say(leak.ClaimNote, "for the environment "+name, reason)
	}
}

// anyBase64 decodes base64 of either alphabet, with or without padding. What is
// cut off in the middle of a group of four is decoded up to there.
func anyBase64(s string) ([]byte, bool) {
	s = strings.TrimRight(s, "=")
	if strings.ContainsAny(s, "-_") {
		s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	}
	if len(s)%4 == 1 {
		s = s[:len(s)-1]
	}
	b, err := base64.RawStdEncoding.DecodeString(s)
	return b, err == nil
}

// only reports whether a text has no other characters than these.
func only(s, chars string) bool { return s != "" && strings.Trim(s, chars) == "" }

const (
	decimal  = "0123456789"
	lowHex   = "0123456789abcdef"
	alphanum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	urlChars = alphanum + "-_"
)

// part returns the first of the credential's other pieces that there is.
func (in *Input) part(names ...string) string {
	for _, n := range names {
		if p := in.Parts[n]; p != "" && len(p) < 4096 {
			return p
		}
	}
	return ""
}

// iamUser says whom a user of AWS is called. An address there is the name, not only
// somebody's: commands need all of it.
func (v *voice) iamUser(name, reason string) {
	if strings.Contains(name, "@") && address(name) {
		v.out = append(v.out, says(leak.ClaimName, name, v.weight, reason))
	}
	v.say(leak.ClaimName, name, reason)
}
