package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/store"
)

// TestAStoreOfANewerWhosekeyIsLeftAlone by every command, which says what to do.
func TestAStoreOfANewerWhosekeyIsLeftAlone(t *testing.T) {
	state := t.TempDir()
	db, err := store.Open(t.Context(), filepath.Join(state, "whosekey.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.DB().ExecContext(t.Context(), `update meta set value = '99' where name = 'schema'`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	for _, args := range [][]string{
		{"sweep", "status"}, {"sweep", "digest"}, {"sweep", "run", "--once", "--dir", t.TempDir()}, {"sweep", "cancel", "--all"}, {"serve", "--addr", "127.0.0.1:0"},
	} {
		out, err := exec.CommandContext(t.Context(), "whosekey", append(args, "--state", state)...).CombinedOutput()
		exit := new(exec.ExitError)
		if !errors.As(err, &exit) || exit.ExitCode() == 0 || exit.ExitCode() == exitFindings {
			t.Errorf("%q: %v", args, err)
		}
		if text := string(out); !strings.Contains(text, "schema 99") || !strings.Contains(text, "use that version, or another database") {
			t.Errorf("%q says %s", args, text)
		}
	}
}
