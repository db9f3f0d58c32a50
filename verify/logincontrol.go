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

// control tries a made-up password for the same user where the server let the real
// one in and did not prove that it knows it: there are servers and users without a
// check (--skip-grant-tables, "nopass"), at which any text looks like a password.
// That is one attempt more, after one that worked, which sets back the counts by
// which accounts are locked; a second one is never made.
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
	account.password = madeUpPassword(&q, s.password)
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
		v = is(v, leak.Unknown, "it logs in, but nobody knows whether the server looks at passwords: a made-up one got no clear answer")
		v.Control = "inconclusive: " + said.Reason
	}
	v.Facts, v.Code = nil, 0
	return v
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
