package rules_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/rules"
)

var update = flag.Bool("update", false, "write builtin.bin")

// TestSnapshot checks that the second form of the provider files is up to
// date, and that it says the same.
func TestSnapshot(t *testing.T) {
	want, err := rules.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("builtin.bin", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile("builtin.bin")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Error("builtin.bin is of other provider files: run make generate")
	}
	full, err := rules.Load(os.DirFS(".")) // of its own: it is changed
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range full {
		p.Verify = nil // it is loaded from the files when somebody asks for it
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
