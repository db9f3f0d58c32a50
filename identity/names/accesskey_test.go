package names

import (
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/rules"
)

// TestAccessKeys: a secret key of a store that speaks S3 belongs to the access key beside it, on
// the server that a field with the same beginning names; who has MinIO in the name is MinIO's.
func TestAccessKeys(t *testing.T) {
	for text, want := range map[string][]string{
		"MINIO_ENDPOINT=minio.acme.io:9000\nMINIO_ACCESS_KEY=svc-reports\nMINIO_SECRET_KEY=@\n":                                                                                 {"name=svc-reports ", "key_id=svc-reports ", "server=minio.acme.io:9000 ", "provider=minio ", "identity_type=service_account "},
		"MINIO_ROOT_USER=admin7\nMINIO_ROOT_PASSWORD=@\n":                                                                                                                       {"name=admin7 ", "provider=minio ", "identity_type=service_account "},
		"{\"aliases\":{\"prod\":{\"url\":\"https://s3.acme.io\",\"accessKey\":\"backup-svc\",\"secretKey\":\"@\",\"api\":\"S3v4\"}}}":                                           {"key_id=backup-svc ", "server=s3.acme.io ", "!provider="},
		"{\"a\":{\"url\":\"https://s3.acme.io\",\"accessKey\":\"one\",\"secretKey\":\"x\"},\n\"b\":{\"url\":\"https://s4.acme.io\",\"accessKey\":\"two\",\"secretKey\":\"@\"}}": {"key_id=two ", "server=s4.acme.io "},
		"S3_ENDPOINT=https://s3.acme.io\nS3_ACCESS_KEY_ID=GKxyz\nS3_SECRET_ACCESS_KEY=@\nOTHER_ENDPOINT=https://o.acme.io\n":                                                    {"key_id=GKxyz ", "server=s3.acme.io "},
		"storage:\n  type: minio\n  endpoint: http://store:9000\n  access_key: svc\n  secret_key: @\n":                                                                          {"name=svc ", "provider=minio "},
		"SECRET_KEY=@\nUSER=jo\nHOST=web.acme.io\n":                                                                                                                             {"!key_id=", "!name=", "!server="},
		"S3_ACCESS_KEY=${KEY}\nS3_SECRET_KEY=@\nS3_ENDPOINT=https://s3.acme.io\n":                                                                                               {"!key_id=", "!name="},
		"WEB_ACCESS_KEY=svc\nS3_SECRET_KEY=@\n":                                                                                                                                 {"!key_id=", "!name="},
	} {
		q := query("generic", "config", strings.ReplaceAll(text, "@", secret))
		q.Finding.Rule.ID = rules.Generic
		got := ask(t, q)
		for _, w := range want {
			no, absent := strings.CutPrefix(w, "!")
			if slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, no) }) == absent {
				t.Errorf("%q: %q, want %s", text, got, w)
			}
		}
	}
}
