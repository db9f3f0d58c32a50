package archive

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSparseFilesOfOthers: what GNU tar makes of a file of 3 GiB with some text.
func TestSparseFilesOfOthers(t *testing.T) {
	if out, err := exec.Command("tar", "--version").Output(); err != nil || !bytes.Contains(out, []byte("GNU tar")) {
		t.Skip("there is no GNU tar")
	}
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "holes"))
	if err != nil {
		t.Fatal(err)
	}
	f.WriteAt([]byte("at the start\n"), 0)
	f.WriteAt([]byte(needle+"\n"), 1<<30)
	f.WriteAt([]byte("at the end\n"), 3<<30)
	f.Close()
	os.WriteFile(filepath.Join(dir, "late"), []byte("behind it"), 0o600)
	for _, format := range []string{"gnu", "pax", "pax --sparse-version=0.0", "pax --sparse-version=0.1"} {
		args := append([]string{"-C", dir, "-cSf", "-", "-H"}, strings.Fields(format)...)
		data, err := exec.Command("tar", append(args, "holes", "late")...).Output()
		if err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string][]byte{"alone": data, "in a tar": tarOf(t, entry{"in.tar", data}), "gzipped": gzipOf(data)} {
			for _, stream := range []bool{false, true} {
				s := walk(t, "a.tar", b, Defaults(), stream)
				got := ""
				late := ""
				for p, text := range s.texts {
					if strings.HasSuffix(p, "holes") {
						got = text
					} else {
						late = text
					}
				}
				if !strings.Contains(got, needle) || !strings.Contains(got, "at the end") || len(got) > 1<<20 || late != "behind it" || len(s.gaps) > 0 {
					t.Errorf("%s %s, stream %v: %d bytes, late %q, not searched %v", format, name, stream, len(got), late, s.gaps)
				}
			}
		}
	}
}

func TestAttributesOfTar(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "g", PAXRecords: map[string]string{"comment": "global " + needle}}); err != nil {
		t.Fatal(err)
	}
	for i, h := range []tar.Header{
		{Name: "a.txt", Size: 1, Typeflag: tar.TypeReg, PAXRecords: map[string]string{"SCHILY.xattr.user.token": "value " + needle, "comment": "on a file"}},
		{Name: "dir/", Typeflag: tar.TypeDir, PAXRecords: map[string]string{"SCHILY.xattr.user.note": "on a folder"}},
		{Name: strings.Repeat("long/", 60) + "b", Size: 1, Typeflag: tar.TypeReg},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(i, err)
		}
		fmt.Fprint(w, strings.Repeat("x", int(h.Size)))
	}
	w.Close()
	both(t, "a.tar", b.Bytes(), map[string]string{
		"(attributes)": "comment=global " + needle + "\n", "a.txt": "x", "a.txt!(attributes)": "SCHILY.xattr.user.token=value " + needle + "\ncomment=on a file\n",
		"dir!(attributes)": "SCHILY.xattr.user.note=on a folder\n", strings.Repeat("long/", 60) + "b": "x",
	})
}
