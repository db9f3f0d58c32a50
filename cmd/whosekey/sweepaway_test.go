//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// wire leads to a server, and can be cut: then what goes over it breaks, and nobody
// gets through.
type wire struct {
	net.Listener
	to   string
	mu   sync.Mutex
	cut  bool
	open map[net.Conn]bool
}

func newWire(t *testing.T, to string) *wire {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, to: to, open: map[net.Conn]bool{}}
	t.Cleanup(func() { l.Close(); w.set(true) })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(c)
		}
	}()
	return w
}

func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	for c := range w.open {
		if cut {
			c.Close()
		}
	}
}

func (w *wire) carry(c net.Conn) {
	defer c.Close()
	s, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer s.Close()
	w.mu.Lock()
	if w.cut {
		w.mu.Unlock()
		return
	}
	w.open[c], w.open[s] = true, true
	w.mu.Unlock()
	go func() {
		io.Copy(s, c)
		s.Close()
	}()
	io.Copy(c, s)
	w.mu.Lock()
	delete(w.open, c)
	delete(w.open, s)
	w.mu.Unlock()
}

// TestTheDatabaseIsGoneForAWhile for as long as WHOSEKEY_AWAY_SECONDS says, in the middle
// of a sweep: nothing is lost, nothing doubled, and the status is clear
// afterwards.
func TestTheDatabaseIsGoneForAWhile(t *testing.T) {
	t.Parallel()
	server := verifytest.NewPostgreSQL(t)
	address, err := url.Parse(server.Database("gone"))
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, address.Host)
	address.Host = w.Addr().String()
	dir, state := t.TempDir(), t.TempDir()
	want := plantedRepos(t, dir, fromEnv("WHOSEKEY_AWAY_REPOS", 120))
	args := []string{"--dir", dir, "--state", state, "--db", address.String()}
	report := filepath.Join(t.TempDir(), "run.json")
	cmd := sweeping(append([]string{"run", "--once", "--log-level", "info", "-f", "json=" + report}, args...)...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	// In the middle: the first repository has been searched.
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if said, _ := os.ReadFile(log.Name()); strings.Contains(string(said), "msg=repository") {
			break
		}
	}
	w.set(true)
	time.Sleep(time.Duration(fromEnv("WHOSEKEY_AWAY_SECONDS", 8)) * time.Second)
	w.set(false)
	if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() != exitFindings {
		said, _ := os.ReadFile(log.Name())
		t.Fatalf("%v: %s", err, said)
	}
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var run sweepRun
	if err := json.Unmarshal(text, &run); err != nil {
		t.Fatal(err)
	}
	complete(t, run, want)
	if status := sweepStatusOf(t, args); strings.Contains(status, "failed") || strings.Contains(status, "not listed") || strings.Contains(status, "given up") || !strings.Contains(status, "jobs          none") {
		t.Errorf("the status is not that of a sweep that is done: %s", status)
	}
}

// TestTheDatabaseIsGoneWhileItReports: what was told is not told again, and the rest is
// told when the database is back. A reader that goes away is not waited for.
func TestTheDatabaseIsGoneWhileItReports(t *testing.T) {
	t.Parallel()
	server := verifytest.NewPostgreSQL(t)
	address, err := url.Parse(server.Database("reports"))
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, address.Host)
	address.Host = w.Addr().String()
	db, err := store.Open(t.Context(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const n = 1000
	fillStore(t, db, n)
	db.Close()
	if db, err = store.Open(t.Context(), address.String()); err != nil { // which counts what fillStore wrote
		t.Fatal(err)
	}
	defer db.Close()
	told := map[string]int{}
	err = eachOpen(t.Context(), db, func(k *store.Finding) error {
		if told[k.ID]++; len(told)%150 == 10 && told[k.ID] == 1 {
			w.set(true)
			time.AfterFunc(1500*time.Millisecond, func() { w.set(false) })
		}
		return nil
	})
	if err != nil || len(told) != n {
		t.Errorf("%d of %d findings are told: %v", len(told), n, err)
	}
	for id, times := range told {
		if times != 1 {
			t.Errorf("%s is told %d times", id, times)
		}
	}
	if err := eachOpen(t.Context(), db, func(*store.Finding) error { return syscall.EPIPE }); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("nobody reads it: %v", err)
	}
}
