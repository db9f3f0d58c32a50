package scenario

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// history is a repository that is written with git fast-import, in one go.
type history struct {
	g        *generator
	name     string
	services []*service
	files    map[string]string // what HEAD has
	when     time.Time
	commits  int
	script   bytes.Buffer
}

// put commits files, given as names and texts.
func (r *history) put(p person, message string, files ...string) {
	r.head(p, message)
	for i := 0; i < len(files); i += 2 {
		r.files[files[i]] = files[i+1]
		fmt.Fprintf(&r.script, "M 100644 inline %s\ndata %d\n%s\n", files[i], len(files[i+1]), files[i+1])
	}
}

// add appends to a file.
func (r *history) add(p person, message, path, text string) {
	r.put(p, message, path, r.files[path]+text)
}

// move renames a file.
func (r *history) move(p person, from, to string) {
	r.head(p, "move "+from)
	r.files[to] = r.files[from]
	delete(r.files, from)
	fmt.Fprintf(&r.script, "R %s %s\n", from, to)
}

func (r *history) head(p person, message string) {
	r.when = r.when.Add(time.Duration(6+r.g.rng.IntN(60)) * time.Hour)
	if now := r.g.start.Add(ago - 24*time.Hour); r.when.After(now) {
		r.when = now
	}
	r.commits++
	fmt.Fprintf(&r.script, "commit refs/heads/main\nauthor %[1]s <%[2]s> %[3]d +0000\ncommitter %[1]s <%[2]s> %[3]d +0000\ndata %[4]d\n%[5]s\n",
		p.name, p.email, r.when.Unix(), len(message), message)
}

// write makes the repository in a folder of dir.
func (r *history) write(dir string) error {
	at := filepath.Join(dir, r.name)
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	for _, args := range [][]string{{"init", "-q", "--bare", "-b", "main"}, {"fast-import", "--quiet"}} {
		c := exec.Command("git", args...)
		c.Dir, c.Stdin = at, bytes.NewReader(r.script.Bytes())
		c.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(out))
		}
	}
	return nil
}

// fresh is a path that is not taken, made of one: config/prod.yml,
// config/prod-2.yml.
func (r *history) fresh(path string) string {
	dot := strings.LastIndexByte(path, '.')
	if dot <= strings.LastIndexByte(path, '/')+1 {
		dot = len(path)
	}
	free := path
	for n := 2; r.files[free] != ""; n++ {
		free = fmt.Sprintf("%s-%d%s", path[:dot], n, path[dot:])
	}
	return free
}
