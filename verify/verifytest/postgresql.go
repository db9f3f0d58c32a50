package verifytest

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// PostgreSQL is a server of that for tests, which can be stopped and started.
type PostgreSQL struct {
	p    *Place
	port string
}

// NewPostgreSQL starts one, which ends with the test. Without the program the test
// is skipped: see Program.
func NewPostgreSQL(t testing.TB) *PostgreSQL {
	t.Helper()
	Program(t, "postgres")
	s := &PostgreSQL{NewPlace(t), FreePort(t)}
	s.p.Run("", "initdb", "-D", s.p.Path("data"), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
	s.Start()
	t.Cleanup(func() { s.p.command("pg_ctl", []string{"-D", s.p.Path("data"), "-m", "immediate", "stop"}).Run() })
	return s
}

// Start starts it after Stop. Until the last process of the one before has gone, which
// Stop does not wait for, and which takes its time on a busy machine, a server ends at once.
func (s *PostgreSQL) Start() {
	s.p.t.Helper()
	// Its own time for a checkpoint after a crash is no more than a second.
	args := []string{"-D", s.p.Path("data"), "-l", s.p.Path("log"), "-w", "-t", "60",
		"-o", fmt.Sprintf("-p %s -k %s -c listen_addresses=127.0.0.1 -c max_connections=200", s.port, s.p.Dir), "start"}
	for end := time.Now().Add(patience); ; time.Sleep(500 * time.Millisecond) {
		out, err := s.p.command("pg_ctl", args).CombinedOutput()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			said, _ := os.ReadFile(s.p.Path("log"))
			s.p.t.Fatalf("pg_ctl: %v\n%s\n%s", err, tail(out), tail(said))
		}
	}
}

// Stop ends it at once, as a crash would.
func (s *PostgreSQL) Stop() {
	s.p.t.Helper()
	s.p.Run("", "pg_ctl", "-D", s.p.Path("data"), "-m", "immediate", "stop")
}

// Database makes an empty database and returns its address.
func (s *PostgreSQL) Database(name string) string {
	s.p.t.Helper()
	s.say("create database " + name)
	return s.address(name)
}

// DatabaseIn is Database, with its tables in a folder of their own, which mount may
// put elsewhere.
func (s *PostgreSQL) DatabaseIn(name string, mount func(dir string)) string {
	s.p.t.Helper()
	dir := s.p.Path(name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		s.p.t.Fatal(err)
	}
	mount(dir)
	s.p.own(dir)
	s.say("create tablespace " + name + " location '" + dir + "'")
	s.say("create database " + name + " tablespace " + name)
	return s.address(name)
}

func (s *PostgreSQL) say(text string) {
	s.p.t.Helper()
	s.p.Run("", "psql", "-h", "127.0.0.1", "-p", s.port, "-U", "postgres", "-c", text)
}

func (s *PostgreSQL) address(name string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%s/%s?sslmode=disable", s.port, name)
}
