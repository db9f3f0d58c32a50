package names

import (
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestIAMUser: who has an access key of AWS is known by what names the user in one
// record with it, and by nothing else.
func TestIAMUser(t *testing.T) {
	const other = "AKIA" + "BBBBBBBBBBBBBBBB"
	for text, want := range map[string]string{
		// What the console makes, before 2023 and since.
		"User name,Access key ID,Secret access key\nci-deployer,@KEY,SECRET\n":                                              "ci-deployer 0.9",
		"\ufeffUser name,Access key ID,Secret access key\r\nci-deployer,@KEY,SECRET\r\n":                                    "ci-deployer 0.9",
		"User name,Password,Access key ID,Secret access key,Console login link\r\nci-deployer,x,@KEY,SECRET,https://x\r\n":  "ci-deployer 0.9",
		"User name,Access key ID,Secret access key\nother,OTHER,x\nci-deployer,@KEY,SECRET\n":                               "ci-deployer 0.9",
		"Access key ID,Secret access key\n@KEY,SECRET\n":                                                                    "",
		"AWS_IAM_USER=ci-deployer\nAWS_ACCESS_KEY_ID=@KEY\nAWS_Secret_ACCESS_KEY=SECRET\n":                                  "ci-deployer 0.9",
		"AWS_ACCESS_KEY_ID=@KEY\r\nAWS_Secret_ACCESS_KEY=SECRET\r\nIAM_USER=ci-deployer\r\n":                                "ci-deployer 0.9",
		"AWS_USERNAME=ci-deployer\nAWS_Secret_ACCESS_KEY=SECRET\n":                                                          "ci-deployer 0.9",
		"AWS_USER_NAME=ci-deployer\nAWS_Secret_ACCESS_KEY=SECRET\n":                                                         "ci-deployer 0.9",
		"CI_AWS_USERNAME=ci-deployer\nWEB_AWS_USERNAME=web\nCI_AWS_Secret_ACCESS_KEY=SECRET\nWEB_AWS_Secret_ACCESS_KEY=x\n": "ci-deployer 0.75",
		"aws:\n  iam_user: ci-deployer\n  access_key_id: @KEY\n  secret_access_key: SECRET\n":                               "ci-deployer 0.9",
		"aws:\n  user: ci-deployer\n  access_key_id: @KEY\n  secret_access_key: SECRET\n":                                   "ci-deployer 0.75",
		"{\"accessKeyId\":\"@KEY\",\"secretAccessKey\":\"SECRET\",\"userName\":\"ci-deployer\"}":                            "ci-deployer 0.75",
		"[{\"user\":\"a\",\"secretAccessKey\":\"x\"},{\"user\":\"ci-deployer\",\"secretAccessKey\":\"SECRET\"}]":            "ci-deployer 0.75",
		"# arn:aws:iam::111122223333:user/ci-deployer\nAWS_Secret_ACCESS_KEY=SECRET\n":                                      "ci-deployer 0.7",
		"arn:aws:iam::111122223333:user/team/ci-deployer\n@KEY\nSECRET\n":                                                   "ci-deployer 0.7",
		"AWS_USER_ARN=arn:aws:iam::111122223333:user/ci-deployer\nAWS_Secret_ACCESS_KEY=SECRET\n":                           "ci-deployer 0.7",
		// Of somebody else, or of nobody.
		"USER=jo\nAWS_Secret_ACCESS_KEY=SECRET\n":                                                                "",
		"DB_USERNAME=app\nAWS_Secret_ACCESS_KEY=SECRET\n":                                                        "",
		"user: app\npassword: x\naws_secret_access_key: SECRET\n":                                                "",
		"db:\n  user: app\naws:\n  secret_access_key: SECRET\n":                                                  "",
		"AWS_IAM_USER=${NAME}\nAWS_Secret_ACCESS_KEY=SECRET\n":                                                   "",
		"# arn:aws:iam::999988887777:user/x\nAWS_Secret_ACCESS_KEY=SECRET\n":                                     "",
		"# arn:aws:iam::111122223333:role/x\nAWS_Secret_ACCESS_KEY=SECRET\n":                                     "",
		"# arn:aws:iam::111122223333:user/x\n\nAWS_Secret_ACCESS_KEY=SECRET\n":                                   "",
		"# arn:aws:iam::111122223333:user/x\n# arn:aws:iam::111122223333:user/y\nAWS_Secret_ACCESS_KEY=SECRET\n": "",
		"# arn:aws:iam::111122223333:user/x\nA=OTHER\nAWS_Secret_ACCESS_KEY=SECRET\n":                            "",
	} {
		q := query("aws", "x", strings.NewReplacer("SECRET", secret, "@KEY", keyID, "OTHER", other).Replace(text))
		q.Known = []leak.Evidence{{Class: leak.FromStructure, Claim: leak.ClaimTenant, Value: "111122223333", Weight: 0.95}}
		q.Finding.Parts = leak.Parts{"key_id": leak.NewSecret(keyID)}
		got := ask(t, q)
		has := slices.IndexFunc(got, func(s string) bool { return strings.HasPrefix(s, "name=") })
		switch {
		case want == "" && has >= 0, want != "" && (has < 0 || got[has] != "name="+want):
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
