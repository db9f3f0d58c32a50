package detectors

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/whosekey/whosekey/leak"
)

// published are the secrets of OAuth clients that their makers give away with every
// copy of a program, by their SHA-256, and say so. Google: "In this context, the
// client secret is obviously not treated as a secret"
// (https://developers.google.com/identity/protocols/oauth2#installed). Whoever has
// one can do nothing with it; the tokens of people who logged in by it are credentials
// of their own. Only values that the maker's own source has belong here, not all
// secrets of installed applications: nobody can tell these from others.
var published = map[string]string{
	"456a51b1f1b3cf3ed76de579926f0727797eb6efb4b7e6a53c74f9a94c95d87a": "gcloud",                     // CLOUDSDK_CLIENT_NOTSOSECRET in googlecloudsdk/core/config.py
	"f0386f9be1fe905fb2f97a8daff11a9baa9988ceca7c2ecae4aec8db182db1b4": "gcloud application-default", // googlecloudsdk/api_lib/auth/util.py; in every application_default_credentials.json
	"ad87d24d7cb5f581e6d32b3bbd422f8880726f8602720cd0846c8cc54d941896": "gsutil",                     // gslib/utils/system_util.py
	"6a5f78b8b99dd4025e41ba11bf54c304c6af29f924c5569cc7865b2428ce03a9": "Gemini CLI",                 // packages/core/src/code_assist/oauth2.ts
	"d1b3190dacfb6af1479bed2866455c0b2deee119104dd70b09ff8a991d73355c": "GitHub CLI",                 // cli/cli, internal/authflow/flow.go: "This value is safe to be embedded in version control"
}

// publishedLens are how long those are, so that few values are hashed.
var publishedLens = [64]bool{24: true, 35: true, 40: true}

// publishedBy is the program whose published client secret a value is; empty for
// any other.
func publishedBy(secret leak.Secret) string {
	v := secret.Reveal()
	if len(v) >= len(publishedLens) || !publishedLens[len(v)] {
		return ""
	}
	sum := sha256.Sum256([]byte(v))
	return published[hex.EncodeToString(sum[:])]
}
