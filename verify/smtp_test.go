package verify_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// mailServer speaks enough of SMTP to log in.
type mailServer struct {
	cert    *tls.Certificate
	ways    string // "PLAIN LOGIN"
	refusal string // of a wrong password
	noTLS   bool
}

func (m mailServer) serve(c net.Conn) {
	in := bufio.NewScanner(c)
	say := func(s string) { fmt.Fprint(c, s+"\r\n") }
	decode := func(s string) string { b, _ := base64.StdEncoding.DecodeString(s); return string(b) }
	ask := func(s string) string {
		say("334 " + base64.StdEncoding.EncodeToString([]byte(s)))
		in.Scan()
		return decode(in.Text())
	}
	_, secure := c.(*tls.Conn)
	say("220 mail ready")
	for in.Scan() {
		word, rest, _ := strings.Cut(in.Text(), " ")
		user, password := "", ""
		switch strings.ToUpper(word) {
		case "EHLO":
			if !secure && !m.noTLS {
				say("250-mail\r\n250-STARTTLS\r\n250 AUTH " + m.ways)
			} else {
				say("250-mail\r\n250 AUTH " + m.ways)
			}
			continue
		case "STARTTLS":
			say("220 go on")
			t := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*m.cert}})
			if t.Handshake() != nil {
				return
			}
			c, in, secure = t, bufio.NewScanner(t), true
			continue
		case "AUTH":
			way, first, _ := strings.Cut(rest, " ")
			if way == "PLAIN" {
				if f := strings.Split(decode(first), "\x00"); len(f) == 3 {
					user, password = f[1], f[2]
				}
			} else {
				user, password = ask("Username:"), ask("Password:")
			}
			if user == "robot@acme.example" && password == secretOf(1) {
				say("235 2.7.0 welcome")
			} else {
				say(m.refusal)
			}
		default:
			say("221 bye")
			return
		}
	}
}

func TestSMTP(t *testing.T) {
	n := verifytest.New(t)
	n.Inside = true
	m := mailServer{cert: n.Certificate(db, time.Now().Add(time.Hour)), ways: "CRAM-MD5 PLAIN LOGIN", refusal: "535 5.7.8 no, robot@acme.example"}
	try := func(m mailServer, test loginTest) {
		t.Helper()
		n.ServeConn(db, m.serve)
		n.ServeConn("other.acme.example", m.serve)
		logsIn(t, n, "smtp", []loginTest{test})
	}
	right, wrong := account("smtp", "robot%40acme.example", secretOf(1)), account("smtp", "robot%40acme.example", secretOf(2))
	try(m, loginTest{"right", right, leak.Live, "", map[string]string{"name": "robot@acme.example"}})
	try(m, loginTest{"wrong", wrong, leak.Dead, "535", nil})
	try(m, loginTest{"another name", account("smtp", "a", secretOf(1), "host", "other.acme.example"), leak.Unknown, "the certificate is for another host", nil})
	m.ways = "LOGIN"
	try(m, loginTest{"right by LOGIN", right, leak.Live, "", nil})
	try(m, loginTest{"wrong by LOGIN", wrong, leak.Dead, "535", nil})
	for answer, reason := range map[string]string{
		"534 5.7.9 use an application's password": "534", "530 5.7.0 encrypt": "530", "454 4.7.0 later": "454", "421 4.7.0 too many": "421",
		"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled": "535", "500 what?": "500",
	} {
		m.refusal = answer
		try(m, loginTest{answer, wrong, leak.Unknown, reason, nil})
	}
	for _, answer := range []string{ // as servers say it of passwords that may be right
		"535 5.7.0 (#AUTH005) Too many bad auth attempts.", "535 auth failed (this user authenticate too many times)", "535 5.7.8 Account is disabled",
		"535 5.7.8 Error: authentication failed: generic failure", "535 5.7.8 Login from this IP address is not allowed",
	} {
		m.refusal = answer
		try(m, loginTest{answer, wrong, leak.Unknown, "535: the server says that it is about the account", nil})
	}
	for _, answer := range []string{"535 Incorrect authentication data", "535 5.7.8 Error: authentication failed: (reason unavailable)", "535 5.7.8 Username and Password not accepted. Learn more at"} {
		m.refusal = answer
		try(m, loginTest{answer, wrong, leak.Dead, "535", nil})
	}
	m.ways = "XOAUTH2"
	try(m, loginTest{"no password", right, leak.Unknown, "another way", nil})
	m.ways, m.noTLS, m.refusal = "PLAIN", true, "535 5.7.8 no"
	try(m, loginTest{"no TLS, in a network of the user's", right, leak.Live, "", nil})
	n.ServeConn(db, func(c net.Conn) {
		m.serve(tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*m.cert}}))
	})
	logsIn(t, n, "smtp", []loginTest{{"TLS at once", account("smtps:", "robot@acme.example", secretOf(1)), leak.Live, "", nil}})
	n.ServeConn(db, func(c net.Conn) { // as servers for development do
		fmt.Fprint(c, "220 mail ready\r\n")
		for in := bufio.NewScanner(c); in.Scan(); {
			switch word, _, _ := strings.Cut(in.Text(), " "); word {
			case "EHLO":
				fmt.Fprint(c, "250-mail\r\n250 AUTH PLAIN\r\n")
			case "AUTH":
				fmt.Fprint(c, "235 2.7.0 welcome\r\n")
			default:
				fmt.Fprint(c, "221 bye\r\n")
			}
		}
	})
	logsIn(t, n, "smtp", []loginTest{{"takes anything", right, leak.Unknown, "the server lets everybody in without a password", nil}})
	strange(t, "smtp", right)
}
