// Package serve shows the page of a run, or of a store, to one person at this
// machine. It reads, and changes nothing.
package serve

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/whosekey/whosekey/report"
)

// Source is what is shown.
type Source interface {
	// Version is another one when there is something new. It is asked every few
	// seconds by each open page.
	Version(ctx context.Context) (string, error)
	// Write writes the page, as far as the query selects it; version is the one
	// that it is of. Calls do not overlap.
	Write(ctx context.Context, w io.Writer, version string, query url.Values) error
}

// Server is the page behind a token.
type Server struct {
	source Source
	token  string
	port   string

	mu   sync.Mutex // one page is made at a time: it can take all memory there is to spare
	last struct {
		version, query string
		page           []byte
	}
}

// Listen opens an address, which must be one of this machine only: a page of
// leaks is nobody else's to read.
func Listen(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("the address %q is not HOST:PORT", addr)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%s is not an address of this machine alone, such as 127.0.0.1", host)
	}
	return net.Listen("tcp", net.JoinHostPort(host, port))
}

// New makes a server for a listener, with a token of its own.
func New(l net.Listener, source Source) (*Server, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return nil, fmt.Errorf("make a token: %w", err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return nil, err
	}
	return &Server{source: source, token: hex.EncodeToString(b[:]), port: port}, nil
}

// URL is where the page is, with the token.
func (s *Server) URL(l net.Listener) string {
	return "http://" + l.Addr().String() + "/?token=" + s.token
}

// Run serves until ctx is done.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		<-ctx.Done()
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if srv.Shutdown(limit) != nil {
			srv.Close()
		}
	}()
	err := srv.Serve(l)
	if errors.Is(err, http.ErrServerClosed) {
		<-ended
		return nil
	}
	return err
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", report.PagePolicy(true)+"; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	switch {
	case !s.ours(r.Host):
		// Somebody's name was made to lead here: the browser takes us for them.
		refuse(w, http.StatusForbidden, "This is not the name of this server.")
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "There is nothing to change here.")
	case r.URL.Query().Get("token") != "":
		s.enter(w, r)
	case !s.knows(r):
		refuse(w, http.StatusUnauthorized, "Open the address that whosekey serve has printed: it has the token.")
	case r.URL.Path == "/":
		s.page(w, r)
	case r.URL.Path == "/version":
		s.version(w, r)
	default:
		refuse(w, http.StatusNotFound, "There is only one page here: /")
	}
}

func refuse(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	io.WriteString(w, text+"\n")
}

// ours reports whether a request was meant for this server.
func (s *Server) ours(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil || port != s.port {
		return false
	}
	ip, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && ip.IsLoopback()
}

// cookie has the port in its name, as browsers keep those of all ports together.
func (s *Server) cookie() string { return "whosekey-" + s.port }

func (s *Server) right(token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) == 1
}

func (s *Server) knows(r *http.Request) bool {
	if token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); found {
		return s.right(token)
	}
	c, err := r.Cookie(s.cookie())
	return err == nil && s.right(c.Value)
}

// enter takes the token out of the address: it would stay in the history.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if !s.right(query.Get("token")) {
		refuse(w, http.StatusUnauthorized, "The token is not the one of this server: it has a new one whenever it is started.")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookie(), Value: s.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	query.Del("token")
	to := url.URL{Path: "/", RawQuery: query.Encode()}
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}

func (s *Server) version(w http.ResponseWriter, r *http.Request) {
	v, err := s.source.Version(r.Context())
	if err != nil {
		s.problem(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, v)
}

func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	page, err := s.made(r.Context(), r.URL.Query())
	if err != nil {
		s.problem(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(page)
}

// made is the page, which is kept until there is something new.
func (s *Server) made(ctx context.Context, query url.Values) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.source.Version(ctx)
	if err != nil {
		return nil, err
	}
	key := query.Encode()
	if s.last.page != nil && s.last.version == v && s.last.query == key {
		return s.last.page, nil
	}
	s.last.page = nil // not two of them at once
	var b strings.Builder
	if err := s.source.Write(ctx, &b, v, query); err != nil {
		return nil, err
	}
	s.last.version, s.last.query, s.last.page = v, key, []byte(b.String())
	return s.last.page, nil
}

// problem says that it went wrong; what, the log says.
func (s *Server) problem(w http.ResponseWriter, err error) {
	slog.Error("the page cannot be made", "error", err)
	refuse(w, http.StatusInternalServerError, "The page cannot be made: see where whosekey serve runs.")
}
