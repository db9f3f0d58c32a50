package detectors

import (
	"bytes"
	"encoding/binary"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var corpus = flag.String("corpus", "", "folders with source code, joined by colons, of which common.bin is made")

// TestCommonTable writes the table with -corpus, and looks at the one that is there.
func TestCommonTable(t *testing.T) {
	if *corpus != "" {
		writeCommon(t, filepath.SplitList(*corpus))
		return
	}
	for text, want := range map[string]bool{"return": true, "error": true, "key": true, "Token": true, "ghp_": false, "xoxb-": false, "sk-ant-api03": false} {
		if got := Commonness(text); (got >= gramLeast) != want {
			t.Errorf("Commonness(%q) = %d, common: want %v", text, got, want)
		}
	}
}

func writeCommon(t *testing.T, folders []string) {
	counts, bytesIn := map[[gramLen]byte]int{}, 0
	for _, dir := range folders {
		filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(name)
			if err != nil || len(b) > 256<<10 || bytes.IndexByte(b[:min(len(b), 8000)], 0) >= 0 {
				return err // large ones are data, and would count for too much
			}
			b = bytes.ToLower(b)
			bytesIn += len(b)
			for i := 0; i+gramLen <= len(b); i++ {
				counts[[gramLen]byte(b[i:i+gramLen])]++
			}
			return nil
		})
	}
	var records []string
	for g, n := range counts {
		if n = n * (1 << 20) / max(1, bytesIn); n >= gramLeast && !strings.ContainsAny(string(g[:]), " \t\r\n") {
			records = append(records, string(binary.LittleEndian.AppendUint16(g[:], uint16(min(n, 1<<16-1)))))
		}
	}
	slices.Sort(records)
	t.Logf("%d bytes, %d pieces", bytesIn, len(records))
	if err := os.WriteFile("common.bin", []byte(strings.Join(records, "")), 0o644); err != nil {
		t.Fatal(err)
	}
}
