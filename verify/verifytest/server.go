package verifytest

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// where servers are that are not on PATH, or stand there as something else:
// Debian's pg_isready looks for clusters of its own.
var where = []string{"/usr/sbin", "/usr/local/sbin", "/usr/lib/postgresql/*/bin", "/usr/lib/rabbitmq/bin", "/opt/homebrew/sbin"}

// Program returns where a server of this machine is. Without it the test is
// skipped, but fails in CI: "make need-servers" installs it.
func Program(t testing.TB, name string) string {
	t.Helper()
	for _, dir := range where {
		if found, _ := filepath.Glob(filepath.Join(dir, name)); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	text := name + ` is not installed: "make need-servers" installs it`
	if os.Getenv("CI") == "true" {
		t.Fatal(text)
	}
	t.Skip(text)
	return ""
}

// Place is where the processes of a test live: a directory that belongs to the
// user that they run as, who is nobody if we are root.
type Place struct {
	Dir string

	t   testing.TB
	env []string
}

// NewPlace returns an empty one, which goes with the test. Its path is short:
// that of a socket has 107 bytes at most.
func NewPlace(t testing.TB) *Place {
	t.Helper()
	dir, err := os.MkdirTemp("", "vt")
	if err != nil {
		t.Fatal(err)
	}
	p := &Place{Dir: dir, t: t}
	p.env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH") + ":/usr/sbin:/sbin", "LC_ALL=C.UTF-8", "TMPDIR=" + dir}
	p.own(dir)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return p
}

// User is the name of the user that the processes run as.
func (p *Place) User() string {
	p.t.Helper()
	if c := nobody(); c != nil {
		return "nobody"
	}
	u, err := user.Current()
	if err != nil {
		p.t.Fatal(err)
	}
	return u.Username
}

// Path returns a path in the place.
func (p *Place) Path(name string) string { return filepath.Join(p.Dir, name) }

// Write makes a file in the place and returns its path.
func (p *Place) Write(name, text string) string {
	p.t.Helper()
	path := p.Path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.t.Fatal(err)
	}
	p.own(filepath.Dir(path))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.own(path)
	return path
}

// WriteCertificate makes the files cert.pem, key.pem and ca.pem, for a server of
// that name in n.
func (p *Place) WriteCertificate(n *Net, host string) (cert, key, ca string) {
	p.t.Helper()
	c := n.Certificate(host, time.Now().Add(time.Hour))
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		p.t.Fatal(err)
	}
	cert = p.Write("cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})))
	key = p.Write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE " + "KEY", Bytes: der})))
	return cert, key, p.Write("ca.pem", string(n.CA()))
}

// Setenv sets a variable for the processes.
func (p *Place) Setenv(name, value string) { p.env = append(p.env, name+"="+value) }

func (p *Place) command(name string, args []string) *exec.Cmd {
	cmd := exec.Command(Program(p.t, name), args...)
	cmd.Dir, cmd.Env = p.Dir, p.env
	p.unprivileged(cmd)
	return cmd
}

// Run runs a program to its end.
func (p *Place) Run(stdin, name string, args ...string) string {
	p.t.Helper()
	cmd := p.command(name, args)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("%s: %v\n%s", name, err, tail(out))
	}
	return string(out)
}

// patience is how long a server may take until it listens: some of them take 40 s
// where many tests share a machine.
const patience = 3 * time.Minute

// Start starts a server, waits until it listens at the address, and ends it with
// the test.
func (p *Place) Start(address, name string, args ...string) {
	p.t.Helper()
	cmd := p.command(name, args)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second // children may hold the pipe
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	p.t.Cleanup(func() {
		end(cmd)
		<-done
	})
	for until := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case err := <-done:
			done <- nil
			p.t.Fatalf("%s: ended before it listened: %v\n%s", name, err, tail(out.Bytes()))
		default:
		}
		if time.Now().After(until) {
			p.t.Fatalf("%s: does not listen at %s after %v", name, address, patience)
		}
	}
}

// Wait runs a program until it ends well: one that asks a server if it is ready.
func (p *Place) Wait(name string, args ...string) {
	p.t.Helper()
	for until := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		out, err := p.command(name, args).CombinedOutput()
		if err == nil {
			return
		}
		if time.Now().After(until) {
			p.t.Fatalf("%s: %v\n%s", name, err, tail(out))
		}
	}
}

func tail(b []byte) []byte { return b[max(0, len(b)-4000):] }

// FreePort returns a port of this machine at which nobody listens, below those that
// systems give to connections: one of these could be taken before a server begins.
// Until the test ends no other gets it, in whatever process: FreePort keeps UDP's port
// of that number, at which no server of a test listens.
func FreePort(t testing.TB) string {
	t.Helper()
	for range 1000 {
		port := fmt.Sprint(20000 + rand.IntN(12000))
		mine, err := net.ListenPacket("udp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			mine.Close()
			continue
		}
		l.Close()
		t.Cleanup(func() { mine.Close() })
		return port
	}
	t.Fatal("no port is free")
	return ""
}
