// Package scenario makes repositories of a made-up company with leaked
// credentials in them, for a test and for the tutorial. None of the credentials
// opens anything; they are made when they are needed, so that no file of this
// project looks like one.
package scenario

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Want is what is to be found out about a credential.
type Want struct {
	Rule   string // id of the rule that finds it
	Path   string // where it stands
	Type   string // identity_type
	Name   string // of the identity; empty where nothing tells it
	Tenant string
	Owner  string // the best; empty for nobody
	Status string
	Env    string
	// Linked says that something tells which identity it is: a credential without
	// is only a key.
	Linked bool
}

// person is an author.
type person struct{ name, email string }

var (
	ana = person{"Ana Ruiz", "ana@acme.example"}
	ben = person{"Ben Cole", "ben@acme.example"}
	chi = person{"Chi Tran", "chi@acme.example"}
	dev = person{"Dev Patel", "dev@acme.example"} // has left
	eve = person{"Eve Lund", "eve@acme.example"}
)

// builder makes one repository.
type builder struct {
	dir     string
	rng     *rand.Rand
	when    time.Time
	commits int
	err     error
}

// ago is how long before today the first commit was, so that the repository is
// still worked on.
const ago = 250 * 24 * time.Hour

// Build makes two repositories, payments and billing, and files beside them
// (inventory nhi.csv, leavers.csv, settings acme.toml) in dir, which must not
// exist or be empty. Its dates are of the last months; otherwise the same comes out
// each time, but for keys that cannot be made twice.
func Build(dir string) ([]Want, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("make a scenario in %s: it is not empty", dir)
	}
	start := time.Now().UTC().Truncate(24 * time.Hour).Add(-ago)
	rng := rand.New(rand.NewPCG(20260, 1122))
	t := newTokens(rng)
	pay := &builder{dir: filepath.Join(dir, "payments"), rng: rng, when: start}
	wants := pay.payments(t)
	bill := &builder{dir: filepath.Join(dir, "billing"), rng: rng, when: start.AddDate(0, 6, 0)}
	bill.billing(t)
	for _, b := range []*builder{pay, bill} {
		if b.err != nil {
			return nil, fmt.Errorf("make a scenario: %w", b.err)
		}
	}
	for name, text := range map[string]string{"nhi.csv": inventory, "leavers.csv": leavers, "acme.toml": settings} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, fmt.Errorf("make a scenario: %w", err)
		}
	}
	return wants, nil
}

func (b *builder) git(env []string, args ...string) {
	if b.err != nil {
		return
	}
	c := exec.Command("git", args...)
	c.Dir = b.dir
	c.Env = append(append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull), env...)
	if out, err := c.CombinedOutput(); err != nil {
		b.err = fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(out))
	}
}

func (b *builder) init() {
	b.err = os.MkdirAll(b.dir, 0o755)
	b.git(nil, "init", "-q", "-b", "main")
}

// commit commits files, given as names and texts, as somebody.
func (b *builder) commit(p person, message string, files ...string) {
	for i := 0; i < len(files) && b.err == nil; i += 2 {
		name := filepath.Join(b.dir, filepath.FromSlash(files[i]))
		if b.err = os.MkdirAll(filepath.Dir(name), 0o755); b.err == nil {
			b.err = os.WriteFile(name, []byte(files[i+1]), 0o644)
		}
	}
	b.when = b.when.Add(time.Duration(20+b.rng.IntN(200)) * time.Hour)
	b.commits++
	date := b.when.Format(time.RFC3339)
	b.git(nil, "add", "-A")
	b.git([]string{
		"GIT_AUTHOR_NAME=" + p.name, "GIT_AUTHOR_EMAIL=" + p.email, "GIT_COMMITTER_NAME=" + p.name, "GIT_COMMITTER_EMAIL=" + p.email,
		"GIT_AUTHOR_DATE=" + date, "GIT_COMMITTER_DATE=" + date,
	}, "commit", "-q", "-m", message)
}

// work commits something harmless.
func (b *builder) work(p person) {
	name := fmt.Sprintf("services/api/handler%d.go", b.rng.IntN(6))
	var text strings.Builder
	fmt.Fprintf(&text, "package api\n\n// Changed %s.\n", b.when.Format(time.DateOnly))
	for i := range 4 + b.rng.IntN(8) {
		fmt.Fprintf(&text, "func step%d(n int) int { return n*%d + %d }\n", i, b.rng.IntN(90), b.rng.IntN(90))
	}
	b.commit(p, "api: "+[]string{"round once", "check the sum", "log the order", "answer faster"}[b.rng.IntN(4)], name, text.String())
}
