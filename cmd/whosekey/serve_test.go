package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestServe: the address that is printed leads to the page, and an interrupt is
// how it ends.
func TestServe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "run.jsonl")
	text := `{"run":{"schema":1,"tool":"whosekey","version":"v1","mode":"git","target":"acme","rules":1,"rules_version":"1","salted":false,"catalog":[]}}
{"summary":{"findings":0,"places":0,"failing":0,"suppressed":0,"truncated":0,"incomplete":false,"counts":{"blobs":3},"skipped":[],"left_out":[],"notes":[]}}
`
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, printed := io.Pipe()
	var errs bytes.Buffer
	code := make(chan int)
	go func() {
		code <- run(ctx, []string{"serve", "--addr", "127.0.0.1:0", name}, strings.NewReader(""), printed, &errs)
	}()
	line := make([]byte, 200)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(strings.TrimSpace(string(line[:n])))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	// Without a jar of cookies the page behind the token stays shut.
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("%d without the cookie", resp.StatusCode)
	}
	cancel()
	if c := <-code; c != exitClean {
		t.Errorf("it ended with %d: %s", c, errs.String())
	}
}
