package main

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// bareRepo is a repository that a test writes by hand: thousands of them take no
// longer than git takes for ten.
type bareRepo struct {
	t    testing.TB
	dir  string
	head string
	n    int
}

func newBareRepo(t testing.TB, dir string) *bareRepo {
	t.Helper()
	r := &bareRepo{t: t, dir: dir}
	for _, d := range []string{"objects", "refs/heads"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r.file("HEAD", "ref: refs/heads/main\n")
	r.file("config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n[http]\n\treceivepack = true\n")
	return r
}

func (r *bareRepo) file(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *bareRepo) object(kind string, body []byte) []byte {
	r.t.Helper()
	whole := append(fmt.Appendf(nil, "%s %d\x00", kind, len(body)), body...)
	sum := sha1.Sum(whole)
	id := hex.EncodeToString(sum[:])
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(whole)
	z.Close()
	if err := os.MkdirAll(filepath.Join(r.dir, "objects", id[:2]), 0o755); err != nil {
		r.t.Fatal(err)
	}
	r.file(filepath.Join("objects", id[:2], id[2:]), b.String())
	return sum[:]
}

// commit makes files those of main. Names have no slash.
func (r *bareRepo) commit(files map[string]string) string {
	r.t.Helper()
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	var tree []byte
	for _, name := range names {
		tree = fmt.Appendf(tree, "100644 %s\x00", name)
		tree = append(tree, r.object("blob", []byte(files[name]))...)
	}
	r.n++
	text := fmt.Sprintf("tree %x\n", r.object("tree", tree))
	if r.head != "" {
		text += "parent " + r.head + "\n"
	}
	who := fmt.Sprintf("Ada <ada@authors.example> %d +0000", 1700000000+r.n)
	text += "author " + who + "\ncommitter " + who + "\n\nchange " + fmt.Sprint(r.n) + "\n"
	r.head = fmt.Sprintf("%x", r.object("commit", []byte(text)))
	r.file("refs/heads/main", r.head+"\n")
	return r.head
}

// plantedRepos is an organisation of n repositories below dir; every third has a
// credential, some in a file that was deleted. It returns them by repository.
func plantedRepos(t testing.TB, dir string, n int) map[string]string {
	t.Helper()
	return plantedOf(t, dir, n, 1)
}

// plantedOf is plantedRepos with a longer history.
func plantedOf(t testing.TB, dir string, n, commits int) map[string]string {
	t.Helper()
	out := map[string]string{}
	for i := range n {
		name := fmt.Sprintf("team%d/repo%04d", i%7, i)
		r := newBareRepo(t, filepath.Join(dir, name+".git"))
		text := bytes.Repeat(fmt.Appendf(nil, "line of %s\n", name), 200)
		files := map[string]string{"README": string(text)}
		if i%3 == 0 {
			line, secret, err := makeToken("slack-bot-token", 0, name)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = secret
			files["deploy.env"] = line + "\n"
		}
		r.commit(files)
		if i%2 == 0 {
			delete(files, "deploy.env")
		}
		for c := range commits {
			files["more"] = string(bytes.Repeat(fmt.Appendf(nil, "change %d of %s\n", c, name), c*100+1))
			r.commit(files)
		}
	}
	return out
}
