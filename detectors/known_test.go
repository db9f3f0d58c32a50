package detectors_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// notSecret are texts with values that look random and are known to be none. A bar cuts
// in two what a scan of this file would find. H stands for 40 digits of hex, B for base64.
var notSecret = []string{
	"token: \"urn:uuid:2fdcf25f-e6e1-4c78-ba01-acaf57372b3b\"",
	"token-action: acme/build@H", "secret_image: gcr.io/a/b@sha256:HHabcdef0123456789abcdef01",
	"verify_key: \"B\"", "authorized_key = \"B\"", "gpg_password: jA0EB",
	`{"kty":"oct","k":"AyM1SysPpbyD|fgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`, // RFC 7515, A.1
	`{"kty":"EC","crv":"P-256","d":"870MB6gfuTJ4|HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}`,                               // RFC 7517, A.2
	`{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6|hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}`,                            // RFC 8037, A.1
	`"access_token":"2YotnFZFEjr1|zCsicMWpAA","refresh_token":"tGzv3JOkF0XG|5Qx2TlKWIA"`,                          // RFC 6749, 4.1.4
	"Authorization: Bearer mF_9.B5f|-4.1JqM",                                                                      // RFC 6750, 2.1
	"client_id=s6BhdRkqt3&client_secret=gX1f|Bat3bV", "client_secret=7Fjfp0ZBr1K|tDRbnfVdmIw",                     // RFC 6749, 2.3.1
	"oauth_token=nnch734d|00sl2jdk&oauth_token_secret=pfkkdhi9|sl3r4s00", "consumer_secret: kd94hf93|k423kf44", // RFC 5849, 1.2
	`"https://acme.test/x/token.ts":"Habcdef0123456789abcdef01"`, "token=\"encrypted:B\"",
	"token_sha256 = \"HHabcdef0123456789abcdef01\"", "    checksum/secret: HHabcdef0123456789abcdef01",
	"DB_PASSWORD=twoje_haslo_1", "api_key: \"twoj-klucz-api-1\"", "client_secret=przyklad-klucz-1", "DB_PASSWORD=heslo_sem_42", "password: sifre_buraya_1", "API_KEY=tu-clave-aqui-7x",
	"otpauth://totp/ACME:anna?secret=HXDMVJECJJWSRB3H|WIZR4IFUGFTMXBOZ",
	`google-auth = ">=2.14.1,<3.0.dev0"`, `secret = "1.0rc1 || >= 2.0.0-alpha.3"`, `api_key = "~=3.1.4.post2, !=3.1.4.post3"`, `token: ">=1.20,<2"`,
	"image: nginx@sha256:HHabcdef0123456789abcdef01", "      integrity: sha512-BB==", "password: ENC[AES256_GCM,data:B,iv:B,tag:B,type:str]",
	"spring.datasource.password=ENC(B)", "db_password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  HH", "password: \"{cipher}HH\"", "password: vault:v1:B",
}

// TestKnownNonSecrets: no rule says anything of what is known to be no secret.
func TestKnownNonSecrets(t *testing.T) {
	set := everything(t)
	fill := strings.NewReplacer("|", "", "H", "3f9c2b7d1e6a8054c7f3b9d2e1a60584c9f7d3b2", "B", "s4W0OispCRLrSY+tIuk93uieSgbaSlPQOmj89rB0Ik==")
	for _, text := range notSecret {
		if strings.Contains(text, "|") {
			text = strings.ReplaceAll(text, "|", "")
		} else {
			text = fill.Replace(text)
		}
		set.Scan(&leak.Chunk{Data: []byte(text + "\n")}, func(m leak.Match) { t.Errorf("%s in %q", m.Rule, text) })
	}
}
