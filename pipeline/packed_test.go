package pipeline

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"testing"
)

// TestPackedTogether: of what is packed only the whole has a place; two credentials in it are
// two findings all the same.
func TestPackedTogether(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte("first: hkk_qwhzkmtr\nsecond: hkk_wzrtpkxm\nsome more words of a file, so that it is long enough\n"))
	z.Close()
	fs := run(t, blobs("data: "+base64.StdEncoding.EncodeToString(packed.Bytes())+"\n"), ruleSet(t, highRule), func(*Config) {}).findings
	if len(fs) != 2 {
		t.Errorf("%d findings, want 2", len(fs))
	}
}
