package verify

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base32"
	"net"
	"strings"

	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

// What Verdict.Control says of a log-in.
const (
	controlProven  = "none: the server has proved that it knows the password"
	controlRefused = "refused"
	controlAccept  = "accepted"
)

// enter logs in on a connection and reads what comes of it.
func (l login) enter(ctx context.Context, s *session, conn net.Conn) leak.Verdict {
	s.heard = &capped{Conn: conn, left: maxRead}
	s.conn = s.heard
	if at, ok := conn.(interface{ Inside() (inside, proxied bool) }); ok {
		s.inside, s.proxied = at.Inside()
	}
	defer func() { s.conn.Close() }()
	// A driver may not look at ctx while it reads.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	v := l.ask(ctx, s)
	if s.exposed() && v.Status != leak.Unknown && v.Status != leak.SkippedCheck {
		return s.is(leak.Unknown, string(s.unsent())) // whoever is on the way could have said so
	}
	return v
}

// control tries a made-up user where the server let the real one in and did not prove
// that it knows the password: there are servers without a check
// (--skip-grant-tables), at which any text looks like one. An account that nobody
// has cannot be locked; a wrong password for a real one could lock it, where one
// mistake is enough, so there never is one. Only Redis, which knows no locks, and has
// users without a password beside others (nopass), is asked with the same user.
func (l login) control(ctx context.Context, s *session, v leak.Verdict) leak.Verdict {
	switch {
	case v.Status != leak.Live && v.Status != leak.Restricted:
		return v
	case s.checked:
		v.Control = controlProven
		return v
	}
	q := *s.q
	q.Control, q.Extended = true, false
	account := *s.account
	if account.password = madeUpPassword(&q, s.password); !l.lockless {
		account.user = madeUpUser(s.user)
	}
	made := &session{account: &account, q: &q, v: s.v}
	said := made.is(leak.Unknown, "")
	if conn, err := q.Door.Dial(ctx, "tcp", account.address()); err != nil {
		said = failed(ctx, said, err)
	} else {
		said = l.enter(ctx, made, conn)
	}
	switch {
	case made.refused || said.Status == leak.Dead || said.Status == leak.Expired:
		v.Control = controlRefused
		return v
	case said.Status == leak.Live || said.Status == leak.Restricted || said.Reason == noPassword:
		v = is(v, leak.Unknown, noPassword)
		v.Control = controlAccept
	default:
		v = is(v, leak.Unknown, "it logs in, but nobody knows whether the server looks at passwords: a made-up user got no clear answer")
		v.Control = "inconclusive: " + said.Reason
	}
	v.Facts, v.Code = nil, 0
	return v
}

// madeUpUser is one that nobody has, of the same form: of a name in a directory or
// an address only the first piece is another. Empty remains empty.
func madeUpUser(user string) string {
	name := "whosekey-" + strings.ToLower(rand.Text()[:12])
	switch at, back, rdn := strings.IndexByte(user, '@'), strings.LastIndexByte(user, '\\'), strings.IndexByte(user, '='); {
	case user == "":
		return ""
	case rdn > 0: // cn=app,dc=acme
		_, rest, _ := strings.Cut(strings.ReplaceAll(user, "\\,", ""), ",")
		return strings.TrimSuffix(user[:rdn+1]+name+","+rest, ",")
	case back >= 0: // ACME\app
		return user[:back+1] + name
	case at >= 0: // app@acme.example
		return name + user[at:]
	}
	return name
}

// madeUpPassword is one that nobody has: of letters and digits, which no server
// refuses for its form; of an nkey, another seed of its kind.
func madeUpPassword(q *Query, password string) string {
	if q.part("kind") == "" {
		return rand.Text()
	}
	plain := base32.StdEncoding.WithPadding(base32.NoPadding)
	b, err := plain.DecodeString(strings.TrimSpace(password))
	if err != nil || len(b) != 2+ed25519.SeedSize+2 {
		return rand.Text()
	}
	rand.Read(b[2 : 2+ed25519.SeedSize])
	sum := tokensum.CRC16(b[:2+ed25519.SeedSize])
	b[len(b)-2], b[len(b)-1] = byte(sum), byte(sum>>8)
	return plain.EncodeToString(b)
}
