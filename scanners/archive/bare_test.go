package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"testing"
)

const longName = "a-name-that-is-long-enough"

// TestBareNames: entries of which nothing is searched tell their names.
func TestBareNames(t *testing.T) {
	for flag, want := range map[byte]string{tar.TypeReg: longName, tar.TypeDir: longName + "/", tar.TypeSymlink: longName, tar.TypeLink: longName, tar.TypeFifo: longName, tar.TypeChar: longName} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		if err := w.WriteHeader(&tar.Header{Name: longName, Typeflag: flag, Linkname: "target"}); err != nil {
			t.Fatal(err)
		}
		w.Close()
		both(t, "a.tar", b.Bytes(), map[string]string{want: ""})
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.Create(longName)
	w.Create("folder-" + longName + "/")
	w.Close()
	both(t, "a.zip", b.Bytes(), map[string]string{longName: "", "folder-" + longName + "/": ""})
	both(t, "a.cpio", cpioOf(entry{longName, nil}), map[string]string{longName: ""})
	long := arOf(entry{"//", []byte(longName + "/\n")}, entry{"/0", nil})
	both(t, "a.a", long, map[string]string{longName: ""})

	var locked bytes.Buffer
	w = zip.NewWriter(&locked)
	f, _ := w.CreateRaw(&zip.FileHeader{Name: longName, Flags: zipEncrypted, CompressedSize64: 4, UncompressedSize64: 4})
	f.Write([]byte("\x01\x02\x03\x04"))
	w.Close()
	for _, stream := range []bool{false, true} {
		if s := walk(t, "a.zip", locked.Bytes(), Defaults(), stream); len(s.left) != 1 || len(s.texts) != 1 {
			t.Errorf("encrypted, stream %v: texts %v, left out %v", stream, s.texts, s.left)
		} else if _, ok := s.texts[longName]; !ok {
			t.Errorf("encrypted, stream %v: texts %v", stream, s.texts)
		}
	}
}
