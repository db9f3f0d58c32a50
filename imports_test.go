package whosekey_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const mod = "github.com/whosekey/whosekey/"

// mayImport is the architecture: for each package, those of ours that it may
// import. A package that is not listed fails the test, so that a new one is a
// decision and not an accident. cmd may import everything.
var mayImport = map[string][]string{
	"leak":                   {},
	"internal/prefilter":     {"internal/tails"},
	"internal/tails":         {},
	"internal/gitpack":       {"internal/inflate"},
	"internal/inflate":       {},
	"internal/glob":          {},
	"internal/fault":         {},
	"internal/lazy":          {},
	"internal/language":      {},
	"internal/coded":         {},
	"internal/githubapp":     {},
	"internal/lfs":           {},
	"internal/nearest":       {},
	"internal/scenario":      {"internal/tokensum"},
	"internal/awskey":        {},
	"internal/pause":         {},
	"internal/tokensum":      {},
	"internal/yamltree":      {},
	"internal/kubeconfig":    {"internal/yamltree"},
	"fields":                 {"internal/lazy"},
	"rules":                  {"leak", "internal/lazy", "internal/nearest", "internal/tails"},
	"detectors":              {"leak", "rules", "internal/prefilter", "internal/tails", "internal/tokensum", "internal/coded", "internal/language", "internal/lazy"},
	"detectors/detectortest": {"leak", "detectors"},
	"scanners":               {"leak"},
	"scanners/scannertest":   {"leak", "scanners"},
	"scanners/archive":       {"leak", "scanners", "internal/lazy", "internal/inflate"},
	"scanners/dir":           {"leak", "scanners", "scanners/archive", "identity", "internal/glob", "internal/lfs"},
	"scanners/gitrepo":       {"leak", "scanners", "scanners/archive", "identity", "internal/gitpack", "internal/lazy", "internal/lfs"},
	"scanners/image":         {"leak", "scanners", "scanners/archive", "internal/inflate", "internal/lazy", "internal/pause"},
	"scanners/cilog":         {"leak", "scanners", "scanners/archive", "internal/coded", "internal/inflate", "internal/githubapp", "internal/yamltree", "internal/lazy", "internal/pause"},
	"policy":                 {"leak", "identity/risk", "internal/glob", "internal/nearest", "internal/lazy"},
	"report":                 {"leak", "identity/record", "identity/graph", "internal/lazy"},
	"serve":                  {"leak", "report", "store"},
	"ci":                     {"scanners/gitrepo", "internal/lazy"},
	"convert":                {"leak", "rules", "internal/yamltree", "internal/lazy"},
	"verify":                 {"leak", "rules", "internal/awskey", "internal/lazy", "internal/tokensum", "internal/pause", "internal/yamltree", "internal/kubeconfig"},
	"verify/verifytest":      {},
	"identity":               {"leak", "rules", "identity/around", "identity/decode", "internal/kubeconfig", "internal/language", "internal/lazy"},
	"identity/around":        {},
	"identity/decode":        {"leak", "internal/awskey", "internal/tokensum", "internal/kubeconfig", "internal/yamltree", "internal/lazy"},
	"identity/cmdline":       {"leak", "identity", "identity/decode", "internal/lazy"},
	"identity/record":        {"leak", "internal/lazy"},
	"identity/iac":           {"leak", "identity", "identity/names", "internal/yamltree", "internal/fault", "internal/lazy"},
	"identity/names":         {"leak", "rules", "identity", "identity/around", "identity/decode", "internal/lazy"},
	"identity/ci":            {"leak", "identity", "identity/names", "internal/yamltree", "internal/lazy"},
	"identity/mcp":           {"leak", "identity", "internal/yamltree", "internal/lazy"},
	"identity/owners":        {"leak", "identity", "identity/names", "internal/yamltree", "internal/lazy"},
	"identity/keys":          {"leak", "identity", "identity/around", "identity/decode", "internal/yamltree", "internal/lazy"},
	"identity/graph":         {"identity/record", "internal/lazy"},
	"identity/inventory":     {"leak", "identity", "identity/names", "identity/record", "identity/graph", "internal/awskey", "internal/yamltree", "internal/lazy"},
	"identity/risk":          {"leak", "rules", "identity", "internal/lazy"},
	"store":                  {"leak"},
	"store/storetest":        {},
	"sweep":                  {"leak", "report", "scanners", "scanners/gitrepo", "scanners/image", "store", "internal/fault", "internal/githubapp", "internal/lazy", "internal/pause"},
	"pipeline":               {"leak", "rules", "detectors", "fields", "internal/fault", "internal/language", "internal/lazy", "scanners", "verify", "identity", "policy", "report"},
}

// mayDial are the packages that may use the network. gitrepo clones, through
// go-git, and says where that may be sent; image asks registries, and the daemon of this machine; ci writes the
// comment on a pull request, if it is told to; sweep asks forges, and internal/githubapp
// for their tokens; serve listens on loopback.
var mayDial = []string{"verify", "verify/verifytest", "scanners/gitrepo", "scanners/image", "scanners/cilog", "ci", "sweep", "serve", "internal/githubapp"}

type goPackage struct {
	ImportPath, Name string
	Imports          []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Name,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImports(t *testing.T) {
	var mains []string
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, mod)
		if p.Name == "main" {
			mains = append(mains, name)
			continue
		}
		allowed, known := mayImport[name]
		if !known && name+"/" != mod {
			t.Errorf("package %s is not in mayImport", name)
		}
		for _, imp := range p.Imports {
			if ours, ok := strings.CutPrefix(imp, mod); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s must not import %s", name, ours)
			}
			if imp == "net" || imp == "net/http" {
				if !slices.Contains(mayDial, name) {
					t.Errorf("%s must not use the network", name)
				}
			}
		}
	}
	// pre-commit's golang hooks install whatever main packages there are.
	if !slices.Equal(mains, []string{"cmd/whosekey"}) {
		t.Errorf("main packages %v, want cmd/whosekey alone", mains)
	}
}

// mayReveal are the packages in which the value of a secret may be looked at.
// leak is where the door is.
var mayReveal = []string{"leak", "detectors", "detectors/detectortest", "identity", "identity/decode", "identity/keys", "verify", "report"}

func TestReveal(t *testing.T) {
	eachGoFile(t, func(name, text string) {
		if strings.HasSuffix(name, "_test.go") || slices.Contains(mayReveal, filepath.ToSlash(filepath.Dir(name))) {
			return
		}
		if strings.Contains(text, ".Reveal(") {
			t.Errorf("%s looks at a secret", name)
		}
	})
}

// Limits of STYLE: a file that is longer says more than one thing.
const maxLines = 350

func TestFileLength(t *testing.T) {
	eachGoFile(t, func(name, text string) {
		if n := strings.Count(text, "\n"); n > maxLines && !strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s has %d lines, more than %d", name, n, maxLines)
		}
	})
}

// TestNoTemplates keeps out what makes the linker keep every exported method:
// 7 to 20 MB of binary.
func TestNoTemplates(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./cmd/whosekey").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(out)) {
		if dep == "html/template" || dep == "github.com/expr-lang/expr" {
			t.Errorf("the program depends on %s", dep)
		}
	}
}

func TestBinarySize(t *testing.T) {
	name := filepath.Join(t.TempDir(), "whosekey")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", name, "./cmd/whosekey").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	st, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	// A linker that must keep all methods adds 7 MB or more at once, which is what
	// this is for. SQLite, River and pgx with its types are 11 MB of it:
	// docs/adr/0016-store.md.
	const limit = 40 << 20
	if st.Size() > limit {
		t.Errorf("the program has %d bytes, more than %d: what makes the linker keep so much?", st.Size(), limit)
	}
	t.Logf("%d bytes", st.Size())
}

func eachGoFile(t *testing.T, visit func(name, text string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".go" {
			return err
		}
		b, err := os.ReadFile(name)
		if err == nil {
			visit(name, string(b))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNoLiveCredential looks through all files for what other scanners take
// for a credential: examples are templates.
func TestNoLiveCredential(t *testing.T) {
	out, err := exec.Command("git", "ls-files", "-z").Output()
	if err != nil {
		t.Skip("not a checkout: ", err)
	}
	live := regexp.MustCompile(`(ghp|gho|ghs|ghu|npm)_[A-Za-z0-9]{36}\b|xox[bp]-[0-9]{10,}-[0-9]{10,}-[A-Za-z0-9]{20,}|\bAKIA[A-Z2-7]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]{40}`)
	dull := regexp.MustCompile(`EXAMPLE|[xX]{8}|A{16}|0{16}`)
	for name := range strings.SplitSeq(strings.Trim(string(out), "\x00"), "\x00") {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // deleted in the work tree
		}
		for _, m := range live.FindAll(b, -1) {
			if !dull.Match(m) {
				t.Errorf("%s holds what looks like a live credential: %.8s...", name, m)
			}
		}
	}
}
