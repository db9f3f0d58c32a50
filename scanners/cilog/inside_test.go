package cilog

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestLogsInArchives finds in logs of any archive what it finds in those of a folder, once,
// at the line of the log.
func TestLogsInArchives(t *testing.T) {
	twice := base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte("value=" + token))))
	var filler strings.Builder // more than is kept
	for i := range 40_000 {
		fmt.Fprintf(&filler, "%sline %d of many, %x\n", gh, i, i*i*7919)
	}
	files := []string{
		"run/0_build.txt", gh + "one\n" + gh + "two " + twice + "\n", // again, as GitHub does
		"run/build/1_Ship.txt", gh + "two " + twice + "\n",
		"long/a.log", filler.String() + gh + token[:9] + "\x1b[0m" + token[9:] + "\n",
		"circle.json", `[{"message":"a\n","time":"2026-01-02T03:04:05Z","type":"out"},{"message":"b ` + token + `\n","time":"2026-01-02T03:04:05Z","type":"out"}]`,
		"builds/7/wide.log", "\xff\xfe" + wide("x\ny\n"+token+"\n"),
		"tool.bin", "\x00\x01" + token,
	}
	want := map[string]string{
		"run/build/1_Ship.txt": "1  build Ship", "long/a.log": "40001   ", "circle.json": "2 circleci  ", "builds/7/wide.log": "3   ", "tool.bin": "1   ",
	}
	tar := tarOf(t, files...)
	for name, src := range map[string]func() (*Source, error){
		"tar":    func() (*Source, error) { return New(Options{Paths: []string{fileOf(t, "a.tar", tar)}}) },
		"tgz":    func() (*Source, error) { return New(Options{Paths: []string{fileOf(t, "a", gzipText(t, tar))}}) },
		"zip":    func() (*Source, error) { return New(Options{Paths: []string{zipOf(t, "a.zip", files...)}}) },
		"folder": func() (*Source, error) { return New(Options{Paths: []string{folderOfFiles(t, files...)}}) },
		"stdin":  func() (*Source, error) { return New(Options{Stdin: strings.NewReader(gzipText(t, tar))}) },
		"twice": func() (*Source, error) {
			return New(Options{Paths: []string{fileOf(t, "a.zst", zstdText(t, tarOf(t, "in.tar", tar)))}})
		},
	} {
		s, err := src()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, h := range scanFor(t, s) {
			if name == "folder" && h.loc.Path == "tool.bin" {
				h.loc.Log = nil
			}
			file := h.loc.Path[strings.LastIndexByte(h.loc.Path, '!')+1:]
			if got[file] != "" {
				t.Errorf("%s: %s is found twice", name, file)
			}
			all := text(t, s, h.Ref)
			log := leak.Log{}
			if h.loc.Log != nil {
				log = *h.loc.Log
			}
			got[file] = fmt.Sprint(1+strings.Count(all[:h.Span.Start], "\n"), " ", log.Service, " ", log.Job, " ", log.Step)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: found %v\nwant %v; skipped %v", name, got, want, s.cov.Skipped())
		}
		if n := s.cov.Counts()["logs"]; n != 5 && name != "folder" {
			t.Errorf("%s: %d logs are searched", name, n)
		}
		s.Close()
	}
}

// TestCompressedLog is one that is only compressed, in a way that is not gzip.
func TestCompressedLog(t *testing.T) {
	twice := base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte("value=" + token))))
	s, err := New(Options{Paths: []string{fileOf(t, "0_Ship.txt.zst", zstdText(t, gh+"a\n"+gh+twice+"\n"))}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	hits := scanFor(t, s)
	if len(hits) != 1 || hits[0].loc.Log.Job != "Ship" || strings.Count(text(t, s, hits[0].Ref)[:hits[0].Span.Start], "\n") != 1 || strings.Contains(hits[0].loc.Path, "!") {
		t.Errorf("found %+v", hits)
	}
}

// folderOfFiles is a folder with files in it.
func folderOfFiles(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		p := filepath.Join(dir, files[i])
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o700), os.WriteFile(p, []byte(files[i+1]), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestBinaryPatchesInLogs are told.
func TestBinaryPatchesInLogs(t *testing.T) {
	for log, want := range map[string]bool{
		"diff --git a/x b/x\n" + gh + "GIT binary patch\nliteral 5\nAbc\n": true, "a GIT binary patch\n": false, "GIT binary patches\n": false,
	} {
		s := fromText(t, log)
		scanFor(t, s)
		if told := strings.Contains(fmt.Sprint(s.cov.LeftOut()), "binary patch"); told != want {
			t.Errorf("%q: told %v", log, told)
		}
	}
}
