package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// Scripts run the program in another process. It finds its internet, and which
// settings are not its own, through variables of the environment that only the tests
// know.
const (
	internetAddress = "WHOSEKEY_SCRIPT_INTERNET"
	internetCA      = "WHOSEKEY_SCRIPT_CA"
	testersFile     = "WHOSEKEY_SCRIPT_TESTERS_FILE" // the user settings of whoever runs the tests
)

// joinInternet is called in that process: all names lead to the servers of the
// script, or nowhere.
func joinInternet() {
	userFile = func() string {
		if name := policy.UserFile(); name != os.Getenv(testersFile) {
			return name
		}
		return ""
	}
	address := os.Getenv(internetAddress)
	doorHook = func(o *verify.DoorOptions) {
		o.Resolver = oneAddress{}
		o.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			if address == "" {
				return nil, fmt.Errorf("there is no internet in this test")
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		ca, err := os.ReadFile(os.Getenv(internetCA))
		if err == nil {
			o.RootCAs = x509.NewCertPool()
			o.RootCAs.AppendCertsFromPEM(ca)
		}
	}
}

// oneAddress resolves every name to an address that looks public.
type oneAddress struct{}

func (oneAddress) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("20.1.0.1")}, nil
}

// world makes the certificates.
var world *verifytest.Net

func newInternet(t *testing.T) *verifytest.Net { return verifytest.New(t) }

// servers are those of a script.
type servers struct {
	mu      sync.Mutex
	answers []scriptAnswer
	asked   []string // "GET api.acme.example/v1/me"
}

// scriptAnswer is a line of the file that provider reads:
//
//	HOST PATH TEXT STATUS [BODY]
//
// TEXT must stand in the request, anywhere; "-" is for any. $NAME is a variable
// of the script. The first line that fits answers, else it is 404.
type scriptAnswer struct {
	host, path, text string
	status           int
	body             string
}

func answersOf(ts *testscript.TestScript, text string) (out []scriptAnswer) {
	for line := range strings.Lines(text) {
		f := strings.SplitN(strings.TrimSpace(line), " ", 5)
		if len(f) < 4 {
			continue
		}
		status, err := strconv.Atoi(f[3])
		ts.Check(err)
		a := scriptAnswer{host: f[0], path: f[1], text: f[2], status: status}
		if name, ok := strings.CutPrefix(a.text, "$"); ok {
			a.text = ts.Getenv(name)
		}
		if len(f) == 5 {
			a.body = f[4]
		}
		out = append(out, a)
	}
	return out
}

func (s *servers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var all strings.Builder
	fmt.Fprintf(&all, "%s\n%s\n", r.RequestURI, body)
	r.Header.Write(&all)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method+" "+r.Host+r.URL.Path)
	w.Header().Set("Content-Type", "application/json")
	for _, a := range s.answers {
		if a.host == r.Host && a.path == r.URL.Path && (a.text == "-" || strings.Contains(all.String(), a.text)) {
			w.WriteHeader(a.status)
			io.WriteString(w, a.body)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}

func cmdProvider(ts *testscript.TestScript, neg bool, args []string) {
	s := &servers{answers: answersOf(ts, ts.ReadFile(args[0]))}
	srv := httptest.NewUnstartedServer(s)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.TLS = &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		return world.Certificate(hello.ServerName, time.Now().Add(time.Hour)), nil
	}}
	srv.StartTLS()
	ts.Defer(srv.Close)
	write(ts, ".internet.pem", world.CA())
	ts.Setenv(internetAddress, srv.Listener.Addr().String())
	ts.Setenv(internetCA, ts.MkAbs(".internet.pem"))
	scriptServers.Store(ts, s)
	ts.Defer(func() { scriptServers.Delete(ts) })
}

var scriptServers sync.Map // *testscript.TestScript -> *servers

func cmdAsked(ts *testscript.TestScript, neg bool, args []string) {
	v, ok := scriptServers.Load(ts)
	if !ok {
		ts.Fatalf("there is no provider")
	}
	fits := regexp.MustCompile("")
	if len(args) > 1 {
		fits = regexp.MustCompile(args[1])
	}
	s := v.(*servers)
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, request := range s.asked {
		if fits.MatchString(request) {
			n++
		}
	}
	if strconv.Itoa(n) != args[0] {
		ts.Fatalf("%d requests, want %s, of:\n%s", n, args[0], strings.Join(s.asked, "\n"))
	}
}

func cmdHome(ts *testscript.TestScript, neg bool, args []string) {
	write(ts, filepath.Join(ts.Getenv("HOME"), ".config/whosekey/config.toml"), []byte(ts.ReadFile(args[0])))
}
