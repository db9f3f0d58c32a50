package rules_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/rules"
)

var update = flag.Bool("update", false, "write builtin.bin")

// TestMain: what the tests of a rule say is about the file that was edited.
func TestMain(m *testing.M) {
	flag.Parse()
	full, err := rules.Load(os.DirFS("."))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if built, _ := rules.Builtin(); !*update && !cmp.Equal(full, built) {
		fmt.Fprintln(os.Stderr, "builtin.bin is of other provider files: run make generate")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// TestSnapshot checks that both forms of the provider files are up to date, and that
// the second says the same. Their bytes depend on the release of Go.
func TestSnapshot(t *testing.T) {
	if *update {
		want, err := rules.Snapshot(os.DirFS("."))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("builtin.bin", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	names, err := filepath.Glob("*.toml")
	if err != nil || len(names) < 300 {
		t.Fatal(len(names), err)
	}
	kept := rules.Sources()
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if kept[name] != string(b) {
			t.Errorf("builtin.bin has another %s: run make generate", name)
		}
		delete(kept, name)
	}
	for name := range kept {
		t.Errorf("builtin.bin has %s, which is gone: run make generate", name)
	}
	full, err := rules.Load(os.DirFS(".")) // of its own: it is changed
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range full {
		p.Verify, p.Servers = nil, nil // loaded from the files when somebody asks for them; what Servers are for is in the rules
		for i := range p.Rules {
			p.Rules[i].Leaks, p.Rules[i].Clean = nil, nil
		}
	}
	quick, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full, quick); diff != "" {
		t.Errorf("the snapshot differs (-files +snapshot):\n%s", diff)
	}
}

// TestBrokenSnapshot: half of it is no shorter list of rules.
func TestBrokenSnapshot(t *testing.T) {
	whole := rules.Compiled()
	if rules.Broken(whole) {
		t.Error("what is compiled in is refused")
	}
	for n := 0; n < len(whole); n += 1 + len(whole)/97 {
		if !rules.Broken(whole[:n]) {
			t.Errorf("%d of %d bytes are taken", n, len(whole))
		}
	}
	if !rules.Broken(whole + "x") {
		t.Error("a byte more is taken")
	}
}

func BenchmarkShipped(b *testing.B) {
	for b.Loop() {
		if _, err := rules.Shipped(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := rules.Load(os.DirFS(".")); err != nil {
			b.Fatal(err)
		}
	}
}

// TestBuiltinIsReadOnce: a caller that adds its own rules changes no other's list.
func TestBuiltinIsReadOnce(t *testing.T) {
	one, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	n := len(one)
	one[0] = nil
	two, _ := rules.Builtin()
	if len(two) != n || two[0] == nil || two[1] != one[1] {
		t.Error("callers share the list, or not the providers")
	}
}
