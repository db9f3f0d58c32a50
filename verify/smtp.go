package verify

import (
	"context"
	"errors"
	"fmt"
	"net/smtp"
	"net/textproto"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// smtpLogin logs in to a mail server (RFC 4954), and leaves without a mail.
func smtpLogin(ctx context.Context, s *session) leak.Verdict {
	if s.secure() {
		if err := s.startTLS(ctx); err != nil {
			return s.failed(ctx, err)
		}
	}
	c, err := smtp.NewClient(s.conn, s.host)
	if err != nil {
		return s.smtpRefusal(ctx, err, false)
	}
	if err := c.Hello("whosekey.invalid"); err != nil {
		return s.smtpRefusal(ctx, err, false)
	}
	if ok, _ := c.Extension("STARTTLS"); ok {
		if err := c.StartTLS(s.tlsConfig()); err != nil {
			return s.smtpRefusal(ctx, err, false)
		}
	}
	auth, why := s.smtpAuth(c)
	if why != "" {
		return s.is(leak.Unknown, why)
	}
	if err := c.Auth(auth); err != nil {
		return s.smtpRefusal(ctx, err, true)
	}
	c.Quit()
	return s.live(map[string]string{leak.FactName: s.user, leak.FactServer: "SMTP " + s.host})
}

// smtpAuth chooses how to log in.
func (s *session) smtpAuth(c *smtp.Client) (auth smtp.Auth, why string) {
	ok, list := c.Extension("AUTH")
	if !ok {
		return nil, "the server wants no password"
	}
	if s.exposed() {
		return nil, string(s.unsent())
	}
	for way := range strings.FieldsSeq(strings.ToUpper(list)) {
		if way == "PLAIN" || way == "LOGIN" {
			return &smtpPassword{way, s.user, s.password}, ""
		}
	}
	return nil, "the server wants another way to log in than a password"
}

// smtpPassword logs in by PLAIN (RFC 4616) or LOGIN (draft-murchison-sasl-login).
type smtpPassword struct{ way, user, password string }

func (p *smtpPassword) Start(*smtp.ServerInfo) (string, []byte, error) {
	if p.way == "PLAIN" {
		return "PLAIN", []byte("\x00" + p.user + "\x00" + p.password), nil
	}
	return "LOGIN", nil, nil
}

func (p *smtpPassword) Next(from []byte, more bool) ([]byte, error) {
	ask := strings.ToLower(strings.TrimRight(string(from), ": \x00"))
	switch {
	case !more:
		return nil, nil
	case p.way == "LOGIN" && (ask == "username" || ask == "user name"):
		return []byte(p.user), nil
	case p.way == "LOGIN" && ask == "password":
		return []byte(p.password), nil
	}
	return nil, problem("the server asks for more than a name and a password")
}

// smtpRefusal reads a code of RFC 4954, section 6. auth tells that the password
// has been sent.
func (s *session) smtpRefusal(ctx context.Context, err error, auth bool) leak.Verdict {
	e := new(textproto.Error)
	if !errors.As(err, &e) {
		return s.failed(ctx, err)
	}
	s.refused = auth && e.Code == 535
	switch {
	case auth && e.Code == 535 && smtpOther(s.host, e.Msg) != "":
		return s.is(leak.Unknown, "535: "+smtpOther(s.host, e.Msg))
	case auth && e.Code == 535:
		return s.is(leak.Dead, "535: the user name and password are refused")
	case auth && e.Code == 534:
		return s.is(leak.Unknown, "534: the server wants another way to log in for this user")
	}
	return s.is(leak.Unknown, fmt.Sprintf("the server answers %d", e.Code))
}

// smtpOther knows answers of large providers that come with 535 and are about
// something else than the password
// (https://learn.microsoft.com/en-us/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission,
// enhanced codes in RFC 3463 and RFC 5248: 5.7.8 is a wrong password).
func smtpOther(host, msg string) string {
	switch {
	case strings.HasPrefix(msg, "5.7.139"), strings.HasPrefix(msg, "5.7.3"):
		return "the server does not let this user log in with a password"
	case strings.HasPrefix(msg, "5.7.9"), strings.HasPrefix(msg, "5.7.14"):
		return "the server wants another way to log in for this user"
	case smtpElse.MatchString(msg):
		return "the server says that it is about the account, where it is asked from, or how often"
	case zeptoMail.MatchString(host):
		return "ZeptoMail says so of a right password too, whose account has no credits or is blocked"
	}
	return ""
}

// smtpElse are words of answers with 535 to a password that may be right: of Yahoo, at
// the first attempt too, where it wants a password of the application
// (https://github.com/nodemailer/nodemailer/issues/1112), of others that count
// (https://github.com/nodemailer/nodemailer/issues/1350), of accounts that are shut, and
// of servers that could not look.
var smtpElse = lazy.New(`(?i)too many|#AUTH005|try(?:ing)? again|\blater\b|temporar|disabled|suspend|blocked|locked|inactive|expired|exceeded|quota|credits|not allowed|not permitted|not enabled|` +
	`policy|\bip\b|ip address|mechanism|another step|generic failure|connection lost|unavailable(?: server)?$|two.factor|2-step|oauth`)

// zeptoMail are servers that say no more than "Authentication Failed"
// (https://www.zoho.com/zeptomail/help/api/smtp-error-codes.html).
var zeptoMail = lazy.New(`(?i)(?:^|\.)zeptomail\.[a-z.]{2,8}$`)
