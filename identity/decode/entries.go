package decode

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Entry is one login of a file that holds several, and what the file says of it.
type Entry struct {
	Evidence []leak.Evidence
	secrets  []string
}

// Entries returns the logins of a kubeconfig, a Terraform state, a .netrc, or
// another file of logins, in the order of the file; none if it is no such file.
// The credentials of a person that gcloud keeps are one, with two secrets.
func Entries(in Input) []Entry {
	if len(in.Value) > maxValue {
		return nil
	}
	in.Value = strings.TrimSpace(in.Value)
	var list []Entry
	in.entries = &list
	for _, d := range documents() {
		switch d.name {
		case "kubeconfig", "docker-config", "terraform-state", "login-files", "xml":
			if d.read(&in); len(list) > 0 {
				return list
			}
		}
	}
	readGoogleJSON(&in)
	return list
}

// Secret is the login's credential, the first if there are several.
func (e *Entry) Secret() string { return e.secrets[0] }

// maxLogins is how many logins of a file are told apart.
const maxLogins = 100

func (in *Input) full() bool { return len(*in.entries) >= maxLogins }

// enter adds an entry. What has no secret is none.
func (in *Input) enter(evidence []leak.Evidence, secrets ...string) {
	e := Entry{Evidence: evidence[:min(len(evidence), maxEvidence)]}
	for _, s := range secrets {
		if s == "" || strings.HasPrefix(s, "${") {
			continue
		}
		e.secrets = append(e.secrets, bare(s))
		if raw, ok := unlines(s); ok && printable(bare(string(raw))) {
			e.secrets = append(e.secrets, bare(string(raw)))
		}
	}
	if len(e.secrets) > 0 && !in.full() {
		*in.entries = append(*in.entries, e)
	}
}

// Holds reports whether a credential is this entry's, or within it.
func (e *Entry) Holds(secret string) bool { return e.Which(secret) >= 0 }

// Which says which of the entry's secrets a credential is, or is within, from 0; -1
// for none.
func (e *Entry) Which(secret string) int {
	secret = bare(secret)
	return slices.IndexFunc(e.secrets, func(s string) bool { return s == secret || len(secret) >= 8 && strings.Contains(s, secret) })
}

// bare is a text without its ends of lines, be they escaped or not: the same key
// stands in a file in either way.
func bare(s string) string {
	return strings.NewReplacer("\r", "", "\n", "", `\r`, "", `\n`, "", " ", "").Replace(s)
}

// KeyFile is what a JSON file of Google's says, of a service account or of a
// person, plain or in base64, if the private key or token in it is the one given;
// nothing otherwise.
func KeyFile(text, key string) []leak.Evidence {
	text = strings.TrimSpace(text)
	if raw, ok := unlines(text); ok {
		text = string(raw)
	}
	key = bare(key)
	if len(key) < 40 || len(text) > maxGoogleJSON || !strings.Contains(bare(text), key) {
		return nil
	}
	return readGoogleJSON(&Input{Value: text})
}

// CreatedKey is what AWS's answer to the making of an access key says, if the
// key's secret is in it: the name of the user.
func CreatedKey(text, secret string) []leak.Evidence {
	if secret == "" || !strings.Contains(text, secret) {
		return nil
	}
	return readAWSFile(&Input{Value: strings.TrimSpace(text)})
}

// Shared reports whether a public id is that of a program which many people use:
// it says nothing of whose a credential is.
func Shared(id string) bool { return googlesOwn(id) }

// badSum is what people are told of a wrong checksum.
const badSum = "the checksum is wrong: not a real token, or mistyped"

// wrongSum is all that is said of what looks like a credential but for its
// checksum.
func wrongSum(provider, why string) []leak.Evidence {
	return []leak.Evidence{
		says(leak.ClaimProvider, provider, .3, why),
		says(leak.ClaimNote, badSum, .9, why),
	}
}
