package detectors

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// published are credentials that are none, by their SHA-256: secrets of OAuth clients
// that their makers give away with every copy of a program, and say so. Google: "In
// this context, the client secret is obviously not treated as a secret"
// (https://developers.google.com/identity/protocols/oauth2#installed). Whoever has
// one can do nothing with it; the tokens of people who logged in by it are credentials
// of their own. Only values that the maker's own source has belong here, not all
// secrets of installed applications: nobody can tell these from others.
//
// The same holds for Google API keys that the Firebase SDK for Android, by Google, has in
// its own tests, examples and google-services.json, from where they get into the code of
// others. They name projects of Google's; such keys are "public by design"
// (https://firebase.google.com/docs/projects/api-keys). And for the client secrets that
// RFC 5849, RFC 6749 and OpenID Connect have as examples, and for the keys that the test vectors of
// cryptography have, which every library has in its tests; hexadecimal ones in lower case.
var published = map[string]string{
	"bb9b1163338b2a51495834ad5c65420443d6327381cf0f94ebf92b117f209d72": "RFC 5849",                   // 1.2
	"649e1f5c769e718ba10d1a702a36499a731441d960b06da91c4c97786bf84595": "RFC 5849",                   // 1.2
	"cb87c87e4a138d9a72259d2a01bab15623c9846e568c1509b287721645a6ea53": "RFC 5849",                   // 1.2
	"53f5da0aaa93d64cd5772c554cbf940f0539e689dddbeb8f923eec3f72c02ea9": "RFC 6749",                   // 2.3.1, 4.1.3
	"e9974c507d2a802143f614c878fcbb622a3800e05e6e0d329fee2c5b6b243329": "RFC 6749",                   // 2.3.1
	"456a51b1f1b3cf3ed76de579926f0727797eb6efb4b7e6a53c74f9a94c95d87a": "gcloud",                     // CLOUDSDK_CLIENT_NOTSOSECRET in googlecloudsdk/core/config.py
	"f0386f9be1fe905fb2f97a8daff11a9baa9988ceca7c2ecae4aec8db182db1b4": "gcloud application-default", // googlecloudsdk/api_lib/auth/util.py; in every application_default_credentials.json
	"ad87d24d7cb5f581e6d32b3bbd422f8880726f8602720cd0846c8cc54d941896": "gsutil",                     // gslib/utils/system_util.py
	"6a5f78b8b99dd4025e41ba11bf54c304c6af29f924c5569cc7865b2428ce03a9": "Gemini CLI",                 // packages/core/src/code_assist/oauth2.ts
	"d1b3190dacfb6af1479bed2866455c0b2deee119104dd70b09ff8a991d73355c": "GitHub CLI",                 // cli/cli, internal/authflow/flow.go: "This value is safe to be embedded in version control"
	"a19f89ab3555eac10c40741f6df79ecf0935998f15569f8db9d67bce0181fff6": firebase,                     // firebase-common/.../androidTest/FirebaseAppTest.java
	"6ca6473b42d9c17e9059568aa166fa8b542a90ec4b6c38f25ab55d2be31c12e0": firebase,                     // firebase-common/.../main/FirebaseOptions.java
	"0b476bdf9acf2123d547b5ae76f1e59884d8ec9553ee0c47e9f31fd4768f3f3c": firebase,                     // firebase-dataconnect/demo/google-services.json
	"27a9a42931dff7eb2f8434e20a9bce976ea364e7bee49187f19d5cfeca9c7045": firebase,                     // firebase-installations/.../test/installations/FirebaseInstallationsTest.java
	"49f777db995e8260da7ca9ffdf0c08d66f0453e97ec967018baf2cdfe3b582d0": firebase,                     // firebase-installations/.../test/installations/FirebaseInstallationsTest.java
	"8731261cb72d86267a32a532ebd3df429e2144e5e4ced7e13568bc9e6c8fb1b1": firebase,                     // firebase-installations/.../test/installations/FirebaseInstallationsTest.java
	"37f8f09bdf12c2f2eae4ead7273a62ddb0c23459cbf902892f282b57f7ed6619": firebase,                     // firebase-installations/.../test/installations/FirebaseInstallationsTest.java
	"eb540d2b6ee2a0a47c5779bc8a0141784c6b753840d4c6f4e2428a6e86e9e0b1": firebase,                     // firebase-installations/.../test/installations/FirebaseInstallationsTest.java
	"2037abcaffb2b77785da716cf7ccff4ff4d00c4ea930db0167b7d71f50af7eb4": firebase,                     // firebase-installations/.../test/installations/FirebaseInstallationsTest.java
	"4c98242dcadc8b29005c6b4aad526552d5ea1842149154c0694adeec75847583": firebase,                     // firebase-messaging/.../test/messaging/testing/FirebaseIidRoboTestHelper.java
	"dc0fcf046c61640cbd1e8b999ada3262d722c2ca4bf42dceac999020ffdbb614": firebase,                     // firebase-messaging/.../test/messaging/testing/MessagingTestHelper.java
	"ea9bb1082cf95663f5faca23b8b15ef2aa0fce0a5c6df9c32dcb85b2e0a4513d": firebase,                     // firebase-perf/.../test/perf/FirebasePerformanceTest.java
	"6f1ef2461e63469ebfbe05ab6c72f416578fa1003cea26131b22c9e1e476ce22": firebase,                     // firebase-dataconnect/google-services.json
	"e4a5542bb7fd7b67e943c71ad29c34b5972c9840597e7eda53e666f44d5da0b9": firebase,                     // firebase-storage/.../androidTest/storage/integration/IntegrationTest.java
	"3f370c9dd8225c63b5c77de1f785edc9712958f18bb612d5fa2e0ae33aeca682": firebase,                     // firebase-storage/.../test/storage/PathingTest.java
	"a6c814bc555ae62c7bd8b58ec07bf559c7ed3a009976a1e0acc9cef0d4473b41": firebase,                     // firebase-dataconnect/google-services.json
	"3a8b61d0f636b007840c0d40ba12bcf48465dc054cdc1a68704a33521d84b665": firebase,                     // firebase-dataconnect/google-services.json
	"2ef2503d964e9668092e6878d3c390ca7909bbbffabd781857115e3be4bb3e5a": aes,                          // FIPS 197, appendix A.1, RFC 4493
	"c12ce25303a023aa1317614428c0ac8ef707c5a370d7c766353c66df5d2cb46f": aes,                          // appendix A.2
	"837e8e636d452b6133d5a5c56de1eb57c08a94bbe632804fa621a49014c5c034": aes,                          // appendix A.3
	"3972f7918085d19edb0f3229881bf288539f5b82bd543c843a993700ab5154ef": "RFC 3686",                   // 6, first key
	"f18690afe95ae7a8a69505f0479dcff60651f9bcf16fddfac5cd46b5ba96d3dd": "RFC 3686",                   // 6, second key
	"a4dfc3a725ded9acaff5bec1b6df949481df6991bf2c9204468660f47bb9e5ca": "RFC 3686",                   // 6, third key
	"099da475a54aacbacabde231639eed7b00b0a9359cddd2598004bd8b8ad23237": "RFC 8032",                   // 7.1, test 1
	"80cd0406a778128b9b92931b4e89f5370c1b63657d3caf6ba051d19d60eea156": "RFC 8032",                   // 7.1, test 2
	"dfdcf400fd38f3bc807fd3ea4113c2fb8265ed76a07327e84bb36cbeadfe6b21": "RFC 8032",                   // 7.1, test 3
	"f55682946ad45bd35406595a5299c6f6fd2d70af8380a5541f0199e109d1a7df": "RFC 7748",                   // 6.1
	"e845966ffc323b763f02677869a9034125f70a8e5f1fd47e659df35ae5c03f65": "RFC 6979",                   // A.2.5
	"ad71fb4165536675d80a8bbfe957697e4b9e17b35d5500406abc219705337107": "OpenID Connect Core 1.0",    // 3.1.3.3
	"9e309cccd311ea64d04133daf7760f71f38a566db7aa98b71e043ede9325680f": "OpenID Connect Core 1.0",    // 3.1.3.3
}

// firebase is where the API keys are from.
const firebase = "the Firebase SDK for Android"

// aes is where keys for AES are from that NIST and others made their examples with.
const aes = "FIPS 197 and SP 800-38A"

// counting is who has 16 bytes or more that count up or down.
const counting = "everybody"

// publishedLens are how long those are, so that few values are hashed.
var publishedLens = [65]bool{10: true, 16: true, 22: true, 24: true, 32: true, 35: true, 39: true, 40: true, 48: true, 64: true}

// publishedBy is the program whose published secret a value is; empty for
// any other.
func publishedBy(secret leak.Secret) string {
	v := secret.Reveal()
	bytes, err := hex.DecodeString(v)
	if err == nil && len(bytes) >= 16 {
		if step := bytes[1] - bytes[0]; step == 1 || step == 0xff {
			for i := 1; bytes[i]-bytes[i-1] == step; {
				if i++; i == len(bytes) {
					return counting
				}
			}
		}
	}
	if len(v) >= len(publishedLens) || !publishedLens[len(v)] {
		return ""
	}
	if err == nil {
		v = strings.ToLower(v)
	}
	sum := sha256.Sum256([]byte(v))
	return published[hex.EncodeToString(sum[:])]
}
