package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pointerTo is what git has in the place of a file that git-lfs keeps.
func pointerTo(text string) (pointer, stored string) {
	oid := fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
	return fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", oid, len(text)),
		filepath.Join(".git", "lfs", "objects", oid[:2], oid[2:4], oid)
}

// TestLFS: a file that git-lfs keeps is searched where it lies, in all its versions, and
// one whose content is not here makes a scan incomplete.
func TestLFS(t *testing.T) {
	r := newRepo(t)
	_, key, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := makeToken("slack-bot-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	add := func(name, text string, here bool) {
		pointer, stored := pointerTo(text)
		r.write(name, pointer)
		if here {
			r.write(stored, text)
		}
	}
	scans := func(what string, code int, want string, args ...string) {
		t.Helper()
		got, out, stderr := whosekey(t, nil, append(args, "--no-identity")...)
		if got != code || !strings.Contains(out, want) || strings.Contains(out+stderr, key) || strings.Contains(out+stderr, other) {
			t.Errorf("%s: exit code %d, want %d and %q\n%s%s", what, got, code, want, out, stderr)
		}
	}
	add("a.bin", "nothing\n", true)
	one := r.commit("one")
	scans("clean", exitClean, "1 git-lfs file,", "git", r.dir)
	add("a.bin", "first\n"+key+"\n", true)
	r.git("add", "-A")
	scans("staged", exitFindings, "a.bin:2:1", "git", "--staged", r.dir)
	leaked := r.commit("leak")
	scans("range", exitFindings, "a.bin:2:1", "git", "--range", one+"..HEAD", r.dir)
	scans("files", exitFindings, "a.bin:2:1", "dir", filepath.Join(r.dir, "a.bin"))
	add("a.bin", "first\n"+key+"\nmore\n", true)
	r.commit("edited")
	scans("what was there before is not new", exitClean, "", "git", "--range", leaked+"..HEAD", r.dir)
	r.git("mv", "a.bin", "moved.bin")
	scans("a move is not new", exitClean, "", "git", "--staged", r.dir)
	r.commit("moved")
	add("moved.bin", "clean\n", true)
	r.commit("out again")
	scans("an old version", exitFindings, "not in HEAD", "git", r.dir)
	tarred := archiveOf(t, "inner/x.txt", other)
	add("b.tar", tarred, true)
	r.commit("an archive")
	scans("an archive", exitFindings, "b.tar!inner/x.txt:1:1", "git", r.dir)
	scans("an archive, as files", exitFindings, "b.tar!inner/x.txt:1:1", "dir", filepath.Join(r.dir, "b.tar"))

	before := r.git("rev-parse", "HEAD")
	for i := range 7 {
		add(fmt.Sprintf("away%d.bin", i), fmt.Sprint("far away ", i), false)
	}
	r.git("add", "-A")
	scans("staged, away", exitIncomplete, "7 × file of git-lfs whose content is not here, so that only its pointer was searched: away0.bin, away1.bin", "git", "--staged", r.dir)
	scans("staged, away, left out", exitClean, "left out 7 × file of git-lfs", "git", "--staged", "--lfs=here", r.dir)
	away := r.commit("away")
	scans("range, away", exitIncomplete, "away0.bin", "git", "--range", before+"..HEAD", r.dir)
	r.write("text.txt", "text")
	r.git("mv", "away0.bin", "away9.bin")
	r.commit("something else")
	scans("range without", exitClean, "", "git", "--range", away+"..HEAD", r.dir)
	scans("files, away", exitIncomplete, "away9.bin", "dir", filepath.Join(r.dir, "away9.bin"))
	elsewhere := t.TempDir()
	for _, storage := range []string{elsewhere, "../further"} { // lfs.storage
		text := "far away 9\n" + key
		pointer, stored := pointerTo(text)
		dir := storage
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(r.dir, ".git", dir)
		}
		at := filepath.Join(dir, strings.TrimPrefix(stored, filepath.Join(".git", "lfs")))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r.git("config", "lfs.storage", storage)
		r.write("stored.bin", pointer)
		r.git("add", "stored.bin")
		scans("lfs.storage", exitFindings, "stored.bin:2:1", "git", "--staged", "--lfs=here", r.dir)
		r.git("config", "--unset", "lfs.storage")
		scans("without it", exitIncomplete, "stored.bin", "git", "--staged", r.dir)
		r.git("rm", "-q", "-f", "stored.bin")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	scans("files, away, left out", exitClean, "away9.bin", "dir", "--lfs=here", filepath.Join(r.dir, "away9.bin"))
	if code, _, stderr := whosekey(t, nil, "git", "--lfs=off", r.dir); code != exitUsage || !strings.Contains(stderr, "--lfs") {
		t.Errorf("--lfs=off: exit code %d, %s", code, stderr)
	}
}

// TestLFSHostile: what lies where a file of git-lfs should be is only opened if it is
// one, and an odd pointer is told.
func TestLFSHostile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.txt")
	_, key, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(secret, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	pointer, stored := pointerTo(key)
	for name, lay := range map[string]func(r *testRepo) error{
		"a link in its place":   func(r *testRepo) error { return os.Symlink(secret, filepath.Join(r.dir, stored)) },
		"another size":          func(r *testRepo) error { return os.WriteFile(filepath.Join(r.dir, stored), []byte("short"), 0o600) },
		"a folder in its place": func(r *testRepo) error { return os.Mkdir(filepath.Join(r.dir, stored), 0o700) },
		"a FIFO in its place":   func(r *testRepo) error { return makeFIFO(filepath.Join(r.dir, stored)) },
		"a line more": func(r *testRepo) error {
			r.write("a.bin", strings.Replace(pointer, "oid", "ext-0-x sha256:"+strings.Repeat("0", 64)+"\noid", 1))
			return nil
		},
		"a version to come": func(r *testRepo) error {
			r.write("a.bin", strings.Replace(pointer, "v1", "v9", 1))
			return nil
		},
		"no SHA-256": func(r *testRepo) error {
			r.write("a.bin", strings.Replace(pointer, "sha256:", "sha256:../../", 1))
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			r.write("a.bin", pointer)
			if err := os.MkdirAll(filepath.Dir(filepath.Join(r.dir, stored)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := lay(r); err != nil {
				t.Skip(err)
			}
			r.commit("one")
			for _, args := range [][]string{{"git", r.dir}, {"dir", filepath.Join(r.dir, "a.bin")}} {
				if code, out, stderr := whosekey(t, nil, args...); code != exitIncomplete || !strings.Contains(out, "of git-lfs") || strings.Contains(out+stderr, key) {
					t.Errorf("%s: exit code %d\n%s%s", args, code, out, stderr)
				}
			}
		})
	}
	t.Run("the folder is a link", func(t *testing.T) {
		r := newRepo(t)
		elsewhere := newRepo(t)
		elsewhere.write(stored, key)
		r.write("a.bin", pointer)
		if err := os.Symlink(filepath.Join(elsewhere.dir, ".git", "lfs"), filepath.Join(r.dir, ".git", "lfs")); err != nil {
			t.Skip(err)
		}
		r.commit("one")
		if code, out, _ := whosekey(t, nil, "git", r.dir); code != exitIncomplete {
			t.Errorf("exit code %d\n%s", code, out)
		}
	})
}

// archiveOf is a tar archive with one file.
func archiveOf(t *testing.T, name, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))})
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
