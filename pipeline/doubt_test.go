package pipeline

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestOfPackage knows documentation and tests of installed packages by their paths.
func TestOfPackage(t *testing.T) {
	for file, want := range map[string]bool{
		".yarn/cache/ioredis-npm-5.zip!node_modules/ioredis/README.md":     true,
		".yarn/cache/d.zip!node_modules/@mixmark-io/domino/test/domino.js": true,
		"node_modules/zod/src/v4/classic/tests/string.test.ts":             true,
		"node_modules/zod/lib/string.spec.js":                              true,
		"app.tar!usr/lib/python3/dist-packages/urllib3/test_url.py":        true,
		"vendor/github.com/lib/pq/url_test.go":                             true,
		"node_modules/ioredis/built/redis/index.js":                        false,
		"node_modules/tests/index.js":                                      false, // a package of that name
		"node_modules/.env":                                                false,
		"README.md":                                                        false,
		"test/fixtures/db.yml":                                             false,
		"src/vendor/README.md":                                             false, // of the folder itself
		"":                                                                 false,
		".yarn/cache/x.zip!node_modules/x/node_modules/y/docs/configuration.js": true,
	} {
		if got := ofPackage(file); got != want {
			t.Errorf("%s: %v", file, got)
		}
	}
}

// TestDoubtedFindings: what is doubted in all of its places is of low confidence, and says why;
// one place without is enough to be sure.
func TestDoubtedFindings(t *testing.T) {
	set := ruleSet(t, `url medium 7 db://(?P<user>[a-z]{2,9}):(?P<secret>[a-zA-Z0-9]{4,20})@(?P<host>[a-z0-9.]{2,20})`, `key high 9 key-(?P<secret>[a-z0-9]{8})`)
	random := "q7Xv" + "2mLt9Zk"
	for text, want := range map[string]leak.Confidence{
		"db~outline:outline@127.0.0.1":                                 leak.Low,
		"db~outline:outline@db.acme.io":                                leak.Medium,
		"db~outline:outline@127.0.0.1 db~outline:outline@127.0.0.2":    leak.Low,
		"db~outline:outline@127.0.0.1 db~outline:outline@db.acme.io":   leak.Medium,
		"db~outline:" + random + "@127.0.0.1":                          leak.Medium,
		"db~outline:outline@127.0.0.1 db~app:outline@reports.acme.io ": leak.Medium,
	} {
		text = strings.ReplaceAll(text, "~", "://") // no log-in stands in this file
		fs := run(t, blobs("f: "+text), set, nil).findings
		if len(fs) != 1 || fs[0].Confidence != want || (strings.Contains(strings.Join(fs[0].Why, " "), "easy to guess") != (want == leak.Low)) {
			t.Errorf("%s: want one of %s confidence: %+v", text, want, fs)
		}
		if len(fs) == 1 && fs[0].Rule.Sure != leak.Medium {
			t.Errorf("%s: the rule itself is now of %s confidence", text, fs[0].Rule.Sure)
		}
	}
}

// TestMadeUp: what has the form of a rule, but counts up, is of low confidence whatever the
// rule is, and says why; one place where it does not is enough to be sure.
func TestMadeUp(t *testing.T) {
	set := ruleSet(t, `key high 9 key-(?P<secret>[A-Za-z0-9]{20})`, `med medium 7 med-(?P<secret>[A-Za-z0-9]{20})`)
	for text, low := range map[string]bool{
		"key-Abc" + "1234567890" + "xQzWvtR": true,
		"key-" + "abcdefgh" + "Q7xV2mLt9Zkw": true,
		"key-" + "ABCDEFGH" + "Q7xV2mLt9Zkw": true,
		"med-a" + "0123456789" + "bcQwZxVtR": true,
		"key-a" + "12345" + "bcdefQwZxVtRk9": false,
		"key-" + "Q7xV2mLt9Zkw" + "R4sP8dYn": false,
	} {
		fs := run(t, blobs("f: "+text), set, nil).findings
		if len(fs) != 1 {
			t.Fatalf("%s: %d findings", text, len(fs))
		}
		says := strings.Contains(strings.Join(fs[0].Why, " "), "placeholder")
		if (fs[0].Confidence == leak.Low) != low || says != low {
			t.Errorf("%s: %s confidence, %q", text, fs[0].Confidence, fs[0].Why)
		}
	}
}
