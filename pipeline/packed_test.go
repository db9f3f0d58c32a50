package pipeline

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"testing"
)

// TestPackedTogether: of what is packed only the whole has a place; the credentials in it are
// findings of their own all the same.
func TestPackedTogether(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte("first: hkk_qwhzkmtr\nsecond: hkk_wzrtpkxm\nkey = qvwxzbmnrt\nsome more words of a file, so that it is long enough\n"))
	z.Close()
	fs := run(t, blobs("data: "+base64.StdEncoding.EncodeToString(packed.Bytes())+"\n"), ruleSet(t, highRule, lowRule), func(*Config) {}).findings
	if len(fs) != 3 {
		t.Errorf("%d findings, want 3", len(fs))
	}
}
